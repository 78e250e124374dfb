"""Whoever tries out addresses of pages that only a link leads to is slowed down: misses are counted, hits are not.

Clicks, opens and unsubscribing are never counted: a reader's mail must work behind any gateway.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from web.limits import Limit, client_address

MISSES = Limit("misses", times=60, seconds=600)
GUARDED = (
    "/review/",
    "/v/",
    "/why/",
    "/confirm/",
    "/preferences/",
    "/held/",
    "/erase/",
    "/archive/",
    "/calendar/",
)
PASSWORDS = "/authenticate_with_password/"  # of private pages and documents; a wrong one gets the form again
OK, NOT_FOUND, TOO_MANY = 200, 404, 429

Answer = Callable[[HttpRequest], HttpResponse]


class GuessingMiddleware:
    """Answers 429 for a while to an address with too many misses; the page says how long."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(GUARDED) and PASSWORDS not in request.path:
            return self.get_response(request)
        address = client_address(request)
        if address and (seconds := MISSES.seconds_left(address)):
            return _later(request, seconds)
        response = self.get_response(request)
        if address and _missed(request, response):
            MISSES.allows(address)
        return response


def _missed(request: HttpRequest, response: HttpResponse) -> bool:
    if request.method == "POST" and PASSWORDS in request.path:
        return response.status_code == OK
    return response.status_code == NOT_FOUND


def _later(request: HttpRequest, seconds: int) -> HttpResponse:
    response = render(request, "web/later.html", {"minutes": -(-seconds // 60)}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
