"""A pace in a person's words: what the rule allows, and where it stands now."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch.pace import Limits, Standing, day_sum, opens_in, wait_for


def limit_words(limits: Limits, *, now: datetime) -> str:
    """The rule in sentences: “At most 600 a minute. From 08:00 to 18:00 (Europe/Paris). …”."""
    said = []
    if limits.per_minute:
        said.append(_("At most %s a minute.") % intcomma(_short(limits.per_minute)))
    if limits.connections:
        count = limits.connections
        words = ngettext("At most %(count)d letter at a time.", "At most %(count)d letters at a time.", count)
        said.append(words % {"count": count})
    if limits.hours_from is not None or limits.hours_until is not None:
        hours = {
            "since": time_format(limits.hours_from or time(), "H:i"),
            "until": time_format(limits.hours_until or time(), "H:i"),
            "zone": limits.time_zone,
        }
        over_midnight = (limits.hours_until or time.max) < (limits.hours_from or time())
        said.append(
            _("From %(since)s to %(until)s the next day (%(zone)s).") % hours
            if over_midnight
            else _("From %(since)s to %(until)s (%(zone)s).") % hours
        )
    if limits.per_day:
        said.append(_("At most %s a day.") % intcomma(limits.per_day))
    if limits.warm_up_from and limits.warm_up_first:
        said.append(_warm_up_words(limits, now))
    return " ".join(said) or _("No limit.")


def _warm_up_words(limits: Limits, now: datetime) -> str:
    today = now.astimezone(ZoneInfo(limits.time_zone)).date()
    assert limits.warm_up_from is not None  # noqa: S101 - the caller looked
    facts = {
        "first": intcomma(limits.warm_up_first),
        "day": date_format(limits.warm_up_from, "DATE_FORMAT"),
        "factor": intcomma(_short(limits.warm_up_factor)),
    }
    words = _("Warm-up: %(first)s on %(day)s, then %(factor)s times as many each day.") % facts
    most = day_sum(limits, today)
    if limits.warm_up_from > today:
        return words
    over = most is None or (limits.per_day is not None and most >= limits.per_day)
    return f"{words} {_('It is over.') if over else _('Today at most %s.') % intcomma(most)}"


def standing_words(limits: Limits, standing: Standing, *, now: datetime) -> tuple[str, str]:
    """How it stands in one word for the colour (`rests`, `waits`, `open`), and in a sentence."""
    zone = ZoneInfo(limits.time_zone)
    if standing.rests_until and standing.rests_until > now:
        until = _moment(standing.rests_until, now, zone)
        return "rests", _("Rests until %(until)s.") % {"until": until}
    today = now.astimezone(zone).date()
    if closed := opens_in(limits, now):
        opens = datetime.fromtimestamp(now.timestamp() + closed, zone)
        return "waits", _("Outside its hours: letters leave again at %s.") % _moment(opens, now, zone)
    most = day_sum(limits, today)
    if most is not None and standing.day == today and standing.sent >= most and wait_for(limits, standing, now=now) > 1:
        return "waits", _("Today’s sum is reached: letters leave again tomorrow.")
    return "open", _("Letters may leave.")


def sent_words(limits: Limits, standing: Standing, *, now: datetime) -> str:
    """How many were tried today, of how many."""
    today = now.astimezone(ZoneInfo(limits.time_zone)).date()
    sent = standing.sent if standing.day == today else 0
    most = day_sum(limits, today)
    if most is None:
        return str(intcomma(sent))
    return _("%(sent)s of %(most)s") % {"sent": intcomma(sent), "most": intcomma(most)}


def _moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    here = at.astimezone(zone)
    if here.date() == now.astimezone(zone).date():
        return f"{time_format(here, 'H:i:s' if here.second else 'H:i')} ({zone.key})"
    return f"{date_format(here, 'SHORT_DATE_FORMAT')} {time_format(here, 'H:i')} ({zone.key})"


def _short(number: float) -> float | int:
    return int(number) if number == int(number) else round(number, 2)
