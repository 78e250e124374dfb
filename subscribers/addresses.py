"""Addresses of mail: one form for each, and the keyed hash that outlives the subscriber."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
LONGEST_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1


class BadAddress(ValueError):
    """Not an address that mail can be sent to; the message says why."""


class UnsentLetters(BadAddress):
    """An address that may be right, but that no transport carries yet: SMTPUTF8 (RFC 6531) is not offered."""


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


def mailable_address(raw: str) -> str:
    """`normalised_address` of one that a letter can be sent to today; UnsentLetters for one with é or 用 before the @.

    For every door through which addresses come in. Those that are there already are read as they are.
    """
    address = normalised_address(raw)
    if not address.rpartition("@")[0].isascii():
        raise UnsentLetters(_("Before the @ the address has letters that we can’t send mail to yet."))
    return address


# The plain addresses that nearly all are: what these take, email-validator takes as it stands, fifty times as slowly.
_PLAIN_LOCAL_PART = re.compile(r"[a-z0-9_+-]{1,64}(?:\.[a-z0-9_+-]{1,64}){0,31}").fullmatch
_PLAIN_DOMAIN = re.compile(r"(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}[a-z]{2,63}").fullmatch
_LONGEST_PLAIN = 200  # octets, well below what is allowed


def quickly_normalised_address(raw: str) -> str:
    """`normalised_address`, at once for a plain ASCII address."""
    return plain_address(raw) or normalised_address(raw)


def plain_address(raw: str) -> str:
    """`normalised_address` of a plain ASCII address, an empty text for all others, good or bad."""
    if not raw.isascii():
        return ""
    address = raw.strip(" ").lower()
    local_part, _at, domain = address.partition("@")
    if (
        len(address) <= _LONGEST_PLAIN
        and len(local_part) <= LONGEST_LOCAL_PART
        and _PLAIN_LOCAL_PART(local_part)
        and _is_plain_domain(domain)
    ):
        return address
    return ""


@lru_cache(maxsize=20_000)
def _is_plain_domain(domain: str) -> bool:
    special = any(domain == name or domain.endswith(f".{name}") for name in SPECIAL_USE_DOMAIN_NAMES)
    return _PLAIN_DOMAIN(domain) is not None and not special


def address_hash(address: str) -> str:
    """A keyed SHA-256 in hex of a normalised address: suppressions keep this and nothing else."""
    return address_hasher()(address)


def address_hasher() -> Callable[[str], str]:
    """`address_hash` for many addresses."""
    return _hasher(settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _hasher(secret: str) -> Callable[[str], str]:
    # HMAC (RFC 2104) with the key already taken in: a third of the time of hmac.digest.
    key = salted_hmac("circular.suppression", "", secret=secret, algorithm="sha256").digest()
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def hashed(address: str) -> str:
        within = inner()
        within.update(address.encode())
        around = outer()
        around.update(within.digest())
        return around.hexdigest()

    return hashed
