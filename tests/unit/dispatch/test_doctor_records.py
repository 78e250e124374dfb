"""What the doctor makes of records and letters, without asking anybody."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dispatch.dkim import Signer, signatures
from dispatch.doctor.dmarc import Policy, is_aligned, organisational_domain, policy_of
from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.letter import check_letter
from dispatch.doctor.published import check_published, key_record
from dispatch.doctor.spf import BadSpf, Term, terms_of
from dispatch.doctor.tags import tags_of

KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
RECORD = key_record(domain="bulletin.example", selector="a", algorithm="ed25519", public=PUBLIC)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("v=DKIM1; k=rsa; p=abc", {"v": "DKIM1", "k": "rsa", "p": "abc"}),
        (" v = DMARC1 ;p=none;", {"v": "DMARC1", "p": "none"}),
        ("p=a=b==", {"p": "a=b=="}),
        ("", {}),
        ("v=1; v=2", None),
        ("nonsense", None),
    ],
)
def test_tag_list_is_read(text: str, tags: dict[str, str] | None) -> None:
    assert tags_of(text) == tags


@given(st.text("abcdefgh+/=", min_size=0, max_size=1200))
def test_record_is_cut_into_strings_that_join_to_it(public: str) -> None:
    record = key_record(domain="bulletin.example", selector="a", algorithm="rsa", public=public)

    assert "".join(record.strings) == record.value
    assert all(0 < len(part) <= 255 for part in record.strings)
    assert str(record) == "a._domainkey.bulletin.example. IN TXT " + " ".join(f'"{part}"' for part in record.strings)


@pytest.mark.parametrize(
    ("texts", "state", "words"),
    [
        ([RECORD.value], State.OK, "has the key"),
        ([f"k=ed25519;p={PUBLIC[:20]} {PUBLIC[20:]}"], State.OK, "has the key"),
        ([f"{RECORD.value}; t=s; s=email; h=sha1:sha256"], State.OK, "has the key"),
        ([f"{RECORD.value}; t=y"], State.NOTE, "tried out"),
        ([], State.MISSING, "no record"),
        ([RECORD.value, RECORD.value], State.WRONG, "2 records"),
        (["v=spf1 -all"], State.WRONG, "not a DKIM key"),
        (["hello"], State.WRONG, "not a DKIM key"),
        (["v=DKIM1; k=ed25519; p="], State.WRONG, "withdrawn"),
        ([f"v=DKIM1; p={PUBLIC}"], State.WRONG, "another kind"),
        ([f"v=DKIM1; k=ed25519; p={PUBLIC[:-4]}AAA="], State.WRONG, "another key"),
        ([f"{RECORD.value}; h=sha1"], State.WRONG, "SHA-256"),
        ([f"{RECORD.value}; s=tlsrpt"], State.WRONG, "not for mail"),
    ],
)
def test_published_key_is_held_against_ours(texts: list[str], state: State, words: str) -> None:
    finding = check_published(RECORD, texts)

    assert finding.state is state
    assert words in finding.words
    assert (finding.record is None) == (state is State.OK)


@pytest.mark.parametrize(
    ("record", "terms"),
    [
        ("v=spf1 -all", [Term("-", "all", "")]),
        ("v=spf1 MX ~ALL", [Term("+", "mx", ""), Term("~", "all", "")]),
        ("v=spf1 ip4:192.0.2.0/24 a/24//64", [Term("+", "ip4", "192.0.2.0", "/24"), Term("+", "a", "", "/24//64")]),
        ("v=spf1 ip6:2001:db8::/32", [Term("+", "ip6", "2001:db8::", "/32")]),
        ("v=spf1 ?include:_spf.example.org", [Term("?", "include", "_spf.example.org")]),
        ("v=spf1 redirect=_spf.example.org exp=why.example.org", [Term("+", "redirect", "_spf.example.org")]),
        ("v=spf1 redirect=_spf.example.org -all", [Term("-", "all", "")]),
        ("v=spf1 exists:%{i}.example.org", [Term("+", "exists", "%{i}.example.org")]),
    ],
)
def test_spf_terms_are_read(record: str, terms: list[Term]) -> None:
    assert terms_of(record) == terms


@pytest.mark.parametrize("word", ["ipv4:192.0.2.1", "mx,", "+", "include=example.org:", "-alll", "192.0.2.1"])
def test_word_that_spf_doesn_t_know_is_named(word: str) -> None:
    if "=" in word:
        assert terms_of(f"v=spf1 {word}") == []  # an unknown modifier is passed over
        return
    with pytest.raises(BadSpf, match="nothing that an SPF record may hold"):
        terms_of(f"v=spf1 {word}")


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("bulletin.example", "bulletin.example"),
        ("news.bulletin.example", "bulletin.example"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("news.example.org.cn", "example.org.cn"),
        ("someone.github.io", "someone.github.io"),
        ("co.uk", "co.uk"),
    ],
)
def test_organisation_s_domain_is_known_without_a_network(domain: str, organisation: str) -> None:
    assert organisational_domain(domain) == organisation


def test_alignment_is_strict_or_relaxed() -> None:
    assert is_aligned("news.example.co.uk", "example.co.uk", strict=False)
    assert not is_aligned("news.example.co.uk", "example.co.uk", strict=True)
    assert is_aligned("example.co.uk", "Example.co.uk", strict=True)
    assert not is_aligned("other.co.uk", "example.co.uk", strict=False)


@pytest.mark.parametrize(
    ("text", "inherited", "policy"),
    [
        ("v=DMARC1; p=reject", False, Policy("reject", strict_dkim=False, strict_spf=False, reports="")),
        ("v=DMARC1; p=none; adkim=s; aspf=s", False, Policy("none", strict_dkim=True, strict_spf=True, reports="")),
        (
            "v=DMARC1; p=none; sp=quarantine",
            True,
            Policy("quarantine", strict_dkim=False, strict_spf=False, reports=""),
        ),
        ("v=DMARC1; p=none; sp=quarantine", False, Policy("none", strict_dkim=False, strict_spf=False, reports="")),
    ],
)
def test_dmarc_policy_is_read(text: str, inherited: bool, policy: Policy) -> None:
    assert policy_of(text, inherited=inherited) == policy


@pytest.mark.parametrize(
    "text", ["v=DMARC1", "v=DMARC1; p=maybe", "v=DMARC1; p=none; adkim=x", "v=DMARC1; p=none; p=none"]
)
def test_dmarc_record_that_receivers_can_t_use_is_explained(text: str) -> None:
    assert isinstance(policy_of(text, inherited=False), str)


HEADERS = (
    b"From: The Secretariat <notes@bulletin.example>\r\n"
    b"To: A reader <reader@example.org>\r\n"
    b"Subject: Hello\r\n"
    b"Date: Sun, 22 Nov 2026 13:00:00 +0000\r\n"
    b"Message-ID: <0123@bulletin.example>\r\n"
    b"List-Unsubscribe: <https://circular.example/u/AAAA>,\r\n <mailto:u+1.ab@bulletin.example>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"List-Id: Notes <notes.bulletin.example>\r\n"
    b"List-Archive: <https://circular.example/archive/>\r\n"
    b"Precedence: bulk\r\n"
    b"Feedback-ID: 1:en:notes:circular\r\n"
    b"Content-Language: en\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="=_a"\r\n'
)
BODY = (
    b"--=_a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello\r\n"
    b"--=_a\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<p>Hello\r\n"
    b"--=_a--\r\n"
)
KEYS = {"a._domainkey.bulletin.example": PUBLIC}


def bad(letter: bytes, keys: dict[str, str] | None = None) -> dict[str, Finding]:
    found = check_letter(letter, about="a letter", keys=KEYS if keys is None else keys)
    return {finding.check.removeprefix("letter: "): finding for finding in found if finding.state is not State.OK}


def signed(headers: bytes, *, domain: str = "bulletin.example") -> bytes:
    made = signatures([Signer(domain, "a", "ed25519", KEY)], headers, [BODY], datetime(2026, 11, 22, tzinfo=UTC))
    return made + headers + b"\r\n" + BODY


def test_letter_as_it_should_be_has_no_fault() -> None:
    assert bad(signed(HEADERS)) == {}


@pytest.mark.parametrize(
    ("before", "after", "check", "words"),
    [
        (b"https://circular.example/u", b"http://127.0.0.1:8000/u", "one-click", "BASE_URL"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=one-click", "one-click", "One-Click"),
        (b"List-Unsubscribe: ", b"X-Unsubscribe: ", "one-click", "no List-Unsubscribe"),
        (b",\r\n <mailto:u+1.ab@bulletin.example>", b"", "one-click", "by mail"),
        (b"<notes.bulletin.example>", b"notes", "List-Id", "of the form"),
        (b"List-Id: ", b"X-Id: ", "List-Id", "no List-Id"),
        (b"<0123@bulletin.example>", b"0123", "Message-ID", "of the form"),
        (b"Date: Sun, 22 Nov 2026", b"Date: some day", "Message-ID", "Date"),
        (b"notes:circular", b"notes:us", "Feedback-ID", "5 to 15"),
        (b"Feedback-ID", b"X-Feedback", "Feedback-ID", "Gmail"),
        (b"Precedence: bulk\r\n", b"", "bulk", "Precedence"),
        (b"Subject: Hello\r\n", b"", "headers", "Subject is missing"),
        (b"To: A", b"To: x@example.org\r\nTo: A", "headers", "To stands twice"),
        (b"Subject: Hello", b"Subject: " + b"x" * 1000, "lines", "1009 octets"),
        (b"multipart/alternative", b"multipart/mixed", "parts", "plain text, then HTML"),
    ],
)
def test_fault_of_a_letter_is_named(before: bytes, after: bytes, check: str, words: str) -> None:
    assert before in HEADERS
    found = bad(signed(HEADERS.replace(before, after)))

    assert check in found
    assert words in f"{found[check].words} {found[check].to_do}"


@pytest.mark.parametrize(
    ("letter", "keys", "words"),
    [
        (HEADERS + b"\r\n" + BODY, KEYS, "no signature, though"),
        (HEADERS + b"\r\n" + BODY, {}, "leaves unsigned"),
        (signed(HEADERS), {}, "not ours"),
        (signed(HEADERS).replace(b"<p>Hello", b"<p>Hallo"), KEYS, "body was changed"),
        (signed(HEADERS).replace(b"Subject: Hello", b"Subject: Hallo"), KEYS, "header was changed"),
        (signed(HEADERS, domain="other.example"), {"a._domainkey.other.example": PUBLIC}, "another domain"),
    ],
)
def test_signature_of_a_letter_is_checked(letter: bytes, keys: dict[str, str], words: str) -> None:
    assert words in bad(letter, keys)["signature"].words


def test_finding_as_json_has_the_record_in_strings() -> None:
    finding = Finding("dkim", "x", State.MISSING, "words", "do", Record("a.example", "TXT", "x" * 300))

    assert finding.as_json()["record"]["strings"] == ["x" * 255, "x" * 45]
    assert finding.as_json()["state"] == "missing"
