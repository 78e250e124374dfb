"""Real Celery workers on the real Redis: killed, paused, without Redis; nobody lost, nobody twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection

from composer.linkchecks import progress_of, results_of, want
from composer.preflight.facts import LinkStatus
from config.embedded import Servers
from dispatch.control import finish_if_done, pause_dispatch, resume_dispatch
from dispatch.models import Delivery, Dispatch
from dispatch.recovery import recover
from tests.factories import make_bulletin, make_dispatch
from tests.smtp_server import Script, smtp_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]

ROOT = Path(__file__).parents[2]
PEOPLE = 60
PATIENCE = 60.0  # seconds


@pytest.fixture(autouse=True)
def _empty_queue(embedded: Servers) -> None:
    redis.Redis.from_url(embedded.redis_url).flushall()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {what}"
        threading.Event().wait(0.05)


@contextmanager
def worker(servers: Servers, smtp_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`circular worker` with the clock in it, against the test database."""
    database = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": servers.database_url.replace("/circular?", f"/{database}?"),
        "REDIS_URL": servers.redis_url,
        "SMTP_URL": smtp_url,
        "SECRET_KEY": django_settings.SECRET_KEY,
        "CIRCULAR_DATA": str(tmp_path),
    }
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "worker.log").open("ab"))
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "config.cli", name],
                env=environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            for name in ("worker", "housekeeping", "beat")
        ]
        try:
            yield processes[0]
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)


def count(dispatch: Dispatch) -> Counter[str]:
    return Counter(Delivery.objects.filter(dispatch=dispatch).values_list("state", flat=True))


def finished(dispatch: Dispatch) -> bool:
    dispatch.refresh_from_db()
    return dispatch.state == "finished"


def slowly(seconds: float) -> Callable[[str, str, int], str]:
    """Answers that take their time, so that a test can act in the middle."""

    def answer(verb: str, _argument: str, _count: int) -> str:
        if verb == "DATA":
            time.sleep(seconds)
        return ""

    return answer


def test_a_worker_killed_in_the_middle_loses_nobody_and_doubles_nobody(
    embedded: Servers, tmp_path: Path, settings: Any
) -> None:
    dispatch = make_dispatch(make_bulletin(unknown_policy="hold"), people=PEOPLE)
    script = Script(slowly(0.2))
    with smtp_server(script) as url:
        with worker(embedded, url, tmp_path) as first:
            wait_until(lambda: len(script.accepted) > 5, "the first letters")
            for process in [*psutil.Process(first.pid).children(recursive=True), psutil.Process(first.pid)]:
                process.send_signal(signal.SIGKILL)
            first.wait(10)
        connections = script.connections
        assert count(dispatch)["claimed"] > 0, "it was killed in the middle"
        settings.DATA = tmp_path
        assert recover() > 0
        assert not count(dispatch)["claimed"]
        assert count(dispatch)["unknown"] <= connections
        with worker(embedded, url, tmp_path):
            wait_until(lambda: finished(dispatch), "the dispatch to be finished")
    arrived = Counter(recipient for _sender, recipient, _data in script.accepted)
    states = count(dispatch)
    assert set(arrived.values()) == {1}, "nobody twice"
    assert states["accepted"] + states["unknown"] == PEOPLE
    in_doubt = set(
        Delivery.objects.filter(dispatch=dispatch, state="unknown").values_list("subscriber__email", flat=True)
    )
    everyone = set(Delivery.objects.filter(dispatch=dispatch).values_list("subscriber__email", flat=True))
    assert everyone - set(arrived) <= in_doubt, "nobody lost but those whom the ledger names"


def test_a_pause_an_emptied_redis_and_a_stop_lose_nobody_and_leave_no_doubt(embedded: Servers, tmp_path: Path) -> None:
    dispatch = make_dispatch(people=PEOPLE)
    script = Script(slowly(0.3))
    with smtp_server(script) as url:
        with worker(embedded, url, tmp_path):
            wait_until(lambda: len(script.accepted) > 5, "the first letters")
            assert pause_dispatch(dispatch.pk)
            wait_until(lambda: not count(dispatch)["claimed"], "the letters on the wire")
            held = len(script.accepted)
            assert held < PEOPLE / 2
            assert not finish_if_done(dispatch.pk)
            redis.Redis.from_url(embedded.redis_url).flushall()
            assert len(script.accepted) == held
            assert resume_dispatch(dispatch.pk)
            wait_until(lambda: len(script.accepted) > held + 5, "the letters after the pause")
        assert count(dispatch).keys() <= {"accepted", "planned"}, "a worker told to stop ends its batch"
        with worker(embedded, url, tmp_path):
            wait_until(lambda: finished(dispatch), "the dispatch to be finished")
    assert Counter(recipient for _s, recipient, _d in script.accepted) == Counter(
        Delivery.objects.filter(dispatch=dispatch).values_list("subscriber__email", flat=True)
    )


def test_links_are_tried_by_the_worker_and_again_after_redis_was_emptied(embedded: Servers, tmp_path: Path) -> None:
    """This machine's own server is private: the worker refuses to knock there, and says so of every link."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, smtp_server(Script()) as smtp_url:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        urls = [f"http://127.0.0.1:{server.server_port}/{number}" for number in range(30)]
        want(urls)
        assert progress_of(urls).waiting == len(urls)
        redis.Redis.from_url(embedded.redis_url).flushall()
        with worker(embedded, smtp_url, tmp_path):
            wait_until(lambda: progress_of(urls).tried == len(urls), "the sweep to ring for the links")
        server.shutdown()
        thread.join(5)
    assert {result.status for result in results_of(urls)} == {LinkStatus.PRIVATE}
    assert asked == []
