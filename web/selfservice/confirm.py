"""The link of the letter that asks whether it was them: a page with a button, and the button's POST."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dispatch.notices import bulletin_for
from subscribers.links import opt_in_of
from subscribers.optin import confirm as make_true
from web.limits import client_address
from web.selfservice.pages import answer, language_of
from web.tracking import neutral_page


@csrf_exempt  # the path is the proof: only who reads that mailbox has it
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD show a button, since scanners follow links. POST confirms, as often as it is repeated."""
    asked = opt_in_of(token, now=timezone.now())
    if asked is None:
        return neutral_page(request)
    done = asked.confirmed_at is not None
    if request.method == "POST" and not done:
        make_true(asked.pk, address=client_address(request) or None)
        done = True
    language = language_of(request, asked.language)
    bulletin = bulletin_for(asked.bulletin_key, language)
    return answer(request, "confirm", {"bulletin": bulletin, "done": done, "asked": asked}, language=language)
