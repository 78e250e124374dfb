"""Countries and their time zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from subscribers.countries import COUNTRIES
from subscribers.time_zones import country_zones, known_zones

UNINHABITED = {"BV", "HM"}


def test_every_country_where_anybody_lives_has_a_zone_that_exists() -> None:
    zones = country_zones()
    assert set(COUNTRIES) - set(zones) <= UNINHABITED
    for zone in zones.values():
        assert ZoneInfo(zone)


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("BR", "America/Sao_Paulo"),
        ("CA", "America/Toronto"),
        ("CN", "Asia/Shanghai"),
        ("FR", "Europe/Paris"),
        ("KE", "Africa/Nairobi"),
        ("RU", "Europe/Moscow"),
        ("US", "America/New_York"),
    ],
)
def test_a_country_with_several_zones_has_the_one_of_most_people(country: str, zone: str) -> None:
    assert country_zones()[country] == zone


def test_what_may_be_chosen_are_places_and_utc() -> None:
    names = known_zones()
    assert names[0] == "UTC"
    assert {"Africa/Nairobi", "Asia/Shanghai", "Europe/Paris"} <= set(names)
    assert all(ZoneInfo(name) for name in names)
    assert len(names) == len(set(names))
