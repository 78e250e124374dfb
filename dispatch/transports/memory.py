"""A transport for tests: keeps what it is given, and answers what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.transports.base import Envelope, Reply, SendResult, Stage

ACCEPTED = SendResult(Stage.DOT, Reply(250, "2.0.0", "2.0.0 accepted"))


@dataclass
class MemoryTransport:
    """`answers` maps a recipient to the results to give, in turn; the last one stays."""

    answers: dict[str, list[SendResult]] = field(default_factory=dict)
    sent: list[tuple[Envelope, bytes]] = field(default_factory=list)

    def send(
        self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool], following: Envelope | None = None
    ) -> SendResult:
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
