"""The door for what a provider reports: `POST /hooks/esp/<provider>/`, signed by its key or knowing our secret.

django-anymail checks and reads the request. It is answered 200 only when all of it is stored, so that the provider
says it again otherwise. No session, no cookie, nobody is signed in.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dispatch.esp_events import take_events
from dispatch.transports.providers import PROVIDERS
from web.limits import Limit, client_address

logger = logging.getLogger(__name__)

MOST_READ = 12 * 1024 * 1024  # octets: the largest batches that providers send
FORGED = Limit("esp-forged", times=10, seconds=300)  # lines in the log; who shares an address with a forger is heard
TRY_AGAIN = "60"  # seconds
# What anymail says of a body that it didn't expect.
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
    AssertionError,
    AnymailConfigurationError,
)


@csrf_exempt  # the provider posts without a cookie or token; its signature or our secret is the proof
@require_http_methods(["HEAD", "POST"])
def report(request: HttpRequest, provider: str) -> HttpResponse:
    """HEAD says that somebody is here. POST stores the events; a repetition changes nothing."""
    account = settings.ESP
    if account is None or provider != account.provider.name:
        raise Http404
    if lacking := account.lacks_for_webhooks:
        logger.error("%s", lacking)
        return _plain("Reports are not taken here yet.", 403)
    if request.method == "HEAD":
        return _plain("")
    if not _read(request):
        return _plain("Too long.", 413)
    view = _view(provider)
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure:
        if FORGED.allows(client_address(request)):
            logger.warning(
                "A report that claims to be %s’s is refused: its key or secret is not the one in ESP_SETTINGS.",
                account.provider.title,
            )
        return _plain("Not signed as it should be.", 403)
    return _take(view, request, provider)


def _take(view: Any, request: HttpRequest, provider: str) -> HttpResponse:
    try:
        events = view.parse_events(request)
    except UNREADABLE as error:
        logger.warning("A report of %s can’t be read: %s", provider, type(error).__name__)
        return _plain("It can’t be read.", 400)
    try:
        taken = take_events(events, provider=provider)
    except (OperationalError, InterfaceError) as error:
        logger.warning("A report of %s is not stored: PostgreSQL is away (%s).", provider, type(error).__name__)
        return _plain("Not stored; say it again later.", 503, {"Retry-After": TRY_AGAIN})
    if taken.nobody:
        logger.info("%d events of %s are about no letter of ours", taken.nobody, provider)
    return _plain("")


def _read(request: HttpRequest) -> bool:
    """Read the body, which may be longer than a form's; False if it is longer than anything a provider sends."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return False
    if length > MOST_READ:
        return False
    request._body = request.read(MOST_READ + 1)  # Django's own limit is for forms
    return len(request.body) <= MOST_READ


def _view(provider: str) -> Any:
    """anymail's view of a provider's webhooks: it knows the signature and the provider's words."""
    module = import_module(f"anymail.webhooks.{provider}")
    title = PROVIDERS[provider].view
    return getattr(module, title)()


def _plain(words: str, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8", headers=headers or {})
