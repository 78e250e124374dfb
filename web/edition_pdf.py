"""The PDF of an edition: of the archive's for anybody, of any on the desk for who may see it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from composer.approval import standing_approval
from composer.content import EditionContent
from composer.models import EditionPage
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from composer.rendering.merge import substituted
from composer.rendering.themes import any_theme
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only
from web.edition_page import paper_layout
from web.holdings import is_public, shown
from web.printing import CannotPrint, pdf_of
from web.tracking import neutral_page

BUSY = 503


@require_safe
def public_pdf(request: HttpRequest, issue_key: UUID, locale: str) -> HttpResponse:
    """An edition of the archive, with the items that are for everyone."""
    pages = EditionPage.objects.filter(translation_key=issue_key, locale__language_code=locale)
    page = pages.live().public().first()
    found = shown(page, request.user) if page else None
    if page is None or found is None:
        return neutral_page(request)
    with translation.override(locale):
        try:
            response = _pdf(found.content)
        except (CannotPrint, RenderingError):
            return render(request, "web/no_pdf.html", {"page": page}, status=BUSY)
    if is_public(page.bulletin):
        patch_cache_control(response, public=True, max_age=300)
    return response


@require_safe
@only(may_see_issues)
def desk_pdf(request: HttpRequest, key: UUID, locale: str) -> HttpResponse:
    """The latest revision as a PDF, with the items that are for everyone; marked where it isn't approved."""
    issue = visible_issue(key, request.user)
    edition = issue.editions.get(locale)
    if edition is None:
        raise Http404
    content = substituted(edition.content.public(), {})
    mark = "" if standing_approval(issue) else _("Draft")
    try:
        response = _pdf(content, mark=mark)
    except (CannotPrint, RenderingError) as error:
        return HttpResponse(str(error), status=BUSY, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def _pdf(content: EditionContent, *, mark: str = "") -> HttpResponse:
    html = render_edition(
        content, theme=any_theme(content.masthead.theme), base_url=settings.BASE_URL, tracked=False
    ).html
    response = HttpResponse(pdf_of(paper_layout(html), mark=mark), content_type="application/pdf")
    words = filter(None, (content.masthead.name, content.number or content.title, content.locale))
    name = slugify(" ".join(words), allow_unicode=True)[:80].strip("-") or "edition"
    response["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=f"{name}.pdf") or ""
    response["Content-Language"] = content.locale
    response["X-Content-Type-Options"] = "nosniff"
    return response
