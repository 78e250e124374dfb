"""The answer to a form that carries no proof of having come from our own page, in place of Django's bare one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from web.guessing import PASSWORDS
from web.tracking import neutral_page

FORMS = ("/desk/", "/review/")  # pages with forms that ask for the proof; nothing is posted to the other public ones


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 with what to do, where there is a form; elsewhere the page of every link that we can't use."""
    if not request.path.startswith(FORMS) and PASSWORDS not in request.path:
        return neutral_page(request)
    response = render(request, "web/unproven.html", status=403)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
