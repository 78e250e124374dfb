"""Signed tokens in the links and addresses of letters: a delivery's number and a MAC, for one purpose each.

A token in a link holds 8 bytes of number and 12 of HMAC-SHA-256, 27 characters of base64url, none of which any
encoding of mail changes. In an address it is a number and hex, since relays fold the case of those. It does not
expire: mail circulates for years, and unsubscribing must work.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

_FORM = re.compile(r"[A-Za-z0-9_-]{27}\Z")
_IN_ADDRESS = re.compile(r"([bu])\+([1-9][0-9]{0,18})\.([0-9a-f]{16,24})\Z")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
MAC_BYTES = 12
RETURN_PATH_MAC_BYTES = 8


class Purpose(StrEnum):
    CLICK = "click"
    OPEN = "open"
    UNSUBSCRIBE = "unsubscribe"
    VIEW = "view"
    RETURN_PATH = "return-path"
    WHY = "why"


def make_token(purpose: Purpose, delivery_id: int) -> str:
    return link_token(mac(purpose, delivery_id), delivery_id).decode()


def link_token(made: bytes, delivery_id: int) -> bytes:
    """The token of a delivery whose MAC was made already."""
    return b2a_base64(delivery_id.to_bytes(8, "big") + made, newline=False)[:27].translate(_URL_SAFE)


def read_token(purpose: Purpose, token: str) -> int | None:
    """The delivery's id, or None for anything that we did not make for this purpose."""
    if not _FORM.match(token):
        return None
    raw = urlsafe_b64decode(token + "=")
    number, made = int.from_bytes(raw[:8], "big"), raw[8:]
    # Base64 has spare bits: two spellings of one token would be two, so only ours is taken.
    if link_token(made, number).decode() != token:
        return None
    return number if hmac.compare_digest(made, mac(purpose, number)) else None


def return_path(delivery_id: int, domain: str) -> str:
    """The envelope sender of one delivery (VERP), at RETURN_PATH_DOMAIN where it is set, else at the sender's `domain`.

    The MAC makes a forged bounce useless.
    """
    made = mac(Purpose.RETURN_PATH, delivery_id)[:RETURN_PATH_MAC_BYTES].hex()
    return f"b+{delivery_id}.{made}@{return_domain() or domain}"


def unsubscribe_address(delivery_id: int, domain: str) -> str:
    """Where a mail unsubscribes a delivery's reader: of the same purpose as the link, and the same MAC."""
    return f"{unsubscribe_local_part(mac(Purpose.UNSUBSCRIBE, delivery_id), delivery_id)}@{domain}"


def unsubscribe_local_part(made: bytes, delivery_id: int) -> str:
    """The part before the @ of `unsubscribe_address`, for a MAC that was made already: at most 46 octets."""
    return f"u+{delivery_id}.{made.hex()}"


def return_domain() -> str:
    """The domain whose mail for `b+…` and `u+…` we receive ourselves; empty where nobody receives it."""
    return str(getattr(settings, "RETURN_PATH_DOMAIN", ""))


def read_address(local_part: str) -> tuple[Purpose, int] | None:
    """What an address of ours is for and whose delivery, by the part before the @, in any case; None for all others."""
    found = _IN_ADDRESS.match(local_part.lower())
    if not found:
        return None
    kind, number, made = found[1], int(found[2]), found[3]
    if number >= 2**63:
        return None
    purpose, octets = {
        "b": (Purpose.RETURN_PATH, RETURN_PATH_MAC_BYTES),
        "u": (Purpose.UNSUBSCRIBE, MAC_BYTES),
    }[kind]
    return (purpose, number) if hmac.compare_digest(made, mac(purpose, number)[:octets].hex()) else None


def mac(purpose: Purpose, delivery_id: int) -> bytes:
    """The MAC of a delivery's number for one purpose, 12 octets."""
    return _keyed(purpose, settings.SECRET_KEY)(delivery_id.to_bytes(8, "big"))[:MAC_BYTES]


@lru_cache(maxsize=64)
def _keyed(purpose: Purpose, secret: str) -> Callable[[bytes], bytes]:
    return keyed(salted_hmac(f"circular.token.{purpose}", "", secret=secret, algorithm="sha256").digest())


def keyed(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA-256 (RFC 2104) with the key already taken in: a third of the time of `hmac.digest`."""
    size = hashlib.sha256().block_size
    block = (hashlib.sha256(key).digest() if len(key) > size else key).ljust(size, b"\0")
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in block)).copy
    outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in block)).copy

    def made(message: bytes) -> bytes:
        within = inner()
        within.update(message)
        around = outer()
        around.update(within.digest())
        return around.digest()

    return made
