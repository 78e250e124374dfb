"""Affiliations on the desk: which hold today, and what one is in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from subscribers.days import TODAY
from subscribers.models import Affiliation, Subscriber
from web.desk.names import country_label

CURRENT = (Q(since__isnull=True) | Q(since__lte=TODAY)) & (Q(until__isnull=True) | Q(until__gte=TODAY))
"""Those that hold today, by the database's day: the same as for segments."""


@dataclass(frozen=True, slots=True)
class Held:
    """An affiliation as it stands today: `current`, or `past`, or still to come."""

    affiliation: Affiliation
    current: bool
    past: bool

    @property
    def words(self) -> str:
        """What for: programme, organisation and country, as far as there are any."""
        each = self.affiliation
        body = each.organisation.name if each.organisation else ""
        return " · ".join(filter(None, (each.get_programme_display(), body, country_label(each.country))))

    @property
    def period(self) -> str:
        return period_words(self.affiliation.since, self.affiliation.until)


def period_words(since: date | None, until: date | None) -> str:
    """From when until when, in words; empty where neither is known."""
    if since and until:
        return _("%(since)s to %(until)s") % {"since": date_format(since), "until": date_format(until)}
    if since:
        return _("since %s") % date_format(since)
    return _("until %s") % date_format(until) if until else ""


def today() -> date:
    """The day by which affiliations are current or past: UTC's, as the database counts."""
    return datetime.now(UTC).date()


def held_by_person(person: Subscriber) -> list[Held]:
    """What the person holds, then what is still to come, then what is past, each the newest first."""
    day = today()
    rows = [
        Held(
            each,
            current=(each.since is None or each.since <= day) and (each.until is None or each.until >= day),
            past=each.until is not None and each.until < day,
        )
        for each in person.affiliations.select_related("organisation")
    ]
    first = date.min
    return sorted(
        rows,
        key=lambda row: (
            not row.current,
            row.past,
            -((row.affiliation.until if row.past else row.affiliation.since) or first).toordinal(),
            row.affiliation.pk,
        ),
    )
