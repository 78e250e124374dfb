"""`python -m bench.storm [--kills N] [--size N]`: everything goes wrong during a dispatch, and the sums must agree.

Workers and their children are killed at random moments, Redis is restarted with its data wiped, PostgreSQL with
`immediate`, and between the workers and the server stands a relay that drops connections (after the dot too), falls
silent, and hands some to servers that say 421 or greylist. The judge is the log of Postfix's smtp-sink: what it has
arrived. Writes .circular/storm.json; ends with 0 only if nobody was lost and whoever got two letters is named as in
doubt by the ledger.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from bench import servers
from bench.database import bench_database
from bench.dispatch import start_process, wait_for_workers
from bench.issue import make_audience, make_issue
from bench.sinks import relay, smtp_sink
from config import env

SIZE = 100_000
KILLS = 100
REDIS_WIPES = 5
DATABASE_RESTARTS = 2
OUTPUT = Path(".circular/storm.json")
ROOM = 1800.0  # seconds after the last kill

_ARRIVED = re.compile(rb"X-Rcpt-Args: <([^>]+)>")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the storm came to. `doubled` are recipients with more than one letter, `in_doubt` those the ledger names."""

    audience: int
    delivered_once: int
    lost: int
    doubled: int
    in_doubt: int
    kills: int
    redis_wipes: int
    database_restarts: int
    doubled_without_doubt: int
    sums_agree: bool
    seconds: float

    @property
    def held(self) -> bool:
        return not self.lost and not self.doubled_without_doubt and self.sums_agree


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make storm", description="A dispatch during which everything goes wrong.")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument(
        "--redis", type=int, default=REDIS_WIPES, help="how often Redis is restarted with its data wiped"
    )
    parser.add_argument("--database", type=int, default=DATABASE_RESTARTS, help="how often PostgreSQL is restarted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    asked = parser.parse_args(arguments)
    with bench_database() as folder:
        outcome = Storm(folder, asked).run()
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    asked.output.write_text(json.dumps(asdict(outcome), indent=1) + "\n")
    for name, value in asdict(outcome).items():
        print(f"{name.replace('_', ' '):>24}  {value}")
    return 0 if outcome.held else 1


class Storm:
    """One dispatch and what befalls it."""

    def __init__(self, folder: Path, asked: argparse.Namespace) -> None:
        self.folder = folder
        self.asked = asked
        self.random = random.Random(asked.seed)  # noqa: S311 - it only chooses whom to kill
        self.kills = 0
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> Outcome:
        from django.db import connections

        from dispatch.bell import ring
        from dispatch.models import Dispatch
        from dispatch.plan import plan_dispatch

        segment = make_audience(self.asked.size)
        issue = make_issue(items=(0, 3, 6), unknown_policy="hold")  # short letters: all that arrive are kept
        with ExitStack() as stack:
            dumps = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="circular-storm-")))
            dumps.chmod(0o777)
            port = stack.enter_context(_servers(dumps, seed=self.asked.seed))
            env.export(
                {
                    "SMTP_URL": f"smtp://127.0.0.1:{port}",
                    "CIRCULAR_LANES": "2",
                    "CIRCULAR_CONNECTIONS": "4",
                    "CIRCULAR_LOG_LEVEL": "warning",
                }
            )
            started = time.perf_counter()
            stack.callback(servers.stop_redis, self.folder)
            stack.callback(self._stop)
            self._keep_up()
            wait_for_workers()
            dispatch = plan_dispatch(issue_key=issue, segment=segment, request_key=uuid4())
            ring(dispatch.pk)
            self._rage(dispatch.pk)
            self._calm(dispatch.pk)
            seconds = time.perf_counter() - started
            self._stop()
            connections.close_all()  # PostgreSQL was restarted under them
            return self._judge(Dispatch.objects.get(pk=dispatch.pk), dumps, seconds)

    def _rage(self, dispatch_id: int) -> None:
        """Kill at random moments, spread over the letters, until all that was asked for has happened."""
        left = ["kill"] * self.asked.kills + ["redis"] * self.asked.redis + ["database"] * self.asked.database
        self.random.shuffle(left)
        whole = len(left)
        while left:
            self._keep_up()
            self._hurry()
            share = (whole - len(left)) / whole
            if self._done_share(dispatch_id) < share * 0.9 and self._is_running(dispatch_id):
                time.sleep(0.05)
                continue
            time.sleep(self.random.random() * 0.5)
            match left.pop():
                case "kill":
                    self._kill()
                case "redis":
                    servers.restart_redis(self.folder)
                case "database":
                    servers.restart_postgres(self.folder)

    def _calm(self, dispatch_id: int) -> None:
        deadline = time.monotonic() + ROOM
        while self._is_running(dispatch_id):
            if time.monotonic() > deadline:
                raise SystemExit(f"The dispatch didn't finish in {ROOM:.0f} s after the storm.")
            self._keep_up()
            self._hurry()
            time.sleep(0.5)

    def _kill(self) -> None:
        """One worker process, a child or the parent of them, by SIGKILL."""
        found = []
        for name in ("worker", "housekeeping"):
            try:
                parent = psutil.Process(self.running[name].pid)
                found += [parent, *parent.children(recursive=True), *parent.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        victim = self.random.choice(found) if found else None
        if victim is not None:
            with suppress(psutil.NoSuchProcess):
                victim.send_signal(signal.SIGKILL)
                self.kills += 1

    def _keep_up(self) -> None:
        """Start what has ended, as a supervisor would."""
        for name in ("worker", "housekeeping", "beat"):
            process = self.running.get(name)
            if process is None or process.poll() is not None:
                self.running[name] = start_process(name, log=self.folder / f"{name}.log")

    def _stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        for process in self.running.values():
            process.wait(90)
        self.running = {}

    def _hurry(self) -> None:
        """Whoever was deferred needn't wait the minutes that a server is given, nor does a domain rest for long."""
        for statement in (
            "UPDATE dispatch_delivery SET due_at = now() WHERE state = 'deferred' AND due_at > now()",
            "DELETE FROM dispatch_pacestate WHERE rests_until > now() + interval '1 second'",
        ):
            servers.with_database(partial(_execute, statement))

    def _done_share(self, dispatch_id: int) -> float:
        sql = "SELECT count(*) FROM dispatch_delivery WHERE dispatch_id = %s AND due_at IS NULL AND state <> 'claimed'"
        return servers.one_value(sql, [dispatch_id]) / self.asked.size

    def _is_running(self, dispatch_id: int) -> bool:
        sql = "SELECT count(*) FROM dispatch_dispatch WHERE id = %s AND state = 'running'"
        resumed = "UPDATE dispatch_dispatch SET state = 'running' WHERE id = %s AND state = 'paused'"
        servers.with_database(lambda cursor: cursor.execute(resumed, [dispatch_id]))
        return bool(servers.one_value(sql, [dispatch_id]))

    def _judge(self, dispatch: Any, dumps: Path, seconds: float) -> Outcome:
        from dispatch.reconcile import account_of

        arrived = Counter(_addresses(dumps))
        rows = dispatch.deliveries.values_list("subscriber__email", "state")
        doubts = set(
            dispatch.deliveries.filter(attempt_log__outcome="unknown").values_list("subscriber__email", flat=True)
        )
        doubted = {email for email, state in rows if state == "unknown"} | doubts
        told = {email for email, state in rows if state in {"failed", "excluded"}}
        everyone = {email for email, _state in rows}
        twice = {email for email, letters in arrived.items() if letters > 1}
        account = account_of(dispatch.pk)
        for finding in account.findings if account else ():
            print(f"{finding.count} deliveries ({finding.examples}): {finding.sentence}", file=sys.stderr)
        sums = account is not None and account.agrees and len(rows) == self.asked.size
        return Outcome(
            audience=len(everyone),
            delivered_once=sum(1 for email in everyone if arrived[email] == 1),
            lost=len({email for email in everyone if not arrived[email]} - doubted - told),
            doubled=len(twice),
            in_doubt=len(doubted),
            kills=self.kills,
            redis_wipes=self.asked.redis,
            database_restarts=self.asked.database,
            doubled_without_doubt=len(twice - doubted),
            sums_agree=sums,
            seconds=round(seconds, 1),
        )


def _addresses(dumps: Path) -> Iterator[str]:
    """The recipient of each letter that smtp-sink noted."""
    for path in dumps.iterdir():
        with path.open("rb") as lines:
            for line in lines:
                if found := _ARRIVED.match(line):
                    yield found[1].decode()


def _execute(statement: str, cursor: Any) -> None:
    cursor.execute(statement)


@contextmanager
def _servers(dumps: Path, *, seed: int) -> Iterator[int]:
    """The relay's port. Behind it: a server that takes all, one that says 421, one that greylists."""
    with (
        smtp_sink("-D", str(dumps / "arrived")) as good,
        smtp_sink("-Q", "RCPT") as closing,
        smtp_sink("-r", "RCPT", "-b", "450 4.2.0 Greylisted, try later") as greylisting,
        relay(good=good, closing=closing, greylisting=greylisting, seed=seed) as port,
    ):
        yield port


if __name__ == "__main__":
    sys.exit(main())
