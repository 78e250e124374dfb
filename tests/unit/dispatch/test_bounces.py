"""Reports as servers write them, read by their fields; and what nobody should write, which harms nobody."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.bounces import Report, read_report
from dispatch.readings import Kind

PAYLOADS = Path(__file__).parents[2] / "payloads" / "feedback"
ADDRESS = "b+1001.0123456789abcdef@bounces.bulletin.example"


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    ("name", "kind", "enhanced", "source"),
    [
        ("postfix-unknown-user", Kind.HARD, "5.1.1", "dsn"),
        ("postfix-delayed", Kind.DELAYED, "4.4.1", "dsn"),
        ("postfix-gave-up", Kind.SOFT, "4.4.1", "dsn"),
        ("postfix-relayed", None, "", "dsn"),
        ("exim-no-such-user", Kind.HARD, "5.1.1", "dsn"),
        ("exim-says-nothing", Kind.SOFT, "5.0.0", "dsn"),
        ("microsoft-recipient-not-found", Kind.HARD, "5.1.10", "dsn"),
        ("microsoft-not-authenticated", Kind.REPUTATION, "5.7.515", "dsn"),
        ("gmail-unknown-user", Kind.HARD, "5.1.1", "dsn"),
        ("gmail-mailbox-full", Kind.SOFT, "5.2.2", "dsn"),
        ("gmail-unauthenticated", Kind.REPUTATION, "5.7.26", "dsn"),
        ("netease-full.gbk", Kind.SOFT, "5.2.2", "dsn"),
        ("qq-unknown-user.gbk", Kind.HARD, "5.1.1", "dsn"),
        ("alias-of-several", Kind.SOFT, "4.2.2", "dsn"),
        ("qmail", Kind.OTHER, "", "mail"),
        ("human-reply", Kind.OTHER, "", "mail"),
        ("vacation", None, "", "mail"),
        ("old-vacation", None, "", "mail"),
        ("read-receipt", None, "", "mail"),
        ("yahoo-abuse.arf", Kind.COMPLAINT, "", "arf"),
        ("outlook-abuse.arf", Kind.COMPLAINT, "", "arf"),
        ("not-spam.arf", None, "", "arf"),
    ],
)
def test_each_servers_report_is_read(name: str, kind: Kind | None, enhanced: str, source: str) -> None:
    report = read_report(payload(name))
    assert (report.kind, report.enhanced, report.source) == (kind, enhanced, source)


def test_every_payload_is_in_the_table_above() -> None:
    marks = test_each_servers_report_is_read.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == {path.stem for path in PAYLOADS.glob("*.eml")}


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.eml")), ids=lambda path: path.stem)
def test_no_words_that_are_kept_hold_an_address(path: Path) -> None:
    words = read_report(path.read_bytes()).words
    for name in ("amina", "jose.santos@", "li.wei@", "wang_fang", "wei@", "jane@", "555"):
        assert name not in words


def test_the_words_are_the_servers() -> None:
    assert read_report(payload("gmail-unknown-user")).words.startswith(
        "550-5.1.1 The email account that you tried to reach does not exist."
    )
    assert "邮箱空间不足" in read_report(payload("netease-full.gbk")).words
    assert "邮箱不存在或已停用" in read_report(payload("qq-unknown-user.gbk")).words


def test_of_a_persons_own_mail_the_subject_alone_is_kept() -> None:
    assert read_report(payload("human-reply")).words == "Re: The first issue"


def test_a_report_that_comes_twice_has_one_key_whatever_way_it_came() -> None:
    raw = payload("postfix-unknown-user")
    assert read_report(raw).key == read_report(b"Received: from another.example\r\n" + raw).key
    assert read_report(raw).key != read_report(payload("postfix-gave-up")).key


def test_the_letters_own_headers_are_the_clues() -> None:
    assert any(ADDRESS in clue for clue in read_report(payload("postfix-unknown-user")).clues)
    assert any("/u/" in clue for clue in read_report(payload("outlook-abuse.arf")).clues)
    assert any(ADDRESS in text for text in read_report(payload("qmail")).written_to)


def test_the_prose_of_a_report_decides_nothing() -> None:
    raw = payload("gmail-mailbox-full").replace(b"is over quota.", b"is over quota. 550 5.1.1 5.7.26 spam blocked")
    assert read_report(raw).kind is Kind.SOFT


def test_a_status_that_says_something_is_not_overruled_by_the_quoted_reply() -> None:
    raw = payload("gmail-mailbox-full").replace(b"552-5.2.2", b"552-5.1.1")
    assert read_report(raw).enhanced == "5.2.2"


def test_a_report_with_one_delivered_recipient_is_no_bounce() -> None:
    raw = payload("alias-of-several").replace(b"Action: failed\nStatus: 4.2.2", b"Action: delivered\nStatus: 2.0.0")
    assert read_report(raw).kind is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 5000,
        b"Content-Type: multipart/report; boundary=\n\n--\n--\n",
        (
            b"Content-Type: multipart/report; boundary=b; report-type=delivery-status\n\n--b\n"
            b"Content-Type: message/delivery-status\n\n"
        ),
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!!!!\n",
        b"Content-Type: text/plain; charset=no-such-charset\nFrom: mailer-daemon@x\n\n\xff\xfe\xff",
        b"Subject: =?no-such?B?////?= =?utf-8?Q?=ZZ?= =?utf-8?B?a?=\n\n",
        b"X: " + b"a" * 900_000 + b"\n\nbody",
        b"A: b\n" * 100_000 + b"\n",
        b"To: " + b"b+1.0@x, " * 50_000 + b"\n\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)),
        b"Content-Type: message/rfc822\n\n" * 5000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 30_000,
        b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 15_000,
        b"Content-Type: text/plain; " + b"a*0*=x; " * 20_000 + b"\n\n",
        b"From: mailer-daemon@x\n\n" + b"@" * 200_000,
    ],
    ids=lambda raw: f"{raw[:24]!r} {len(raw)}",
)
def test_hostile_messages_are_read_as_nothing_and_quickly(raw: bytes) -> None:
    began = time.process_time()
    report = read_report(raw)
    assert report.kind in {None, Kind.OTHER, Kind.SOFT}
    assert len(report.words) <= 500
    assert time.process_time() - began < 5


_LINES = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=b; report-type=delivery-status",
        b'Content-Type: multipart/mixed; boundary="c"',
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/feedback-report",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/rfc822-headers; charset=gbk",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Auto-Submitted: ",
        b"Action: failed",
        b"Action:",
        b"Status: 5.1.1",
        b"Status: 5..1",
        b"Diagnostic-Code: smtp; 550 5.1.1 no",
        b"Diagnostic-Code: ;",
        b"Feedback-Type: abuse",
        b"Subject: =?gbk?B?z7XNs83L0MU=?= =?x?q?",
        b"Return-Path: <b+1.0123456789abcdef@x>",
        b"--b",
        b"--c",
        b"--b--",
        b"",
        b"\t folded",
    ]
)


@settings(max_examples=300)
@given(st.lists(_LINES | st.binary(max_size=40), max_size=40))
def test_no_message_makes_reading_fail(lines: list[bytes]) -> None:
    report = read_report(b"\n".join(lines))
    assert isinstance(report, Report)
    assert report.key
    report.words.encode()  # fit for the database


@settings(max_examples=150)
@given(st.sampled_from(sorted(PAYLOADS.glob("*.eml"))), st.data())
def test_no_damaged_report_makes_reading_fail(path: Path, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes())
    for _time in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=5))
        if not raw:
            break
    read_report(bytes(raw)).words.encode()
