"""What the ledger keeps in short, in a person's words: how long, how fast, when, why."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.formats import date_format, localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dispatch.doubts import AGAIN_BY_HAND, ARRIVED_BY_HAND, LEFT_IN_DOUBT

MINUTE, HOUR, DAY = 60, 3600, 86400

REASONS = {
    "suppressed": gettext_lazy("suppressed"),
    "unsubscribed": gettext_lazy("unsubscribed before the letter left"),
    "erased": gettext_lazy("erased before the letter left"),
    "cancelled": gettext_lazy("not written to before the dispatch was cancelled"),
    "rest cancelled": gettext_lazy("not in the sample, and the rest was cancelled"),
    "left out by hand": gettext_lazy("refused, and left out by hand"),
    "no item for them": gettext_lazy("no item is meant for them"),
    "frequency": gettext_lazy("wanted at most one issue in that time, and had one"),
    "no merge value": gettext_lazy("a value that the letter needs is missing"),
    "bad address or header": gettext_lazy("the address or a header can’t be sent"),
    "worker lost": gettext_lazy("the worker was lost with the letter"),
    "the connection was lost after the text": gettext_lazy("the connection was lost after the text"),
    ARRIVED_BY_HAND: gettext_lazy("an operator says that it arrived"),
    AGAIN_BY_HAND: gettext_lazy("leaves once more, says an operator"),
    LEFT_IN_DOUBT: gettext_lazy("left in doubt by an operator"),
}
"""Why a delivery is in its state, in a person's words; any other reason is a server's code."""

STAGES = {
    "connect": gettext_lazy("on connecting"),
    "auth": gettext_lazy("on signing in"),
    "mail": gettext_lazy("at the sender’s address"),
    "rcpt": gettext_lazy("at the reader’s address"),
    "data": gettext_lazy("before the text"),
    "dot": gettext_lazy("after the text"),
}
"""How far a conversation with a server came."""

OUTCOMES = {
    "accepted": gettext_lazy("accepted"),
    "deferred": gettext_lazy("refused for now"),
    "failed": gettext_lazy("refused"),
    "unknown": gettext_lazy("in doubt"),
    "released": gettext_lazy("given back"),
}


def reason_words(reason: str) -> str:
    return str(REASONS.get(reason, reason))


def moment_words(at: datetime | None, *, now: datetime) -> str:
    """The time of day, with the date where it isn't today; an en dash where there is none."""
    if at is None:
        return "–"
    here = localtime(at)
    clock = date_format(here, "H:i")
    return clock if here.date() == localtime(now).date() else f"{date_format(here, 'SHORT_DATE_FORMAT')} {clock}"


def duration_words(span: timedelta | None, *, exact: bool = False) -> str:
    """`span` in its two largest units, `exact` with hundredths of some seconds; an en dash where there is none."""
    if span is None:
        return "–"
    if exact and span.total_seconds() < MINUTE / 6:
        return _("%s s") % localize(round(max(span.total_seconds(), 0.0), 2))
    seconds = max(round(span.total_seconds()), 0)
    if seconds < MINUTE:
        return _("%(seconds)d s") % {"seconds": seconds}
    if seconds < HOUR:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": seconds // MINUTE, "seconds": seconds % MINUTE}
    if seconds < DAY:
        return _("%(hours)d h %(minutes)d min") % {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}
    return _("%(days)d d %(hours)d h") % {"days": seconds // DAY, "hours": seconds % DAY // HOUR}


def rate_words(rate: float) -> str:
    """Letters a second, or a minute where they are few."""
    if rate <= 0:
        return "–"
    if rate < 1:
        return _("%s letters/min") % localize(round(rate * MINUTE, 1))
    return _("%s letters/s") % localize(round(rate, 1) if rate < 10 else round(rate))
