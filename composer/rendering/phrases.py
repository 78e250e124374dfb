"""The words that the letter itself says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from . import dates
from .dates import Calendar


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
    anybody: dict[str, str]  # for a merge value, where no reader is meant
    colon: str
    separator: str
    dash: str  # before a speaker's name
    opening: str  # of a bracket
    closing: str
    topics: str
    goal: str  # before the number of a Sustainable Development Goal, target or indicator
    save_date: str  # the link to an entry for one's calendar
    calendar: Calendar

    def date(self, day: date) -> str:
        return self.calendar.day(day)


ENGLISH = Phrases(
    contents="In this issue",
    source="Source",
    deadline="Deadline",
    view="View in browser",
    unsubscribe="Unsubscribe",
    reason="Why you receive this",
    act="Read more",
    picture="Picture",
    anybody={"name": "reader", "organisation": "your organisation", "country": "your country", "role": "your role"},
    colon=": ",
    separator=" · ",
    dash="— ",
    opening="(",
    closing=")",
    topics="Topics",
    goal="SDG",
    save_date="Add to calendar",
    calendar=dates.ENGLISH,
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
    anybody={"name": "读者", "organisation": "贵单位", "country": "贵国", "role": "您的职务"},
    colon="：",
    separator=" · ",
    dash="——",
    opening="（",
    closing="）",
    topics="主题",
    goal="可持续发展目标",
    save_date="加入日历",
    calendar=dates.CHINESE,
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
    anybody={
        "name": "lecteur",
        "organisation": "votre organisation",
        "country": "votre pays",
        "role": "votre fonction",
    },
    colon="\u00a0: ",
    separator=" · ",
    dash="— ",
    opening="(",
    closing=")",
    topics="Thèmes",
    goal="ODD",
    save_date="Ajouter à l’agenda",
    calendar=dates.FRENCH,
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
