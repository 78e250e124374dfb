"""A scripted SMTP server for tests: real sockets, and every fault that a script asks for."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Script:
    """`answer(verb, argument, count)` may return a reply to give instead of the usual one, or "drop".

    `verb` is CONNECT, a command, or DOT for the end of a text; `count` is how often that verb was seen.
    """

    answer: Callable[[str, str, int], str] = lambda _verb, _argument, _count: ""
    extensions: tuple[str, ...] = ("8BITMIME",)
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Dropped(Exception):
    pass


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(_Dropped, ConnectionError):
            self._talk()

    def _talk(self) -> None:
        script = self.server.script
        with script.lock:
            script.connections += 1
        self._say("CONNECT", "", "220 test ready")
        sender = recipient = ""
        while line := self.rfile.readline():
            verb, _space, argument = line.decode("latin-1").strip().partition(" ")
            verb = verb.upper()
            match verb:
                case "EHLO":
                    names = ["test", *script.extensions]
                    marks = ["-"] * (len(names) - 1) + [" "]
                    self._say(
                        verb, argument, "\r\n".join(f"250{mark}{name}" for mark, name in zip(marks, names, strict=True))
                    )
                case "MAIL":
                    sender = argument.partition("<")[2].partition(">")[0]
                    self._say(verb, argument, "250 2.1.0 ok")
                case "RCPT":
                    recipient = argument.partition("<")[2].partition(">")[0]
                    self._say(verb, argument, "250 2.1.5 ok")
                case "DATA":
                    if self._say(verb, argument, "354 go on").startswith("354"):
                        self._text(sender, recipient)
                case "QUIT":
                    self._say(verb, argument, "221 bye")
                    return
                case _:
                    self._say(verb, argument, "250 ok")

    def _text(self, sender: str, recipient: str) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        script = self.server.script
        with script.lock:
            script.accepted.append((sender, recipient, b"".join(lines)))
        if not self._say("DOT", recipient, "250 2.0.0 kept").startswith("2"):
            with script.lock:
                script.accepted.remove((sender, recipient, b"".join(lines)))

    def _say(self, verb: str, argument: str, usual: str) -> str:
        script = self.server.script
        with script.lock:
            script.seen[verb] += 1
            count = script.seen[verb]
        reply = script.answer(verb, argument, count) or usual
        if reply == "drop":
            raise _Dropped
        self.wfile.write(reply.encode() + b"\r\n")
        return reply


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    script: Script


@contextmanager
def smtp_server(script: Script) -> Iterator[str]:
    """Runs until the end of the block; gives its SMTP URL. A "drop" after DOT keeps the letter as accepted."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.script = script
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(5)
