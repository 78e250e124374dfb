"""One message that came back to an address of ours: which letter it is about, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from dispatch import feedback
from dispatch.bounces import Report, read_report
from dispatch.readings import Reading, digest_of
from dispatch.tokens import Purpose, read_address, read_token

COMPLAINTS = "complaints"
"""The local part that feedback loops are registered with: such reports don't go to the letter's own return path."""

_OURS = re.compile(r"(?<![\w.+-])([bu]\+\d{1,19}\.[0-9a-f]{16,24})@", re.IGNORECASE)
_LINK = re.compile(r"/u/([A-Za-z0-9_-]{27})(?![A-Za-z0-9_-])")


class Fate(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    KNOWN = "known"  # it came before, or its delivery is gone
    IGNORED = "ignored"  # an automatic reply, or news of success
    STRANGE = "strange"  # about no letter of ours


def is_ours(address: str) -> bool:
    """Whether mail to the address is for us: by its MAC, so that nobody makes one up. No look into the database."""
    local = address.rpartition("@")[0]
    return local.lower() == COMPLAINTS or read_address(local) is not None


def take_back(raw: bytes, *, recipient: str = "") -> Fate:
    """Do what a message asks for or reports; as often as it comes, the same.

    `recipient` is the envelope's, where it is known. Without it, the header fields that servers write it into count.
    """
    known = read_address(recipient.rpartition("@")[0])
    if known is not None and known[0] is Purpose.UNSUBSCRIBE:
        return _leave(known[1])
    report = read_report(raw)
    if known is None:
        known = next(_addresses(report.written_to), None)
        if known is not None and known[0] is Purpose.UNSUBSCRIBE:
            return _leave(known[1])
    delivery = known[1] if known is not None else _delivery_of_original(report)
    if delivery is None:
        return Fate.STRANGE
    if report.kind is None:
        feedback.arrived(delivery)
        return Fate.IGNORED
    reading = Reading(
        kind=report.kind,
        enhanced=report.enhanced,
        words=report.words,
        digest=digest_of("mail", str(delivery), report.key),
        source=report.source,
    )
    return Fate.TAKEN if feedback.take(reading, delivery) else Fate.KNOWN


def _leave(delivery: int) -> Fate:
    """Any mail to that address unsubscribes, whatever it says and however it was made (RFC 2369, RFC 8058).

    Receivers' servers write it for their readers, so it may well be automatic; and no other automatic reply goes there,
    since the address stands in no From and no return path.
    """
    return Fate.TAKEN if feedback.leave(delivery) else Fate.KNOWN


def _delivery_of_original(report: Report) -> int | None:
    """The delivery by what the carried letter's own headers say.

    A bounce needs the return path, which only the envelope of the letter had. A complaint may also be told by the
    letter's way out: some receivers send nothing else back.
    """
    for purpose, number in _addresses(report.clues):
        if purpose is Purpose.RETURN_PATH or report.source == "arf":
            return number
    if report.source == "arf":
        for clue in report.clues:
            for found in _LINK.finditer(clue):
                if (told := read_token(Purpose.UNSUBSCRIBE, found[1])) is not None:
                    return told
    return None


def _addresses(texts: Iterable[str]) -> Iterator[tuple[Purpose, int]]:
    for text in texts:
        for found in _OURS.finditer(text):
            if (known := read_address(found[1])) is not None:
                yield known
