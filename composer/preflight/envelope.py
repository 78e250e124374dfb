"""The checks of what a reader sees before opening: subject and preheader; and of what the law wants in the letter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.content import EditionContent
from composer.rendering.language import Script, script
from composer.rendering.wrapping import columns

from .findings import Finding, Severity, gettext_noop
from .pieces import shorten
from .places import Place

SUBJECT = 60
"""Columns that lists on a desk show of a subject, 30 Chinese characters. Phones show about 40 of them."""

PREHEADER = 100
"""Columns after which no list shows anything of a preheader. Phones show about 90, in two lines."""

_LOUD = re.compile(r"([!！])[!！]+")
_REPLY = re.compile(
    r"\s*(?:re|fwd?|aw|tr|回复|转发|答复|test|测试|copy of|copie de|副本)\s*(?:[:：\]】]|of\b)", re.IGNORECASE
)
_EMOJI_ONLY = re.compile(r"[\W_]+")
_FEWEST_CAPITALS = 8


def check_envelope(content: EditionContent) -> Iterator[Finding]:
    """Subject, preheader, title, and the masthead's words that every letter must carry."""
    yield from _subject(content)
    yield from _preheader(content)
    if not content.title.strip():
        yield Place(content.locale, None, "title").finding(
            "title-empty", Severity.WARNING, gettext_noop("The edition has no title. Write one: it heads the letter.")
        )
    masthead = content.masthead
    for field, value, check, text in (
        ("name", masthead.name, "name-missing", gettext_noop("The bulletin has no name in this language. Write one.")),
        (
            "postal_address",
            masthead.postal_address,
            "postal-address-missing",
            gettext_noop("The bulletin has no postal address in this language. The law asks for one in every letter."),
        ),
        (
            "reason",
            masthead.reason,
            "reason-missing",
            gettext_noop("The bulletin doesn't say in this language why one receives it. Write one sentence of it."),
        ),
    ):
        if not value.strip():
            yield Place(content.locale, None, field).finding(check, Severity.ERROR, text)


def _subject(content: EditionContent) -> Iterator[Finding]:
    where = Place(content.locale, None, "subject")
    subject = " ".join(content.subject.split())
    if not subject:
        yield where.finding(
            "subject-empty", Severity.ERROR, gettext_noop("The edition has no subject. Write what the letter is about.")
        )
        return
    width = columns(subject, cjk=script(content.locale) is Script.CJK)
    if width > SUBJECT:
        yield where.finding(
            "subject-long",
            Severity.WARNING,
            gettext_noop(
                "The subject takes {width} columns (a Chinese character two), of which lists of mail show {most} and "
                "phones about 40. Put what matters first, or shorten it."
            ),
            width=width,
            most=SUBJECT,
        )
    letters = [letter for letter in subject if letter.isalpha() and letter.lower() != letter.upper()]
    if len(letters) >= _FEWEST_CAPITALS and subject.upper() == subject and " " in subject:
        yield where.finding(
            "subject-capitals",
            Severity.WARNING,
            gettext_noop("The subject is in capitals, as spam is. Write it in small letters."),
        )
    if loud := _LOUD.search(content.subject):
        yield where.finding(
            "subject-loud",
            Severity.WARNING,
            gettext_noop("The subject shouts “{marks}”, as spam does. Be content with one mark, or none."),
            fix=where.replacing(loud[0], loud[1]),
            marks=shorten(loud[0]),
        )
    if _REPLY.match(subject):
        yield where.finding(
            "subject-reply",
            Severity.WARNING,
            gettext_noop("The subject begins like a reply, a forwarded letter or a test: “{subject}”. Write it anew."),
            subject=shorten(subject),
        )
    if _EMOJI_ONLY.fullmatch(subject):
        yield where.finding(
            "subject-emoji",
            Severity.NOTE,
            gettext_noop("The subject has no words, only signs. Some readers see or hear nothing of it: add words."),
        )


def _preheader(content: EditionContent) -> Iterator[Finding]:
    where = Place(content.locale, None, "preheader")
    preheader = " ".join(content.preheader.split())
    if not preheader:
        return
    width = columns(preheader, cjk=script(content.locale) is Script.CJK)
    if width > PREHEADER:
        yield where.finding(
            "preheader-long",
            Severity.WARNING,
            gettext_noop(
                "The preheader takes {width} columns (a Chinese character two), of which no list of mail shows more "
                "than {most}. Shorten it."
            ),
            width=width,
            most=PREHEADER,
        )
    if preheader.casefold() == " ".join(content.subject.split()).casefold():
        yield where.finding(
            "preheader-same",
            Severity.WARNING,
            gettext_noop("The preheader repeats the subject. Say something more, or leave it empty."),
            fix=where.replacing(content.preheader, ""),
        )
