"""A scripted HTTP server that speaks as a provider's API does: real sockets, and every fault that a script asks for."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0 closes the connection without a word. `raw` replaces the whole answer; `pause` comes before it."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    pause: threading.Event | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived, whole."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def postmark_takes(request: Request) -> Answer:
    """What Postmark says to a letter that it takes."""
    to = request.json["To"]
    return Answer(
        200, {"To": to, "SubmittedAt": "2026-01-01T00:00:00Z", "MessageID": "m-1", "ErrorCode": 0, "Message": "OK"}
    )


@dataclass
class Script:
    """`answer` gives what to say to a whole request. `most_read` octets of a body are read, then the door is shut.

    `slams` shuts it before a request is read. `requests` are those that were read whole.
    """

    answer: Callable[[Request], Answer] = postmark_takes
    most_read: int | None = None
    slams: bool = False
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        script = self.server.script
        with script.lock:
            script.connections += 1
        if script.slams:
            self._shut()
            return
        with suppress(ConnectionError, TimeoutError):
            while line := self.rfile.readline():
                if not self._one(line.decode("latin-1").split()[1]):
                    return

    def _one(self, path: str) -> bool:
        script = self.server.script
        headers = {}
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        if script.most_read is not None:
            self.rfile.read(min(length, script.most_read))
            self._shut()
            return False
        request = Request(path, headers, self.rfile.read(length))
        with script.lock:
            script.requests.append(request)
        answer = script.answer(request)
        if answer.pause is not None:
            answer.pause.wait(30)
        if answer.raw is not None:
            self.wfile.write(answer.raw)
            return False
        if not answer.status:
            return False
        body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
        kind = "text/html" if isinstance(answer.body, str) else "application/json"
        lines = [f"HTTP/1.1 {answer.status} Said", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)
        return True

    def _shut(self) -> None:
        """At once, and with a reset: nothing that is under way is read any more."""
        self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    script: Script

    def shutdown_request(self, request: Any) -> None:
        with suppress(OSError):
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was shut on purpose has nothing to say."""


@contextmanager
def esp_server(script: Script) -> Iterator[str]:
    """Runs until the end of the block; gives the address of its API."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.script = script
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join(5)
