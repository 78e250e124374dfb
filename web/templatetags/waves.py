"""What waits for its time or for somebody's word, for the templates of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.translation import gettext as _

from dispatch import schedules, waves
from dispatch.again import again_refusal, follow_up_refusal
from dispatch.arms import FEWEST, Standing
from dispatch.control import refused_delivery
from dispatch.models import Dispatch, Schedule
from web.desk.permissions import may_operate, may_send
from web.desk.schedules import shown_at, what_changed

register = template.Library()


@register.simple_tag
def open_schedules() -> list[dict[str, Any]]:
    """Every sending that waits or asks, with what its time is and why it would ask."""
    return [_line(each) for each in schedules.open_schedules()]


@register.simple_tag
def schedule_of(issue_key: Any) -> dict[str, Any] | None:
    """The one of an issue, if there is one."""
    found = schedules.open_schedule(issue_key)
    return _line(found) if found else None


@register.simple_tag
def undecided() -> list[Dispatch]:
    """The dispatches of which a sample has left and the rest waits for a person."""
    return list(Dispatch.objects.filter(state__in=Dispatch.OPEN, next_wave=Dispatch.NextWave.PERSON))


@register.simple_tag
def sample_facts(dispatch: Dispatch) -> dict[str, Any] | None:
    """How the sample of a dispatch did; None where it had none."""
    if (sample := waves.sample_of(dispatch)) is None:
        return None
    subjects = list(dispatch.variants.exclude(other_subjects={}).values("locale", "subject", "other_subjects"))
    facts: dict[str, Any] = {
        "sample": sample,
        "is_open": dispatch.state in Dispatch.OPEN and bool(dispatch.next_wave),
        "by_clicks": dispatch.next_wave == Dispatch.NextWave.CLICKS,
    }
    if subjects:
        facts |= _arms(dispatch, subjects)
    return facts


@register.simple_tag
def left_over(dispatch: Dispatch) -> int | None:
    """The delivery at whose refusal a dispatch paused, if one stands in its way."""
    return refused_delivery(dispatch.pk) if dispatch.state == Dispatch.State.PAUSED else None


@register.simple_tag(takes_context=True)
def again_facts(context: template.Context, dispatch: Dispatch) -> dict[str, Any] | None:
    """Whether an ended dispatch may be followed by another, for whom, and why not; None for who may not send."""
    if dispatch.state in Dispatch.OPEN or not may_send(context["request"].user):
        return None
    return {
        "refusal": again_refusal(dispatch),
        "no_follow_up": follow_up_refusal(dispatch),
        "failed": dispatch.deliveries.filter(state="failed").count(),
        "unknown": dispatch.deliveries.filter(state="unknown").count(),
        "followed_by": list(dispatch.followed_by.all()),
    }


@register.simple_tag(takes_context=True)
def user_may_operate(context: template.Context) -> bool:
    return may_operate(context["request"].user)


def _line(found: Schedule) -> dict[str, Any]:
    return {
        "schedule": found,
        "when": shown_at(found.at, found.time_zone),
        "asks": found.state == Schedule.State.ASKING,
        "against": what_changed(found) if found.state == Schedule.State.WAITING else "",
    }


def _arms(dispatch: Dispatch, subjects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    arms = waves.arms_of(dispatch)
    told = waves.comparison_of(arms)
    words = {
        Standing.TOO_FEW: _("Too few to tell: below %d readers who clicked, chance decides.") % FEWEST,
        Standing.TIE: _("Both were clicked as often."),
        Standing.MAYBE_CHANCE: _("Too few to tell for sure: so small a difference may well be chance."),
        Standing.CLEAR: _("The difference is larger than chance would make it."),
    }[told.standing]
    by_arm = {
        "a": [(line["locale"], line["subject"]) for line in subjects],
        "b": [(line["locale"], line["other_subjects"].get("b", "")) for line in subjects],
    }
    lines = [
        {
            "arm": arm,
            "subjects": sorted(set(by_arm[arm])),
            "figures": arms[arm],
            "percent": f"{100 * arms[arm].rate:.1f}",
            "ahead": told.ahead == arm,
            "won": dispatch.winner == arm,
        }
        for arm in ("a", "b")
    ]
    return {"arms": lines, "told": words}
