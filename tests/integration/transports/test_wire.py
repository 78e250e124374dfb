"""A text that could not be written whole: whether its end may have left."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from dispatch.transports.wire import Lost, Wire
from tests.integration.transports.test_smtp_tls import certificate

BIG = b"x" * 20_000_000  # octets: more than any socket takes from one who isn't read


def broken(wire: Wire, parts: list[bytes], ends_at: int) -> bool:
    with pytest.raises(Lost, match="silent") as caught:
        wire.write_text(parts, ends_at, 0.2)
    wire.close()
    return caught.value.ended


CASES = {
    "in the text": ([BIG, b".\r\n", b""], len(BIG), False),
    "behind its end": ([b"text\r\n", b".\r\n", BIG], 6, True),
    "in a chunk": ([b"BDAT 20000000 LAST\r\n", BIG, b"MAIL"], len(BIG) + 19, False),
    "behind a chunk": ([b"BDAT 2 LAST\r\n", b"xx", BIG], 14, True),
}


@pytest.mark.parametrize("case", CASES)
def test_where_the_writing_stopped_is_known(case: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        parts, ends_at, ended = CASES[case]
        assert broken(Wire(ours, patience=10.0), parts, ends_at) is ended


@pytest.mark.parametrize("case", CASES)
def test_where_the_writing_stopped_is_known_under_tls(tmp_path: Path, case: str) -> None:
    context, file = certificate(tmp_path)
    ours, theirs = socket.socketpair()
    served: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: served.append(context.wrap_socket(theirs, server_side=True)), daemon=True)
    thread.start()
    wire = Wire(ours, patience=10.0).under_tls(ssl.create_default_context(cafile=file), "127.0.0.1", 10.0)
    thread.join(10)
    parts, ends_at, ended = CASES[case]
    assert broken(wire, parts, ends_at) is ended
    served[0].close()
