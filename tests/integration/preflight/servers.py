"""Small web servers on this machine that answer as they are told and write down what they were asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answer:
    code: int = 200
    location: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    host: str
    agent: str


@dataclass(slots=True)
class Site:
    """`answers` has a path's answer, or those to HEAD and to GET under `HEAD /path` and `GET /path`."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def url(self, path: str = "/", *, host: str = "site.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextmanager
def serving(answers: dict[str, Answer] | None = None, *, certificate: Path | None = None) -> Iterator[Site]:
    """A site on a free port of 127.0.0.1, by https where there is a certificate (with its key in the same file)."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            site.asked.append(
                Asked(self.command, self.path, self.headers.get("Host", ""), self.headers.get("User-Agent", ""))
            )
            site.before()
            known = site.answers
            answer = known.get(f"{self.command} {self.path}") or known.get(self.path) or Answer(404)
            self.send_response(answer.code)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = _answer  # noqa: N815 - the server's own names
        do_HEAD = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_address[1], dict(answers or {}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def talking(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port of 127.0.0.1 where each connection is handed to `talk`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                plug, _ = listener.accept()
            except OSError:
                return
            with plug:
                talk(plug)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)
