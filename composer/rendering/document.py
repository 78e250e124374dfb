"""A letter's view to its MJML and its HTML, by the templates of a theme."""

from __future__ import annotations

from .errors import RenderingError
from .mjml import compile_mjml
from .templates import render_template, shelf_of
from .theme import Theme
from .view import LetterView, context

LAYOUT = "layouts/letter.mjml"


def letter_mjml(letter: LetterView, theme: Theme, locale: str, *, stamped: bool = False) -> str:
    """The whole document; with `stamped`, comments in it say which template and line each line came from."""
    return render_template(LAYOUT, context(letter, theme, locale), theme=theme, stamped=stamped)


def letter_html(letter: LetterView, theme: Theme, locale: str) -> str:
    """RenderingError, with template and line, for a fault in a template."""
    place = shelf_of(theme).place(LAYOUT)
    try:
        return compile_mjml(letter_mjml(letter, theme, locale), template=place)
    except RenderingError as error:
        if error.template != place:
            raise
        # Once more with stamps, to say which template and line the fault is in.
        compile_mjml(letter_mjml(letter, theme, locale, stamped=True), template=place)
        raise
