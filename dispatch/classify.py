"""What an SMTP reply means for a delivery, for its domain, and for the dispatch. Pure: a result in, a verdict out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from dispatch.transports.base import Reply, SendResult, Stage


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # this recipient, for now
    FAILED = "failed"  # this recipient, for good
    UNKNOWN = "unknown"  # nobody can say whether the letter arrived
    RELEASED = "released"  # nothing is known against the recipient: back to where it was


class Rest(StrEnum):
    """Who is to be left in peace for a while after this reply."""

    NOBODY = ""
    DOMAIN = "domain"  # the receiving domain
    TRANSPORT = "transport"  # the server that takes all our letters


class About(StrEnum):
    """What a refusal for good is about, where it is not about the address."""

    NOTHING = ""
    REPUTATION = "reputation"  # us, whoever the reader is
    POLICY = "policy"  # us, or what this one reader takes
    CONTENT = "content"  # the letter


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done. `pause` is why a person must look first, `rests` who is left in peace for a while."""

    outcome: Outcome
    reason: str = ""
    hard_bounce: bool = False
    pause: str = ""
    soft_bounce: bool = False
    rests: Rest = Rest.NOBODY
    greylisted: bool = False
    about: About = About.NOTHING


# As the SMTP transport says it: nothing may leave in clear text, or to who isn't who they should be.
_NO_TLS = ("STARTTLS", "CERTIFICATE_VERIFY_FAILED", "certificates")

# RFC 3463 section 3.2, RFC 7505 (5.1.10: the domain takes no mail at all).
HARD_BOUNCES = frozenset({"5.1.1", "5.1.2", "5.1.10"})
SOFT_BOUNCES = frozenset({"5.2.1", "5.2.2"})  # a mailbox switched off, a full one

# The letter is too long, for the server or for the mailbox; its form or its text is not wanted.
_CONTENT = re.compile(r"5\.(3\.4|2\.3|6\.\d+)")
# Codes by which receivers speak of the sender: RFC 7372 (SPF, DKIM, PTR), those that Gmail uses, Microsoft's.
_REPUTATION = re.compile(r"5\.7\.(2\d|3[0-3]|50[89]|51[0-5]|60[6-9]|6[1-4]\d|70[3-8]|750)")
# For now: a rate or the sender's standing (4.7.1 is what greylisting says), a server that is full or stops.
_RESTS = re.compile(r"4\.(7\.(?!1$)\d+|3\.[12])")
_RESTS_BY_TAG = re.compile(r"\[(TSS?|RL)\d\d\]")  # Yahoo's, beside a code that says less
_GREYLISTING = frozenset({"", "4.2.0", "4.7.1"})
_GREYLISTING_CODES = frozenset({450, 451})


def classify(result: SendResult) -> Verdict:
    """The table of docs/decisions/0006 and 0027: by stage first, then by code, then by enhanced code (RFC 3463)."""
    if result.withheld:
        return Verdict(Outcome.RELEASED, "withheld")
    if result.reply is None:
        if result.stage is Stage.DOT:
            return Verdict(Outcome.UNKNOWN, "the connection was lost after the text")
        if any(word in result.error for word in _NO_TLS):
            return Verdict(Outcome.RELEASED, "no TLS", pause=result.error)
        # Cut off within its text, the letter itself may be the cause: it must not be the first again, for ever.
        outcome = Outcome.DEFERRED if result.stage is Stage.DATA else Outcome.RELEASED
        return Verdict(outcome, "the connection was lost", rests=Rest.TRANSPORT)
    return _by_reply(result.stage, result.reply)


def _by_reply(stage: Stage, reply: Reply) -> Verdict:
    if stage is Stage.DOT and 200 <= reply.code < 300:
        return Verdict(Outcome.ACCEPTED)
    if stage in {Stage.CONNECT, Stage.AUTH, Stage.MAIL}:
        return _of_all_letters(reply)
    if reply.code == 421:
        return Verdict(Outcome.DEFERRED, "421", rests=Rest.DOMAIN)
    if 400 <= reply.code < 500:
        return _for_now(stage, reply)
    if reply.code >= 500:
        return _for_good(reply)
    # A 2xx or 3xx where RFC 5321 has none: nothing of the text was taken before the dot; after it, nobody can say.
    return Verdict(Outcome.UNKNOWN if stage is Stage.DOT else Outcome.DEFERRED, f"unexpected {reply.code}")


def _of_all_letters(reply: Reply) -> Verdict:
    """Before a recipient is named, an answer is about us. Where a person must look, no rest delays them afterwards."""
    if reply.code == 421 or reply.code < 500:
        reason = "421" if reply.code == 421 else "the server is busy"
        return Verdict(Outcome.RELEASED, reason, rests=Rest.TRANSPORT)
    return Verdict(Outcome.RELEASED, "refused", pause=f"The server refuses all mail: {_said(reply)}")


def _for_now(stage: Stage, reply: Reply) -> Verdict:
    greylisted = stage is Stage.RCPT and reply.code in _GREYLISTING_CODES and reply.enhanced in _GREYLISTING
    busy = bool(_RESTS.fullmatch(reply.enhanced) or _RESTS_BY_TAG.search(reply.text))
    return Verdict(
        Outcome.DEFERRED,
        reply.enhanced or str(reply.code),
        rests=Rest.DOMAIN if busy else Rest.NOBODY,
        greylisted=greylisted and not busy,
    )


def _for_good(reply: Reply) -> Verdict:
    enhanced = reply.enhanced
    if enhanced.startswith("5.7."):
        return Verdict(
            Outcome.DEFERRED,
            enhanced,
            pause=f"Refused for reputation or policy: {_said(reply)}",
            about=About.REPUTATION if _REPUTATION.fullmatch(enhanced) else About.POLICY,
        )
    return Verdict(
        Outcome.FAILED,
        enhanced or str(reply.code),
        hard_bounce=enhanced in HARD_BOUNCES,
        soft_bounce=enhanced in SOFT_BOUNCES,
        about=About.CONTENT if _CONTENT.fullmatch(enhanced) else About.NOTHING,
    )


def _said(reply: Reply) -> str:
    return f"{reply.code} {reply.text}".strip()[:200]
