"""The checks of merge values: whether each can be said to every reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.rendering.merge import FIELDS, find_merges

from .facts import MissingValue
from .findings import Finding, Severity, gettext_noop
from .pieces import Link, Text, shorten
from .places import Place

_WHOLE = re.compile(r"\{\{\s*[A-Za-z_]+\s*(?:\|[^{}|]*)?\}\}")
_PIECE = re.compile(r"[^{}\n]{0,20}(?:\{\{|\}\})[^{}\n]{0,20}")
_MOST_PEOPLE = 5


def check_merges(
    texts: tuple[Text, ...], links: tuple[Link, ...] = (), *, locale: str, missing: tuple[MissingValue, ...] = ()
) -> Iterator[Finding]:
    """Fields that don't exist, braces that aren't closed, and values that some readers lack."""
    lacking = {value.field: value for value in missing if value.count or value.people}
    for text in texts:
        if "{{" in text.text or "}}" in text.text:
            yield from _text(text, locale, lacking)
    for link in links:
        if "{{" in link.url:
            yield Place(locale, link.item, link.field).finding(
                "merge-in-link",
                Severity.ERROR,
                gettext_noop(
                    "In {where}, an address holds a merge value: “{url}”. A reader's data has no place in a link."
                ),
                url=shorten(link.url),
            )


def _text(text: Text, locale: str, lacking: dict[str, MissingValue]) -> Iterator[Finding]:
    where = Place.of(text, locale)
    for merge in dict.fromkeys(find_merges(text.text)):
        if merge.field not in FIELDS:
            yield where.finding(
                "merge-unknown",
                Severity.ERROR,
                gettext_noop("In {where}, “{field}” is no merge value. There are: {fields}."),
                field=shorten(merge.field),
                fields=", ".join(FIELDS),
            )
        elif not merge.fallback and merge.field in lacking:
            lack = lacking[merge.field]
            count = lack.count or len(lack.people)
            people = ", ".join(lack.people[:_MOST_PEOPLE]) + (
                " …" if count > min(len(lack.people), _MOST_PEOPLE) else ""
            )
            yield where.finding(
                "merge-missing",
                Severity.ERROR,
                gettext_noop(
                    "In {where}, {count} readers have no value for “{field}”: {people}. Give it a fallback, as in "
                    "{example}."
                ),
                field=merge.field,
                count=count,
                people=people,
                example=f"{{{{{merge.field}|…}}}}",
            )
        elif merge.fallback == "":
            yield where.finding(
                "merge-fallback",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, the fallback for “{field}” is empty and would leave a gap. Write a word there."
                ),
                field=merge.field,
            )
    if found := _PIECE.search(_WHOLE.sub("", text.text)):
        yield where.finding(
            "merge-broken",
            Severity.ERROR,
            gettext_noop("In {where}, a merge value isn't written whole near “{found}”. Write it as in {example}."),
            found=shorten(found[0]),
            example="{{name|colleague}}",
        )
