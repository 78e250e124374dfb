"""Signed links of short life, mailed on request: each for one purpose, one person, until a time.

A token holds 8 bytes of number, 4 of minutes, 6 of a seal and 18 of HMAC-SHA-256: 48 characters of base64url, of which
there is one spelling alone. The seal is of the person's address: a link to a mailbox that isn't theirs any more ends.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils.crypto import salted_hmac

from subscribers.models import OptIn, Subscriber

_FORM = re.compile(r"[A-Za-z0-9_-]{48}\Z")
_SIGNED = 18  # bytes of number, minutes and seal


class Purpose(StrEnum):
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    EXPORT = "export"
    ERASE = "erase"


LIFE: dict[Purpose, timedelta] = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.PREFERENCES: timedelta(hours=24),
    Purpose.EXPORT: timedelta(hours=4),
    Purpose.ERASE: timedelta(hours=4),
}


def confirm_token(opt_in: OptIn) -> str:
    """For the letter that asks whether it was them; it ends seven days after they asked."""
    return _token(Purpose.CONFIRM, opt_in.pk, opt_in.subscriber.address_hash, opt_in.requested_at)


def person_token(purpose: Purpose, person: Subscriber, *, now: datetime) -> str:
    return _token(purpose, person.pk, person.address_hash, now)


def opt_in_of(token: str, *, now: datetime) -> OptIn | None:
    """What the link confirms, None for anything that isn't ours, isn't for this, or came too late."""
    opened = _opened(Purpose.CONFIRM, token, now)
    found = OptIn.objects.select_related("subscriber").filter(pk=opened[0]).first() if opened else None
    return found if opened and found and _seal(found.subscriber.address_hash) == opened[1] else None


def person_of(purpose: Purpose, token: str, *, now: datetime) -> Subscriber | None:
    """Whose link it is, None for anything that isn't ours, isn't for this, or came too late."""
    opened = _opened(purpose, token, now)
    found = Subscriber.objects.filter(pk=opened[0]).first() if opened else None
    return found if opened and found and _seal(found.address_hash) == opened[1] else None


def is_ours(purpose: Purpose, token: str, *, now: datetime) -> bool:
    """Whether the link was made here and still lives, whoever it was for."""
    return _opened(purpose, token, now) is not None


def was_somebodys(purpose: Purpose, token: str, *, now: datetime) -> bool:
    """Whether the link was made here and still lives, and whoever it was for isn't here any more."""
    opened = _opened(purpose, token, now)
    return opened is not None and not Subscriber.objects.filter(pk=opened[0]).exists()


def _token(purpose: Purpose, number: int, address_hash: str, since: datetime) -> str:
    minutes = int((since + LIFE[purpose]).timestamp() // 60)
    signed = number.to_bytes(8, "big") + minutes.to_bytes(4, "big") + _seal(address_hash)
    return urlsafe_b64encode(signed + _mac(purpose, signed)).decode()


def _opened(purpose: Purpose, token: str, now: datetime) -> tuple[int, bytes] | None:
    if not _FORM.match(token):
        return None
    raw = urlsafe_b64decode(token)
    signed, mac = raw[:_SIGNED], raw[_SIGNED:]
    if not hmac.compare_digest(mac, _mac(purpose, signed)):
        return None
    if int.from_bytes(signed[8:12], "big") * 60 < now.timestamp():
        return None
    return int.from_bytes(signed[:8], "big"), signed[12:]


def _seal(address_hash: str) -> bytes:
    return bytes.fromhex(address_hash[:12])


def _mac(purpose: Purpose, signed: bytes) -> bytes:
    key = salted_hmac(f"circular.link.{purpose}", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return hmac.new(key, signed, hashlib.sha256).digest()[:18]
