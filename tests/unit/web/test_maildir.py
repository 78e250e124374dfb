"""The reader of the Maildir: what it makes of real letters, and what hostile ones can't make of it."""

from __future__ import annotations

import mailbox
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from web import maildir
from web.maildir import LONGEST_HEADER, Entry, Letter, Mailbox, count_letters, entries, line, read_letter, summary

REAL = """Return-Path: <b+1.0123456789abcdef@network.example>
Delivered-To: chen@member.example
To: =?utf-8?b?6ZmI6Iul5rqq?= <chen@member.example>
List-Unsubscribe: <http://testserver/u/token>, <mailto:leave@network.example>
From: =?utf-8?b?5b6q546v6YCa6K6v?= <news@network.example>
Subject: =?utf-8?b?6K6p57u/6Imy6YeH6LSt?= 2026
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Content-Language: zh-Hans
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

=E4=BD=A0=E5=A5=BD
--=_b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p lang=3D"zh-Hans">=E4=BD=A0=E5=A5=BD</p>
--=_b--
"""


@pytest.fixture
def box(tmp_path: Path) -> mailbox.Maildir:
    return mailbox.Maildir(tmp_path / "inbox", create=True)


def keep(box: mailbox.Maildir, letter: str | bytes) -> Entry:
    key = box.add(letter.encode() if isinstance(letter, str) else letter)
    return next(entry for entry in entries(Path(box._path)) if entry.letter_id == key)


def opened(box: mailbox.Maildir, letter: str | bytes) -> Letter:
    found = read_letter(keep(box, letter))
    assert found is not None
    return found


def test_no_maildir_holds_no_letters(tmp_path: Path) -> None:
    assert entries(tmp_path / "nowhere") == []
    assert count_letters(tmp_path / "nowhere") == 0


def test_a_summary_is_decoded(box: mailbox.Maildir) -> None:
    about = summary(Path("inbox"), keep(box, REAL))
    assert about is not None
    assert about.recipient == Mailbox("陈若溪", "chen@member.example")
    assert about.sender == Mailbox("循环通讯", "news@network.example")
    assert about.subject == "让绿色采购 2026"
    assert about.language == "zh-hans"


def test_a_letter_without_a_recipient_is_for_whom_it_was_delivered_to(box: mailbox.Maildir) -> None:
    about = summary(Path("inbox"), keep(box, "Delivered-To: me@member.example\nSubject: x\n\n"))
    assert about is not None
    assert about.recipient == Mailbox("", "me@member.example")


@pytest.mark.parametrize(
    ("words", "held"),
    [([], True), (["CHEN"], True), (["若溪"], True), (["绿色", "member"], True), (["若溪", "absent"], False)],
)
def test_a_search_wants_every_word(box: mailbox.Maildir, words: list[str], held: bool) -> None:
    about = summary(Path("inbox"), keep(box, REAL))
    assert about is not None
    assert about.holds([word.casefold() for word in words]) is held


def test_the_newest_comes_first_even_within_one_second(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "cur").mkdir()
    names = ["100.M5P1Q1.h", "100.M5P1Q2.h", "100.M40P1Q3.h", "99.M999999P1Q9.h"]
    for name in names:
        (tmp_path / "new" / name).write_text("Subject: x\n\n")
    (tmp_path / "cur" / "101.M0P1Q1.h:2,S").write_text("Subject: seen\n\n")
    found = [entry.letter_id for entry in entries(tmp_path)]
    assert found == ["101.M0P1Q1.h", "100.M40P1Q3.h", "100.M5P1Q2.h", "100.M5P1Q1.h", "99.M999999P1Q9.h"]


def test_what_is_no_letter_is_left_out(tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / "secret").write_text("Subject: not a letter\n\n")
    (new / ".hidden").write_text("Subject: hidden\n\n")
    (new / "folder").mkdir()
    (new / "link").symlink_to(tmp_path / "secret")
    (new / ":2,S").write_text("Subject: nameless\n\n")
    (new / "two\nlines").write_text("Subject: two\n\n")
    Path(os.fsdecode(os.fsencode(new) + b"/\xff")).write_text("Subject: octets\n\n")
    assert entries(tmp_path) == []


def test_a_summary_is_read_once(box: mailbox.Maildir, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = keep(box, REAL)
    first = summary(Path("inbox"), entry)
    entry.path.unlink()
    assert summary(Path("inbox"), entry) is first
    monkeypatch.setattr(maildir, "_summaries", {})
    assert summary(Path("inbox"), entry) is None
    assert read_letter(entry) is None


def test_a_letter_opens_into_its_parts(box: mailbox.Maildir) -> None:
    letter = opened(box, REAL)
    assert letter.text == "你好"
    assert letter.html == '<p lang="zh-Hans">你好</p>'
    assert letter.unsubscribe_urls == ("http://testserver/u/token",)
    assert letter.one_click
    assert letter.source == REAL
    subject = next(header for header in letter.headers if header.name == "Subject")
    assert subject.decoded == "让绿色采购 2026"
    assert subject.raw == "=?utf-8?b?6K6p57u/6Imy6YeH6LSt?= 2026"


def test_an_attached_letter_or_page_is_not_taken_for_the_letter(box: mailbox.Maildir) -> None:
    letter = opened(
        box,
        'Content-Type: multipart/mixed; boundary="m"\n\n--m\nContent-Type: message/rfc822\n\n'
        "Content-Type: text/html\n\n<p>attached letter</p>\n--m\nContent-Type: text/html\n"
        "Content-Disposition: attachment\n\n<p>attached page</p>\n--m--\n",
    )
    assert letter.html is None
    assert letter.text is None


def test_a_long_letter_is_cut(box: mailbox.Maildir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildir, "LETTER_OCTETS", 100)
    letter = opened(box, "Subject: long\n\n" + "y" * 500)
    assert letter.cut
    assert letter.octets == 515
    assert len(letter.source) == 100


@pytest.mark.parametrize(
    "head",
    [
        b"Subject: =?utf-8?b?////?=",
        b"Subject: =?no-such-charset?q?x?=",
        b"Subject: =?utf-7?q?+2AA-?=",
        b"Subject: \xff\xfe raw octets \x00\x1b[31m",
        b"Subject: =?utf-8?q?a=0D=0ABcc:_x?=",
        b"To: " + b"(" * 30_000,
        b"To: " + b"<" * 30_000,
        b"To: " + b'"' * 30_000,
        b"To: " + b"a@b.example, " * 30_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 30_000,
        b"Content-Type: multipart/mixed; " + b"a=b;" * 30_000,
        b"Content-Type: text/html; charset*=\xff",
        b"Content-Type: text/plain; charset=hex",
        b"Content-Type: text/plain; charset=unicode_escape",
        b"Content-Type: multipart/mixed; boundary=x\n\n"
        + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 3_000,
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n%%%",
        b"Content-Transfer-Encoding: x-uuencode\n\nbegin 666 x\n\xff",
        b"Date: never",
        b"no colon at all",
        b"",
        b"Content-Type: text/plain; charset=utf-8\n\n\\ud800 \xed\xa0\x80",
    ],
)
def test_a_broken_letter_is_read_in_little_time(box: mailbox.Maildir, head: bytes) -> None:
    started = time.process_time()
    entry = keep(box, head + b"\n\nbody \\ud800\n")
    about = summary(Path("inbox"), entry)
    letter = read_letter(entry)
    assert about is not None
    assert letter is not None
    assert time.process_time() - started < 2
    for text in (about.subject, about.recipient.name, about.recipient.address, *[h.decoded for h in letter.headers]):
        assert "\n" not in text
        assert len(text) <= LONGEST_HEADER
    assert_can_be_sent(letter)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_no_octets_break_it(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "letter"
    path.write_bytes(REAL.encode()[:300] + octets)
    letter = read_letter(Entry("letter", path))
    assert letter is not None
    assert_can_be_sent(letter)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("a\r\n b\tc", "a b c"),
        ("safe\u202egpj.exe", "safe gpj.exe"),
        ("x" * 300, "x" * 199 + "…"),
        ("\udce4\udcbd\udca0", "你"),
    ],
)
def test_a_header_is_shown_on_one_line(value: str | None, shown: str) -> None:
    assert line(value) == shown


def assert_can_be_sent(letter: Letter) -> None:
    parts = [letter.html or "", letter.text or "", letter.source]
    parts += [text for header in letter.headers for text in (header.name, header.decoded, header.raw)]
    for part in parts:
        part.encode()
        assert "\0" not in part
