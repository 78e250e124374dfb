"""Commands sent together: fewer round trips, and never one letter's answer taken for another's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dispatch.transports.base import Envelope, SendResult, Stage
from dispatch.transports.smtp import SmtpServer, SmtpTransport
from tests.smtp_server import Script, smtp_server

LETTER = b"Subject: x\r\n\r\n.starts with a dot\r\n..two\r\n.\r\nend\r\n"
BOTH = [("PIPELINING", "8BITMIME"), ("PIPELINING", "CHUNKING")]


def envelope(number: int) -> Envelope:
    return Envelope(f"b+{number}.abc@bulletin.example", f"reader{number}@example.org", len(LETTER))


def send_all(transport: SmtpTransport, count: int) -> list[SendResult]:
    """Letters 0 to `count`, each with the next one announced."""
    return [
        transport.send(
            envelope(number),
            LETTER,
            may_send=lambda: True,
            following=envelope(number + 1) if number + 1 < count else None,
        )
        for number in range(count)
    ]


@pytest.fixture
def transports() -> Iterator[list[SmtpTransport]]:
    made: list[SmtpTransport] = []
    yield made
    for transport in made:
        transport.close()


def connect(url: str, transports: list[SmtpTransport], *, patience: float = 20.0) -> SmtpTransport:
    transports.append(SmtpTransport(SmtpServer.from_url(url), local_hostname="circular.test", patience=patience))
    return transports[-1]


@pytest.mark.parametrize("extensions", [*BOTH, ("CHUNKING",), ()])
def test_letters_arrive_byte_for_byte_on_one_connection(
    extensions: tuple[str, ...], transports: list[SmtpTransport]
) -> None:
    script = Script(extensions=extensions)
    with smtp_server(script) as url:
        results = send_all(connect(url, transports), 20)
        transports.pop().close()
    assert [result.reply and result.reply.code for result in results] == [250] * 20
    assert script.accepted == [(e.sender, e.recipient, LETTER) for e in map(envelope, range(20))]
    assert script.connections == 1
    assert script.seen["QUIT"] == 1
    assert script.seen["DATA"] == (0 if "CHUNKING" in extensions else 20)


def test_a_refusal_of_the_announced_letter_is_that_letters(transports: list[SmtpTransport]) -> None:
    for extensions in BOTH:
        script = Script(
            lambda verb, argument, _c: f"550 5.1.1 no {argument}" if verb == "RCPT" and "reader2@" in argument else "",
            extensions=extensions,
        )
        with smtp_server(script) as url:
            results = send_all(connect(url, transports), 5)
            transports.pop().close()
        assert [result.stage for result in results] == [Stage.DOT, Stage.DOT, Stage.RCPT, Stage.DOT, Stage.DOT]
        assert results[2].reply
        assert "reader2@" in results[2].reply.text
        assert [recipient for _s, recipient, _t in script.accepted] == [envelope(n).recipient for n in (0, 1, 3, 4)]
        assert script.connections == 1


@pytest.mark.parametrize("extensions", BOTH)
def test_another_letter_than_the_announced_one_begins_anew(
    extensions: tuple[str, ...], transports: list[SmtpTransport]
) -> None:
    script = Script(extensions=extensions)
    with smtp_server(script) as url:
        transport = connect(url, transports)
        for number in (0, 5, 9):
            result = transport.send(envelope(number), LETTER, may_send=lambda: True, following=envelope(number + 1))
            assert result.stage is Stage.DOT
    assert [recipient for _s, recipient, _t in script.accepted] == [envelope(n).recipient for n in (0, 5, 9)]


def test_a_server_that_wants_the_text_though_it_refused_the_recipient_gets_none(
    transports: list[SmtpTransport],
) -> None:
    script = Script(
        lambda verb, argument, _c: (
            "550 5.1.1 no" if verb == "RCPT" and "reader1@" in argument else "354 go on" if verb == "DATA" else ""
        ),
        extensions=("PIPELINING",),
    )
    with smtp_server(script) as url:
        transport = connect(url, transports)
        results = send_all(transport, 4)
    assert [result.stage for result in results] == [Stage.DOT, Stage.RCPT, Stage.DOT, Stage.DOT]
    assert [recipient for _s, recipient, _t in script.accepted] == [envelope(n).recipient for n in (0, 2, 3)]
    assert script.connections == 2, "one more, since hanging up is all that can be no letter"


def test_a_421_in_the_middle_is_the_next_letters_and_costs_no_other(transports: list[SmtpTransport]) -> None:
    script = Script(
        lambda verb, _a, count: "421 4.7.0 too many" if verb == "MAIL" and count == 3 else "",
        extensions=("PIPELINING",),
    )
    with smtp_server(script) as url:
        results = send_all(connect(url, transports), 4)
    assert [(r.stage, r.reply and r.reply.code) for r in results] == [
        (Stage.DOT, 250),
        (Stage.DOT, 250),
        (Stage.MAIL, 421),
        (Stage.DOT, 250),
    ]
    assert [recipient for _s, recipient, _t in script.accepted] == [envelope(n).recipient for n in (0, 1, 3)]
    assert script.connections == 2


def test_bdat_that_nobody_knows_is_nothing_against_the_reader(transports: list[SmtpTransport]) -> None:
    script = Script(
        lambda verb, _a, _c: "502 5.5.2 what?" if verb == "DOT" and not script.seen["DATA"] else "",
        extensions=("PIPELINING", "CHUNKING"),
    )
    with smtp_server(script) as url:
        results = send_all(connect(url, transports), 3)
    assert [(r.stage, r.reply and r.reply.code) for r in results] == [
        (Stage.DOT, 451),
        (Stage.DOT, 250),
        (Stage.DOT, 250),
    ]
    assert len(script.accepted) == 2


@pytest.mark.parametrize("extensions", BOTH)
def test_a_kept_connection_that_was_closed_is_opened_anew(
    extensions: tuple[str, ...], transports: list[SmtpTransport]
) -> None:
    script = Script(lambda verb, _a, count: "drop" if verb == "MAIL" and count in {2, 4} else "", extensions=extensions)
    asked: list[int] = []
    with smtp_server(script) as url:
        transport = connect(url, transports)
        for number in range(4):
            result = transport.send(
                envelope(number),
                LETTER,
                may_send=lambda: asked.append(1) is None,  # type: ignore[func-returns-value]
                following=envelope(number + 1),
            )
            assert result.stage is Stage.DOT
            assert result.reply
    assert len(script.accepted) == len(asked) == 4


@contextmanager
def raw_server(*conversations: list[tuple[bytes, bytes]]) -> Iterator[tuple[str, list[bytes]]]:
    """One connection after the other; in each, `(what to wait for, what to say)` in turn. Gives all that it read."""
    listener = socket.create_server(("127.0.0.1", 0))
    read: list[bytes] = []

    def serve() -> None:
        for conversation in conversations:
            try:
                sock, _address = listener.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(20)
                buffer = b""
                read.append(b"")
                for awaited, said in [*conversation, (b"never", b"")]:
                    while awaited not in buffer:
                        if not (got := sock.recv(65536)):
                            break
                        buffer += got
                        read[-1] += got
                    else:
                        buffer = b""  # and with it whatever was sent together
                        sock.sendall(said)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}", read
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(20)


HELLO = [(b"", b"220 raw\r\n"), (b"EHLO", b"250-raw\r\n250 PIPELINING\r\n")]


def test_a_server_that_lies_about_pipelining_gets_one_command_at_a_time() -> None:
    one_by_one = [*HELLO]
    for number in (0, 1):
        one_by_one += [
            (f"<b+{number}".encode(), b"250 ok\r\n"),
            (b"RCPT", b"250 ok\r\n"),
            (b"DATA", b"354 go\r\n"),
            (b"\r\n.\r\n", b"250 kept\r\n"),
        ]
    with raw_server([*HELLO, (b"MAIL", b"250 ok\r\n")], one_by_one) as (url, read):
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="t.example", patience=0.5)
        results = send_all(transport, 2)
        transport.close()
    assert [(r.stage, r.reply and r.reply.text) for r in results] == [(Stage.DOT, "kept")] * 2
    assert b"Subject" not in read[0]


def test_silence_after_the_dot_is_told_as_such() -> None:
    one = [*HELLO, (b"DATA", b"250 ok\r\n250 ok\r\n354 go\r\n"), (b"\r\n.\r\n", b"")]
    with raw_server(one) as (url, read):
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="t.example", patience=0.3)
        result = transport.send(envelope(0), LETTER, may_send=lambda: True, following=envelope(1))
        transport.close()
    assert (result.stage, result.reply) == (Stage.DOT, None)
    assert "silent" in result.error
    assert len(read) == 1


def test_an_answer_to_the_text_that_comes_before_the_text_is_not_believed() -> None:
    early = [*HELLO, (b"DATA", b"250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 already kept\r\n")]
    with raw_server(early, early) as (url, read):
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="t.example", patience=0.5)
        result = transport.send(envelope(0), LETTER, may_send=lambda: True)
        transport.close()
    assert result.stage is not Stage.DOT
    assert not any(b"Subject" in each for each in read)


def test_a_refusal_in_the_middle_of_the_text_is_heard() -> None:
    big = b"x" * 76 + b"\r\n"
    one = [*HELLO, (b"DATA", b"250 ok\r\n250 ok\r\n354 go\r\n"), (b"xxx", b"552 5.3.4 too big\r\n")]
    with raw_server(one) as (url, _read):
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="t.example", patience=2.0)
        result = transport.send(envelope(0), big * 30_000, may_send=lambda: True)
        transport.close()
    assert result.reply
    assert result.reply.enhanced == "5.3.4"


@pytest.mark.parametrize("extensions", [("SMTPUTF8", "8BITMIME"), ("SMTPUTF8", "8BITMIME", "PIPELINING", "CHUNKING")])
def test_an_address_beyond_ascii_goes_where_smtputf8_is_offered(
    extensions: tuple[str, ...], transports: list[SmtpTransport]
) -> None:
    script = Script(extensions=extensions)
    with smtp_server(script) as url:
        transport = connect(url, transports)
        foreign = Envelope("b@bulletin.example", "用户@example.org")
        transport.send(envelope(0), LETTER, may_send=lambda: True, following=foreign)
        result = transport.send(foreign, LETTER, may_send=lambda: True)
    assert result.stage is Stage.DOT
    assert [recipient for _s, recipient, _t in script.accepted] == [envelope(0).recipient, "用户@example.org"]
    assert [line.endswith(" SMTPUTF8") for line in script.lines if line.startswith("MAIL")] == [False, True]


def test_an_address_beyond_ascii_is_refused_in_clear_words_elsewhere(transports: list[SmtpTransport]) -> None:
    script = Script(extensions=("PIPELINING",))
    with smtp_server(script) as url:
        transport = connect(url, transports)
        foreign = Envelope("b@bulletin.example", "用户@example.org")
        transport.send(envelope(0), LETTER, may_send=lambda: True, following=foreign)
        result = transport.send(foreign, LETTER, may_send=lambda: True)
        again = transport.send(envelope(1), LETTER, may_send=lambda: True)
    assert result.stage is Stage.RCPT
    assert result.reply
    assert (result.reply.code, result.reply.enhanced) == (553, "5.6.7")
    assert "SMTPUTF8" in result.reply.text
    assert again.stage is Stage.DOT
    assert (script.connections, len(script.accepted)) == (1, 2)


def test_the_server_is_named(transports: list[SmtpTransport]) -> None:
    with smtp_server(Script(lambda verb, _a, _c: "220 mx1.example ESMTP" if verb == "CONNECT" else "")) as url:
        transport = connect(url, transports)
        transport.send(envelope(0), LETTER, may_send=lambda: True)
        assert transport.peer == "mx1.example [127.0.0.1]"


def test_what_the_journal_raises_reaches_the_caller_and_no_text_leaves(transports: list[SmtpTransport]) -> None:
    def full() -> bool:
        raise OSError("no space left")

    script = Script(extensions=("PIPELINING",))
    with smtp_server(script) as url:
        transport = connect(url, transports)
        with pytest.raises(OSError, match="no space"):
            transport.send(envelope(0), LETTER, may_send=full)
        assert transport.send(envelope(1), LETTER, may_send=lambda: True).stage is Stage.DOT
    assert len(script.accepted) == 1
