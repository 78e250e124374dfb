"""The checks over all editions of an issue: that they say the same, and that none is missing or behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from composer.content import Call, EditionContent, Event, Item
from composer.rendering.language import own_name

from .addresses import host_of
from .facts import EditionState
from .findings import Finding, Severity, gettext_noop
from .items import FRAME
from .numbers import all_numbers, months, written_numbers
from .pieces import Pieces, shorten, take_apart
from .places import Place

_MOST_NUMBERS = 4


def check_issue(
    contents: Mapping[str, EditionContent], *, original: str = "", states: Sequence[EditionState] = ()
) -> list[Finding]:
    """What differs between the editions. `original` is the locale that the others are translated from.

    Each finding carries the locale of the edition that has to be looked at.
    """
    findings = [finding for state in states for finding in _state(state, contents)]
    if not contents:
        return findings
    original = original if original in contents else next(iter(contents))
    source = _Edition.of(contents[original])
    for locale, content in contents.items():
        if locale != original:
            findings += _compare(source, _Edition.of(content))
    return findings


@dataclass(frozen=True, slots=True)
class _Edition:
    content: EditionContent
    items: dict[str, Item]
    texts: dict[str, str]
    links: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, content: EditionContent) -> _Edition:
        pieces: Pieces = take_apart(content)
        texts: dict[str, list[str]] = defaultdict(list)
        links: dict[str, dict[str, None]] = defaultdict(dict)
        for text in pieces.texts:
            if text.item is not None and text.field not in {"picture", "cover", "source"}:
                texts[text.item.key].append(text.text)
        for link in pieces.links:
            links[link.item.key][link.url.strip()] = None
        return cls(
            content,
            {item.key: item for item in content.items()},
            {key: "\n".join(parts) for key, parts in texts.items()},
            {key: tuple(urls) for key, urls in links.items()},
        )


def _state(state: EditionState, contents: Mapping[str, EditionContent]) -> Iterator[Finding]:
    edition = Place(state.locale)
    if not state.exists or state.locale not in contents:
        yield edition.finding(
            "edition-missing",
            Severity.WARNING,
            gettext_noop("There is no edition in {language} yet. Its readers get the next language of the bulletin."),
            language=own_name(state.locale),
        )
        return
    items = {item.key: item for item in contents[state.locale].items()}
    for key in state.stale:
        if key in items:
            yield Place(state.locale, items[key], "body").finding(
                "translation-stale",
                Severity.WARNING,
                gettext_noop(
                    "The text that {where} is translated from has changed since. Bring the translation up to date."
                ),
            )
    for key in state.untranslated:
        if key in items:
            yield Place(state.locale, items[key], "body").finding(
                "translation-missing",
                Severity.WARNING,
                gettext_noop("Part of {where} isn't translated yet. Translate it."),
            )


def _compare(source: _Edition, other: _Edition) -> Iterator[Finding]:
    locale = other.content.locale
    language, theirs = own_name(source.content.locale), own_name(locale)
    for key, item in source.items.items():
        if key not in other.items and not isinstance(item, FRAME):
            # The sentence shows the other edition's item, which isn't in this one: no block to lead to.
            finding = Place(locale, item).finding(
                "item-missing",
                Severity.WARNING,
                gettext_noop("The edition in {theirs} lacks {where}, which stands in the one in {language}. Add it."),
                theirs=theirs,
                language=language,
            )
            yield _without_block(finding)
    for key, item in other.items.items():
        if key in source.items:
            yield from _compare_items(source, other, source.items[key], item)
        elif not isinstance(item, FRAME):
            yield Place(locale, item).finding(
                "item-alone",
                Severity.WARNING,
                gettext_noop("The edition in {language} lacks {where}, which stands in the one in {theirs}."),
                theirs=theirs,
                language=language,
            )
    sections = [len(edition.content.sections) for edition in (source, other)]
    if sections[0] != sections[1]:
        yield Place(locale).finding(
            "sections-differ",
            Severity.NOTE,
            gettext_noop("The edition in {theirs} has {count} sections, the one in {language} has {others}."),
            theirs=theirs,
            count=sections[1],
            language=language,
            others=sections[0],
        )


def _without_block(finding: Finding) -> Finding:
    return Finding(check=finding.check, severity=finding.severity, message=finding.message, locale=finding.locale)


def _compare_items(source: _Edition, other: _Edition, first: Item, item: Item) -> Iterator[Finding]:
    locale = other.content.locale
    language = own_name(source.content.locale)
    if first.audience != item.audience:
        yield Place(locale, item, "audience").finding(
            "audience-differs",
            Severity.ERROR,
            gettext_noop("Other readers see {where} than in {language}. Choose the same audience in both."),
            language=language,
        )
    days = [_days(part) for part in (first, item)]
    if days[0] != days[1]:
        yield Place(locale, item, "deadline" if isinstance(item, Call) else "day").finding(
            "dates-differ",
            Severity.WARNING,
            gettext_noop("The dates of {where} differ from those in {language}. Compare them."),
            language=language,
        )
    if (getattr(first, "picture", None) is None) != (getattr(item, "picture", None) is None):
        yield Place(locale, item, "picture").finding(
            "picture-differs",
            Severity.NOTE,
            gettext_noop("Only one of the editions shows a picture with {where}: compare it with {language}."),
            language=language,
        )
    links = [edition.links.get(item.key, ()) for edition in (source, other)]
    if len(links[0]) != len(links[1]):
        yield Place(locale, item, "body").finding(
            "links-differ",
            Severity.NOTE,
            gettext_noop("There are {count} links in {where}, and {others} in {language}. Compare them."),
            count=len(links[1]),
            others=len(links[0]),
            language=language,
        )
    elif sorted(map(_site, links[0])) != sorted(map(_site, links[1])):
        yield Place(locale, item, "body").finding(
            "links-differ",
            Severity.NOTE,
            gettext_noop("The links of {where} lead to other sites than those in {language}. Compare them."),
            language=language,
        )
    if numbers := _odd_numbers(source, other, item.key):
        yield Place(locale, item, "body").finding(
            "numbers-differ",
            Severity.NOTE,
            gettext_noop("The numbers in {where} differ from those in {language}: {numbers}. Compare them."),
            language=language,
            numbers=shorten(", ".join(numbers[:_MOST_NUMBERS])),
        )


def _days(item: Item) -> tuple[object, ...]:
    if isinstance(item, Call):
        return (item.deadline,)
    if isinstance(item, Event):
        return (item.day, item.start, item.last_day, item.end, item.zone)
    return ()


def _site(url: str) -> str:
    """A link's host without its language: `fr.example.org` and `www.example.org` are one site."""
    host = host_of(url) or url
    return ".".join(host.split(".")[-2:])


def _odd_numbers(source: _Edition, other: _Edition, key: str) -> list[str]:
    """The numbers that one edition writes with digits and the other doesn't name at all."""
    odd: set[str] = set()
    for here, there in ((source, other), (other, source)):
        text = there.texts.get(key, "")
        named = all_numbers(text, language=there.content.locale.split("-")[0]) | months(text)
        odd |= written_numbers(here.texts.get(key, "")) - named
    return sorted(odd, key=float)
