"""An edition in the browser: the preview on the desk, and a letter as a page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils.html import format_html

from composer.extract import extract
from composer.models import EditionPage
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RenderingError

TEXT_PAGE = (
    '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{}</title><style>body{{margin:1.5rem;color-scheme:light dark}}"
    "pre{{white-space:pre-wrap;font:15px/1.6 ui-monospace,Menlo,Consolas,monospace}}</style><pre>{}</pre>"
)


def preview_response(edition: EditionPage, mode: str) -> HttpResponse:
    """All items of `edition`, whoever they are for, as HTML or as the plain text."""
    try:
        rendered = render_edition(extract(edition), base_url=settings.BASE_URL, tracked=False)
    except RenderingError as error:
        return HttpResponse(format_html(TEXT_PAGE, edition.title, f"The letter can't be made yet: {error}"))
    if mode == "text":
        return HttpResponse(format_html(TEXT_PAGE, rendered.subject, rendered.text))
    return letter_page(rendered)


def letter_page(rendered: Rendered) -> HttpResponse:
    """A letter as a page of its own: no script runs in it, whatever is in its text."""
    response = HttpResponse(rendered.html)
    response["Content-Language"] = rendered.locale
    response["Content-Security-Policy"] = (
        "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
    )
    return response
