from collections import Counter
from typing import Any

import pycountry
import pytest
from email_validator import validate_email

from config.sample.people import PROGRAMMES, ROLES, SamplePerson, sample_network
from config.sample.segments import SEGMENTS
from subscribers.regions import regions_of

NETWORK = sample_network()
PEOPLE = NETWORK.people
ORGANISATIONS = {organisation.name: organisation for organisation in NETWORK.organisations}


def test_the_network_is_the_same_at_every_call() -> None:
    assert sample_network() == NETWORK


def test_there_are_500_people_with_500_addresses_and_names() -> None:
    assert len(PEOPLE) == len({person.email for person in PEOPLE}) == len({person.name for person in PEOPLE}) == 500


def test_every_address_is_well_formed_and_can_reach_nobody() -> None:
    for person in PEOPLE:
        checked = validate_email(person.email, check_deliverability=False, test_environment=True)
        assert checked.normalized == person.email == person.email.lower()
        assert person.email.isascii()
        assert person.email.endswith(f"@{ORGANISATIONS[person.organisation].domain}")
        assert checked.domain.endswith(".example")


def test_readers_divide_into_chinese_english_and_french() -> None:
    assert Counter(person.language for person in PEOPLE) == {"zh-hans": 225, "en": 200, "fr": 75}


def test_chinese_readers_bear_names_in_han_characters_and_others_do_not() -> None:
    for person in PEOPLE:
        letters = [letter for letter in person.name if letter.isalpha()]
        assert all("\u4e00" <= letter <= "\u9fff" for letter in letters) == (person.language == "zh-hans"), person.name


def test_some_names_are_long() -> None:
    assert sum(len(person.name) > 40 for person in PEOPLE) >= 3


def test_there_are_120_organisations_of_every_kind_and_each_has_people() -> None:
    assert len(ORGANISATIONS) == len(NETWORK.organisations) == 120
    assert {each.kind for each in NETWORK.organisations} == {
        "government",
        "un",
        "civil-society",
        "business",
        "research",
    }
    assert {each.tier for each in NETWORK.organisations} == {"strategic", "full", "associate"}
    assert len({each.domain for each in NETWORK.organisations}) == 120
    assert {person.organisation for person in PEOPLE} == ORGANISATIONS.keys()


def test_about_60_countries_each_have_an_official_as_focal_point() -> None:
    countries = {person.country for person in PEOPLE}
    assert 58 <= len(countries) <= 64
    assert countries <= {country.alpha_2 for country in pycountry.countries}
    focal_points = [person for person in PEOPLE if "national-focal-point" in _roles(person)]
    assert {person.country for person in focal_points} == countries
    assert all(ORGANISATIONS[person.organisation].kind == "government" for person in focal_points)


def test_everyone_is_affiliated_once_to_three_times() -> None:
    for person in PEOPLE:
        assert 1 <= len(person.affiliations) == len(set(person.affiliations)) <= 3
        assert person.country == ORGANISATIONS[person.organisation].country
        for affiliation in person.affiliations:
            assert affiliation.role in ROLES
            assert affiliation.programme in {*PROGRAMMES, ""}
            assert (affiliation.country, affiliation.organisation) == (person.country, person.organisation)
            if affiliation.role in {"programme-lead", "working-group-member"}:
                assert affiliation.programme


def test_every_role_and_programme_occurs_and_each_programme_is_led() -> None:
    held = [affiliation for person in PEOPLE for affiliation in person.affiliations]
    assert {affiliation.role for affiliation in held} == set(ROLES)
    assert Counter(each.programme for each in held if each.role == "programme-lead") == dict.fromkeys(PROGRAMMES, 3)


def test_everyone_agreed_to_mail_and_some_to_tracking() -> None:
    consents = Counter(consent for person in PEOPLE for consent in person.consents)
    assert consents == {"mail": 500, "open": 150, "click": 200}


def test_segments_have_slugs_of_their_own() -> None:
    assert len({segment.slug for segment in SEGMENTS}) == len(SEGMENTS)


def _is_of_fields_alone(rule: dict[str, Any]) -> bool:
    """Whether it can be told from the people here; the others are told by the database, in its own test."""
    match rule:
        case {"all": parts} | {"any": parts} | {"none": parts}:
            return all(map(_is_of_fields_alone, parts))
        case {"not": part}:
            return _is_of_fields_alone(part)
    return "in" in rule and rule["field"] != "topic"


@pytest.mark.parametrize(
    "segment", [each for each in SEGMENTS if _is_of_fields_alone(each.rule)], ids=lambda each: each.slug
)
def test_every_segment_has_people_and_only_everyone_has_all(segment: Any) -> None:
    members = [person for person in PEOPLE if _holds(segment.rule, person)]
    assert members
    assert (len(members) == len(PEOPLE)) == (segment.slug == "everyone")


def _roles(person: SamplePerson) -> set[str]:
    return {affiliation.role for affiliation in person.affiliations}


def _holds(rule: dict[str, Any], person: SamplePerson) -> bool:
    match rule:
        case {"all": parts}:
            return all(_holds(part, person) for part in parts)
        case {"any": parts}:
            return any(_holds(part, person) for part in parts)
        case {"not": part}:
            return not _holds(part, person)
        case {"field": field, "in": values}:
            return bool(_values(field, person) & set(values))
    raise AssertionError(rule)


def _values(field: str, person: SamplePerson) -> set[str]:
    organisation = ORGANISATIONS[person.organisation]
    return {
        "role": _roles(person),
        "programme": {affiliation.programme for affiliation in person.affiliations},
        "country": {person.country},
        "region": set(regions_of(person.country)),
        "language": {person.language},
        "organisation_kind": {organisation.kind},
        "tier": {organisation.tier},
    }[field]
