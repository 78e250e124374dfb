"""Dispatch: from “Send” to the last outcome recorded, beside what the same machine can do at all.

The ceiling is Postfix's own client (smtp-source) into its discarding server (smtp-sink), with letters of the same size
over as many connections, in the same run; PostgreSQL, Redis, the workers and the sink share the machine's cores. The
naive way, a message built and sent for each recipient by the standard library, is measured for comparison.
"""

from __future__ import annotations

import os
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from bench.database import bench_database
from bench.issue import LOCALES, make_audience, make_issue
from bench.measure import Measure, at_least, at_most
from bench.sinks import program, smtp_sink
from config import env

SIZE = 100_000
LANES = 2
CONNECTIONS = 4  # of each lane
NAIVE = 500  # letters
ROOM = 600.0  # seconds that nothing may move


@dataclass(frozen=True, slots=True)
class Sent:
    """One dispatch: how long its planning and all of it took, and the most that a worker process held, in MB."""

    size: int
    planning: float
    seconds: float
    memory: float
    letter: int


def measure(size: int | None) -> list[Measure]:
    size = size or SIZE
    with bench_database(), ExitStack() as stack:
        port = stack.enter_context(smtp_sink())
        sent = send(size, port)
        ceiling = statistics.median(source_rate(port, size=sent.letter) for _turn in range(3))
        naive = naive_rate(port, size=sent.letter)
    rate = sent.size / sent.seconds
    name = f"dispatch: letters to {size:,}, from Send to the last outcome"
    bare = sent.size / (sent.seconds - sent.planning)
    return [
        at_least(name, rate, "/s", ceiling=ceiling, target=0.6 * ceiling),
        at_least("dispatch: the same without planning", bare, "/s", ceiling=ceiling),
        at_least("dispatch: times the naive way", rate / naive, "x", target=10),
        at_most("dispatch: planning, for a million", sent.planning * 1_000_000 / size, "s", target=30),
        at_most("dispatch: memory of a worker process", sent.memory, "MB", target=200),
        at_most("dispatch: a letter", sent.letter / 1000, "kB"),
    ]


def source_rate(port: int, *, size: int, letters: int = 20_000) -> float:
    """Letters of `size` octets a second that smtp-source gets rid of, over as many connections as the workers have."""
    words = [program("smtp-source"), "-d", "-s", str(LANES * CONNECTIONS), "-m", str(letters), "-l", str(size)]
    start = time.perf_counter()
    subprocess.run([*words, f"127.0.0.1:{port}"], check=True)
    return letters / (time.perf_counter() - start)


def naive_rate(port: int, *, size: int) -> float:
    """Letters a second as one would write it first: each built by EmailMessage and sent by smtplib."""
    text = "What cities learned from buying desks as a service this year. " * (size // 186)
    html = "<p>" + "What cities learned from <b>buying</b> desks as a service.</p><p>" * (size // 96)
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(NAIVE):
            message = EmailMessage()
            message["From"], message["To"] = "The Secretariat <notes@bulletin.example>", f"reader{number}@example.org"
            message["Subject"] = "The first issue"
            message.set_content(text)
            message.add_alternative(html.replace("cities", f"cities {number}", 1), subtype="html")
            smtp.send_message(message)
    return NAIVE / (time.perf_counter() - start)


def send(size: int, port: int) -> Sent:
    """Plan a dispatch of twelve variants to `size` readers, and let real workers send it."""
    from dispatch.bell import ring
    from dispatch.models import Dispatch, Variant
    from dispatch.plan import plan_dispatch

    segment = make_audience(size)
    issue = make_issue()
    with processes(port) as workers:
        start = time.perf_counter()
        dispatch = plan_dispatch(issue_key=issue, segment=segment, request_key=uuid4())
        planned = time.perf_counter()
        ring(dispatch.pk)
        memory = _follow(dispatch, workers)
        seconds = time.perf_counter() - start
    dispatch = Dispatch.objects.get(pk=dispatch.pk)
    accepted = dispatch.deliveries.filter(state="accepted").count()
    variants = Variant.objects.filter(dispatch=dispatch).count()
    if dispatch.state != "finished" or accepted != size or variants != 4 * len(LOCALES):
        raise SystemExit(
            f"{accepted} of {size} accepted in {variants} variants; {dispatch.state} {dispatch.state_reason}"
        )
    return Sent(size, planned - start, seconds, memory, _letter_size(dispatch))


def _letter_size(dispatch: Any) -> int:
    from dispatch.letter import encode_variant

    sizes = [
        encode_variant(dispatch, variant, base_url=env.text("BASE_URL")).about_size
        for variant in dispatch.variants.all()
    ]
    return round(statistics.mean(sizes))


def _follow(dispatch: Any, workers: Sequence[psutil.Process]) -> float:
    """Until it is finished; the most memory that any worker process had, in MB."""
    most, moved, left = 0.0, time.monotonic(), -1
    while True:
        dispatch.refresh_from_db(fields=["state", "state_reason", "worked_at"])
        if dispatch.state != "running":
            return most
        for worker in workers:
            for process in worker.children(recursive=True):
                try:
                    most = max(most, process.memory_info().rss / 1e6)
                except psutil.NoSuchProcess:
                    continue
        time.sleep(0.25)
        if time.monotonic() - moved > 30:
            now_left = dispatch.deliveries.filter(due_at__isnull=False).count()
            if now_left == left:
                raise SystemExit(f"Nothing moves: {now_left} of the letters still wait.")
            moved, left = time.monotonic(), now_left


@contextmanager
def processes(port: int, *, log: Path | None = None) -> Iterator[list[psutil.Process]]:
    """A worker, housekeeping and the clock as the product starts them, ready for work; gives the worker's process."""
    env.export(
        {
            "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "CIRCULAR_LANES": str(LANES),
            "CIRCULAR_CONNECTIONS": str(CONNECTIONS),
            "CIRCULAR_LOG_LEVEL": "warning",
        }
    )
    started = [start_process(name, log=log) for name in ("worker", "housekeeping", "beat")]
    try:
        wait_for_workers()
        yield [psutil.Process(started[0].pid)]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(90)


def start_process(name: str, *, log: Path | None = None) -> subprocess.Popen[bytes]:
    """One process of the product, with this one's environment; what it says goes to the file."""
    with (log or Path(os.devnull)).open("ab") as where:
        words = [sys.executable, "-m", "config.cli", name]
        return subprocess.Popen(words, env=env.inherited(), stdout=where, stderr=where, start_new_session=True)


def wait_for_workers() -> None:
    """Until a worker for letters and one for housekeeping answer."""
    from config.celery import app

    deadline = time.monotonic() + 60
    while len(app.control.ping(timeout=1.0) or ()) < 2:
        if time.monotonic() > deadline:
            raise SystemExit("The workers did not start.")
