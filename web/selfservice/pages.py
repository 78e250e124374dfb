"""How every page of self-service is answered: in the reader's language, kept by nobody, framed by nobody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language_from_request

from dispatch.notices import spoken

POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'"


def language_of(request: HttpRequest, own: str = "") -> str:
    """The language to speak: the one chosen on the page, else the reader's own, else their browser's."""
    chosen = request.POST.get("lang") or request.GET.get("lang") or ""
    if chosen in dict(settings.LANGUAGES):
        return chosen
    return spoken(own or get_language_from_request(request))


def answer(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    language: str,
    status: int = 200,
    framed: bool = False,
) -> HttpResponse:
    """The page in `language`. `framed` is for the form that other sites may show in a frame of theirs."""
    with translation.override(language):
        response = render(
            request,
            f"web/selfservice/{template}.html",
            {"language": language, "framed": framed, **context},
            status=status,
        )
    return private(response, language=language, framed=framed)


def private(response: HttpResponse, *, language: str, framed: bool = False) -> HttpResponse:
    """Nobody keeps it, no link of it tells where its reader came from, no search engine lists it."""
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The framed form has one script, which tells the page around it how high it is.
    response["Content-Security-Policy"] = POLICY + ("; script-src 'self'" if framed else "; frame-ancestors 'none'")
    if framed:
        response.xframe_options_exempt = True
    else:
        response["X-Frame-Options"] = "DENY"
    return response
