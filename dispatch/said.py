"""What a server said to one delivery, as plain data: what the journal keeps and the ledger is given."""

from __future__ import annotations

from typing import NamedTuple

from dispatch.classify import Outcome, Verdict
from dispatch.transports.base import SendResult

LONGEST_REPLY = 2000  # characters


class Said(NamedTuple):
    """One attempt and its outcome. `began` and `ended` are seconds by the machine's own clock (`journal.clock`)."""

    delivery_id: int
    began: float
    ended: float
    outcome: str
    reason: str = ""
    stage: str = ""
    code: int | None = None
    enhanced: str = ""
    reply: str = ""
    server: str = ""
    hard_bounce: bool = False
    soft_bounce: bool = False
    greylisted: bool = False
    pauses: bool = False

    @property
    def is_released(self) -> bool:
        """Nothing is known against the recipient, and nothing of it belongs into the ledger."""
        return self.outcome == Outcome.RELEASED


def said_of(
    delivery_id: int, result: SendResult, verdict: Verdict, *, began: float, ended: float, server: str = ""
) -> Said:
    words = result.reply.text if result.reply else result.error
    return Said(
        delivery_id=delivery_id,
        began=began,
        ended=ended,
        outcome=str(verdict.outcome),
        reason=verdict.reason[:60],
        stage=str(result.stage),
        code=result.reply.code if result.reply else None,
        enhanced=result.reply.enhanced if result.reply else "",
        reply=words.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST_REPLY],
        server=server[:255],
        hard_bounce=verdict.hard_bounce,
        soft_bounce=verdict.soft_bounce,
        greylisted=verdict.greylisted,
        pauses=bool(verdict.pause),
    )


def lost(delivery_id: int, *, began: float, ended: float) -> Said:
    """What is to be said where the worker died with the letter on the wire."""
    return Said(
        delivery_id=delivery_id,
        began=began,
        ended=ended,
        outcome=str(Outcome.UNKNOWN),
        reason="worker lost",
        stage="dot",
        reply="The worker was lost after it began to send the text.",
    )
