"""A sample first: how it did, and what opens the rest or calls it off; with two subjects, which one the rest bears."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from dispatch.arms import Arm, Comparison, Standing, compare
from dispatch.control import finish_if_done
from dispatch.models import Delivery, Dispatch
from subscribers.consent import consents_held
from subscribers.models import Consent

NextWave = Dispatch.NextWave
State = Delivery.State

BURST = 4
"""So many links of a letter within ten seconds are followed by a machine that checks them, not by a reader."""

_CLICKED = """
SELECT DISTINCT near.delivery_id
  FROM (SELECT e.delivery_id, count(*) OVER (PARTITION BY e.delivery_id ORDER BY e.at
               RANGE BETWEEN interval '5 seconds' PRECEDING AND interval '5 seconds' FOLLOWING) AS clicks
          FROM dispatch_event AS e
         WHERE e.dispatch_id = %s AND e.kind = 'click' AND e.delivery_id IS NOT NULL) AS near
 WHERE near.clicks < %s
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What became of the letters that left first, by state, and how many wait behind them."""

    counts: dict[str, int]
    waiting: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def under_way(self) -> int:
        """How many of them aren't settled yet."""
        return sum(self.counts[state] for state in (State.PLANNED, State.CLAIMED, State.DEFERRED))


def sample_of(dispatch: Dispatch) -> Sample | None:
    """How the sample did; None where the dispatch had none."""
    later = Delivery.objects.filter(dispatch=dispatch, wave__gt=0)
    if not later.exists():
        return None
    first = Delivery.objects.filter(dispatch=dispatch, wave=0).order_by()
    counts = dict.fromkeys(State.values, 0) | {
        str(state): count for state, count in first.values_list("state").annotate(n=Count("pk"))
    }
    return Sample(counts, later.filter(state__in=[State.PLANNED, State.DEFERRED], wave__gt=dispatch.wave).count())


def arms_of(dispatch: Dispatch) -> dict[str, Arm]:
    """Arm -> what came of it. Clicks count of those alone whose consent to it holds now, each reader once."""
    letters = Delivery.objects.filter(dispatch=dispatch, arm__in=["a", "b"]).order_by()
    accepted = letters.filter(state__in=[State.ACCEPTED, State.COMPLAINED])
    consenting = consents_held(dispatch.bulletin_key, Consent.Purpose.CLICK).values("subscriber")
    measured = accepted.filter(subscriber__in=consenting)
    clicked = measured.filter(pk__in=RawSQL(_CLICKED, [dispatch.pk, BURST]))  # noqa: S611 - no value of anybody's
    sums = [_by_arm(rows) for rows in (accepted, measured, clicked)]
    return {arm: Arm(*(each.get(arm, 0) for each in sums)) for arm in ("a", "b")}


def open_next(dispatch_id: int, *, winner: str = "") -> bool:
    """Let the rest leave, with the subject of `winner` where two were tried; False if somebody decided before."""
    if winner not in {"", "a", "b"}:
        raise ValueError(winner)
    closed = Dispatch.objects.filter(pk=dispatch_id, state__in=Dispatch.OPEN).exclude(next_wave=NextWave.NONE)
    return _open(closed, winner)


@transaction.atomic
def cancel_rest(dispatch_id: int) -> bool:
    """Leave out everybody who isn't in the sample; False if somebody decided before."""
    closed = Dispatch.objects.filter(pk=dispatch_id, state__in=Dispatch.OPEN).exclude(next_wave=NextWave.NONE)
    if not closed.update(next_wave=NextWave.NONE, next_wave_at=None, state_reason=""):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dispatch_delivery AS d SET state = 'excluded', reason = 'rest cancelled', due_at = NULL,"
            " changed_at = clock_timestamp() FROM dispatch_dispatch AS s"
            " WHERE s.id = d.dispatch_id AND s.id = %s AND d.wave > s.wave AND d.state IN ('planned', 'deferred')",
            [dispatch_id],
        )
    finish_if_done(dispatch_id)
    return True


def decide_due() -> int:
    """Choose the subject where it is time and the clicks can tell, else ask a person; returns how many were decided."""
    due = Dispatch.objects.filter(
        state=Dispatch.State.RUNNING, next_wave=NextWave.CLICKS, next_wave_at__lte=Now()
    ).order_by("pk")
    return sum(_decide(dispatch) for dispatch in due)


def comparison_of(arms: dict[str, Arm]) -> Comparison:
    return compare(arms["a"], arms["b"])


def _decide(dispatch: Dispatch) -> bool:
    arms = arms_of(dispatch)
    told = comparison_of(arms)
    still = Dispatch.objects.filter(pk=dispatch.pk, state=Dispatch.State.RUNNING, next_wave=NextWave.CLICKS)
    counts = {"a": arms["a"].clicked, "b": arms["b"].clicked}
    if not told.decides:
        words = {
            Standing.TIE: _("Both subjects were clicked as often (%(a)d and %(b)d readers). Choose one for the rest."),
        }.get(
            told.standing,
            _("Too few readers clicked to tell the subjects apart (%(a)d and %(b)d). Choose one for the rest."),
        )
        return bool(still.update(next_wave=NextWave.PERSON, next_wave_at=None, state_reason=words % counts))
    if not _open(still, told.ahead):
        return False
    log(instance=dispatch, action="circular.dispatch.open", data={"winner": told.ahead, **counts})
    return True


def _open(closed: QuerySet[Dispatch], winner: str) -> bool:
    return bool(
        closed.update(
            wave=1, next_wave=NextWave.NONE, next_wave_at=None, winner=winner, worked_at=Now(), state_reason=""
        )
    )


def _by_arm(rows: QuerySet[Delivery]) -> dict[str, int]:
    return {str(arm): count for arm, count in rows.values_list("arm").annotate(n=Count("pk"))}
