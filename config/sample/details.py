"""What else is known of the sample's people, and the few people beside them who get no letters.

The same at every call, like the people themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from config.sample.organisations import SampleOrganisation
from config.sample.people import PROGRAMMES, SampleNetwork, SamplePerson
from config.sample.vocabulary import FIELDS, TOPICS

_SEED: Final = 20260402
_FIRST_DAY: Final = date(2016, 3, 1)
_LAST_DAY: Final = date(2026, 2, 28)
_EXPERTISE: Final = FIELDS[0].choices


@dataclass(frozen=True, slots=True)
class Past:
    """An affiliation that ended; the organisation and country are the person's own."""

    role: str
    programme: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Details:
    """`since` is when the person's affiliations began, None where nobody noted it.

    `takes_in` is the language of the bulletin where it isn't the person's own.
    """

    external_id: str = ""
    topics: tuple[str, ...] = ()
    custom: tuple[tuple[str, str | bool], ...] = ()
    since: date | None = None
    past: tuple[Past, ...] = ()
    takes_in: str = ""


@dataclass(frozen=True, slots=True)
class SampleOther:
    """Somebody who gets no letters. `state` is of their subscription; `suppressed` the reason, if they are.

    Some of these wanted fewer issues. The 500 get every one: however often the demo sends, each of them has a letter.
    """

    name: str
    email: str
    language: str
    organisation: str
    country: str
    state: str
    frequency: str
    suppressed: str = ""


def sample_details(network: SampleNetwork) -> dict[str, Details]:
    """By address, for everyone in the network."""
    random = Random(_SEED)  # noqa: S311 -- a sample, no secret
    return {person.email: _details(number, person, random) for number, person in enumerate(network.people, start=1)}


def _details(number: int, person: SamplePerson, random: Random) -> Details:
    since = _day(random) if random.random() < _NOTED else None
    custom: list[tuple[str, str | bool]] = []
    if random.random() < _NOTED:
        custom.append(("expertise", random.choice(_EXPERTISE)))
    if since is not None:
        custom.append(("member_since", since.isoformat()))
    if random.random() < _SPEAKERS:
        custom.append(("speaker", random.random() < _NOTED))
    chosen = random.choices((0, 1, 2, 3), weights=(35, 25, 25, 15))[0]
    topics = tuple(topic.slug for topic in TOPICS if topic in random.sample(TOPICS, chosen))
    return Details(
        external_id=f"CRM-{10_000 + 7 * number}" if number % 3 == 0 else "",
        topics=topics,
        custom=tuple(custom),
        since=since,
        past=(_past(random),) if random.random() < _FORMER else (),
        takes_in="en" if person.language == "fr" and random.random() < _IN_ENGLISH else "",
    )


_NOTED: Final = 0.7
_SPEAKERS: Final = 0.3
_FORMER: Final = 0.12
_IN_ENGLISH: Final = 0.15


def _day(random: Random) -> date:
    return _FIRST_DAY + timedelta(days=random.randrange((_LAST_DAY - _FIRST_DAY).days))


def _past(random: Random) -> Past:
    since, until = sorted((_day(random), _day(random)))
    role = random.choices(("working-group-member", "programme-lead", "partner"), weights=(60, 25, 15))[0]
    return Past(role, random.choice(PROGRAMMES), since, until + timedelta(days=1))


def sample_others(organisations: tuple[SampleOrganisation, ...]) -> tuple[SampleOther, ...]:
    """People who didn't confirm, who unsubscribed, and whose addresses are never written to."""
    others = []
    for number, line in enumerate(_OTHERS.strip().splitlines()):
        language, local, state, suppressed, name = line.split(maxsplit=4)
        at_home = [each for each in organisations if (each.country == "CN") == (language == "zh-hans")]
        organisation = at_home[(number * 5) % len(at_home)]
        others.append(
            SampleOther(
                name=name,
                email=f"{local}@{organisation.domain}",
                language=language,
                organisation=organisation.name,
                country=organisation.country,
                state=state,
                frequency=("every", "weekly", "every", "monthly")[number % 4],
                suppressed="" if suppressed == "-" else suppressed,
            )
        )
    return tuple(others)


# language, local part, state of the subscription, reason of the suppression, name
_OTHERS: Final = """
en ines.halloran pending - Ines Halloran
en tobias.lindqvist pending - Tobias Lindqvist
zh-hans shen.zhiyuan pending - 沈知远
zh-hans lu.yutong pending - 陆雨桐
fr aissatou.kourouma pending - Aïssatou Kourouma
zh-hans gu.qinglan pending - 顾清岚
en dalia.farouk-haddad unsubscribed - Dalia Farouk-Haddad
en kofi.asante-boadu unsubscribed - Kofi Asante-Boadu
zh-hans cheng.yifan unsubscribed - 程亦凡
zh-hans he.siqi unsubscribed - 何思齐
fr bastien.legoff unsubscribed - Bastien Le Goff
fr clemence.diabate unsubscribed - Clémence Diabaté
en priyanka.deshmukh unsubscribed - Priyanka Deshmukh
zh-hans yuan.xiaotang unsubscribed - 袁晓棠
en oskar.wierzbicki unsubscribed unsubscribed Oskar Wierzbicki
en leilani.kahananui unsubscribed hard-bounce Leilani Kahananui
zh-hans dong.shuyan unsubscribed hard-bounce 董书言
fr mathurin.aubry unsubscribed hard-bounce Mathurin Aubry
en rui.cardoso-neto unsubscribed complaint Rui Cardoso-Neto
zh-hans tan.jingxing unsubscribed manual 谭景行
"""
