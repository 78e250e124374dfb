"""A transport for tests: keeps what it is given, and answers what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.transports.addresses import WITHOUT_SMTPUTF8, needs_smtputf8, refused_envelope
from dispatch.transports.base import Envelope, Reply, SendResult, Stage

ACCEPTED = SendResult(Stage.DOT, Reply(250, "2.0.0", "2.0.0 accepted"))


@dataclass
class MemoryTransport:
    """`answers` maps a recipient to the results to give, in turn; the last one stays.

    An envelope that no SMTP server could be told is refused as the SMTP transport refuses it.
    """

    answers: dict[str, list[SendResult]] = field(default_factory=dict)
    sent: list[tuple[Envelope, bytes]] = field(default_factory=list)
    smtputf8: bool = False
    peer: str = "memory"

    def send(
        self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool], following: Envelope | None = None
    ) -> SendResult:
        if (refused := refused_envelope(envelope)) is not None:
            return refused
        if needs_smtputf8(envelope) and not self.smtputf8:
            return WITHOUT_SMTPUTF8
        queue = self.answers.get(envelope.recipient, [ACCEPTED])
        result = queue.pop(0) if len(queue) > 1 else queue[0]
        if result.stage is not Stage.DOT:
            return result
        if not may_send():
            return SendResult(Stage.DATA, withheld=True)
        self.sent.append((envelope, data))
        return result

    def close(self) -> None:
        """There is nothing to close."""
