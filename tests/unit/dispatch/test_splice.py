"""A spliced letter parses to exactly what rendering it for its one reader would give, and every line of it is fit."""

from __future__ import annotations

import email
import email.headerregistry
import email.policy
import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses
from html import escape
from typing import Any
from uuid import UUID

import idna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.rendering.merge import FIELDS, MissingValueError
from composer.rendering.slots import Slot, fill, marker
from dispatch import dkim
from dispatch.errors import BadHeader
from dispatch.letter import EncodedVariant, Recipient, encode_variant, message_id, splice
from dispatch.models import Dispatch, Variant
from dispatch.tokens import Purpose, make_token, unsubscribe_address

NOW = datetime(2026, 3, 5, 9, 30, 15, 987_654, tzinfo=timezone(timedelta(hours=8)))
BASE_URL = "https://mail.example.org"
KEY = bytes(range(32))
BULLETIN = UUID("0c8b1a52-5a0e-4d5c-9a53-6b1f3f1f2a11")
ENCODED_BREAK = "=?utf-8?q?a=0D=0ABcc:_x@example.org?="

# Whatever an editor may have written: `printable` lets all of it through but what is excluded here.
written = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ue000\ue001"))
odd = st.sampled_from(
    [
        ".", "..", "\n.\n", "\n.", ".\n", "\r\n..", "\n...\n..\n.", "\n" + "." * 200, "From me\n", "\nFrom you",
        " ", "\t", "a \n", "b\t\n", "=", "==", "=\n", "=3D", "=2E", "=\r\n", "\r", "\n", "\r\n", "\n\n\n", "x" * 75,
        "x" * 76, "x" * 77, "x" * 75 + ".", "x" * 74 + ".", "x" * 74 + "..", "é" * 25, "采购" * 40,
        "x" * 1200, ">From ", "🧑‍🌾👩🏽‍💻🇫🇷",
        "\u202eabc", "مرحبا", "שלום", "e\u0301" * 30, "--=_", "\x00", "\x0b", "\x85", "\u2028", "<p>", "&amp;",
    ]
)  # fmt: skip
marks = st.sampled_from([marker(slot) for slot in Slot] + [f"\ue000{kind}{n}\ue001" for kind in "mh" for n in range(3)])
bodies = st.lists(written | odd | marks, max_size=16).map("".join)
# One line, as subjects and names of senders are by the time they are planned.
lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ue000\ue001"))
lines = lines | st.sampled_from(
    ["", " ", ".", "a  b", " a", "b ", ENCODED_BREAK, "=?x", "x" * 300, "two words " * 30, "采购通讯" * 30, "é" * 70,
     '"', "\\", '\\"', "a, b", "<x@y.example>", "(c)", "José Andrade", "Bcc: x@example.org", "a\u00a0b", "🧑‍🌾" * 12]
)  # fmt: skip
subjects = st.lists(lines | st.sampled_from(["\ue000m0\ue001", "\ue000m1\ue001", "\ue000m2\ue001"]), max_size=5).map(
    "".join
)
anything = st.text() | lines | odd | st.sampled_from(["a\r\nBcc: x@example.org", "a\nb", "O’Brien", "<b>&'"])
addresses = st.sampled_from(
    [
        "reader@example.org",
        "a.b+c@sub.example.org",
        "x@münchen.de",
        "news@例子.中国",
        "o'brien@x.example",
        "9" * 64 + "@x.org",
    ]
)
merges = st.lists(st.tuples(st.sampled_from(FIELDS), lines), min_size=3, max_size=3)


def make_dispatch(**fields: Any) -> Dispatch:
    return Dispatch(
        **{
            "pk": 5,
            "bulletin_key": BULLETIN,
            "sender_address": "notes@bulletin.example",
            "sender_names": {"en": "The Secretariat"},
            "list_name": "Procurement Notes",
            "list_slug": "notes",
            "message_key": KEY,
            **fields,
        }
    )


def make_variant(**fields: Any) -> Variant:
    given_fields = {"locale": "en", "mask": 0, "subject": "The first issue", "html": "<p>Hello</p>", "text": "Hello"}
    return Variant(**{**given_fields, **fields})


def make_reader(**fields: Any) -> Recipient:
    usual: dict[str, Any] = {"delivery_id": 17, "subscriber_id": 3, "address": "reader@example.org", "name": "Reader"}
    return Recipient(**{**usual, "measure_opens": False, **fields})


def encoded(*, dispatch: dict[str, Any] | None = None, **fields: Any) -> EncodedVariant:
    return encode_variant(make_dispatch(**dispatch or {}), make_variant(**fields), base_url=BASE_URL)


readers = st.builds(
    make_reader,
    delivery_id=st.integers(1, 2**63 - 1),
    subscriber_id=st.integers(1, 2**63 - 1),
    address=addresses,
    name=anything,
    measure_opens=st.booleans(),
    values=st.dictionaries(st.sampled_from(FIELDS), anything),
)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def parts_of(raw: bytes) -> Iterator[tuple[str, str]]:
    for part in parsed(raw).iter_parts():
        assert not part.defects
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        yield part.get_content_type(), payload.decode()


def text_of(message: Message, name: str) -> str:
    """A header as the old, lenient parser reads it: it joins encoded words as RFC 2047 says."""
    [raw] = message.get_all(name, [])
    return str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", str(raw)))))


def mailbox_of(message: Message, name: str) -> tuple[str, str]:
    [raw] = message.get_all(name, [])
    [(display, address)] = getaddresses([re.sub(r"\r\n(?=[ \t])", "", str(raw))])
    return str(make_header(decode_header(display))), address


def one_line(text: str) -> str:
    """What is left of a reader's word: one line, without what can't be printed."""
    kept = "".join(c if c not in "\x0b\x0c\x85\u2028\u2029\r\n\t" else " " for c in text if not is_unprintable(c))
    return " ".join(kept.split())


def is_unprintable(character: str) -> bool:
    point = ord(character)
    return character not in "\t\n\x0b\x0c\r\x85\u2028\u2029" and (
        point < 0x20
        or 0x7F <= point <= 0x9F
        or 0xD800 <= point <= 0xDFFF
        or point in {0xE000, 0xE001, 0xFFFE, 0xFFFF}
        or 0xFDD0 <= point <= 0xFDEF
    )


def alone(text: str, values: dict[str, str]) -> str:
    """The straightforward way: the text with its slots filled, with CRLF line ends."""
    return fill(text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n"), values)


def values_of(reader: Recipient, asked: list[tuple[str, str]]) -> dict[str, str]:
    pixel = f'<img src="{BASE_URL}/o/{make_token(Purpose.OPEN, reader.delivery_id)}.gif" '
    values = {
        "click": make_token(Purpose.CLICK, reader.delivery_id),
        "unsubscribe": make_token(Purpose.UNSUBSCRIBE, reader.delivery_id),
        "view": make_token(Purpose.VIEW, reader.delivery_id),
        "pixel": pixel + 'width="1" height="1" alt="" style="display:block">' if reader.measure_opens else "",
    }
    for number, (field, fallback) in enumerate(asked):
        value = one_line(reader.values.get(field, "")) or fallback
        values |= {f"m{number}": value, f"h{number}": escape(value)}
    return values


def hold_to_the_rules(raw: bytes) -> None:
    assert raw.isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.endswith(b"\r\n")
    head, _empty, body = raw.partition(b"\r\n\r\n")
    for line in raw.split(b"\r\n"):
        assert not line.startswith((b".", b"From "))
    assert max(map(len, body.split(b"\r\n"))) <= 76
    for line in head.split(b"\r\n"):
        assert len(line) <= 76 or (len(line) <= 998 and b" " not in line.strip().partition(b": ")[2]), line


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # whole letters, on whatever machine
@given(
    bodies, bodies, subjects, subjects, merges, readers, st.sampled_from(["", "a", "b", "c"]),
    st.fixed_dictionaries(
        {
            "sender_names": st.fixed_dictionaries({"en": lines}),
            "list_name": lines,
            "list_slug": st.sampled_from(["notes", "采购通讯", "", "A-b.c", "x" * 300]),
            "reply_to": st.sampled_from(["", "secretariat@bulletin.example", "x@bücher.example"]),
            "sender_address": st.sampled_from(["notes@bulletin.example", "notes@bücher.example"]),
        }
    ),
)  # fmt: skip
def test_a_spliced_letter_is_what_rendering_it_for_its_one_reader_gives(
    text: str,
    html: str,
    subject: str,
    other: str,
    asked: list[tuple[str, str]],
    reader: Recipient,
    arm: str,
    fields: dict[str, Any],
) -> None:
    dispatch = make_dispatch(**fields)
    variant = make_variant(text=text, html=html, subject=subject, other_subjects={"b": other}, merges=asked)
    raw = splice(encode_variant(dispatch, variant, base_url=BASE_URL), reader, now=NOW, arm=arm)

    hold_to_the_rules(raw)
    values = values_of(reader, asked)
    assert list(parts_of(raw)) == [("text/plain", alone(text, values)), ("text/html", alone(html, values))]

    message = email.message_from_bytes(raw)
    assert text_of(message, "Subject") == fill(other if arm == "b" else subject, values)
    local, _at, domain = reader.address.partition("@")
    domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    assert mailbox_of(message, "To") == (one_line(reader.name), f"{local}@{domain}")
    own = fields["sender_address"].rpartition("@")[2].replace("bücher", "xn--bcher-kva")
    assert mailbox_of(message, "From") == (fields["sender_names"]["en"], f"notes@{own}")
    digest = hmac.new(KEY, str(reader.subscriber_id).encode(), hashlib.sha256).hexdigest()[:32]
    label = {"notes": "notes", "A-b.c": "a-bc", "x" * 300: "x" * 40}.get(fields["list_slug"], "bulletin-0c8b1a52")
    assert mailbox_of(message, "List-Id") == (fields["list_name"], f"{label}.{own}")
    expected = {
        "Date": "Thu, 05 Mar 2026 09:30:15 +0800",
        "Message-ID": f"<{digest}@{own}>",
        "List-Unsubscribe": f"<{BASE_URL}/u/{values['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Archive": f"<{BASE_URL}/archive/{BULLETIN}/>",
        "Precedence": "bulk",
        "Feedback-ID": f"5:en:{label}:circular",
        "Content-Language": "en",
        "MIME-Version": "1.0",
    }
    if fields["reply_to"]:
        expected["Reply-To"] = fields["reply_to"].replace("bücher", "xn--bcher-kva")
    assert {name: message[name] for name in expected} == expected
    assert sorted(message.keys()) == sorted([*expected, "From", "To", "Subject", "List-Id", "Content-Type"])


def test_the_naive_way_gives_a_letter_of_the_same_content() -> None:
    words = {"name": "José", "role": "Achats & co", "country": "中国"}
    asked = [("name", "colleague"), ("role", "x"), ("country", "x")]
    text = f"Dear \ue000m0\ue001 of \ue000m2\ue001,\n.\nFrom {BASE_URL}/c/{marker(Slot.CLICK)}/1 \n"
    html = f"<p>Dear \ue000h0\ue001, \ue000h1\ue001</p>\n{'<b>é</b>' * 40}{marker(Slot.PIXEL)}\n"
    reader = make_reader(name="Ngọc Ánh, Dr", values=words, measure_opens=True)
    variant = make_variant(text=text, html=html, subject="Ein Brief für \ue000m0\ue001", merges=asked)
    ours = parsed(splice(encode_variant(make_dispatch(), variant, base_url=BASE_URL), reader, now=NOW))

    values = values_of(reader, asked)
    naive = EmailMessage(policy=email.policy.SMTP)
    naive["From"] = "The Secretariat <notes@bulletin.example>"
    naive["To"] = email.headerregistry.Address("Ngọc Ánh, Dr", addr_spec="reader@example.org")
    naive["Subject"] = "Ein Brief für José"
    naive["Date"] = NOW.replace(microsecond=0)
    naive["Message-ID"] = message_id(KEY, 3, "bulletin.example")
    naive["List-Id"] = "Procurement Notes <notes.bulletin.example>"
    naive.set_content(fill(text, values), cte="quoted-printable")
    naive.add_alternative(fill(html, values), subtype="html", cte="quoted-printable")
    theirs = parsed(naive.as_bytes())

    names = set(naive.keys()) - {"Content-Type"}
    assert {name: str(ours[name]) for name in names} == {name: str(theirs[name]) for name in names}
    assert ours["To"].addresses[0].display_name == "Ngọc Ánh, Dr"
    contents = [[part.get_content() for part in message.iter_parts()] for message in (ours, theirs)]
    assert contents[0] == contents[1]


def test_each_arm_bears_its_subject_and_an_arm_without_one_the_first() -> None:
    variant = encoded(subject="First", other_subjects={"b": "Second for \ue000m0\ue001"}, merges=[["name", "you"]])
    arms = {arm: parsed(splice(variant, make_reader(), now=NOW, arm=arm))["Subject"] for arm in ("", "a", "b", "c")}
    assert arms == {"": "First", "a": "First", "b": "Second for you", "c": "First"}


def test_no_subject_may_have_a_merge_value_that_the_letter_does_not_know() -> None:
    with pytest.raises(BadHeader, match="merge value"):
        encoded(other_subjects={"b": "For \ue000m1\ue001"}, merges=[["name", "you"]])


def test_a_missing_merge_value_without_a_fallback_makes_no_letter() -> None:
    variant = encoded(text="Dear \ue000m0\ue001", merges=[["name", None]])
    with pytest.raises(MissingValueError):
        splice(variant, make_reader(values={"name": " \x00\n "}), now=NOW)


@pytest.mark.parametrize("line_break", ["\r", "\n", "\r\n", "\r\n ", "\x00", "\x0b", "\x85", "\u2028", "\ud800"])
def test_a_line_break_is_refused_in_what_all_letters_bear(line_break: str) -> None:
    hostile = f"News{line_break}Bcc: x@example.org"
    for bad in ({"subject": hostile}, {"other_subjects": {"b": hostile}}):
        with pytest.raises(BadHeader):
            encoded(**bad)
    for name in ("list_name", "sender_address", "reply_to"):
        with pytest.raises(BadHeader):
            encoded(dispatch={name: f"{hostile}@example.org"})
    with pytest.raises(BadHeader):
        encoded(dispatch={"sender_names": {"en": hostile}})
    with pytest.raises(BadHeader):
        splice(encoded(), make_reader(address=f"a{line_break}b@example.org"), now=NOW)


@pytest.mark.parametrize(
    "hostile", ["x\r\nBcc: x@example.org", "x\nBcc: x@example.org", ENCODED_BREAK, f"{ENCODED_BREAK} é"]
)
def test_a_line_break_in_what_is_known_of_a_reader_is_harmless(hostile: str) -> None:
    variant = encoded(subject="For \ue000m0\ue001", text="Dear \ue000m0\ue001", merges=[["name", None]])
    raw = splice(variant, make_reader(name=hostile, values={"name": hostile}), now=NOW)
    message = parsed(raw)
    assert message["Bcc"] is None
    assert message["Subject"] == f"For {one_line(hostile)}"
    assert [address.addr_spec for address in message["To"].addresses] == ["reader@example.org"]
    assert b"\nBcc" not in raw


def test_an_address_beyond_ascii_stands_in_utf8_in_to_alone() -> None:
    raw = splice(encoded(), make_reader(name="读者", address="用户@例子.中国"), now=NOW)
    [line] = [line for line in raw.split(b"\r\n") if not line.isascii()]
    assert line.decode() == "To: =?utf-8?b?6K+76ICF?= <用户@xn--fsqu00a.xn--fiqs8s>"
    [address] = email.message_from_string(raw.decode(), policy=email.policy.SMTPUTF8)["To"].addresses
    assert (address.display_name, address.username) == ("读者", "用户")
    with pytest.raises(BadHeader):
        encoded(dispatch={"sender_address": "用户@例子.中国"})


@pytest.mark.parametrize("address", ["a b@x.org", "a@x.org> <b@x.org", "a@x.org, b@x.org", "nobody", "@x.org", "a@"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadHeader):
        splice(encoded(), make_reader(address=address), now=NOW)


def test_mail_unsubscribes_too_where_somebody_receives_it(settings: Any) -> None:
    settings.RETURN_PATH_DOMAIN = "returns.example"
    variant, reader = encoded(), make_reader()
    way_out = parsed(splice(variant, reader, now=NOW))["List-Unsubscribe"]
    mailed = unsubscribe_address(reader.delivery_id, "returns.example")
    web = f"<{BASE_URL}/u/{make_token(Purpose.UNSUBSCRIBE, reader.delivery_id)}>"
    assert way_out == f"{web}, <mailto:{mailed}?subject=unsubscribe>"
    settings.RETURN_PATH_DOMAIN = ""
    assert parsed(splice(encoded(), reader, now=NOW))["List-Unsubscribe"] == web


def test_the_date_is_that_of_the_second() -> None:
    variant = encoded()
    later = [NOW, NOW + timedelta(microseconds=100_000), NOW.astimezone(UTC) + timedelta(days=1)]
    dates = [parsed(splice(variant, make_reader(), now=now))["Date"].datetime for now in later]
    assert dates == [now.replace(microsecond=0) for now in later]


def test_the_size_that_is_announced_is_about_the_letters() -> None:
    links = "".join(
        f"<p>{'A long story. ' * 100}<a href='{BASE_URL}/c/{marker(Slot.CLICK)}/{n}'>x</a>" for n in range(30)
    )
    variant = encoded(html=links)
    size = len(splice(variant, make_reader(), now=NOW))
    assert size <= variant.about_size <= size * 1.05


def test_signatures_come_first_and_change_nothing_else() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signer = dkim.Signer("bulletin.example", "one", "ed25519", Ed25519PrivateKey.from_private_bytes(KEY))
    html = f"<p>{marker(Slot.CLICK)}.</p>\n.\n"
    plain = encoded(html=html)
    signed = encode_variant(make_dispatch(), make_variant(html=html), base_url=BASE_URL, signers=[signer, signer])
    unsigned, raw = (splice(variant, make_reader(), now=NOW) for variant in (plain, signed))
    assert raw.endswith(b"\r\n" + unsigned)
    head = raw.removesuffix(unsigned)
    headers, _empty, body = unsigned.partition(b"\r\n\r\n")
    assert head == dkim.signatures([signer, signer], headers + b"\r\n", [body], NOW)
    assert head.count(b"DKIM-Signature: ") == 2
    hold_to_the_rules(raw)


def test_all_letters_of_a_reader_are_the_same_but_for_the_date() -> None:
    variant = encoded(text=f"{marker(Slot.CLICK)}{marker(Slot.UNSUBSCRIBE)}{marker(Slot.VIEW)}")
    assert splice(variant, make_reader(), now=NOW) == splice(variant, make_reader(), now=NOW)
    assert splice(variant, make_reader(), now=NOW) != splice(variant, make_reader(delivery_id=18), now=NOW)
