"""The transport over a provider's API, against a server on a socket: what came of each letter is told truly."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.test import override_settings

from dispatch.classify import Outcome, classify
from dispatch.transports.base import Envelope, SendResult, Stage
from dispatch.transports.choice import make_transport
from dispatch.transports.esp import EspTransport
from dispatch.transports.providers import EspAccount, account
from dispatch.transports.smtp import SmtpTransport
from tests.esp_server import Answer, Request, Script, esp_server, postmark_takes

TOKEN = "17.0123456789abcdef"
ENVELOPE = Envelope(f"b+{TOKEN}@bulletin.example", "reader@example.org")
LETTER = (
    b'To: "Reader, A." <reader@example.org>\r\n'
    b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Subject: =?utf-8?q?L=C3=A9gumes?= and more\r\n"
    b"Message-ID: <abc@bulletin.example>\r\n"
    b"List-Unsubscribe: <https://bulletin.example/u/token>,\r\n <mailto:u+1.ab@bulletin.example>\r\n"
    b"From: =?utf-8?b?5rWL6K+V?= <news@bulletin.example>\r\n"
    b"Reply-To: answers@bulletin.example\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; b=abc\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="x"\r\n'
    b"\r\n"
    b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"=C3=A9t=C3=A9\r\n.starts with a dot\r\n"
    b"--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<p>=C3=A9t=C3=A9</p>\r\n"
    b"--x--\r\n"
)
# Longer than what the kernel takes before anybody reads.
LONG_LETTER = LETTER.replace(b".starts with a dot", b"a line of the letter\r\n" * 900_000)

POSTMARK = {"POSTMARK_SERVER_TOKEN": "token"}
MAILGUN = {"MAILGUN_API_KEY": "key"}


def said(result: SendResult) -> tuple[Stage, int | None, str]:
    return result.stage, result.reply.code if result.reply else None, result.reply.enhanced if result.reply else ""


def provider(name: str, settings: dict[str, str], url: str) -> EspAccount:
    return account(name, {**settings, f"{name.upper()}_API_URL": url})


@contextmanager
def transport_to(
    url: str, name: str = "postmark", settings: dict[str, str] | None = None, **limits: Any
) -> Iterator[EspTransport]:
    chosen = provider(name, POSTMARK if settings is None else settings, url)
    with override_settings(ESP=chosen, ANYMAIL=chosen.anymail(base_url="http://testserver", timeout=5)):
        transport = EspTransport(chosen, **limits)
        try:
            yield transport
        finally:
            transport.close()


def sent(script: Script, *, data: bytes = LETTER, asked: list[int] | None = None, **limits: Any) -> SendResult:
    count = [] if asked is None else asked
    with esp_server(script) as url, transport_to(url, **limits) as transport:
        return transport.send(ENVELOPE, data, may_send=lambda: count.append(1) is None)  # type: ignore[func-returns-value]


def answering(status: int, body: Any = None, **more: Any) -> Script:
    return Script(lambda _request: Answer(status, body, **more))


ANSWERS: dict[str, tuple[Callable[[], Script], tuple[Stage, int | None, str], Outcome]] = {
    "taken": (Script, (Stage.DOT, 250, "2.0.0"), Outcome.ACCEPTED),
    "an address that is none": (
        lambda: answering(422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'reader@example.org'."}),
        (Stage.RCPT, 553, "5.1.3"),
        Outcome.FAILED,
    ),
    "a recipient on the provider's list": (
        lambda: answering(
            422,
            {
                "ErrorCode": 406,
                "Message": "Found inactive addresses: reader@example.org. Inactive recipients are ones that …",
            },
        ),
        (Stage.RCPT, 550, "5.2.1"),
        Outcome.FAILED,
    ),
    "a sender that is not the account's": (
        lambda: answering(422, {"ErrorCode": 400, "Message": "The 'From' address is not a Sender Signature."}),
        (Stage.MAIL, 554, "5.3.0"),
        Outcome.RELEASED,
    ),
    "a wrong key": (
        lambda: answering(401, {"ErrorCode": 10, "Message": "Bad token."}),
        (Stage.AUTH, 535, "5.7.8"),
        Outcome.RELEASED,
    ),
    "forbidden": (lambda: answering(403, {}), (Stage.AUTH, 535, "5.7.8"), Outcome.RELEASED),
    "no credit": (lambda: answering(402, {}), (Stage.MAIL, 554, "5.3.0"), Outcome.RELEASED),
    "too fast": (
        lambda: answering(429, {}, headers=(("Retry-After", "30"),)),
        (Stage.MAIL, 421, "4.7.0"),
        Outcome.RELEASED,
    ),
    "away for now": (lambda: answering(503, "busy"), (Stage.MAIL, 421, "4.3.2"), Outcome.RELEASED),
    "broken inside": (lambda: answering(500, "oops"), (Stage.DOT, 451, "4.3.0"), Outcome.DEFERRED),
    "too long": (lambda: answering(413, "no"), (Stage.DATA, 552, "5.3.4"), Outcome.FAILED),
    "a gateway in between": (lambda: answering(504, "gone"), (Stage.DOT, None, ""), Outcome.UNKNOWN),
    "a page that is no answer": (
        lambda: answering(200, "<html>sign in to the hotel's network</html>"),
        (Stage.DOT, None, ""),
        Outcome.UNKNOWN,
    ),
    "another address": (
        lambda: answering(307, {}, headers=(("Location", "/elsewhere"),)),
        (Stage.MAIL, 554, "5.3.0"),
        Outcome.RELEASED,
    ),
    "silence": (
        lambda: answering(200, {}, pause=threading.Event()),
        (Stage.DOT, None, ""),
        Outcome.UNKNOWN,
    ),
    "lost after the request": (lambda: answering(0), (Stage.DOT, None, ""), Outcome.UNKNOWN),
    "lost within the answer": (
        lambda: answering(200, raw=b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
        (Stage.DOT, None, ""),
        Outcome.UNKNOWN,
    ),
    "not HTTP": (
        lambda: answering(200, raw=b"220 mail.example ESMTP\r\n"),
        (Stage.DOT, None, ""),
        Outcome.UNKNOWN,
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_a_provider_says_is_told_as_smtp_would(case: str) -> None:
    make, expected, outcome = ANSWERS[case]
    asked: list[int] = []
    script = make()
    result = sent(script, asked=asked, patience=1.0 if case == "silence" else 20.0)
    verdict = classify(result)
    assert said(result) == expected
    assert verdict.outcome is outcome
    assert bool(verdict.pause) is (outcome is Outcome.RELEASED and expected[1] != 421)
    assert bool(result.error) is (expected[1] is None)
    assert asked == [1], "the journal is asked once, before the request"
    assert len(script.requests) == 1, "a letter is one request: nothing is repeated or redirected"


def test_a_wrong_key_pauses_with_the_provider_s_words() -> None:
    verdict = classify(sent(answering(401, {"ErrorCode": 10, "Message": "Bad token."})))
    assert "Bad token." in verdict.pause


def test_how_long_to_wait_stands_in_the_words() -> None:
    reply = sent(answering(429, {}, headers=(("Retry-After", "30"),))).reply
    assert reply is not None
    assert "Retry-After: 30" in reply.text


def test_the_words_name_the_provider_s_id_and_no_address() -> None:
    taken, refused = (
        sent(Script()),
        sent(answering(422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'Reader@example.org'."})),
    )
    assert taken.reply is not None
    assert refused.reply is not None
    assert "m-1" in taken.reply.text
    assert "reader@" not in refused.reply.text.lower()


def test_after_an_answer_that_is_not_the_provider_s_a_person_is_asked_before_the_next_letter() -> None:
    script = answering(200, "<html>welcome to the hotel</html>")
    with esp_server(script) as url, transport_to(url) as transport:
        verdicts = [classify(transport.send(ENVELOPE, LETTER, may_send=lambda: True)) for _number in range(2)]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.UNKNOWN, Outcome.RELEASED]
    assert "welcome to the hotel" in verdicts[1].pause
    assert len(script.requests) == 1


def test_an_answer_cut_at_any_byte_is_never_taken_for_one() -> None:
    body = json.dumps({"To": ENVELOPE.recipient, "MessageID": "m-1", "ErrorCode": 0, "Message": "OK"}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    whole = head + body
    cuts = iter([*range(len(whole)), len(whole)])
    script = Script(lambda _request: Answer(raw=whole[: next(cuts)]))
    outcomes = []
    with esp_server(script) as url:
        for _number in range(len(whole) + 1):
            with transport_to(url) as transport:
                outcomes.append(classify(transport.send(ENVELOPE, LETTER, may_send=lambda: True)).outcome)
    assert outcomes == [Outcome.UNKNOWN] * len(whole) + [Outcome.ACCEPTED]
    assert len(script.requests) == len(outcomes)


def test_nobody_listening_leaves_the_letter_safe_and_the_journal_unasked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with transport_to(f"http://127.0.0.1:{port}/") as transport:
        result = transport.send(ENVELOPE, LETTER, may_send=lambda: pytest.fail("asked without a connection"))
    assert said(result) == (Stage.CONNECT, None, "")


def test_a_name_that_is_not_found_and_a_server_without_tls_are_known_before_the_letter() -> None:
    with esp_server(Script()) as url:
        for address in ("https://nowhere.invalid/", url.replace("http://", "https://")):
            with transport_to(address, patience=1.0) as transport:
                result = transport.send(ENVELOPE, LETTER, may_send=lambda: pytest.fail("asked without TLS"))
            assert said(result) == (Stage.CONNECT, None, "")


def test_a_letter_that_may_not_leave_is_withheld() -> None:
    script = Script()
    with esp_server(script) as url, transport_to(url) as transport:
        withheld = transport.send(ENVELOPE, LETTER, may_send=lambda: False)
        after = transport.send(ENVELOPE, LETTER, may_send=lambda: True)
    assert withheld == SendResult(Stage.DATA, withheld=True)
    assert said(after) == (Stage.DOT, 250, "2.0.0")
    assert len(script.requests) == 1


def test_a_connection_lost_in_the_middle_of_the_request_is_safe_to_repeat() -> None:
    script = Script(most_read=1000)
    result = sent(script, data=LONG_LETTER)
    assert said(result) == (Stage.DATA, None, "")
    assert classify(result).outcome is Outcome.DEFERRED
    assert not script.requests


def test_a_door_that_is_shut_at_once_is_safe_only_where_nothing_had_left() -> None:
    asked: list[int] = []
    result = sent(Script(slams=True), asked=asked)
    assert result.reply is None
    assert result.stage is not Stage.CONNECT or not asked  # the moment of the reset is the network's
    assert result.stage in {Stage.CONNECT, Stage.DATA, Stage.DOT}


def test_letters_go_over_one_kept_connection() -> None:
    script = Script()
    with esp_server(script) as url, transport_to(url) as transport:
        results = [transport.send(ENVELOPE, LETTER, may_send=lambda: True) for _number in range(5)]
    assert {said(result) for result in results} == {(Stage.DOT, 250, "2.0.0")}
    assert script.connections == 1
    assert transport.peer == "127.0.0.1"


def test_a_connection_that_the_provider_closed_is_opened_anew_without_doubt() -> None:
    script = Script(lambda request: Answer(200, postmark_takes(request).body, headers=(("Connection", "close"),)))
    with esp_server(script) as url, transport_to(url) as transport:
        results = [transport.send(ENVELOPE, LETTER, may_send=lambda: True) for _number in range(3)]
    assert {said(result) for result in results} == {(Stage.DOT, 250, "2.0.0")}


def test_a_letter_arrives_as_it_was_with_its_headers_and_token_and_unwatched() -> None:
    script = Script()
    sent(script)
    (request,) = script.requests
    told = request.json
    headers = {each["Name"]: each["Value"] for each in told["Headers"]}
    assert request.headers["x-postmark-server-token"] == "token"
    assert told["Subject"] == "Légumes and more"
    assert told["To"] == '"Reader, A." <reader@example.org>'
    assert "news@bulletin.example" in told["From"]
    assert told["ReplyTo"] == "answers@bulletin.example"
    assert told["TextBody"] == "été\n.starts with a dot"
    assert told["HtmlBody"] == "<p>été</p>"
    assert (told["TrackOpens"], told["TrackLinks"]) == (False, "None")
    assert told["Metadata"] == {"circular": TOKEN}
    assert headers["List-Unsubscribe"] == "<https://bulletin.example/u/token>, <mailto:u+1.ab@bulletin.example>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Message-ID"] == "<abc@bulletin.example>"
    assert headers["X-PM-KeepID"] == "true"
    assert not {"Date", "DKIM-Signature", "MIME-Version", "Content-Type"} & set(headers)


def mailgun_takes(_request: Request) -> Answer:
    return Answer(200, {"id": "<m-1@mg.example>", "message": "Queued. Thank you."})


def test_another_provider_says_the_same() -> None:
    refusals: dict[str, tuple[Callable[[Request], Answer], tuple[Stage, int | None, str]]] = {
        "taken": (mailgun_takes, (Stage.DOT, 250, "2.0.0")),
        "address": (
            lambda _r: Answer(400, {"message": "'to' parameter is not a valid address. please check documentation"}),
            (Stage.RCPT, 553, "5.1.3"),
        ),
        "domain": (
            lambda _r: Answer(404, {"message": "Domain not found: bulletin.example"}),
            (Stage.MAIL, 554, "5.3.0"),
        ),
        "key": (lambda _r: Answer(401, "Forbidden"), (Stage.AUTH, 535, "5.7.8")),
        "lost": (lambda _r: Answer(0), (Stage.DOT, None, "")),
    }
    for answer, expected in refusals.values():
        with esp_server(Script(answer)) as url, transport_to(url, "mailgun", MAILGUN) as transport:
            assert said(transport.send(ENVELOPE, LETTER, may_send=lambda: True)) == expected


def test_mailgun_is_given_the_token_and_told_to_watch_nobody() -> None:
    script = Script(mailgun_takes)
    with esp_server(script) as url, transport_to(url, "mailgun", MAILGUN) as transport:
        transport.send(ENVELOPE, LETTER, may_send=lambda: True)
    (request,) = script.requests
    from urllib.parse import parse_qs

    told = parse_qs(request.body.decode())
    assert request.path == "/bulletin.example/messages"
    assert told["v:circular"] == [TOKEN]
    assert told["o:tracking-clicks"] == told["o:tracking-opens"] == ["no"]
    assert told["h:Message-Id"] == ["<abc@bulletin.example>"]


@pytest.mark.parametrize(
    ("data", "enhanced"),
    [
        (LETTER.replace(b"Reply-To: answers@bulletin.example", b"X-Odd: a\x01b"), "5.6.0"),
        (b"Subject: x\r\nFrom: a@b.example\r\n\r\n", None),
        (b"Subject: no sender\r\n\r\ntext\r\n", "5.6.0"),
    ],
)
def test_a_letter_that_no_api_can_carry_is_refused_before_anything_leaves(data: bytes, enhanced: str | None) -> None:
    script = Script()
    result = sent(script, data=data)
    if enhanced is None:
        assert result.stage is Stage.DOT
    else:
        assert said(result) == (Stage.DATA, 554, enhanced)
        assert not script.requests


@pytest.mark.parametrize(
    ("recipient", "code"), [("réader@example.org", "5.6.7"), ("a b@example.org", "5.1.3"), ("", "5.1.3")]
)
def test_an_address_that_no_provider_can_be_told_blames_the_address_alone(recipient: str, code: str) -> None:
    script = Script()
    with esp_server(script) as url, transport_to(url) as transport:
        result = transport.send(Envelope(ENVELOPE.sender, recipient), LETTER, may_send=lambda: True)
    assert said(result) == (Stage.RCPT, 553, code)
    assert not script.requests


def mandrill_says(name: str) -> Callable[[Request], Answer]:
    return lambda _request: Answer(500, {"status": "error", "code": -1, "name": name, "message": "…"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Invalid_Key", (Stage.AUTH, 535, "5.7.8")), ("GeneralError", (Stage.DOT, 451, "4.3.0"))],
)
def test_a_provider_that_says_all_with_a_500_is_read_by_its_words(
    name: str, expected: tuple[Stage, int | None, str]
) -> None:
    key = {"MANDRILL_API_KEY": "key"}
    with esp_server(Script(mandrill_says(name))) as url, transport_to(url, "mandrill", key) as transport:
        assert said(transport.send(ENVELOPE, LETTER, may_send=lambda: True)) == expected


TAKEN = {
    "brevo": ({"BREVO_API_KEY": "k"}, {"messageId": "m"}),
    "mailjet": (
        {"MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "s"},
        {"Messages": [{"Status": "success", "To": [{"Email": "reader@example.org", "MessageID": 1}]}]},
    ),
    "mailtrap": ({"MAILTRAP_API_TOKEN": "k"}, {"success": True, "message_ids": ["m"]}),
    "mandrill": ({"MANDRILL_API_KEY": "k"}, [{"email": "reader@example.org", "status": "queued", "_id": "m"}]),
    "resend": ({"RESEND_API_KEY": "k"}, {"id": "m"}),
    "sparkpost": (
        {"SPARKPOST_API_KEY": "k"},
        {"results": {"total_accepted_recipients": 1, "total_rejected_recipients": 0, "id": "m"}},
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_every_provider_takes_the_letter_with_its_token_and_its_way_out(name: str) -> None:
    settings, body = TAKEN[name]
    script = Script(lambda _request: Answer(200, body))
    with esp_server(script) as url, transport_to(url, name, settings) as transport:
        result = transport.send(ENVELOPE, LETTER, may_send=lambda: True)
    assert said(result) == (Stage.DOT, 250, "2.0.0")
    (request,) = script.requests
    text = json.dumps(request.json)
    assert TOKEN in text
    assert "https://bulletin.example/u/token" in text
    assert "List-Unsubscribe=One-Click" in text


@pytest.mark.parametrize("name", ["postmark", "mailgun", *TAKEN])
def test_json_that_nobody_foresaw_is_a_doubt_and_no_crash(name: str) -> None:
    known = {"postmark": POSTMARK, "mailgun": MAILGUN}
    settings = known[name] if name in known else TAKEN[name][0]
    odd: list[Any] = [None, [], [1], "text", 7, {}, {"ErrorCode": "x"}, {"results": None}, {"Messages": [None]}, [{}]]
    script = Script(lambda _request: Answer(200, raw=_json(odd[len(script.requests) - 1])))
    with esp_server(script) as url:
        for body in odd:
            with transport_to(url, name, settings) as transport:
                verdict = classify(transport.send(ENVELOPE, LETTER, may_send=lambda: True))
            assert verdict.outcome is Outcome.UNKNOWN, body


def _json(body: Any) -> bytes:
    raw = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(raw), raw)


def test_mailjet_s_refusal_of_a_sender_stops_all_instead_of_failing_each() -> None:
    body = {
        "Messages": [
            {"Status": "error", "Errors": [{"ErrorCode": "send-0008", "ErrorMessage": "sender not validated"}]}
        ]
    }
    script = answering(400, body)
    with esp_server(script) as url, transport_to(url, "mailjet", TAKEN["mailjet"][0]) as transport:
        result = transport.send(ENVELOPE, LETTER, may_send=lambda: True)
    assert said(result) == (Stage.MAIL, 554, "5.3.0")
    assert classify(result).pause


def test_the_settings_choose_the_transport() -> None:
    with override_settings(ESP=None, SMTP_URL="smtp://127.0.0.1:1"):
        assert isinstance(make_transport(patience=3), SmtpTransport)
    with transport_to("http://127.0.0.1:1/"):
        chosen = make_transport(patience=3)
        assert isinstance(chosen, EspTransport)
        chosen.close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's proxies are for the machine's own errands."""
    with ExitStack():
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield
