"""How an issue is to leave: now, at a time, at each reader's own hour; a sample first; two subjects.

What a form says of it, as the form has it, and as planning wants it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from composer.rendering.printable import printable
from dispatch.claim import database_now
from dispatch.errors import PlanRefused
from dispatch.moments import NoSuchTime, NoSuchZone, first_instant, moment, zone_of
from dispatch.options import LocalTime, Options, Sample
from dispatch.schedules import Time
from subscribers.time_zones import country_zones, known_zones

NOW, LATER, LOCAL = "now", "later", "local"
GRACES = (
    ("15", gettext_lazy("15 minutes")),
    ("60", gettext_lazy("1 hour")),
    ("240", gettext_lazy("4 hours")),
    ("1440", gettext_lazy("1 day")),
)
LONGEST_WAIT = 14 * 24  # hours
MOST_LETTERS = 1_000_000
FARTHEST = timedelta(days=400)
LONGEST_AGO = timedelta(days=2)  # a day that has passed everywhere, wherever the clock hangs

_LETTERS = re.compile("[0-9]+|[0-9]{1,3}(?:([,. \u00a0\u2009\u202f])[0-9]{3})(?:\\1[0-9]{3})*")
_DECIMAL = re.compile("[0-9]+(?:[.,][0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody chose, in the words of the form: nothing of it is checked yet. `subjects` are by locale."""

    when: str = NOW
    day: str = ""
    time: str = "09:00"
    zone: str = ""
    grace: str = "60"
    late: str = "now"
    sample: str = "none"
    share: str = "5"
    unit: str = "percent"
    decide: str = "person"
    wait: str = "4"
    subjects: Mapping[str, str] = field(default_factory=dict)

    @property
    def are_plain(self) -> bool:
        """Everything at once to everybody: the usual case."""
        return self.when == NOW and self.sample == "none"


def fresh_ways() -> Ways:
    """What a form begins with: now, and tomorrow where somebody wants another day, in the zone of who looks."""
    zone = get_current_timezone_name()
    tomorrow = database_now().astimezone(zone_of(zone)) + timedelta(days=1)
    return Ways(day=f"{tomorrow:%Y-%m-%d}", zone=zone)


def ways_of(data: QueryDict) -> Ways:
    """What a form said."""
    names = ("when", "day", "time", "zone", "grace", "late", "sample", "share", "unit", "decide", "wait")
    said: dict[str, Any] = {name: str(data[name]).strip()[:100] for name in names if name in data}
    subjects = {name[8:]: " ".join(printable(str(data[name])).split()) for name in data if name.startswith("subject-")}
    return Ways(**said, subjects=subjects)


def options_of(ways: Ways) -> Options:
    """As planning wants it; PlanRefused says what is missing."""
    local = (
        LocalTime(local_time(ways), _zone(ways), _one_of(ways.late, "now", "next-day")) if _is(ways, LOCAL) else None
    )
    if ways.sample == "none":
        return Options(local=local)
    sample = Sample(_size(ways), _one_of(ways.unit, "percent", "letters"))
    if _one_of(ways.sample, "sample", "subjects") == "sample":
        return Options(sample=sample, local=local)
    if not ways.subjects:
        raise PlanRefused(_("This confirmation is incomplete. Look at the audience again, then send."))
    by_clicks = _one_of(ways.decide, "person", "clicks") == "clicks"
    wait = timedelta(hours=_number(ways.wait, 0.25, LONGEST_WAIT, _("Hours to wait"))) if by_clicks else None
    return Options(sample=sample, local=local, subjects=ways.subjects, decide_after=wait)


def time_of(ways: Ways) -> Time | None:
    """When the sending begins; None for now. At readers' own hours it begins with those in the east."""
    if ways.when == NOW:
        return None
    zone, local, grace = _zone(ways), local_time(ways), timedelta(minutes=int(_one_of(ways.grace, *dict(GRACES))))
    try:
        at = moment(local, zone).at
    except NoSuchTime as refused:
        facts = {"zone": zone, "time": f"{local:%H:%M}", "instead": f"{refused.instead:%H:%M}"}
        facts["day"] = date_format(local, "DATE_FORMAT")
        words = _(
            "On %(day)s there is no %(time)s in %(zone)s: the clocks are put forward then. "
            "Choose another time, such as %(instead)s."
        )
        raise PlanRefused(words % facts) from refused
    if _is(ways, LOCAL):
        at = first_instant(local, [*country_zones().values(), zone])
        if at <= (now := database_now()):
            if at < now - timedelta(days=1, hours=3):  # it has passed in every zone
                raise PlanRefused(_("That time has passed. Choose a later one, or send now."))
            return None
    if at > database_now() + FARTHEST:
        raise PlanRefused(_("That is more than a year from now. Choose an earlier day."))
    return Time(at=at, zone=zone, grace=grace)


def comes_twice(ways: Ways) -> bool:
    """Whether the clocks show the chosen time twice, of which the first is taken."""
    return ways.when == LATER and moment(local_time(ways), _zone(ways)).twice


def local_time(ways: Ways) -> datetime:
    try:
        local = datetime.fromisoformat(f"{ways.day}T{ways.time}").replace(tzinfo=None, second=0, microsecond=0)
    except ValueError as error:
        raise PlanRefused(_("Say the day and the time at which it is to leave.")) from error
    now = database_now().astimezone(UTC).replace(tzinfo=None)
    if local < now - LONGEST_AGO:  # and nobody reckons with the first or the last day of all calendars
        raise PlanRefused(_("That time has passed. Choose a later one, or send now."))
    if local > now + FARTHEST:
        raise PlanRefused(_("That is more than a year from now. Choose an earlier day."))
    return local


def _zone(ways: Ways) -> str:
    try:
        zone_of(ways.zone)
    except NoSuchZone as error:
        raise PlanRefused(_("There is no time zone “%s”. Choose one of the list.") % ways.zone) from error
    if ways.zone not in {*known_zones(), get_current_timezone_name()}:
        raise PlanRefused(_("There is no time zone “%s”. Choose one of the list.") % ways.zone)
    return ways.zone


def _size(ways: Ways) -> float:
    name = _("Size of the sample")
    return _number(ways.share, 0.1, 50, name) if ways.unit == "percent" else _letters(ways.share, name)


def _letters(raw: str, name: str) -> int:
    """A number of letters, its thousands apart or not: “1,000” is a thousand, whatever the language."""
    number = int(re.sub("[^0-9]", "", raw)) if _LETTERS.fullmatch(raw) else 0
    if not 1 <= number <= MOST_LETTERS:
        words = _("%(name)s: give a whole number from %(least)s to %(most)s.")
        raise PlanRefused(words % {"name": name, "least": "1", "most": f"{MOST_LETTERS:,}"})
    return number


def _number(raw: str, least: float, most: float, name: str) -> float:
    number = float(raw.replace(",", ".")) if _DECIMAL.fullmatch(raw) else float("nan")
    if not least <= number <= most:
        words = _("%(name)s: give a number from %(least)s to %(most)s.")
        raise PlanRefused(words % {"name": name, "least": f"{least:g}", "most": f"{most:,.0f}"})
    return number


def _is(ways: Ways, when: str) -> bool:
    return _one_of(ways.when, NOW, LATER, LOCAL) == when


def _one_of(raw: str, *known: str) -> Any:
    """`raw`, which a form of ours can say; PlanRefused for anything else."""
    if raw not in known:
        raise PlanRefused(_("This confirmation is incomplete. Look at the audience again, then send."))
    return raw
