"""The page of somebody outside who was asked to look at an issue. GET and HEAD change nothing; a POST says one word."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from composer.content import EditionContent
from composer.issues import NoSuchIssue, issue_of
from composer.models import Invitation, Review
from composer.preview import TEXT_PAGE, letter_page
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from composer.review import Answer, answer, counts, read_token, shown_contents, with_audiences_named
from dispatch.frozen import resolve_locale
from web.desk.frame import language_name
from web.tracking import neutral_page

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the invited revisions and a form; POST `verdict` (approve, comment) and `text`, any number of times."""
    invitation = read_token(token, timezone.now())
    if invitation is None:
        return neutral_page(request)
    try:
        if request.method != "POST":
            return _page(request, token, invitation, said=request.GET.get("said", ""))
        verdict = request.POST.get("verdict", "")
        if verdict not in {Review.Verdict.APPROVE, Review.Verdict.COMMENT}:
            return _page(request, token, invitation, said="unclear", status=400)
        text = request.POST.get("text", "")
        became = answer(invitation.pk, verdict=verdict, text=text, now=timezone.now())
    except NoSuchIssue:
        return neutral_page(request)
    match became:
        case None:
            return neutral_page(request)
        case Answer.CHANGED:
            return _page(request, token, invitation, said=became, text=text, status=409)
        case Answer.TOO_MANY:
            return _page(request, token, invitation, said=became, text=text, status=429)
        case Answer.EMPTY:
            return _page(request, token, invitation, said=became, status=400)
    chosen = request.POST.get("locale", "")
    response = redirect(
        request.path + "?" + (f"locale={chosen}&" if chosen in invitation.revisions else "") + "said=ok"
    )
    return _private(response)


@require_safe
def review_letter(request: HttpRequest, token: str, locale: str) -> HttpResponse:
    """One edition as the guest is shown it: all items, those that aren't for everyone marked so."""
    invitation = read_token(token, timezone.now())
    try:
        content = shown_contents(invitation).get(locale) if invitation else None
    except NoSuchIssue:
        content = None
    if content is None:
        return neutral_page(request)
    try:
        rendered = render_edition(with_audiences_named(content), base_url=settings.BASE_URL, tracked=False)
    except RenderingError:
        words = _("This edition can't be shown as a letter yet. Tell who invited you.")
        return _private(HttpResponse(format_html(TEXT_PAGE, content.title, words)))
    return _private(letter_page(rendered))


def _page(
    request: HttpRequest, token: str, invitation: Invitation, *, said: str, text: str = "", status: int = 200
) -> HttpResponse:
    contents = shown_contents(invitation)
    if not contents:
        return neutral_page(request)
    issue = issue_of(invitation.issue_key)
    wanted = request.GET.get("locale") or request.POST.get("locale") or ""
    if wanted not in contents:
        wanted = resolve_locale(get_language_from_request(request), contents, issue.bulletin.fallback_chain())
    shown = contents[wanted]
    host = invitation.invited_by
    said_before = list(invitation.reviews.order_by("said_at"))
    approved = next((each for each in said_before if each.verdict == Review.Verdict.APPROVE), None)
    context: dict[str, Any] = {
        "token": token,
        "invitation": invitation,
        "host": (host.get_full_name() or host.get_username()) if host else "",
        "content": shown,
        "editions": [(code, language_name(code), code == wanted) for code in contents],
        "locale": wanted,
        "facts": _facts(shown),
        "changed": issue.digest() != invitation.digest,
        "said": said,
        "text": text[:5000],
        "approved": approved,
        "counts": approved is not None and counts(approved),
        "comments": [each for each in said_before if each.text],
    }
    response = render(request, "web/review.html", context, status=status)
    response["Content-Security-Policy"] = POLICY
    return _private(response)


def _facts(content: EditionContent) -> dict[str, Any]:
    return {"subject": content.subject, "preheader": content.preheader, "number": content.number}


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"  # the form's own check needs it; nothing leaves for elsewhere
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
