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
from typing import ClassVar


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
    _sender = ""
    _recipient = ""

    def setup(self) -> None:
        super().setup()
        self._extensions = self.server.script.extensions

    def handle(self) -> None:
        with contextlib.suppress(_Dropped, ConnectionError, ssl.SSLError):
            if self.server.script.tls_at_once:
                self._encrypt()
            self._talk()

    def finish(self) -> None:
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):  # the server closes only what it accepted
            self.request.close()

    def _encrypt(self) -> None:
        assert self.server.script.certificate is not None
        self.request = self.server.script.certificate.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _talk(self) -> None:
        script = self.server.script
        with script.lock:
            script.connections += 1
        self._say("CONNECT", "", "220 test ready")
        self._sender = self._recipient = ""
        while line := self.rfile.readline():
            text = line.decode("utf-8", "replace").strip()
            with script.lock:
                script.lines.append(text)
            verb, _space, argument = text.partition(" ")
            verb = verb.upper()
            if (command := self._COMMANDS.get(verb)) is not None:
                command(self, argument)
            else:
                self._say(verb, argument, "221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _ehlo(self, argument: str) -> None:
        names = ["test", *self._extensions]
        marks = ["-"] * (len(names) - 1) + [" "]
        self._say("EHLO", argument, "\r\n".join(f"250{mark}{name}" for mark, name in zip(marks, names, strict=True)))

    def _starttls(self, argument: str) -> None:
        if self._say("STARTTLS", argument, "220 go on").startswith("220"):
            self.wfile.write(self.server.script.injected)
            self._encrypt()
            self._sender = self._recipient = ""
            if self.server.script.extensions_in_tls is not None:
                self._extensions = self.server.script.extensions_in_tls

    def _mail(self, argument: str) -> None:
        said = self._say("MAIL", argument, "503 5.5.1 nested" if self._sender else "250 2.1.0 ok")
        if said.startswith("2"):
            self._sender, self._recipient = argument.partition("<")[2].partition(">")[0], ""

    def _rcpt(self, argument: str) -> None:
        said = self._say("RCPT", argument, "250 2.1.5 ok" if self._sender else "503 5.5.1 first MAIL")
        if said.startswith("2"):
            self._recipient = argument.partition("<")[2].partition(">")[0]

    def _data(self, argument: str) -> None:
        said = self._say("DATA", argument, "354 go on" if self._recipient else "554 5.5.1 no valid recipients")
        if said.startswith("354"):
            self._kept(self._text())

    def _bdat(self, argument: str) -> None:
        text = self.rfile.read(int(argument.split(maxsplit=1)[0]))
        if len(text) == int(argument.split(maxsplit=1)[0]):
            self._kept(text)

    def _rset(self, argument: str) -> None:
        self._sender = self._recipient = ""
        self._say("RSET", argument, "250 2.0.0 ok")

    def _text(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Dropped
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _kept(self, text: bytes) -> None:
        script, sender, recipient = self.server.script, self._sender, self._recipient
        self._sender = self._recipient = ""
        with script.lock:
            script.accepted.append((sender, recipient, text))
        if not self._say("DOT", recipient, "250 2.0.0 kept").startswith("2"):
            with script.lock:
                script.accepted.remove((sender, recipient, text))

    def _auth(self, argument: str) -> None:
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

    _COMMANDS: ClassVar[dict[str, Callable[[_Conversation, str], None]]] = {
        "EHLO": _ehlo,
        "STARTTLS": _starttls,
        "AUTH": _auth,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "BDAT": _bdat,
        "RSET": _rset,
    }

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
