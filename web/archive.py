"""What anybody may read of a bulletin, and a reader's own letter in the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.models import Locale, Page

from composer.models import BulletinPage, EditionPage, HomePage
from composer.preview import letter_page
from composer.rendering.edition import Rendered
from composer.rendering.merge import Merge, fill_line, slot_values
from composer.rendering.phrases import phrases_for
from composer.rendering.slots import Slot, fill
from dispatch.models import Delivery, Variant
from dispatch.tokens import Purpose, make_token, read_token
from subscribers.readers import reader_values
from web.desk.permissions import visible_editions
from web.edition_page import edition_response, for_print
from web.holdings import is_public, shown
from web.tracking import neutral_page


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    return index(request)


@require_safe
def no_icon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for it beside every letter; there is none, and that is no error."""
    return HttpResponse(status=204)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The archive in the reader's language."""
    home = HomePage.objects.filter(locale=_reader_locale(request)).live().first() or HomePage.objects.live().first()
    if home is None:
        raise Http404
    return redirect(home.get_url(request))


@require_safe
def bulletin(request: HttpRequest, bulletin_key: UUID) -> HttpResponse:
    """A bulletin's archive, by the key that List-Archive gives, in the reader's language."""
    pages = BulletinPage.objects.filter(translation_key=bulletin_key).live()
    page = pages.filter(locale=_reader_locale(request)).first() or pages.first()
    if page is None:
        raise Http404
    return redirect(page.get_url(request))


@hooks.register("on_serve_page", order=100)  # after Wagtail's own check of a page's privacy
def only_what_was_sent(serve_page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The archive's answer for editions, and for a bulletin whose archive is private; Wagtail's for the rest."""

    def answer(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        if isinstance(page, EditionPage):
            found = shown(page, request.user)
            return edition_response(request, found) if found else neutral_page(request)
        if isinstance(page, BulletinPage) and not is_public(page) and not _works_below(page, request.user):
            return neutral_page(request)
        return serve_page(page, request, args, kwargs)

    return answer


@require_safe
def view_in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """A reader's own variant, with their links; without the pixel."""
    delivery_id = read_token(Purpose.VIEW, token)
    delivery = Delivery.objects.filter(pk=delivery_id or 0).first()
    variant = (
        Variant.objects.filter(dispatch=delivery.dispatch_id, locale=delivery.locale, mask=delivery.mask).first()
        if delivery
        else None
    )
    if delivery is None or variant is None:
        return neutral_page(request)
    reader = delivery.subscriber_id
    values = reader_values([reader], locale=variant.locale).get(reader, {}) if reader else {}
    merges = [Merge(*merge) for merge in variant.merges]
    own = slot_values(merges, values, anybody=phrases_for(variant.locale).anybody) | {
        Slot.CLICK: make_token(Purpose.CLICK, delivery.pk),
        Slot.UNSUBSCRIBE: make_token(Purpose.UNSUBSCRIBE, delivery.pk),
        Slot.VIEW: token,
        Slot.PIXEL: "",
    }
    html = for_print(fill(variant.html, own))
    response = letter_page(Rendered(variant.locale, fill_line(variant.subject, own), "", html, variant.text, ()))
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _works_below(bulletin: BulletinPage, user: Any) -> bool:
    return user.is_authenticated and visible_editions(user).filter(path__startswith=bulletin.path).exists()


def _reader_locale(request: HttpRequest) -> Locale | None:
    return Locale.objects.filter(language_code=get_language_from_request(request)).first()
