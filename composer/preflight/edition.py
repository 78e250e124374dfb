"""All checks of one edition's content, run as one writes."""

from __future__ import annotations

from datetime import date

from composer.content import EditionContent
from composer.rendering.theme import DEFAULT, Theme

from .characters import check_characters
from .dates import check_dates
from .envelope import check_envelope
from .facts import NOTHING_KNOWN, EditionFacts
from .findings import Finding
from .items import check_items
from .links import check_links
from .merges import check_merges
from .pictures import check_pictures
from .pieces import take_apart
from .tongues import check_language
from .variants import check_theme
from .words import check_words


def check_edition(
    content: EditionContent, *, today: date, theme: Theme = DEFAULT, facts: EditionFacts = NOTHING_KNOWN
) -> list[Finding]:
    """What is wrong with one edition as it stands on the desk; empty where all is well.

    Pure, and quick enough to run at every change. It raises nothing, whatever the content holds.
    """
    pieces = take_apart(content)
    locale = content.locale
    return [
        *check_envelope(content),
        *check_items(content, pieces, today=today, segments=facts.segments),
        *check_dates(content, pieces.texts, today=today),
        *check_links(pieces.links, locale=locale, results=facts.links, base_url=facts.base_url, desk=facts.desk),
        *check_pictures(pieces.pictures, locale=locale, theme=theme, facts=facts.pictures, base_url=facts.base_url),
        *check_words(pieces.texts, locale=locale),
        *check_merges(pieces.texts, pieces.links, locale=locale, missing=facts.missing),
        *check_characters(pieces.texts, locale=locale),
        *check_language(pieces.texts, locale=locale),
        *check_theme(theme, locale=locale),
    ]
