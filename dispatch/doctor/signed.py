"""Whether a letter's DKIM signatures hold, by a key that is given (RFC 6376 section 6.1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from dispatch.doctor.tags import tags_of

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]*\r\n[ \t])*[^\r\n]*)\r\n")
_B_TAG = re.compile(rb"(;\s*b\s*=)[^;]*")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a letter, by `name` (selector._domainkey.domain). `fault` is "" where it holds."""

    name: str
    domain: str
    covers: tuple[str, ...]  # "h=", in lower case
    fault: str


def fields_of(letter: bytes) -> list[tuple[str, bytes]]:
    """A letter's header fields in order: the name in lower case, and what follows the colon as it stands."""
    head = letter.partition(b"\r\n\r\n")[0] + b"\r\n"
    return [(name.decode("latin-1").lower(), value) for name, value in _FIELD.findall(head)]


def signatures_of(letter: bytes, keys: Mapping[str, str]) -> Iterator[Signature]:
    """The letter's signatures, each held against the p= that `keys` has under its name."""
    fields = fields_of(letter)
    body = letter.partition(b"\r\n\r\n")[2]
    for position, (name, value) in enumerate(fields):
        if name != "dkim-signature":
            continue
        tags = tags_of(value.decode("latin-1")) or {}
        tags = {tag: "".join(text.split()) for tag, text in tags.items()}
        where = f"{tags.get('s', '')}._domainkey.{tags.get('d', '')}"
        others = fields[:position] + fields[position + 1 :]
        fault = _fault(tags, value, others, body, keys.get(where))
        yield Signature(where, tags.get("d", ""), tuple(tags.get("h", "").lower().split(":")), fault)


def _fault(
    tags: Mapping[str, str], raw: bytes, fields: list[tuple[str, bytes]], body: bytes, public: str | None
) -> str:
    if public is None:
        return "it is by a key that is not ours"
    if tags.get("v") != "1" or tags.get("c") != "relaxed/simple" or "l" in tags:
        return "it is not of the form that we sign in"
    ended = body.rstrip(b"\r\n") + b"\r\n"
    if base64.b64encode(hashlib.sha256(ended).digest()).decode() != tags.get("bh"):
        return "the body was changed"
    left = list(fields)
    signed = b""
    for name in tags.get("h", "").lower().split(":"):
        at = next((n for n in range(len(left) - 1, -1, -1) if left[n][0] == name), None)
        if at is not None:
            signed += _relaxed(*left.pop(at)) + b"\r\n"
    signed += _relaxed("dkim-signature", _B_TAG.sub(rb"\1", raw))
    try:
        given = base64.b64decode(tags.get("b", ""), validate=True)
        _verify(tags.get("a", ""), base64.b64decode(public, validate=True), given, signed)
    except InvalidSignature:
        return "a header was changed, or it was made by another key"
    except (binascii.Error, ValueError):
        return "it can’t be read"
    return ""


def _verify(algorithm: str, public: bytes, given: bytes, signed: bytes) -> None:
    if algorithm == "ed25519-sha256":
        Ed25519PublicKey.from_public_bytes(public).verify(given, hashlib.sha256(signed).digest())
        return
    key = load_der_public_key(public)
    if algorithm != "rsa-sha256" or not isinstance(key, RSAPublicKey):
        raise ValueError(algorithm)
    key.verify(given, signed, PKCS1v15(), SHA256())


def _relaxed(name: str, value: bytes) -> bytes:
    return name.encode("latin-1") + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" \t")
