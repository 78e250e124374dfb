"""Addresses of mail: one form for each, and the keyed hash that outlives the subscriber."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from django.conf import settings
from django.utils.crypto import salted_hmac
from email_validator import EmailNotValidError, validate_email

INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
LONGEST_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1


class BadAddress(ValueError):
    """Not an address that mail can be sent to; the message says why."""


def normalised_address(raw: str) -> str:
    """The one form in which an address is kept: NFKC, no invisible characters, lower case, Unicode domain.

    Raises BadAddress. The local part's case is folded too: every large receiver ignores it, and one person
    written in two ways would get two letters.
    """
    cleaned = unicodedata.normalize("NFKC", raw).translate(INVISIBLE).strip()
    try:
        address = validate_email(cleaned, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from error
    if len(address.local_part.encode()) > LONGEST_LOCAL_PART:
        raise BadAddress(f"The part before the @ is longer than {LONGEST_LOCAL_PART} octets.")
    return address.normalized.lower()


def address_hash(address: str) -> str:
    """A keyed SHA-256 in hex of a normalised address: suppressions keep this and nothing else."""
    key = salted_hmac("circular.suppression", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()
