"""What an SMTP reply means for a delivery, and for the dispatch. Pure: a result in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dispatch.transports.base import Reply, SendResult, Stage


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # this recipient, for now
    FAILED = "failed"  # this recipient, for good
    UNKNOWN = "unknown"  # nobody can say whether the letter arrived
    RELEASED = "released"  # nothing is known against the recipient: back to where it was


@dataclass(frozen=True, slots=True)
class Verdict:
    """`hold_transport` means: no more letters of this batch now. `pause` is why a person must look first."""

    outcome: Outcome
    reason: str = ""
    hard_bounce: bool = False
    hold_transport: bool = False
    pause: str = ""


HARD_BOUNCES = frozenset({"5.1.1", "5.1.2", "5.1.10"})


def classify(result: SendResult) -> Verdict:
    """The table of docs/decisions/0006: by stage first, then by code, then by enhanced code (RFC 3463)."""
    if result.withheld:
        return Verdict(Outcome.RELEASED, "withheld")
    if result.reply is None:
        if result.stage is Stage.DOT:
            return Verdict(Outcome.UNKNOWN, "the connection was lost after the text")
        if "STARTTLS" in result.error:
            return Verdict(Outcome.RELEASED, "no TLS", hold_transport=True, pause=result.error)
        return Verdict(Outcome.RELEASED, "the connection was lost before the text", hold_transport=True)
    return _by_reply(result.stage, result.reply)


def _by_reply(stage: Stage, reply: Reply) -> Verdict:
    said = f"{reply.code} {reply.text}".strip()[:200]
    if stage is Stage.DOT and 200 <= reply.code < 300:
        return Verdict(Outcome.ACCEPTED)
    if reply.code == 421:
        return Verdict(Outcome.DEFERRED if stage is Stage.DOT else Outcome.RELEASED, "421", hold_transport=True)
    if stage in {Stage.CONNECT, Stage.AUTH, Stage.MAIL}:
        if reply.code < 500:
            return Verdict(Outcome.RELEASED, "the server is busy", hold_transport=True)
        return Verdict(Outcome.RELEASED, "refused", hold_transport=True, pause=f"The server refuses all mail: {said}")
    if 400 <= reply.code < 500:
        return Verdict(Outcome.DEFERRED, reply.enhanced or str(reply.code))
    if reply.enhanced.startswith("5.7."):
        return Verdict(
            Outcome.DEFERRED, reply.enhanced, hold_transport=True, pause=f"Refused for reputation or policy: {said}"
        )
    if reply.code >= 500:
        return Verdict(Outcome.FAILED, reply.enhanced or str(reply.code), hard_bounce=reply.enhanced in HARD_BOUNCES)
    # A 2xx or 3xx where RFC 5321 has none: nothing of the text was taken before the dot; after it, nobody can say.
    return Verdict(Outcome.UNKNOWN if stage is Stage.DOT else Outcome.DEFERRED, f"unexpected {reply.code}")
