"""The words that the letter itself says, and how a language writes dates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """A language's fixed words; `colon` and `separator` come with the spaces it wants."""

    contents: str
    source: str
    deadline: str
    view: str
    unsubscribe: str
    reason: str  # the heading over why one receives the bulletin
    act: str  # a button that an editor left without words
    picture: str  # before a picture's description, in plain text
    colon: str
    separator: str
    dash: str  # before a speaker's name
    opening: str  # of a bracket
    closing: str
    date: Callable[[date], str]


def _chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _english_date(day: date) -> str:
    return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"


def _french_date(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {_FRENCH_MONTHS[day.month - 1]} {day.year}"


ENGLISH = Phrases(
    contents="In this issue",
    source="Source",
    deadline="Deadline",
    view="View in browser",
    unsubscribe="Unsubscribe",
    reason="Why you receive this",
    act="Read more",
    picture="Picture",
    colon=": ",
    separator=" · ",
    dash="— ",
    opening="(",
    closing=")",
    date=_english_date,
)

CHINESE = Phrases(
    contents="本期内容",
    source="来源",
    deadline="截止日期",
    view="在浏览器中查看",
    unsubscribe="退订",
    reason="您为何收到此邮件",
    act="了解详情",
    picture="图片",
    colon="：",
    separator=" · ",
    dash="——",
    opening="（",
    closing="）",
    date=_chinese_date,
)

FRENCH = Phrases(
    contents="Dans ce numéro",
    source="Source",
    deadline="Date limite",
    view="Voir dans le navigateur",
    unsubscribe="Se désabonner",
    reason="Pourquoi recevez-vous ce message",
    act="En savoir plus",
    picture="Image",
    colon="\u00a0: ",
    separator=" · ",
    dash="— ",
    opening="(",
    closing=")",
    date=_french_date,
)

PHRASES: dict[str, Phrases] = {"en": ENGLISH, "fr": FRENCH, "zh": CHINESE, "zh-hans": CHINESE}


def phrases_for(locale: str) -> Phrases:
    """The words of `locale`, else of the nearest wider one (`fr` for `fr-ca`), else English.

    A script is never widened away: a reader of `zh-hant` isn't given simplified characters.
    """
    subtags = locale.lower().replace("_", "-").split("-")
    while subtags:
        if (found := PHRASES.get("-".join(subtags))) is not None:
            return found
        if len(subtags.pop()) == 4:
            break
    return ENGLISH
