"""What one report says about one delivery, and what that means. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dispatch.classify import About, classify
from dispatch.transports.base import Reply, SendResult, Stage

LONGEST_WORDS = 500  # characters
SOFT_LIMIT = 3  # of the last five letters
_ADDRESS = re.compile(r"[^\s<>\"(),;:\[\]]{1,200}@(?=[\w-])")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
SHORTEST_NAME = 3  # characters: a shorter one before the @ is taken out of no sentence


class Kind(StrEnum):
    """The kinds of Feedback."""

    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    REPUTATION = "reputation"
    COMPLAINT = "complaint"
    DELIVERED = "delivered"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reading:
    """`digest` tells a report that came twice (`digest_of`); `words` may be as they came, `clean` is still to be used.

    `enhanced` is an RFC 3463 code or empty. `source` is dsn, arf, smtp or a provider's name.
    """

    kind: Kind
    enhanced: str
    words: str
    digest: str
    source: str


def kind_of_failure(enhanced: str) -> Kind:
    """What a failure for good means by its enhanced code (RFC 3463): whom it blames, if anybody.

    Of class 5 as in a conversation. Of what a relay gave up on after days (4.x.x), 4.7.x speaks of us.
    """
    if enhanced.startswith("5."):
        verdict = classify(SendResult(Stage.DOT, Reply(550, enhanced, "")))
        if verdict.hard_bounce:
            return Kind.HARD
        if verdict.pause:
            return Kind.REPUTATION
        return Kind.OTHER if verdict.about is About.CONTENT else Kind.SOFT
    return Kind.REPUTATION if enhanced.startswith("4.7.") else Kind.SOFT


def came_back(reading: Reading) -> bool:
    """Whether the letter did not stay where it was accepted."""
    if reading.kind in {Kind.HARD, Kind.SOFT, Kind.REPUTATION}:
        return True
    return reading.kind is Kind.OTHER and reading.enhanced.startswith("5.")


def is_suppressing(bounced: Sequence[bool]) -> bool:
    """Whether soft bounces are too many: `bounced` says of a person's last five letters which came back softly."""
    return sum(bounced) >= SOFT_LIMIT


def clean(words: str, address: str = "") -> str:
    """A server's words on one line, without addresses, nor what stands before the @ of `address`."""
    text = _INVISIBLE.sub(" ", words[: LONGEST_WORDS * 8])
    text = _ADDRESS.sub("…@", text)
    name = address.rpartition("@")[0]
    if len(name) >= SHORTEST_NAME:
        text = re.sub(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-])", "…", text, flags=re.IGNORECASE)
    return " ".join(text.split())[:LONGEST_WORDS]


def digest_of(*parts: str) -> str:
    """SHA-256 in hex of what makes a report this one; the order counts."""
    joined = "\x00".join(part.replace("\x00", "") for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
