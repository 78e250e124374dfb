"""DKIM signatures, held against another implementation: they hold, and break where anything that counts is changed."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import dkim as judge
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.rendering.letter import quoted_printable
from dispatch.dkim import OVERSIGNED, SIGNED, Signer, Unsignable, signatures
from dispatch.doctor.signed import signatures_of
from dispatch.headers import header, mailbox, text_header

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
RSA, ED25519 = "rsa", "ed25519"


@lru_cache
def signer(algorithm: str) -> Signer:
    key = generate_private_key(65537, 2048) if algorithm == RSA else Ed25519PrivateKey.generate()
    return Signer("bulletin.example", f"key-{algorithm}", algorithm, key)


def public(algorithm: str) -> str:
    key = signer(algorithm).key
    if isinstance(key, RSAPrivateKey):
        raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        raw = key.public_key().public_bytes_raw()
    return base64.b64encode(raw).decode()


def dns(name: bytes, timeout: int = 5) -> bytes:
    algorithm = name.decode().partition(".")[0].removeprefix("key-")
    return f"v=DKIM1; k={algorithm}; p={public(algorithm)}".encode()


def holds(letter: bytes, index: int = 0) -> bool:
    """What the other implementation says of a letter's signature."""
    try:
        return bool(judge.DKIM(letter, minkey=1024).verify(index, dnsfunc=dns))
    except judge.ValidationError:
        return False


def letter_of(headers: bytes, body: list[bytes], *algorithms: str, expires_after: timedelta | None = None) -> bytes:
    signers = [signer(algorithm) for algorithm in algorithms]
    made = signatures(signers, headers, body, NOW, expires_after=expires_after)
    return made + headers + b"\r\n" + b"".join(body)


def some_headers(subject: str = "Hello", name: str = "A reader") -> bytes:
    return b"".join(
        (
            header("From", mailbox("The Secretariat", "notes@bulletin.example", "From")),
            header("To", mailbox(name, "reader@example.org", "To")),
            text_header("Subject", subject),
            header("Date", "Sun, 22 Nov 2026 13:00:00 +0000"),
            header("Message-ID", "<0123456789abcdef@bulletin.example>"),
            header("List-Unsubscribe", "<https://circular.example/u/AAAA>,\r\n <mailto:u+1.ab@bulletin.example>"),
            header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            header("List-Id", "Notes <notes.bulletin.example>"),
            header("Precedence", "bulk"),
            header("Feedback-ID", "1:en:notes:circular"),
            header("Reply-To", "secretariat@bulletin.example"),
            b"MIME-Version: 1.0\r\n",
            b'Content-Type: multipart/alternative;\r\n boundary="=_abc"\r\n',
        )
    )


LINE_OF_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)


@pytest.mark.parametrize("algorithm", [RSA, ED25519])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(subject=LINE_OF_TEXT, name=LINE_OF_TEXT, text=st.text(max_size=400), ends=st.sampled_from(["", "\n", "\n\n\n"]))
def test_signature_of_any_letter_holds(algorithm: str, subject: str, name: str, text: str, ends: str) -> None:
    text = re.sub(r"[\x85\u2028\u2029]", " ", text)
    body = quoted_printable(text + ends)
    letter = letter_of(some_headers(subject, name), [body[:50], body[50:]], algorithm)

    assert holds(letter)
    assert [
        found.fault
        for found in signatures_of(letter, {f"key-{algorithm}._domainkey.bulletin.example": public(algorithm)})
    ] == [""]


@settings(max_examples=50, deadline=None)
@given(
    value=st.lists(st.text("ab \t", min_size=1, max_size=8).filter(str.strip), min_size=1, max_size=5),
    fold=st.sampled_from(["\r\n ", "\r\n\t", "\r\n  \t", " \r\n "]),
    before=st.sampled_from(["", " ", "\t", "  "]),
    after=st.sampled_from(["", " ", " \t"]),
)
def test_folding_and_spaces_don_t_matter_to_headers(value: list[str], fold: str, before: str, after: str) -> None:
    headers = some_headers().replace(b"Subject: Hello\r\n", f"Subject:{before}{fold.join(value)}{after}\r\n".encode())

    assert holds(letter_of(headers, [b"text\r\n"], ED25519))


@pytest.mark.parametrize(
    "body", [[], [b""], [b"\r\n"], [b"\r\n\r\n"], [b"a"], [b"a\r", b"\n"], [b"a\r\n", b"\r\n", b"\r\n"]]
)
def test_end_of_the_body_is_taken_as_one_line_end(body: list[bytes]) -> None:
    assert holds(letter_of(some_headers(), body, ED25519))


def test_both_algorithms_sign_the_same_letter() -> None:
    letter = letter_of(some_headers(), [b"text\r\n"], RSA, ED25519)

    assert holds(letter, 0)
    assert holds(letter, 1)
    assert letter.count(b"DKIM-Signature:") == 2


@pytest.mark.parametrize("algorithm", [RSA, ED25519])
@pytest.mark.parametrize("name", [name for name in SIGNED if f"{name}:".encode() in some_headers()])
def test_change_of_a_signed_header_breaks_the_signature(algorithm: str, name: str) -> None:
    letter = letter_of(some_headers(), [b"text\r\n"], algorithm)
    changed = re.sub(rb"(?m)^(%b: )" % name.encode(), rb"\1x", letter)

    assert holds(letter)
    assert changed != letter
    assert not holds(changed)


@pytest.mark.parametrize("name", sorted(OVERSIGNED))
@pytest.mark.parametrize("first", [True, False])
def test_second_header_beside_ours_breaks_the_signature(name: str, first: bool) -> None:
    letter = letter_of(some_headers(), [b"text\r\n"], ED25519)
    line = f"{name}: another\r\n".encode()
    head, _empty, body = letter.partition(b"\r\n\r\n")
    added = line + letter if first else head + b"\r\n" + line + b"\r\n" + body

    assert holds(letter)
    assert not holds(added)


def test_header_that_is_missing_can_t_be_added_where_it_is_oversigned() -> None:
    headers = re.sub(rb"List-Unsubscribe: [^\r]*\r\n [^\r]*\r\n", b"", some_headers())
    letter = letter_of(headers, [b"text\r\n"], ED25519)

    assert holds(letter)
    assert not holds(b"List-Unsubscribe: <https://elsewhere.example>\r\n" + letter)


@pytest.mark.parametrize("algorithm", [RSA, ED25519])
def test_change_of_the_body_breaks_the_signature(algorithm: str) -> None:
    letter = letter_of(some_headers(), [b"The text.\r\n"], algorithm)

    assert holds(letter)
    assert not holds(letter.replace(b"The text.", b"The test."))
    assert not holds(letter + b"more\r\n")


def test_what_is_not_signed_may_be_added_on_the_way() -> None:
    letter = letter_of(some_headers(), [b"text\r\n"], ED25519)

    assert holds(b"Received: from somewhere\r\n" + letter)


def test_repeated_field_is_signed_as_often_as_it_occurs() -> None:
    headers = some_headers() + b"Reply-To: one@bulletin.example\r\n"
    letter = letter_of(headers, [b"text\r\n"], ED25519)

    assert holds(letter)
    assert letter.count(b"Reply-To:Reply-To") == 1
    assert not holds(letter.replace(b"one@bulletin", b"two@bulletin"))
    assert not holds(letter.replace(b"Reply-To: secretariat@", b"Reply-To: somebody@"))


def test_signature_says_when_it_was_made_and_until_when_it_holds() -> None:
    lines = signatures([signer(ED25519)], some_headers(), [b""], NOW, expires_after=timedelta(days=30)).decode()

    assert f" t={int(NOW.timestamp())}; x={int(NOW.timestamp()) + 30 * 86400};" in lines
    assert " x=" not in signatures([signer(ED25519)], some_headers(), [b""], NOW).decode()
    assert " l=" not in lines


def test_lines_are_short_and_end_with_crlf() -> None:
    lines = signatures([signer(RSA), signer(ED25519)], some_headers(), [b""], NOW)

    assert lines.endswith(b"\r\n")
    assert b"\n" not in lines.replace(b"\r\n", b"")
    assert max(map(len, lines.split(b"\r\n"))) <= 78


def test_without_signers_there_is_nothing() -> None:
    assert signatures([], some_headers(), [b"text\r\n"], NOW) == b""


@pytest.mark.parametrize("headers", [b"", b"To: a@example.org\r\n", some_headers() + b"From: b@example.org\r\n"])
def test_letter_without_exactly_one_from_is_not_signed(headers: bytes) -> None:
    with pytest.raises(Unsignable, match="From"):
        signatures([signer(ED25519)], headers, [b""], NOW)


@pytest.mark.parametrize(
    ("domain", "selector", "algorithm"),
    [
        ("bulletin.example; x=1", "a", ED25519),
        ("bulletin.example", "a\r\nBcc: b", ED25519),
        ("中国.example", "a", ED25519),
        ("bulletin.example", "", ED25519),
        ("bulletin.example", "a", RSA),
        ("bulletin.example", "a", "dsa"),
    ],
)
def test_signer_refuses_what_can_t_stand_in_a_signature(domain: str, selector: str, algorithm: str) -> None:
    with pytest.raises(Unsignable):
        Signer(domain, selector, algorithm, Ed25519PrivateKey.generate())


def test_signers_of_one_name_are_one_and_show_no_key() -> None:
    one = Signer("bulletin.example", "a", ED25519, Ed25519PrivateKey.generate())
    other = Signer("bulletin.example", "a", ED25519, Ed25519PrivateKey.generate())

    assert one == other
    assert hash(one) == hash(other)
    assert "key=" not in repr(one)


def test_threads_sign_at_the_same_time() -> None:
    def sign(number: int) -> bytes:
        return letter_of(some_headers(subject=f"Number {number}"), [f"text {number}\r\n".encode()], RSA, ED25519)

    with ThreadPoolExecutor(8) as pool:
        letters = list(pool.map(sign, range(64)))

    assert all(holds(letter, 0) and holds(letter, 1) for letter in letters)
    assert len(set(letters)) == 64
