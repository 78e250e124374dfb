"""A theme tried on the specimen: every kind of item, in both families of scripts, before a reader sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from markupsafe import Markup

from composer.content import EditionContent

from .document import LAYOUT, letter_mjml
from .errors import RenderingError
from .items import ItemView
from .links import number_links
from .manifest import Fault
from .mjml import check_mjml, compile_mjml
from .sandbox import TemplateLimitError
from .specimen import LOCALES, specimen, specimen_items, specimen_of
from .templates import shelf_of
from .theme import Theme
from .view import LetterView, letter_view

_BASE_URL = "https://specimen.example"
_VIEW, _UNSUBSCRIBE = f"{_BASE_URL}/v/specimen", f"{_BASE_URL}/u/specimen"

_OF_LETTER = {
    "subject": "the subject",
    "preheader": "the preheader",
    "name": "the bulletin's name",
    "tagline": "the bulletin's tagline",
    "issue": "the issue's number and date",
    "title": "the issue's title",
    "reason": "why one receives the bulletin",
    "publisher": "the publisher",
    "postal_address": "the postal address, which many laws ask for",
    "view_url": "the link to the letter in the browser",
    "unsubscribe_url": "the link to unsubscribe, without which no letter may go out",
}
_NOT_PRINTED = frozenset({"template", "beside", "month", "day", "direction", "lang", "start"})


def try_out(theme: Theme) -> list[Fault]:
    """All that is wrong with the letters that the templates of `theme` make; empty where all is well.

    Takes some tenths of a second; where templates go round without end, as long as one letter may take.
    """
    faults: list[Fault] = []
    whole = [specimen(locale) for locale in LOCALES]
    single = [specimen_of(LOCALES[0], item) for item in specimen_items(LOCALES[0])]
    for content in whole + single:
        try:
            faults += _faults(theme, content, is_whole=content in whole)
        except RenderingError as error:
            faults.append(_fault(theme, error))
            if isinstance(error.__cause__, TemplateLimitError | RecursionError):
                break
    return list(dict.fromkeys(faults))


def _faults(theme: Theme, content: EditionContent, *, is_whole: bool) -> Iterator[Fault]:
    theme = theme.with_logo(base_url=_BASE_URL, locale=content.locale)
    links = number_links(content, base_url=_BASE_URL, tracked=True)
    letter = letter_view(content, theme, links, view_url=_VIEW, unsubscribe_url=_UNSUBSCRIBE)
    source = letter_mjml(letter, theme, content.locale, stamped=True)
    layout = shelf_of(theme).place(LAYOUT)
    try:
        page = _Page(compile_mjml(source, template=layout))
    except RenderingError:
        yield from (_fault(theme, error) for error in check_mjml(source, template=layout))
        return
    if is_whole:
        yield from (Fault(LAYOUT, 0, f"the letter lacks {what}") for what in _lacking_in(page, letter))
        return
    for section in letter.sections:
        for item in section.items:
            for what in _lacking(page, item, ""):
                yield Fault(item.template, 0, f"the letter lacks {what} of such an item")


class _Page:
    """A letter's HTML, to look for what it shows."""

    def __init__(self, html: str) -> None:
        self._text = _packed(Markup(html).striptags())  # noqa: S704 - nothing is printed of it
        self._all = _packed(Markup(html).unescape())  # noqa: S704

    def shows(self, value: str) -> bool:
        if isinstance(value, Markup):
            return _packed(value.striptags()) in self._text
        return _packed(value) in self._all


def _lacking_in(page: _Page, letter: LetterView) -> Iterator[str]:
    for name, words in _OF_LETTER.items():
        if not page.shows(getattr(letter, name)):
            yield words
    for section in letter.sections:
        if not page.shows(section.heading):
            yield "the heading of a section"
    if letter.logo and not page.shows(letter.logo.url):
        yield "the logo"


def _lacking(page: _Page, value: object, path: str) -> Iterator[str]:
    """The paths of those texts below `value`, a record that templates see, which the page doesn't show."""
    if isinstance(value, str):
        if not page.shows(value):
            yield path
    elif isinstance(value, tuple):
        for part in value:
            yield from _lacking(page, part, path)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in _NOT_PRINTED or not isinstance(value, ItemView):
                yield from _lacking(page, getattr(value, field.name), f"{path}.{field.name}".lstrip("."))


def _fault(theme: Theme, error: RenderingError) -> Fault:
    own = f"themes/{theme.slug}/"
    file = error.template.removeprefix(own) if error.template.startswith(own) else f"templates/email/{error.template}"
    return Fault(file, error.line, error.problem)


def _packed(text: str) -> str:
    return "".join(text.split())
