"""The demo's inbox in the browser: the letters of the Maildir, as their subscribers see them. It changes nothing.

Letters are strangers' texts. The HTML of one is served from a path of its own, under a policy that lets no script run
and gives it no origin; everything else of it is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from web.maildir import Entry, Letter, Summary, count_letters, entries, line, read_letter, summary

PER_PAGE = 50
SHOWN = 256 * 1024
"""Characters of a plain text or a source that a page shows; the whole is there to be downloaded."""
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src *; style-src 'unsafe-inline'"
)
VIEWS = ("letter", "text", "headers", "source")

_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the inbox is asked for; it goes with every link of the pages."""

    q: str
    language: str

    @classmethod
    def of(cls, request: HttpRequest) -> Filter:
        return cls(line(request.GET.get("q")), line(request.GET.get("language"), most=12).lower())

    def __bool__(self) -> bool:
        return bool(self.q or self.language)

    @property
    def parameters(self) -> str:
        return urlencode({name: value for name, value in (("q", self.q), ("language", self.language)) if value})

    @property
    def query(self) -> str:
        """For a link: empty, or with its question mark."""
        return f"?{self.parameters}" if self else ""

    def select(self, directory: Path, letters: list[Entry]) -> list[Entry]:
        """Those of `letters` that it asks for; without a filter no file is opened."""
        if not self:
            return letters
        words = self.q.casefold().split()
        return [entry for entry in letters if (about := summary(directory, entry)) and self._takes(about, words)]

    def _takes(self, about: Summary, words: list[str]) -> bool:
        return about.language.startswith(self.language) and about.holds(words)


@never_cache
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The list: newest first, searched, filtered, by pages."""
    directory = _directory()
    present = entries(directory)
    chosen = Filter.of(request)
    page = Paginator(chosen.select(directory, present), PER_PAGE).get_page(request.GET.get("page"))
    lines = [about for entry in page.object_list if (about := summary(directory, entry))]
    context = {
        "filter": chosen,
        "lines": [
            (about, _name_of(about.language), reverse("inbox-letter", args=[about.letter_id]) + chosen.query)
            for about in lines
        ],
        "page": page,
        "total": len(present),
        "languages": settings.LANGUAGES,
        "smtp": _smtp_address(),
    }
    return _page(request, "web/inbox/list.html", context)


@never_cache
@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """How many letters there are, and the words for those beyond `since`, which the page that asks shows already."""
    total = count_letters(_directory())
    since = request.GET.get("since", "")
    new = max(0, total - int(since)) if since.isascii() and since.isdigit() and len(since) < 10 else 0
    words = (
        ngettext("%(number)d new letter: show", "%(number)d new letters: show", new) % {"number": new} if new else ""
    )
    return JsonResponse({"total": total, "words": words})


@never_cache
@require_safe
def letter(request: HttpRequest, letter_id: str) -> HttpResponse:
    """One letter, in one of four views, with its way out."""
    directory = _directory()
    chosen = Filter.of(request)
    present = entries(directory)
    opened = _open(present, letter_id)
    about = summary(directory, opened[0]) if opened else None
    if opened is None or about is None:
        return _missing(request)
    entry, content = opened
    newer, older = _neighbours(chosen.select(directory, present), entry)
    view = request.GET.get("view", "")
    context = {
        "about": about,
        "letter": content,
        "language": _name_of(about.language),
        "view": view if view in VIEWS else VIEWS[0],
        "tabs": zip(VIEWS, (_("Letter"), _("Plain text"), _("Headers"), pgettext("a letter", "Source")), strict=True),
        "text": (content.text or "")[:SHOWN],
        "source": content.source[:SHOWN],
        "ways_out": [(url, _is_ours(url)) for url in content.unsubscribe_urls[:5]],
        "filter": chosen,
        "newer": newer,
        "older": older,
    }
    return _page(request, "web/inbox/letter.html", context)


@never_cache
@require_safe
def letter_html(request: HttpRequest, letter_id: str) -> HttpResponse:
    """The letter's HTML for the frame. The policy holds as well where the path is opened by itself."""
    opened = _open(entries(_directory()), letter_id)
    if opened is None or opened[1].html is None:
        return _missing(request)
    response = HttpResponse(with_new_tabs(opened[1].html))
    response["Content-Security-Policy"] = FRAME_POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_safe
def letter_file(request: HttpRequest, letter_id: str) -> HttpResponse:
    """The letter as it lies in the Maildir, to be kept."""
    entry = next((entry for entry in entries(_directory()) if entry.letter_id == letter_id), None)
    try:
        data = entry.path.read_bytes() if entry else None
    except OSError:
        data = None
    if data is None:
        return _missing(request)
    response = HttpResponse(data, content_type="message/rfc822")
    response["Content-Disposition"] = 'attachment; filename="letter.eml"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def with_new_tabs(html: str) -> str:
    """`html` with its links opening in new tabs.

    The base comes right after the doctype, before anything of the letter's: a parser puts it into the head that it
    then opens, gives the attributes of the letter's own <html> to that, and takes the first base's target only.
    """
    doctype = _DOCTYPE.match(html)
    end = doctype.end() if doctype else 0
    return f'{html[:end]}<base target="_blank">{html[end:]}'


def _directory() -> Path:
    if settings.INBOX is None:
        raise Http404
    return Path(settings.INBOX)


def _open(present: list[Entry], letter_id: str) -> tuple[Entry, Letter] | None:
    """The letter of that id, if it is one of those `present` and still there."""
    entry = next((entry for entry in present if entry.letter_id == letter_id), None)
    content = read_letter(entry) if entry else None
    return (entry, content) if entry and content else None


def _neighbours(among: list[Entry], entry: Entry) -> tuple[str | None, str | None]:
    """The ids of the letter before and the one after it in the list."""
    ids = [other.letter_id for other in among]
    if entry.letter_id not in ids:
        return None, None
    at = ids.index(entry.letter_id)
    return ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None


def _name_of(language: str) -> str:
    """The language's own name, else its code."""
    return dict(settings.LANGUAGES).get(language, language)


def _is_ours(url: str) -> bool:
    return url.startswith(f"{settings.BASE_URL}/")


def _smtp_address() -> str:
    server = urlsplit(settings.SMTP_URL)
    return f"{server.hostname}:{server.port or 25}"


def _missing(request: HttpRequest) -> HttpResponse:
    return _page(request, "web/inbox/missing.html", {}, status=404)


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the inbox. Its policy is a second wall behind the escaping: no script but the product's own."""
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
        f"img-src 'self' data:; form-action 'self' {settings.BASE_URL}; base-uri 'none'; frame-ancestors 'self'"
    )
    return response


urlpatterns: list[URLPattern] = [
    path("", letters, name="inbox"),
    path("count.json", count, name="inbox-count"),
    path("<str:letter_id>/", letter, name="inbox-letter"),
    path("<str:letter_id>/letter.html", letter_html, name="inbox-letter-html"),
    path("<str:letter_id>/letter.eml", letter_file, name="inbox-letter-file"),
]
