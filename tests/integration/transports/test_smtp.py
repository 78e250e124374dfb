"""The SMTP transport against a real server on a socket."""

from __future__ import annotations

import pytest

from dispatch.transports.base import Envelope, Stage
from dispatch.transports.smtp import SmtpServer, SmtpTransport, SmtpUrlError
from tests.smtp_server import Script, smtp_server

LETTER = b"Subject: x\r\n\r\n.starts with a dot\r\n..two\r\n.\r\nend\r\n"


def envelope(number: int = 1) -> Envelope:
    return Envelope(f"b+{number}.abc@bulletin.example", f"reader{number}@example.org")


def test_letters_arrive_byte_for_byte_on_one_kept_connection() -> None:
    script = Script()
    with smtp_server(script) as url:
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="circular.test")
        for number in range(20):
            assert transport.send(envelope(number), LETTER, may_send=lambda: True).stage is Stage.DOT
        transport.close()
    assert script.connections == 1
    assert script.accepted == [(e.sender, e.recipient, LETTER) for e in map(envelope, range(20))]


def test_after_a_refusal_the_connection_goes_on() -> None:
    script = Script(lambda verb, argument, _c: "550 5.1.1 no" if verb == "RCPT" and "reader1@" in argument else "")
    with smtp_server(script) as url:
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="circular.test")
        stages = [transport.send(envelope(n), LETTER, may_send=lambda: True).stage for n in (1, 2)]
        transport.close()
    assert stages == [Stage.RCPT, Stage.DOT]
    assert script.connections == 1


def test_after_a_421_the_next_letter_gets_a_new_connection() -> None:
    script = Script(lambda verb, _a, count: "421 4.3.2 closing" if verb == "DOT" and count == 1 else "")
    with smtp_server(script) as url:
        transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="circular.test")
        replies = [transport.send(envelope(n), LETTER, may_send=lambda: True).reply for n in (1, 2)]
        transport.close()
    assert [reply.code for reply in replies if reply] == [421, 250]
    assert script.connections == 2


def test_a_required_starttls_that_is_not_offered_stops_before_any_letter() -> None:
    script = Script()
    with smtp_server(script) as url:
        transport = SmtpTransport(SmtpServer.from_url(url + "?starttls=required"), local_hostname="circular.test")
        result = transport.send(envelope(), LETTER, may_send=lambda: True)
    assert result.stage is Stage.CONNECT
    assert "STARTTLS" in result.error
    assert not script.accepted
    assert not script.seen["MAIL"]


def test_nobody_listening_is_a_connection_that_did_not_come_about() -> None:
    result = SmtpTransport(SmtpServer.from_url("smtp://127.0.0.1:1")).send(envelope(), LETTER, may_send=lambda: True)
    assert result.stage is Stage.CONNECT
    assert result.reply is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 25)),
        ("smtps://u:p%40ss@mail.example", SmtpServer("mail.example", 465, "u", "p@ss", "implicit")),
        ("smtp://mail.example:2525?starttls=required", SmtpServer("mail.example", 2525, tls="starttls")),
        (
            "smtps://mail.example?cafile=/etc/ca.pem",
            SmtpServer("mail.example", 465, tls="implicit", cafile="/etc/ca.pem"),
        ),
        ("smtp://h?pipelining=off&chunking=off", SmtpServer("h", 25, pipelining=False, chunking=False)),
        ("smtp://u:p@[::1]:2525", SmtpServer("::1", 2525, "u", "p")),
    ],
)
def test_an_url_says_where_letters_leave(url: str, expected: SmtpServer) -> None:
    assert SmtpServer.from_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://h:0x",
        "smtp://h?starttls=no",
        "smtp://h/x",
        "smtp://[::1",
        "smtp://h?pipelining=on",
        "smtp://h?cafile=/etc/ca.pem",
        "smtps://h?cafile=",
        "smtps://h?other=1",
        "smtp://user:password@h",
    ],
)
def test_an_url_that_is_none_is_refused_with_what_was_expected(url: str) -> None:
    with pytest.raises(SmtpUrlError, match="expected smtp://"):
        SmtpServer.from_url(url)
