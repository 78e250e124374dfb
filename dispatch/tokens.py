"""Signed tokens in the links of letters: a delivery's number and a MAC, for one purpose each.

A token holds 8 bytes of number and 12 of HMAC-SHA-256, 27 characters of base64url, none of which any
encoding of mail changes. It does not expire: mail circulates for years, and unsubscribing must work.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

_FORM = re.compile(r"[A-Za-z0-9_-]{27}\Z")
MAC_BYTES = 12


class Purpose(StrEnum):
    CLICK = "click"
    OPEN = "open"
    UNSUBSCRIBE = "unsubscribe"
    VIEW = "view"
    RETURN_PATH = "return-path"
    WHY = "why"


def make_token(purpose: Purpose, delivery_id: int) -> str:
    number = delivery_id.to_bytes(8, "big")
    return urlsafe_b64encode(number + _mac(purpose, number)).decode().rstrip("=")


def read_token(purpose: Purpose, token: str) -> int | None:
    """The delivery's id, or None for anything that we did not make for this purpose."""
    if not _FORM.match(token):
        return None
    raw = urlsafe_b64decode(token + "=")
    # Base64 has spare bits: two spellings of one token would be two, so only ours is taken.
    if urlsafe_b64encode(raw).decode().rstrip("=") != token:
        return None
    number, mac = raw[:8], raw[8:]
    return int.from_bytes(number, "big") if hmac.compare_digest(mac, _mac(purpose, number)) else None


def return_path(delivery_id: int, domain: str) -> str:
    """The envelope sender of one delivery (VERP), at the sender's `domain`; the MAC makes a forged bounce useless."""
    mac = _mac(Purpose.RETURN_PATH, delivery_id.to_bytes(8, "big"))[:8].hex()  # hex: relays fold the case
    return f"b+{delivery_id}.{mac}@{domain}"


def _mac(purpose: Purpose, number: bytes) -> bytes:
    return hmac.new(_key(purpose, settings.SECRET_KEY), number, hashlib.sha256).digest()[:MAC_BYTES]


@lru_cache
def _key(purpose: Purpose, secret: str) -> bytes:
    return salted_hmac(f"circular.token.{purpose}", "", secret=secret, algorithm="sha256").digest()
