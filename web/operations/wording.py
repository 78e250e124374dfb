"""Numbers in words: how long, how fast."""

from __future__ import annotations

from datetime import timedelta

from django.utils.formats import localize
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration_words(span: timedelta | None) -> str:
    """`span` in its two largest units; an en dash where there is none."""
    if span is None:
        return "–"
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
