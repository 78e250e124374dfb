"""An edition as a public page: the letter, untracked, under a slim bar with its other languages, PDF and feed."""

from __future__ import annotations

import re
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control

from composer.preview import letter_page
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.themes import any_theme
from web.holdings import Shown, is_public, path_of, volume_of
from web.printing import can_print

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BREAKPOINT = re.compile(r"@media only screen and (\([^)]*\))")


def edition_response(request: HttpRequest, found: Shown) -> HttpResponse:
    """The page of an edition in the archive. One that is shown for an editor's sake only stays out of caches."""
    public = is_public(found.page.bulletin) and not found.page.get_view_restrictions().exists()
    rendered = render_edition(
        found.content, theme=any_theme(found.content.masthead.theme), base_url=settings.BASE_URL, tracked=False
    )
    with translation.override(rendered.locale):
        response = letter_page(replace(rendered, html=_with_bar(request, found, rendered, public=public)))
    if public:
        patch_cache_control(response, public=True, max_age=300)
    else:
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def for_print(html: str) -> str:
    """A letter's page with a style sheet for paper."""
    return _with_head(html, render_to_string("web/_print.html"))


def paper_layout(html: str) -> str:
    """`html` with its layout for wide screens on paper too: MJML has it for screens only."""
    return _BREAKPOINT.sub(r"@media only screen and \1, print", html)


def _with_bar(request: HttpRequest, found: Shown, rendered: Rendered, *, public: bool) -> str:
    page = found.page
    volume = volume_of(page)
    context = {
        "bulletin": page.bulletin,
        "bulletin_path": path_of(page.bulletin),
        "locale": rendered.locale,
        "editions": list(volume.editions.values()) if volume else [],
        "description": rendered.preheader,
        "pdf": can_print(),
        "pdf_path": reverse("archive-pdf", args=[page.translation_key, rendered.locale]),
        "feed_path": reverse("archive-feed", args=[page.bulletin.translation_key, rendered.locale]),
        "public": public,
    }
    html = _with_head(rendered.html, render_to_string("web/_edition_head.html", context, request))
    html = for_print(html)
    bar = render_to_string("web/_edition_bar.html", context, request)
    html = _BODY.sub(lambda found: f'{found[0]}{bar}<main id="letter">', html, count=1)
    before, end, after = html.rpartition("</body>")
    return f"{before}</main>{end}{after}"


def _with_head(html: str, more: str) -> str:
    return paper_layout(html).replace("</head>", f"{more}</head>", 1)
