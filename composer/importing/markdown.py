"""A Markdown text, by way of HTML. HTML within it is text like any other: printed, never obeyed."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from composer.importing.document import Document
from composer.importing.errors import ImportRefused
from composer.importing.page import read_page

LARGEST_MARKDOWN = 1_000_000  # characters
_MARKS = re.compile(
    r"^ {0,3}#{1,6} +\S"  # a heading
    r"|\[[^\[\]\n]{1,200}\]\((?:https?://|mailto:)"  # a link
    r"|^ {0,3}\|?[ :-]*-{3,}[ :-]*\|[ :|-]*$",  # the line below a table's header
    re.MULTILINE,
)


def looks_like_markdown(text: str) -> bool:
    """Whether a plain text has marks that only Markdown has."""
    return _MARKS.search(text) is not None


def read_markdown(text: str, *, name: str) -> Document:
    """The document; ImportRefused for a text of more than a million characters."""
    if len(text) > LARGEST_MARKDOWN:
        raise ImportRefused(
            f"{name} has {len(text):,} characters of Markdown, and at most {LARGEST_MARKDOWN:,} are read: "
            "take only the issue's own text."
        )
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 40}).enable(["table"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # what is no web address is noted later
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return read_page(parser.render(text), name=name)
