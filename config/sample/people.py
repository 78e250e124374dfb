"""The sample network: about 120 organisations in some 60 countries and 500 people, the same at every call.

Everyone is invented, subscribed and mailable; every address ends in ".example" (RFC 6761), so no letter can
leave for a real mailbox.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from dataclasses import dataclass
from random import Random
from typing import Final

from config.sample.names import PersonName, shuffled_names
from config.sample.organisations import SampleOrganisation, sample_organisations

ROLES: Final = ("network-member", "national-focal-point", "programme-lead", "working-group-member", "partner")
PROGRAMMES: Final = ("public-procurement", "tourism", "buildings", "food-systems", "lifestyles", "consumer-information")

_SEED: Final = 20260401
_OPEN_TRACKING, _CLICK_TRACKING = 0.30, 0.40
_LEADS_PER_PROGRAMME: Final = 3


@dataclass(frozen=True, slots=True)
class SampleAffiliation:
    """`programme` is empty where the role concerns the whole network; `organisation` is an organisation's name."""

    role: str
    programme: str
    country: str
    organisation: str


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """`consents` holds "mail" always, "open" and "click" where the person allowed it."""

    name: str
    email: str
    language: str
    country: str
    organisation: str
    affiliations: tuple[SampleAffiliation, ...]
    consents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SampleNetwork:
    organisations: tuple[SampleOrganisation, ...]
    people: tuple[SamplePerson, ...]


def sample_network() -> SampleNetwork:
    """The whole network; two calls return equal ones."""
    random = Random(_SEED)  # noqa: S311 -- a sample, no secret
    organisations = sample_organisations()
    people = _with_consents(_with_affiliations(_people(organisations, random), organisations, random), random)
    return SampleNetwork(organisations, tuple(people))


def _people(organisations: tuple[SampleOrganisation, ...], random: Random) -> list[SamplePerson]:
    at_home: dict[str, list[SampleOrganisation]] = defaultdict(list)
    for organisation in organisations:
        at_home[organisation.country].append(organisation)
    names = {culture: iter(shuffled_names(culture, random)) for culture in _cultures()}
    taken: Counter[str] = Counter()
    people = []
    for country, readers in _READERS.items():
        seat = 0
        for culture, language, count in readers:
            for _ in range(count):
                organisation = at_home[country][seat % len(at_home[country])]  # the first is the government's
                seat += 1
                name = next(names[culture])
                email = _free_address(name, organisation, taken)
                people.append(SamplePerson(name.full, email, language, country, organisation.name, (), ()))
    return people


def _free_address(name: PersonName, organisation: SampleOrganisation, taken: Counter[str]) -> str:
    address = f"{name.local}@{organisation.domain}"
    taken[address] += 1
    return address if taken[address] == 1 else f"{name.local}{taken[address]}@{organisation.domain}"


def _with_affiliations(
    people: list[SamplePerson], organisations: tuple[SampleOrganisation, ...], random: Random
) -> list[SamplePerson]:
    kinds = {organisation.name: organisation.kind for organisation in organisations}
    focal_points = _focal_points(people, kinds)
    others = [index for index in range(len(people)) if index not in focal_points]
    led = dict(
        zip(
            random.sample(others, _LEADS_PER_PROGRAMME * len(PROGRAMMES)),
            PROGRAMMES * _LEADS_PER_PROGRAMME,
            strict=True,
        )
    )
    affiliated = []
    for index, person in enumerate(people):
        if index in focal_points:
            held = [("national-focal-point", "")]
        elif index in led:
            held = [("programme-lead", led[index])]
        else:
            held = [_usual_affiliation(kinds[person.organisation], random)]
        further = random.choices((0, 1, 2), weights=(75, 20, 5))[0]
        held += [("working-group-member", programme) for programme in random.sample(PROGRAMMES, further)]
        affiliations = tuple(
            SampleAffiliation(role, programme, person.country, person.organisation)
            for role, programme in dict.fromkeys(held)
        )
        affiliated.append(dataclasses.replace(person, affiliations=affiliations))
    return affiliated


def _focal_points(people: list[SamplePerson], kinds: dict[str, str]) -> frozenset[int]:
    """In each country the first of its officials, and a deputy where the network has many people."""
    officials: dict[str, list[int]] = defaultdict(list)
    for index, person in enumerate(people):
        if kinds[person.organisation] == "government":
            officials[person.country].append(index)
    size = Counter(person.country for person in people)
    return frozenset(
        index for country, indexes in officials.items() for index in indexes[: 2 if size[country] >= _MANY else 1]
    )


_MANY: Final = 7


def _usual_affiliation(kind: str, random: Random) -> tuple[str, str]:
    roles = ("network-member", "working-group-member", "partner")
    role = random.choices(roles, weights=_ROLE_WEIGHTS[kind])[0]
    if role == "network-member":
        return role, ""
    return role, random.choice(PROGRAMMES)


def _with_consents(people: list[SamplePerson], random: Random) -> list[SamplePerson]:
    everyone = range(len(people))
    opens = frozenset(random.sample(everyone, round(len(people) * _OPEN_TRACKING)))
    clicks = frozenset(random.sample(everyone, round(len(people) * _CLICK_TRACKING)))
    return [
        dataclasses.replace(person, consents=("mail", *("open",) * (index in opens), *("click",) * (index in clicks)))
        for index, person in enumerate(people)
    ]


def _cultures() -> list[str]:
    return sorted({culture for readers in _READERS.values() for culture, _, _ in readers})


# network-member, working-group-member, partner
_ROLE_WEIGHTS: Final = {
    "government": (72, 20, 8),
    "un": (30, 30, 40),
    "civil-society": (45, 15, 40),
    "business": (20, 15, 65),
    "research": (50, 30, 20),
}

_CHINESE: Final = "zh-hans"

# country -> (culture of the names, language they read, how many)
_READERS: Final[dict[str, tuple[tuple[str, str, int], ...]]] = {
    "CN": (("chinese", _CHINESE, 200),),
    "SG": (("malay", "en", 2), ("chinese", _CHINESE, 12)),
    "MY": (("malay", "en", 3), ("chinese", _CHINESE, 13)),
    "FR": (("french", "fr", 14), ("french", "en", 3)),
    "CA": (("english", "en", 5), ("french", "fr", 8)),
    "BE": (("french", "fr", 6), ("dutch", "en", 3)),
    "CH": (("french", "fr", 6), ("german", "en", 3)),
    "SN": (("west-african", "fr", 6),),
    "CI": (("west-african", "fr", 5),),
    "ML": (("west-african", "fr", 3),),
    "BF": (("west-african", "fr", 3),),
    "CM": (("cameroonian", "fr", 4),),
    "MA": (("maghrebi", "fr", 5),),
    "TN": (("maghrebi", "fr", 4),),
    "DZ": (("maghrebi", "fr", 4),),
    "MG": (("malagasy", "fr", 3),),
    "HT": (("haitian", "fr", 1),),
    "TG": (("west-african", "fr", 1),),
    "BJ": (("west-african", "fr", 2),),
    "GB": (("english", "en", 11),),
    "US": (("american", "en", 11),),
    "IE": (("english", "en", 3),),
    "AU": (("english", "en", 6),),
    "NZ": (("english", "en", 3),),
    "IN": (("indian", "en", 9),),
    "KE": (("east-african", "en", 8),),
    "NG": (("nigerian", "en", 5),),
    "GH": (("ghanaian", "en", 3),),
    "ZA": (("south-african", "en", 7),),
    "ET": (("ethiopian", "en", 3),),
    "TZ": (("east-african", "en", 3),),
    "RW": (("rwandan", "en", 3),),
    "BR": (("brazilian", "en", 6),),
    "MX": (("hispanic", "en", 5),),
    "AR": (("hispanic", "en", 3),),
    "CL": (("hispanic", "en", 3),),
    "CO": (("hispanic", "en", 3),),
    "PE": (("hispanic", "en", 3),),
    "CR": (("hispanic", "en", 3),),
    "DE": (("german", "en", 7),),
    "NL": (("dutch", "en", 5),),
    "SE": (("swedish", "en", 4),),
    "DK": (("danish", "en", 3),),
    "FI": (("finnish", "en", 3),),
    "ES": (("hispanic", "en", 4),),
    "PT": (("portuguese", "en", 3),),
    "IT": (("italian", "en", 4),),
    "PL": (("polish", "en", 3),),
    "JP": (("japanese", "en", 5),),
    "KR": (("korean", "en", 3),),
    "VN": (("vietnamese", "en", 3),),
    "TH": (("thai", "en", 3),),
    "ID": (("indonesian", "en", 5),),
    "PH": (("filipino", "en", 4),),
    "BD": (("bangladeshi", "en", 3),),
    "LK": (("sri-lankan", "en", 3),),
    "EG": (("arab", "en", 3),),
    "JO": (("arab", "en", 3),),
    "TR": (("turkish", "en", 3),),
    "KZ": (("kazakh", "en", 2),),
    "FJ": (("fijian", "en", 2),),
    "JM": (("jamaican", "en", 2),),
}
