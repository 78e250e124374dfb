"""The way out (RFC 8058), and what its page leads to: why one gets the bulletin, and a link to one's preferences."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from composer.models import BulletinPage
from dispatch.leaving import leave_by
from dispatch.models import Delivery
from dispatch.tokens import Purpose, make_token, read_token
from subscribers.models import Subscription, Wish
from web.limits import client_address
from web.selfservice.asking import ask, asked_by, may_ask
from web.selfservice.pages import answer, language_of
from web.tracking import neutral_page

KINDS = (Wish.Kind.PREFERENCES, Wish.Kind.EXPORT, Wish.Kind.ERASE)


@csrf_exempt  # RFC 8058: the receiver's server posts without cookie or token; the path is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a page with a button. POST unsubscribes at once and answers 200, as often as it is repeated."""
    delivery = _delivery(token)
    if delivery is None:
        return neutral_page(request)
    subscription = Subscription.objects.filter(
        subscriber=delivery.subscriber_id, bulletin_key=delivery.dispatch.bulletin_key
    ).first()
    done = subscription is None or subscription.state == Subscription.State.UNSUBSCRIBED
    if request.method == "POST" and subscription is not None:
        source = f"unsubscribe link of delivery {delivery.pk}"
        leave_by(delivery, source=source, address=client_address(request) or None)
        done = True
    context = {
        "bulletin": name_of_bulletin(delivery),
        "done": done,
        "token": token,
        "why": make_token(Purpose.WHY, delivery.pk),
    }
    return answer(request, "unsubscribe", context, language=language_of(request, delivery.locale))


@csrf_exempt
@require_POST
def mail_link(request: HttpRequest, token: str) -> HttpResponse:
    """Mail the letter's reader a link of `what`: nobody who was passed the letter on gets further than this."""
    delivery = _delivery(token)
    if delivery is None:
        return neutral_page(request)
    language = language_of(request, delivery.locale)
    bulletin = {"title": name_of_bulletin(delivery)}
    if not may_ask(request):
        return answer(request, "too_often", {"bulletin": bulletin}, language=language, status=429)
    kind = next((each for each in KINDS if each == request.POST.get("what")), Wish.Kind.PREFERENCES)
    if delivery.subscriber is not None:
        asked = asked_by(request, language=language, source=f"page of delivery {delivery.pk}")
        ask(kind, delivery.subscriber.email, asked, bulletin_key=delivery.dispatch.bulletin_key)
    return answer(request, "asked", {"bulletin": bulletin, "what": kind}, language=language)


def name_of_bulletin(delivery: Delivery) -> str:
    """As the letter called it: the dispatch keeps the name in one language only."""
    pages = BulletinPage.objects.filter(
        translation_key=delivery.dispatch.bulletin_key, locale__language_code=delivery.locale
    )
    return pages.values_list("title", flat=True).first() or delivery.dispatch.list_name


def _delivery(token: str) -> Delivery | None:
    number = read_token(Purpose.UNSUBSCRIBE, token)
    return Delivery.objects.select_related("dispatch", "subscriber").filter(pk=number or 0).first()
