"""Short ways to write rich text by hand."""

from __future__ import annotations

from composer.content import Bullets, Line, Paragraph, Span


def bold(text: str) -> Span:
    return Span(text, bold=True)


def italic(text: str) -> Span:
    return Span(text, italic=True)


def link(text: str, href: str) -> Span:
    return Span(text, href=href)


def line(*parts: str | Span) -> Line:
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def paragraph(*parts: str | Span) -> Paragraph:
    return Paragraph(line(*parts))


def bullets(*entries: str) -> Bullets:
    return Bullets(tuple(line(entry) for entry in entries))
