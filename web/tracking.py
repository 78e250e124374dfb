"""Clicks and opens: verify, count as far as consent goes, redirect. A GET or HEAD here changes no state of anybody."""

from __future__ import annotations

import base64
import logging

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dispatch.models import Delivery, Event, Link
from dispatch.tokens import Purpose, read_token
from subscribers.consent import may_measure
from subscribers.models import Consent

logger = logging.getLogger(__name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class OutsideRedirect(HttpResponseRedirect):
    allowed_schemes = ["http", "https"]


@require_safe
def click(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Redirect to the link's destination; the click is counted, with a person only by their consent."""
    delivery_id = read_token(Purpose.CLICK, token)
    delivery = Delivery.objects.select_related("dispatch").filter(pk=delivery_id).first() if delivery_id else None
    link = _link(delivery, number) if delivery else None
    if delivery is None or link is None:
        return neutral_page(request)
    if request.method == "GET":
        _record(Event.Kind.CLICK, delivery, Consent.Purpose.CLICK, link)
    return _private(OutsideRedirect(link.url))


@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The pixel: the same picture whatever is known. An open is recorded only by the consent that holds now."""
    delivery_id = read_token(Purpose.OPEN, token)
    delivery = Delivery.objects.select_related("dispatch").filter(pk=delivery_id).first() if delivery_id else None
    if delivery is not None and request.method == "GET" and _may(delivery, Consent.Purpose.OPEN):
        _record(Event.Kind.OPEN, delivery, Consent.Purpose.OPEN, None)
    return _private(HttpResponse(PIXEL, content_type="image/gif"))


def neutral_page(request: HttpRequest) -> HttpResponse:
    """One page for every token that we can't use, whatever is wrong with it."""
    return _private(render(request, "web/neutral.html", status=404))


def _link(delivery: Delivery, number: int) -> Link | None:
    return Link.objects.filter(
        variant__dispatch=delivery.dispatch_id,
        variant__locale=delivery.locale,
        variant__mask=delivery.mask,
        number=number,
    ).first()


def _may(delivery: Delivery, purpose: Consent.Purpose) -> bool:
    if delivery.subscriber_id is None:
        return False
    return may_measure(delivery.subscriber_id, delivery.dispatch.bulletin_key, purpose)


def _record(kind: Event.Kind, delivery: Delivery, purpose: Consent.Purpose, link: Link | None) -> None:
    """Never in the reader's way: if the event can't be kept, the redirect stands."""
    try:
        with transaction.atomic():
            Event.objects.create(
                dispatch=delivery.dispatch, kind=kind, link=link, delivery=delivery if _may(delivery, purpose) else None
            )
    except DatabaseError:
        logger.exception("dispatch %s: an event was lost", delivery.dispatch_id)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
