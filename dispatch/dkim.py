"""DKIM signatures of a letter (RFC 6376), by RSA with SHA-256 and by Ed25519 (RFC 8463).

Header fields are canonicalised "relaxed": relays fold them anew and change their letters' case. The body is taken
"simple", byte for byte: it is quoted-printable of short lines, which no relay has a reason to touch, and a body that
was touched after all is not the one we answer for. It also saves a pass over every letter.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from dispatch.errors import DispatchError

# In the order of "h=". A field that occurs is signed as often as it occurs.
SIGNED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Archive",
    "List-Help",
    "List-Owner",
    "List-Post",
    "List-Subscribe",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
)
# Signed once more than they occur (RFC 6376 section 8.15): a second one, put before ours on the way, breaks the
# signature, where a mail program would have shown it as the letter's own.
OVERSIGNED = frozenset({"From", "To", "Subject", "Date", "List-Unsubscribe", "List-Unsubscribe-Post"})

LINE = 74  # octets of a folded line
_PADDING, _HASH = PKCS1v15(), SHA256()
_WORDS = {"rsa": b"rsa-sha256", "ed25519": b"ed25519-sha256"}
_LABELS = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\Z", re.IGNORECASE)


class Unsignable(DispatchError):
    """A letter, or a name in a signature, that no signature can be made of."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One key that signs: `algorithm` is `rsa` or `ed25519`; `domain` is in A-labels.

    Two with the same name are the same: a selector has one key for good.
    """

    domain: str
    selector: str
    algorithm: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _LABELS.match(self.domain) or not _LABELS.match(self.selector):
            raise Unsignable(f"{self.selector!r} at {self.domain!r} can't stand in a DKIM signature.")
        wanted = {"rsa": RSAPrivateKey, "ed25519": Ed25519PrivateKey}.get(self.algorithm)
        if wanted is None or not isinstance(self.key, wanted):
            raise Unsignable(f"{self.algorithm!r} is not the algorithm of the key {self.selector}.")


def signatures(
    signers: Sequence[Signer],
    headers: bytes,
    body: Sequence[bytes],
    now: datetime,
    *,
    expires_after: timedelta | None = None,
) -> bytes:
    """The DKIM-Signature lines of a letter, one per signer, folded, each with its CRLF; nothing without signers.

    `headers` are whole lines, each with its CRLF; `body` is what follows the empty line, in pieces. Lines end with
    CRLF alone. May be called by several threads at once. Unsignable for a letter without exactly one From.
    """
    if not signers:
        return b""
    canonical, (folded, plain) = signed_fields(headers)
    times = b" t=%d;" % now.timestamp()
    if expires_after is not None:
        times += b" x=%d;" % (now + expires_after).timestamp()
    body_hash = base64.b64encode(body_digest(body))
    made = []
    for signer in signers:
        # Each line but the last ends where relaxed canonicalisation puts one space.
        head = b"v=1; a=%b; c=relaxed/simple; d=%b;" % (_WORDS[signer.algorithm], signer.domain.encode())
        second = b"s=%b;%b" % (signer.selector.encode(), times)
        bare = b"dkim-signature:%b %b %b bh=%b; b=" % (head, second, plain, body_hash)
        signature = base64.b64encode(_sign(signer.key, canonical + bare))
        made.append(
            b"DKIM-Signature: %b\r\n %b\r\n %b\r\n bh=%b; b=%b\r\n"
            % (head, second, folded, body_hash, _folded_signature(signature))
        )
    return b"".join(made)


def signed_fields(headers: bytes) -> tuple[bytes, tuple[bytes, bytes]]:
    """The signed fields in relaxed form, each with its CRLF (RFC 6376 section 3.4.2), and "h=" as of `_field_list`."""
    # Unfolding and collapsing the whole block at once is ten times as fast as field by field.
    block = headers.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").replace(b"\t", b" ")
    while b"  " in block:
        block = block.replace(b"  ", b" ")
    found: dict[bytes, bytes] = {}
    repeated: list[bytes] = []
    for unfolded in block.split(b"\r\n"):
        key, _colon, value = unfolded.partition(b":")
        key = key.rstrip(b" ").lower()
        line = key + b":" + value.strip(b" ") + b"\r\n"
        if key in found:  # section 5.4.2: from the last one up
            found[key] = line + found[key]
            repeated.append(key)
        else:
            found[key] = line
    if b"from" not in found or b"from" in repeated:
        raise Unsignable("A letter is signed with exactly one From.")
    present = tuple([key for key in _KEYS if key in found])
    return b"".join([found[key] for key in present]), _field_list(present, tuple(repeated))


def body_digest(body: Sequence[bytes]) -> bytes:
    """SHA-256 of the body in simple form: with one CRLF at its end, however many there are (section 3.4.3)."""
    whole = b"".join(body)
    if whole.endswith(b"\r\n\r\n") or not whole.endswith(b"\r\n"):
        end = len(whole)
        while whole.endswith(b"\r\n", 0, end):
            end -= 2
        whole = whole[:end] + b"\r\n"
    return hashlib.sha256(whole).digest()


_KEYS = {name.lower().encode(): name for name in SIGNED}


def _sign(key: RSAPrivateKey | Ed25519PrivateKey, data: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(data, _PADDING, _HASH)
    return key.sign(hashlib.sha256(data).digest())  # RFC 8463 section 3: the hash is what is signed


@lru_cache(maxsize=64)
def _field_list(present: tuple[bytes, ...], repeated: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """The "h=" tag folded, and the same as relaxed canonicalisation reads it: a space for each line break."""
    names: list[str] = []
    for key, name in _KEYS.items():
        occurs = (key in present) + repeated.count(key)
        names += [name] * (occurs + (name in OVERSIGNED))
    lines = ["h="]
    for position, name in enumerate(names):
        word = name + (":" if position < len(names) - 1 else ";")
        if len(lines[-1]) + len(word) > LINE:
            lines.append("")
        lines[-1] += word
    return "\r\n ".join(lines).encode(), " ".join(lines).encode()


def _folded_signature(signature: bytes) -> bytes:
    """ "b=" may have spaces anywhere; for the hash it is taken as empty, whatever its folding."""
    return b"\r\n " + b"\r\n ".join(signature[at : at + LINE] for at in range(0, len(signature), LINE))
