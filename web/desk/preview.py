"""The letter as somebody would see it: of the latest revisions, for the page of an issue, and of unsaved ones.

What is shown is chosen by a query: `reader` (see `web.desk.personas`), `locale` (empty: the reader's), `mode` (letter,
text, web), `dark=1`, `pictures=off`. Every page that this makes is inert: no script runs in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail import hooks

from composer.issues import Issue
from composer.models import Approval
from composer.preview import TEXT_PAGE
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from composer.simulation import in_one_scheme, without_pictures
from web.desk.frame import language_name
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only
from web.desk.personas import (
    ANYBODY,
    BAD,
    GOOD,
    SUBSCRIBER,
    WARN,
    Look,
    NoSuchReaderError,
    Setting,
    found_subscribers,
    look,
    may_see_subscribers,
)
from web.edition_page import edition_response
from web.holdings import Shown, is_public

LETTER, TEXT, WEB = "letter", "text", "web"
POLICY = "default-src 'none'; img-src {}; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
WIDEST_READER = 120  # characters of a choice of reader


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody wants to look at, and how."""

    reader: str = ANYBODY
    locale: str = ""
    mode: str = LETTER
    dark: bool = False
    pictures: bool = True

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> Choices:
        """From a query; what it doesn't know it takes for the default."""
        mode = query.get("mode", LETTER)
        return cls(
            reader=str(query.get("reader", ANYBODY))[:WIDEST_READER],
            locale=str(query.get("locale", ""))[:12],
            mode=mode if mode in {LETTER, TEXT, WEB} else LETTER,
            dark=query.get("dark") == "1",
            pictures=query.get("pictures") != "off",
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A page to show, and beside it what an inbox shows of the letter and what becomes of the reader."""

    html: str
    locale: str = ""
    subject: str = ""
    preheader: str = ""
    says: str = ""
    tone: str = GOOD

    def response(self, choices: Choices) -> HttpResponse:
        response = HttpResponse(self.html)
        response["Content-Security-Policy"] = POLICY.format("* data:" if choices.pictures else "'none'")
        response["Cache-Control"] = "no-store"
        if self.locale:
            response["Content-Language"] = self.locale
        return response


def page_for(request: HttpRequest, setting: Setting, choices: Choices) -> Page:
    """The page that `choices` ask for; a page with a sentence where there is no letter to show."""
    try:
        seen = look(setting, choices.reader, wanted=choices.locale, user=request.user)
    except NoSuchReaderError as error:
        return _words(choices, setting.own, "", str(error))
    if choices.mode == WEB:
        seen = _as_public(setting, seen)
    title = seen.content.title
    if not seen.content.sections:
        return _words(choices, seen.locale, title, seen.says)
    try:
        page = _web_page(request, setting, seen) if choices.mode == WEB else _letter(seen, choices)
    except RenderingError as error:
        return _words(choices, seen.locale, title, _("The letter can't be made yet: %s") % error)
    return _simulated(page, choices)


def setting_of(issue: Issue) -> Setting:
    """The issue as its latest revisions have it."""
    return Setting(
        issue_key=issue.key,
        bulletin=issue.bulletin,
        locales=tuple(issue.editions),
        own=next(iter(issue.editions)),
        content_of=lambda locale: issue.editions[locale].content,
        page_of=lambda locale: issue.editions[locale].page,
    )


def _as_public(setting: Setting, seen: Look) -> Look:
    content = setting.content_of(seen.locale).public()
    if not content.sections:
        return replace(seen, content=content, says=_("No item of this edition is for everyone."), tone=BAD)
    if not is_public(setting.bulletin):
        return replace(seen, content=content, says=_("The archive of this bulletin is private."), tone=WARN)
    says = _("The archive shows only the items for everyone, whoever is reading.")
    return replace(seen, content=content, says=says, tone=GOOD)


def _letter(seen: Look, choices: Choices) -> Page:
    rendered = render_edition(seen.content, base_url=settings.BASE_URL, tracked=False, values=seen.values)
    html = format_html(TEXT_PAGE, rendered.subject, rendered.text) if choices.mode == TEXT else rendered.html
    return Page(html, rendered.locale, rendered.subject, rendered.preheader, seen.says, seen.tone)


def _web_page(request: HttpRequest, setting: Setting, seen: Look) -> Page:
    shown = Shown(setting.page_of(seen.locale), seen.content, Approval())  # whoever approves comes later
    response = edition_response(request, shown)
    subject = seen.content.subject or seen.content.title
    return Page(response.content.decode(), seen.locale, subject, "", seen.says, seen.tone)


def _simulated(page: Page, choices: Choices) -> Page:
    html = in_one_scheme(page.html, dark=choices.dark)
    return replace(page, html=html if choices.pictures else without_pictures(html))


def _words(choices: Choices, locale: str, title: str, text: str) -> Page:
    html = format_html(TEXT_PAGE, title, text)
    return _simulated(Page(html, locale, says=text, tone=BAD), choices)


@require_safe
@only(may_see_issues)
def preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """A page of the latest revisions; as JSON, with what stands beside it, for `Accept: application/json`."""
    issue = visible_issue(key, request.user)
    choices = Choices.of(request.GET)
    page = page_for(request, setting_of(issue), choices)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(asdict(page))
    return page.response(choices)


@require_safe
@only(may_see_subscribers)
def readers(request: HttpRequest) -> HttpResponse:
    """The subscribers that a search finds, to look at a letter as one of them."""
    found = found_subscribers(request.GET.get("q", "")[:200])
    people = [
        {
            "choice": f"{SUBSCRIBER}{person.pk}",
            "name": person.name or person.email,
            "detail": f"{person.email} · {language_name(person.language)}",
        }
        for person in found
    ]
    return JsonResponse({"readers": people})


@hooks.register("register_admin_urls")
def preview_urls() -> list[URLPattern]:
    return [
        path("issues/readers/", readers, name="circular_readers"),
        path("issues/<uuid:key>/preview/", preview, name="circular_issue_preview"),
    ]
