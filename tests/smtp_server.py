"""A scripted SMTP server for tests: real sockets, and every fault that a script asks for."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Script:
    """`answer(verb, argument, count)` may return a reply to give instead of the usual one, or "drop".

    `verb` is CONNECT, a command, or DOT for the end of a text (also of a chunk); `count` is how often that verb was
    seen. `certificate` is for STARTTLS, or from the start where `tls_at_once`; `injected` follows the answer to
    STARTTLS in clear text. With `logins` (user and password) AUTH is asked for.
    """

    answer: Callable[[str, str, int], str] = lambda _verb, _argument, _count: ""
    extensions: tuple[str, ...] = ("8BITMIME",)
    certificate: ssl.SSLContext | None = None
    tls_at_once: bool = False
    injected: bytes = b""
    extensions_in_tls: tuple[str, ...] | None = None
    logins: tuple[str, str] | None = None
    lines: list[str] = field(default_factory=list)
    signed_in: int = 0
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Dropped(Exception):
    pass


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._extensions = self.server.script.extensions

    def handle(self) -> None:
        with contextlib.suppress(_Dropped, ConnectionError, ssl.SSLError):
            if self.server.script.tls_at_once:
                self._encrypt()
            self._talk()

    def _encrypt(self) -> None:
        assert self.server.script.certificate is not None
        self.request = self.server.script.certificate.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _talk(self) -> None:
        script = self.server.script
        with script.lock:
            script.connections += 1
        self._say("CONNECT", "", "220 test ready")
        sender = recipient = ""
        while line := self.rfile.readline():
            with script.lock:
                script.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            verb, _space, argument = line.decode("utf-8", "replace").strip().partition(" ")
            verb = verb.upper()
            match verb:
                case "EHLO":
                    names = ["test", *self._extensions]
                    marks = ["-"] * (len(names) - 1) + [" "]
                    self._say(
                        verb, argument, "\r\n".join(f"250{mark}{name}" for mark, name in zip(marks, names, strict=True))
                    )
                case "STARTTLS":
                    if self._say(verb, argument, "220 go on").startswith("220"):
                        self.wfile.write(script.injected)
                        self._encrypt()
                        sender = recipient = ""
                        if script.extensions_in_tls is not None:
                            self._extensions = script.extensions_in_tls
                case "AUTH":
                    self._sign_in(argument)
                case "MAIL":
                    said = self._say(verb, argument, "503 5.5.1 nested" if sender else "250 2.1.0 ok")
                    if said.startswith("2"):
                        sender, recipient = argument.partition("<")[2].partition(">")[0], ""
                case "RCPT":
                    said = self._say(verb, argument, "250 2.1.5 ok" if sender else "503 5.5.1 first MAIL")
                    if said.startswith("2"):
                        recipient = argument.partition("<")[2].partition(">")[0]
                case "DATA":
                    said = self._say(verb, argument, "354 go on" if recipient else "554 5.5.1 no valid recipients")
                    if said.startswith("354"):
                        self._kept(sender, recipient, self._text())
                        sender = recipient = ""
                case "BDAT":
                    text = self.rfile.read(int(argument.split()[0]))
                    if len(text) == int(argument.split()[0]):
                        self._kept(sender, recipient, text)
                    sender = recipient = ""
                case "RSET":
                    sender = recipient = ""
                    self._say(verb, argument, "250 2.0.0 ok")
                case "QUIT":
                    self._say(verb, argument, "221 bye")
                    return
                case _:
                    self._say(verb, argument, "250 ok")

    def _text(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Dropped
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _kept(self, sender: str, recipient: str, text: bytes) -> None:
        script = self.server.script
        with script.lock:
            script.accepted.append((sender, recipient, text))
        if not self._say("DOT", recipient, "250 2.0.0 kept").startswith("2"):
            with script.lock:
                script.accepted.remove((sender, recipient, text))

    def _sign_in(self, argument: str) -> None:
        def asked(challenge: str) -> bytes:
            self.wfile.write(b"334 " + base64.b64encode(challenge.encode()) + b"\r\n")
            return base64.b64decode(self.rfile.readline())

        mechanism, _space, first = argument.partition(" ")
        if mechanism == "PLAIN":
            _as, user, password = base64.b64decode(first).split(b"\0")
        else:
            user, password = asked("Username:"), asked("Password:")
        right = self.server.script.logins == (user.decode(), password.decode())
        if self._say("AUTH", argument, "235 2.7.0 ok" if right else "535 5.7.8 who are you").startswith("2"):
            self.server.script.signed_in += 1

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
