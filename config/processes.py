"""The processes of the Procfile, kept under one roof.

They are started in the file's order and given the time to end their work. The first one, the inbox, is stopped
after all others: it must outlive the worker's last letter, which is why this is not left to a runner that stops
all at once.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

STOP_TIMEOUT = 75.0  # seconds: more than the longest batch, which a worker ends first


class ProcessEnded(Exception):
    """A process that should run has ended; the message names it and its last words."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    words: tuple[str, ...]


def read_procfile(path: Path) -> list[Command]:
    """The `name: command` lines of a Procfile, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    matches = (re.fullmatch(r"([a-z]+):\s*(\S.*)", line) for line in lines)
    return [Command(match[1], tuple(match[2].split())) for match in matches if match]


class Processes:
    """Started processes; what they print goes to a log file each, and to the screen where asked."""

    def __init__(self, logs: Path, environment: Mapping[str, str], *, show: bool) -> None:
        self.logs = logs
        self.environment = dict(environment)
        self.show = show
        self._running: list[tuple[Command, subprocess.Popen[str], threading.Thread]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, command: Command) -> None:
        words = list(command.words)
        if words[0] == "circular":
            words[:1] = [sys.executable, "-m", "config.cli"]
        # A session of its own: Ctrl-C in the terminal reaches this process alone, which stops the others in order.
        process = subprocess.Popen(
            words,
            env=self.environment,
            cwd=Path(__file__).resolve().parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        pump = threading.Thread(target=self._pump, args=(command.name, process.stdout), daemon=True)
        pump.start()
        self._running.append((command, process, pump))

    def pids(self) -> list[int]:
        return [process.pid for _, process, _ in self._running]

    def check(self) -> None:
        """Raise ProcessEnded if one of them has ended by itself."""
        for command, process, pump in self._running:
            if process.poll() is not None:
                pump.join(timeout=2)
                log = self.logs / f"{command.name}.log"
                words = "\n".join(log.read_text(encoding="utf-8").splitlines()[-8:])
                how = f"The {command.name} process ended by itself (status {process.returncode})."
                raise ProcessEnded(f"{how} Its last words:\n{words}")

    def stop(self) -> None:
        """Stop all: the first one started (the inbox) only after the others have ended their work."""
        for _command, process, _pump in self._running[1:]:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        while self._running:
            command, process, pump = self._running.pop()
            if not self._running and process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                print(f"circular: {command.name} did not stop in {STOP_TIMEOUT:.0f} s and was killed", file=sys.stderr)
                process.kill()
                process.wait()
            pump.join(timeout=2)

    def _pump(self, name: str, stream: IO[str]) -> None:
        with (self.logs / f"{name}.log").open("a", encoding="utf-8", buffering=1) as log:
            for line in stream:
                log.write(f"{time.strftime('%H:%M:%S')} {line}")
                if self.show:
                    print(f"{name:>12} | {line}", end="", flush=True)


def run_until(processes: Processes, done: threading.Event) -> None:
    """Watch the processes until `done` is set; raise ProcessEnded if one ends before."""
    while not done.wait(0.3):
        processes.check()
