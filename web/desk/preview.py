"""The letter as a group of readers would see it, from the latest revision: for the frame on an issue's page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from composer.content import EditionContent
from composer.preview import TEXT_PAGE, letter_page
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from web.desk.overview import ALL_ITEMS, visible_issue
from web.desk.permissions import may_see_issues, only


@require_safe
@only(may_see_issues)
def preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """`?locale=` names the edition, `?audience=` a segment (empty: everyone, *: all items), `?mode=text` the text."""
    issue = visible_issue(key, request.user)
    edition = issue.editions.get(request.GET.get("locale") or next(iter(issue.editions)))
    if edition is None:
        raise Http404
    content = seen_as(edition.content, request.GET.get("audience", ""))
    if not content.sections:
        return _words(content.title, _("No item of this edition is meant for these readers: they would get no letter."))
    try:
        rendered = render_edition(content, base_url=settings.BASE_URL, tracked=False)
    except RenderingError as error:
        return _words(content.title, _("The letter can't be made yet: %s") % error)
    if request.GET.get("mode") == "text":
        return _words(rendered.subject, rendered.text)
    return letter_page(rendered)


def seen_as(content: EditionContent, audience: str) -> EditionContent:
    """`content` as a reader in this one audience sees it."""
    if audience == ALL_ITEMS:
        return content
    return content.seen_by(frozenset({audience} if audience else ()))


def _words(title: str, text: str) -> HttpResponse:
    response = HttpResponse(format_html(TEXT_PAGE, title, text))
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    return response
