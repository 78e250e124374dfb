"""Where on the clock a reader is: the main time zone of each country, by the zone tables of the IANA database."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

_MOST_POPULOUS: Final = MappingProxyType(
    {
        "AU": "Australia/Sydney",
        "BR": "America/Sao_Paulo",
        "CA": "America/Toronto",
        "PS": "Asia/Gaza",
        "RU": "Europe/Moscow",
        "UA": "Europe/Kyiv",
        "UZ": "Asia/Tashkent",
    }
)
"""Countries whose first zone in the table isn't where most people live."""

_NO_PLACES: Final = ("Etc/", "US/", "SystemV/", "posix/", "right/")


@cache
def country_zones() -> MappingProxyType[str, str]:
    """Country (two letters of ISO 3166) -> its main time zone. One of several zones stands for all of the country."""
    zones: dict[str, str] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _place, zone, *_words = line.split("\t")
            zones.setdefault(country, zone)
    return MappingProxyType(zones | _MOST_POPULOUS)


@cache
def known_zones() -> tuple[str, ...]:
    """The names that somebody may choose from, sorted: places, and UTC."""
    places = {
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "US/", "SystemV/"))
    }
    return ("UTC", *sorted(places))
