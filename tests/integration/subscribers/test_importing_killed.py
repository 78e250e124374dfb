"""An import whose process is killed at any moment goes on where it was: faults.md, row 10."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.models.functions import Now

from config.embedded import Servers
from subscribers.importing.runs import receive, set_mapping, start_import, work
from subscribers.models import Affiliation, Consent, ImportRun, Organisation, Subscriber, Subscription

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

ROOT = Path(__file__).parents[3]
PEOPLE = 6_000
BULLETIN = "5f0f8a1e-0000-4000-8000-000000000001"
WORK = """
import sys, django
django.setup()
from subscribers.importing import going
from subscribers.importing.runs import work
going.BATCH = 100
work(int(sys.argv[1]), progress=lambda position: print(position, flush=True))
"""


def started(servers: Servers, run: ImportRun, data: Path) -> subprocess.Popen[str]:
    """A process of its own that works on the run, a hundred rows at a time, and says how far it is."""
    database = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": servers.database_url.replace("/circular?", f"/{database}?"),
        "CIRCULAR_DATA": str(data),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(run.pk)], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def killed_after(process: subprocess.Popen[str], rows: int, *, pause: float) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= rows:
            break
    threading.Event().wait(pause)  # to be anywhere within a batch
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()


def test_an_import_killed_three_times_has_every_person_once(embedded: Servers, settings: Any, tmp_path: Path) -> None:
    assert django_settings.SECRET_KEY
    settings.DATA = tmp_path
    lines = [f"p{number % (PEOPLE - 500)}@x.com,Person {number},Org {number % 7},partner" for number in range(PEOPLE)]
    file = io.BytesIO("\n".join(["email,name,organisation,role", *lines]).encode())
    run = receive(file, "people.csv")
    set_mapping(run, run.mapping, {"bulletin": BULLETIN, "basis": "Asked us", "words": "Yes"})
    assert start_import(run)
    for rows, pause in ((500, 0.0), (1_500, 0.013), (3_000, 0.031)):
        killed_after(started(embedded, run, tmp_path), rows, pause=pause)
        run.refresh_from_db()
        assert run.state == ImportRun.State.RUNNING
        assert run.position >= rows
        assert Subscriber.objects.count() == run.counts["new"] <= run.position
        assert not work(run.pk)  # its lease holds still
        ImportRun.objects.filter(pk=run.pk).update(leased_until=Now() - timedelta(seconds=1))
    deadline = time.monotonic() + 60
    work(run.pk)
    assert time.monotonic() < deadline
    run.refresh_from_db()
    assert run.state == ImportRun.State.FINISHED
    assert run.rows == run.position == PEOPLE
    assert run.counts["new"] == PEOPLE - 500
    assert run.counts["duplicate"] == 500
    assert Subscriber.objects.count() == Subscription.objects.count() == PEOPLE - 500
    assert Consent.objects.count() == Affiliation.objects.count() == PEOPLE - 500
    assert Organisation.objects.count() == 7
