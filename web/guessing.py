"""Whoever tries out addresses of pages that only a link leads to is slowed down: misses alone are counted and refused.

A link that holds opens its page however many others from the same network didn't: an office has one address for all.

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
    """Answers 429 to a miss of an address with too many of them, for a while; the page says how long.

    A password can be guessed as no link can: after too many wrong ones the right one has to wait, too.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(GUARDED) and PASSWORDS not in request.path:
            return self.get_response(request)
        address = client_address(request)
        if address and _is_password(request) and (seconds := MISSES.seconds_left(address)):
            return _later(request, seconds)
        response = self.get_response(request)
        if address and _missed(request, response):
            if seconds := MISSES.seconds_left(address):
                return _later(request, seconds)
            MISSES.allows(address)
        return response


def _missed(request: HttpRequest, response: HttpResponse) -> bool:
    return response.status_code == (OK if _is_password(request) else NOT_FOUND)


def _is_password(request: HttpRequest) -> bool:
    return request.method == "POST" and PASSWORDS in request.path


def _later(request: HttpRequest, seconds: int) -> HttpResponse:
    response = render(request, "web/later.html", {"minutes": -(-seconds // 60)}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
