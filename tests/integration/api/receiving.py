"""A web server on this machine that takes webhooks, answers as it is told, and checks what it got."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    code: int = 200
    body: bytes = b"thanks"
    location: str = ""
    before: Callable[[], Any] = lambda: None


@dataclass(frozen=True, slots=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    port: int
    answers: list[Answer] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)

    def url(self, path: str = "/hook") -> str:
        return f"http://hooks.example:{self.port}{path}"


@contextmanager
def receiving(*answers: Answer) -> Iterator[Receiver]:
    """A receiver on a free port of 127.0.0.1; after the last of `answers` it says 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append(Got(self.path, headers, body))
            answer = receiver.answers.pop(0) if receiver.answers else Answer()
            answer.before()
            self.send_response(answer.code)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]  # who hangs up is no fault
    receiver = Receiver(server.server_address[1], list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
