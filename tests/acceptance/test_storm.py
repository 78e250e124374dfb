"""The small storm: workers killed, Redis wiped, PostgreSQL crashed, connections cut; smtp-sink's log is the judge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
SERVICES = {"DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY", "BASE_URL"}


def test_nobody_is_lost_and_nobody_gets_two_whom_the_ledger_doesnt_name(tmp_path: Path) -> None:
    assert shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin"), "smtp-sink comes with Postfix: install it"
    output = tmp_path / "storm.json"
    words = ["--size", "1500", "--kills", "5", "--redis", "1", "--database", "1", "--output", str(output)]
    environment = {name: value for name, value in os.environ.items() if name not in SERVICES}
    done = subprocess.run(
        [sys.executable, "-m", "bench.storm", *words],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings.dev"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    outcome = json.loads(output.read_text())
    assert outcome["audience"] == 1500
    assert outcome["kills"] == 5
    assert outcome["lost"] == outcome["doubled_without_doubt"] == 0
    assert outcome["delivered_once"] + outcome["in_doubt"] >= 1500 - outcome["doubled"]
