"""What an address must be like before a byte of it may stand in an SMTP command."""

from __future__ import annotations

import re

from dispatch.transports.base import Envelope, Reply, SendResult, Stage

# A space or a control character could end the command or begin another one, an angle bracket ends the path.
_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029<>]")
LONGEST = 500  # octets; RFC 5321 has 254, a command line 512


def refused_envelope(envelope: Envelope) -> SendResult | None:
    """The refusal of an envelope that can't be written as commands at all; None where it can. Pure."""
    if not is_writable(envelope.sender) or not envelope.sender.isascii():
        return SendResult(
            Stage.MAIL, Reply(553, "5.1.7", "5.1.7 The sender's address has characters that no address has.")
        )
    if not envelope.recipient or not is_writable(envelope.recipient):
        return SendResult(
            Stage.RCPT, Reply(553, "5.1.3", "5.1.3 The address has characters that no address has, or none at all.")
        )
    return None


def is_writable(address: str) -> bool:
    if _UNFIT.search(address) is not None:
        return False
    try:
        return len(address.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False


def needs_smtputf8(envelope: Envelope) -> bool:
    """RFC 6531: an address that is not ASCII goes only where that is offered."""
    return not envelope.recipient.isascii()


WITHOUT_SMTPUTF8 = SendResult(
    Stage.RCPT,
    Reply(
        553,
        "5.6.7",
        "5.6.7 It has letters beyond ASCII, and the mail server can't carry it: it does not offer SMTPUTF8.",
    ),
)
