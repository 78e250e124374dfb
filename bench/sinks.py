"""Servers to send to: Postfix's smtp-sink, and a relay before it that is as unreliable as the world."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from config.embedded import free_port

SILENCE = 20.0  # seconds until a connection that fell silent is closed
CUT, SILENT, CLOSING, GREYLISTING = 0.05, 0.01, 0.02, 0.02  # shares of the connections
LATEST_CUT = 2_000_000  # octets

_START = 10.0  # seconds


def program(name: str) -> str:
    """Where one of Postfix's programs is; ends with a sentence if it isn't."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing; it comes with Postfix (apt-get install postfix).")
    return found


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Postfix's smtp-sink; its port. As root it runs as Postfix's user, as it asks to."""
    port = free_port()
    who = ["-u", "postfix"] if os.geteuid() == 0 else []
    words = [program("smtp-sink"), *who, *options, f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def relay(*, good: int, closing: int, greylisting: int, seed: int) -> Iterator[int]:
    """A process that passes connections on to the servers' ports, and cuts some or falls silent; its port."""
    port = free_port()
    words = [sys.executable, "-m", "bench.sinks", *map(str, (port, good, closing, greylisting, seed))]
    process = subprocess.Popen(words)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"{process.args!r} did not start.") from None
            time.sleep(0.02)
        else:
            return


class _Relay:
    def __init__(self, good: int, closing: int, greylisting: int, seed: int) -> None:
        self.ports = {"good": good, "closing": closing, "greylisting": greylisting}
        self.random = random.Random(seed)  # noqa: S311 - it only chooses faults

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with its fate: where it goes, after how many octets of letters it is cut or falls silent."""
        fate = self.random.random()
        kind, cut_after, silent = "good", None, False
        if fate < CLOSING:
            kind = "closing"
        elif fate < CLOSING + GREYLISTING:
            kind = "greylisting"
        elif fate < CLOSING + GREYLISTING + CUT + SILENT:
            cut_after, silent = self.random.randrange(1, LATEST_CUT), fate >= CLOSING + GREYLISTING + CUT
        elif fate > 0.5:
            # What is hardest: the letter's dot has gone on to the server, and its answer never comes back.
            cut_after, silent = self.random.randrange(LATEST_CUT, 40 * LATEST_CUT), fate > 0.95
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.ports[kind])
        except OSError:
            writer.close()
            return
        gone = asyncio.Event()
        answers = asyncio.create_task(self._pass(there, writer, gone))
        await self._pass(reader, back, gone, cut_after=cut_after)
        if silent:
            gone.set()
            await asyncio.sleep(SILENCE)
        answers.cancel()
        for each in (writer, back):
            with suppress(OSError):
                each.close()

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        gone: asyncio.Event,
        *,
        cut_after: int | None = None,
    ) -> None:
        passed = 0
        with suppress(OSError):
            while data := await source.read(65536):
                if cut_after is None and gone.is_set():
                    continue  # an answer that nobody gets
                if cut_after is not None and passed + len(data) >= cut_after:
                    if data.endswith(b"\r\n.\r\n") or b"\r\n.\r\n" in data or self.random.random() < 0.5:
                        target.write(data)
                        await target.drain()  # the server has all of it, and its answer is lost
                        gone.set()
                        await asyncio.sleep(0.05)
                    return
                passed += len(data)
                target.write(data)
                await target.drain()
            if target.can_write_eof():
                target.write_eof()


async def _main(port: int, *rest: int) -> None:
    server = await asyncio.start_server(_Relay(*rest).serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(*map(int, sys.argv[1:])))
