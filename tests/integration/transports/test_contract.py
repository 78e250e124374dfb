"""One suite for every transport: how far a letter came is told truly. The memory transport and real SMTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from dispatch.transports.base import Envelope, Reply, SendResult, Stage, Transport
from dispatch.transports.memory import ACCEPTED, MemoryTransport
from dispatch.transports.smtp import SmtpServer, SmtpTransport
from tests.smtp_server import Script, smtp_server

ENVELOPE = Envelope("b+1.abc@bulletin.example", "reader@example.org")
LETTER = b"Subject: x\r\n\r\n.starts with a dot\r\n..two\r\n.\r\nend\r\n"

FAULTS = {
    "accepted": (ACCEPTED, lambda _v, _a, _c: ""),
    "refused at RCPT": (
        SendResult(Stage.RCPT, Reply(550, "5.1.1", "5.1.1 no such user")),
        lambda verb, _a, _c: "550 5.1.1 no such user" if verb == "RCPT" else "",
    ),
    "deferred at DATA": (
        SendResult(Stage.DATA, Reply(451, "4.3.0", "4.3.0 later")),
        lambda verb, _a, _c: "451 4.3.0 later" if verb == "DATA" else "",
    ),
    "refused after the dot": (
        SendResult(Stage.DOT, Reply(554, "5.6.0", "5.6.0 no")),
        lambda verb, _a, _c: "554 5.6.0 no" if verb == "DOT" else "",
    ),
    "lost at MAIL": (SendResult(Stage.MAIL, error="lost"), lambda verb, _a, _c: "drop" if verb == "MAIL" else ""),
    "lost after the dot": (SendResult(Stage.DOT, error="lost"), lambda verb, _a, _c: "drop" if verb == "DOT" else ""),
    "busy at the greeting": (
        SendResult(Stage.CONNECT, Reply(421, "", "busy")),
        lambda verb, _a, _c: "421 busy" if verb == "CONNECT" else "",
    ),
}

Make = Callable[[str], Transport]


EXTENSIONS = {
    "smtp": ("8BITMIME",),
    "smtp pipelining": ("8BITMIME", "PIPELINING"),
    "smtp chunking": ("8BITMIME", "CHUNKING"),
    "smtp pipelining and chunking": ("8BITMIME", "PIPELINING", "CHUNKING", "SIZE 100000", "SMTPUTF8"),
}


@pytest.fixture(params=["memory", *EXTENSIONS])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    with ExitStack() as stack:

        def build(fault: str) -> Transport:
            result, answer = FAULTS[fault]
            if request.param == "memory":
                return MemoryTransport(answers={ENVELOPE.recipient: [result]})
            if fault == "deferred at DATA" and "chunking" in request.param:
                pytest.skip("a chunk needs no DATA")
            url = stack.enter_context(smtp_server(Script(answer, extensions=EXTENSIONS[request.param])))
            transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="circular.test")
            stack.callback(transport.close)
            return transport

        yield build


@pytest.mark.parametrize("fault", FAULTS)
def test_the_stage_and_the_reply_are_told(make: Make, fault: str) -> None:
    expected = FAULTS[fault][0]
    asked: list[int] = []
    result = make(fault).send(ENVELOPE, LETTER, may_send=lambda: asked.append(1) is None)  # type: ignore[func-returns-value]
    assert result.stage is expected.stage
    assert (result.reply and (result.reply.code, result.reply.enhanced)) == (
        expected.reply and (expected.reply.code, expected.reply.enhanced)
    )
    assert bool(result.error) is (expected.reply is None)
    assert len(asked) == (1 if expected.stage is Stage.DOT else 0), "the journal is asked just before the text"


def test_a_letter_that_may_not_leave_is_withheld(make: Make) -> None:
    assert make("accepted").send(ENVELOPE, LETTER, may_send=lambda: False) == SendResult(Stage.DATA, withheld=True)


@pytest.mark.parametrize(
    "address", ["a\r\nRCPT TO:<b@example.org>@x.example", "a@x.example\nDATA", "a b@x.example", "a>@x", ""]
)
def test_an_address_that_could_be_a_command_is_refused_before_a_byte(make: Make, address: str) -> None:
    asked: list[int] = []
    result = make("accepted").send(
        Envelope("b@bulletin.example", address),
        LETTER,
        may_send=lambda: asked.append(1) is None,  # type: ignore[func-returns-value]
    )
    assert result.stage is Stage.RCPT
    assert result.reply
    assert result.reply.code == 553
    assert not asked


def test_a_sender_that_could_be_a_command_is_refused(make: Make) -> None:
    result = make("accepted").send(Envelope("a\r\nb@x.example", "a@x.example"), LETTER, may_send=lambda: True)
    assert result.stage is Stage.MAIL


def test_after_a_letter_that_was_withheld_the_next_one_goes(make: Make) -> None:
    transport = make("accepted")
    following = Envelope("b+2.abc@bulletin.example", "second@example.org")
    transport.send(ENVELOPE, LETTER, may_send=lambda: False, following=following)
    result = transport.send(following, LETTER, may_send=lambda: True)
    assert result.stage is Stage.DOT
    assert result.reply
    assert result.reply.code == 250
