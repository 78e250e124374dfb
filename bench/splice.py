"""Splicing: what a recipient's letter costs in computing, beside the bare join of its bytes and beside EmailMessage.

A letter of 50 KB with thirty tracked links, in its text and in its HTML; readers with names in several scripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from itertools import cycle, islice
from typing import TYPE_CHECKING
from uuid import UUID

from bench.database import bench_database
from bench.measure import Measure, at_least, at_most, medians_ms

if TYPE_CHECKING:
    from dispatch.letter import EncodedVariant, Recipient
    from dispatch.models import Dispatch, Variant

BASE_URL = "https://mail.example.org"
LINKS = 30
LETTERS = 200  # a turn
NAIVE_LETTERS = 4  # a turn
TURNS = 25
TARGET = 50.0  # µs a letter
MERGED_TARGET = 80.0  # µs a letter
SIGNED_SHARE = 0.8  # of the rate at which the key alone signs
TIMES = 10.0  # as fast as EmailMessage

NAMES = ("Amara Okafor", "José Andrade", "张伟", "Dr. Lena Müller-Hartmann", "O’Brien, Siobhán", "Мария Иванова", "")
VALUES = (
    {"name": "Amara", "organisation": "Port City", "country": "Nigeria"},
    {"name": "José", "organisation": "Câmara Municipal de Lisboa", "country": "Portugal"},
    {"name": "张伟", "organisation": "采购中心", "country": "中国"},
)
_TEXT = "Seventeen cities of the network have bought desks and laptops as a service this year, for less than before. "
_MARK = "\ue000{}\ue001"


def measure(_size: int | None = None) -> list[Measure]:
    """A letter without merge values, one with three, and the naive way for both."""
    with bench_database():
        plain, plain_bare = _microseconds(merges=False)
        merged, merged_bare = _microseconds(merges=True)
        naive = _naive_microseconds()
        signed, signing = _signed_microseconds()
        encoding, _nothing = medians_ms(lambda _: _encoded(merges=True), lambda: None, lambda: None, turns=TURNS)
        size = f"{_encoded(merges=False).about_size / 1000:.0f} KB, {LINKS} links"
    return [
        at_most(f"splice: {size}", plain, "µs", ceiling=plain_bare, target=TARGET),
        at_most(f"splice: {size}, 3 merge values", merged, "µs", ceiling=merged_bare, target=MERGED_TARGET),
        at_most(f"splice: {size} by EmailMessage", naive, "µs", ceiling=plain_bare),
        at_most(f"splice: {size}, signed with RSA-2048", signed, "µs", ceiling=signing, target=signing / SIGNED_SHARE),
        at_least("splice: as fast as EmailMessage", naive / plain, "times", target=TIMES),
        at_most("splice: encoding a variant, once", encoding, "ms", target=50),
    ]


def dispatch_and_variant(*, merges: bool) -> tuple[Dispatch, Variant]:
    """What is planned, without a database."""
    from dispatch.models import Dispatch, Variant

    name, organisation, country = (_MARK.format(f"{{0}}{number}") for number in range(3))
    greeting = f"Dear {name} of {organisation}, {country},\n" if merges else "Dear all,\n"
    href = f"{BASE_URL}/c/{_MARK.format('click')}"
    html = "".join(
        f'<tr><td style="padding:0 24px"><h2>Story {number}</h2><p>{_TEXT * 9}</p><a href="{href}/{number}">Read</a>\n'
        for number in range(1, LINKS + 1)
    )
    text = "".join(f"Story {number}\n\n{_TEXT * 4}\n{href}/{number}\n\n" for number in range(1, LINKS + 1))
    out = f"{BASE_URL}/u/{_MARK.format('unsubscribe')} {BASE_URL}/v/{_MARK.format('view')}\n"
    dispatch = Dispatch(
        pk=1,
        bulletin_key=UUID(int=1),
        sender_address="notes@bulletin.example",
        sender_names={"en": "The Secretariat"},
        reply_to="secretariat@bulletin.example",
        list_name="Procurement Notes",
        list_slug="notes",
        message_key=bytes(32),
    )
    variant = Variant(
        locale="en",
        mask=0,
        subject="From pilot to habit" + (f", {_MARK.format('m0')}" if merges else ""),
        html=f"<html><body>{greeting.format('h')}{html}{out}{_MARK.format('pixel')}</body></html>\n",
        text=greeting.format("m") + text + out,
        merges=[[field, "colleague"] for field in VALUES[0]] if merges else [],
    )
    return dispatch, variant


def recipients() -> list[Recipient]:
    """Readers with names of several scripts; every other one lets opens be measured."""
    from dispatch.letter import Recipient

    people = zip(range(1, LETTERS + 1), cycle(NAMES), cycle(VALUES), strict=False)
    return [
        Recipient(1_000_000 + number, number, f"reader.{number}@example.org", name, number % 2 == 0, values)
        for number, name, values in people
    ]


def _microseconds(*, merges: bool) -> tuple[float, float]:
    """A spliced letter, and the bare join of as many pieces."""
    from dispatch.letter import splice

    encoded, readers = _encoded(merges=merges), recipients()
    pieces = [piece or bytes(30) for piece in encoded.template]

    def splice_all(_: None) -> None:
        for reader in readers:
            splice(encoded, reader, now=datetime.now(UTC))

    def join_all() -> None:
        for _reader in readers:
            b"".join(pieces)

    spliced, bare = medians_ms(splice_all, join_all, lambda: None, turns=TURNS)
    return spliced / LETTERS * 1000, bare / LETTERS * 1000


def _signed_microseconds() -> tuple[float, float]:
    """A spliced and signed letter, and what the key alone takes to sign."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    from dispatch.dkim import Signer
    from dispatch.letter import encode_variant, splice

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    dispatch, variant = dispatch_and_variant(merges=False)
    signer = Signer("bulletin.example", "bench", "rsa", key)
    encoded, readers = encode_variant(dispatch, variant, base_url=BASE_URL, signers=(signer,)), recipients()

    def splice_all(_: None) -> None:
        for reader in readers:
            splice(encoded, reader, now=datetime.now(UTC))

    def sign_all() -> None:
        for reader in readers:
            key.sign(reader.address.encode(), padding.PKCS1v15(), SHA256())

    spliced, bare = medians_ms(splice_all, sign_all, lambda: None, turns=TURNS)
    return spliced / LETTERS * 1000, bare / LETTERS * 1000


def _naive_microseconds() -> float:
    dispatch, variant = dispatch_and_variant(merges=False)
    readers = recipients()

    def build_all(_: None) -> None:
        for reader in islice(readers, NAIVE_LETTERS):
            naive_letter(dispatch, variant, reader)

    built, _nothing = medians_ms(build_all, lambda: None, lambda: None, turns=TURNS // 2)
    return built / NAIVE_LETTERS * 1000


def naive_letter(dispatch: Dispatch, variant: Variant, reader: Recipient) -> bytes:
    """The same letter as the standard library builds it."""
    from composer.rendering.slots import fill
    from dispatch.letter import message_id
    from dispatch.tokens import Purpose, make_token

    unsubscribe = make_token(Purpose.UNSUBSCRIBE, reader.delivery_id)
    pixel = f'<img src="{escape(BASE_URL)}/o/{make_token(Purpose.OPEN, reader.delivery_id)}.gif" width="1" height="1">'
    values: Mapping[str, str] = {
        "click": make_token(Purpose.CLICK, reader.delivery_id),
        "unsubscribe": unsubscribe,
        "view": make_token(Purpose.VIEW, reader.delivery_id),
        "pixel": pixel if reader.measure_opens else "",
    }
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("The Secretariat", addr_spec=dispatch.sender_address)
    message["To"] = Address(reader.name, addr_spec=reader.address)
    message["Subject"] = variant.subject
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = message_id(bytes(32), reader.subscriber_id, "bulletin.example")
    message["List-Unsubscribe"] = f"<{BASE_URL}/u/{unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Id"] = "Procurement Notes <notes.bulletin.example>"
    message["Precedence"] = "bulk"
    message.set_content(fill(variant.text, values), cte="quoted-printable")
    message.add_alternative(fill(variant.html, values), subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _encoded(*, merges: bool) -> EncodedVariant:
    from dispatch.letter import encode_variant

    dispatch, variant = dispatch_and_variant(merges=merges)
    return encode_variant(dispatch, variant, base_url=BASE_URL)
