"""When a dispatch stops for refusals of policy or content, and when one letter is failed instead. Pure.

5.7.x may mean that a receiver takes no mail of ours, or that one reader's mailbox takes none from outside. Nobody can
tell by the code alone, so the first one asks a person. Once they let the dispatch run on, such a letter fails, without
a suppression, and they are asked again at the fifth, the twenty-fifth, and so on: seldom, but before it is many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dispatch.classify import About, Outcome, Verdict

ASKS_EVERY_POWER_OF = 5


@dataclass(slots=True)
class PolicyTally:
    """What this dispatch's letters met so far: `seen` deliveries refused by 5.7.x, failed or waiting; and how many
    failed for policy or content. One tally judges the results of one flush, in their order.
    """

    seen: int = 0
    failed: int = 0
    pausing: bool = False

    def settle(self, verdict: Verdict, *, refused_before: bool) -> Verdict:
        """The verdict in the light of the others; `refused_before`: 5.7.x was this delivery's last answer, too."""
        if verdict.about is About.CONTENT:
            if self.pausing:
                return replace(verdict, outcome=Outcome.DEFERRED)
            return self._fail(verdict, f"Letters are refused for their size or content, the last with {verdict.reason}")
        if verdict.about is not About.POLICY:
            self.pausing = self.pausing or bool(verdict.pause)
            return verdict
        first = self.seen == 0
        self.seen += not refused_before
        if first or self.pausing:
            self.pausing = True
            return verdict
        return self._fail(verdict, verdict.pause)

    def _fail(self, verdict: Verdict, pause: str) -> Verdict:
        self.failed += 1
        asks = _is_power(self.failed)
        self.pausing = self.pausing or asks
        return replace(verdict, outcome=Outcome.FAILED, pause=pause if asks else "")


def _is_power(number: int) -> bool:
    while number > ASKS_EVERY_POWER_OF and number % ASKS_EVERY_POWER_OF == 0:
        number //= ASKS_EVERY_POWER_OF
    return number == ASKS_EVERY_POWER_OF
