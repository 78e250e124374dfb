"""What a subscriber does without an account. Only a POST changes anything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from composer.models import BulletinPage
from dispatch.models import Delivery, Event
from dispatch.tokens import Purpose, read_token
from subscribers.models import Consent, Subscription
from subscribers.unsubscribe import unsubscribe as end_subscription
from web.tracking import neutral_page


@csrf_exempt  # RFC 8058: the receiver's server posts without cookie or token; the path is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a page with a button. POST unsubscribes at once and answers 200, as often as it is repeated."""
    delivery_id = read_token(Purpose.UNSUBSCRIBE, token)
    delivery = Delivery.objects.select_related("dispatch", "subscriber").filter(pk=delivery_id or 0).first()
    if delivery is None:
        return neutral_page(request)
    subscription = Subscription.objects.filter(
        subscriber=delivery.subscriber_id, bulletin_key=delivery.dispatch.bulletin_key
    ).first()
    done = subscription is None or subscription.state == Subscription.State.UNSUBSCRIBED
    if request.method == "POST" and not done and delivery.subscriber_id is not None:
        ended = end_subscription(
            subscriber_id=delivery.subscriber_id,
            bulletin_key=delivery.dispatch.bulletin_key,
            basis=Consent.Basis.ONE_CLICK,
            source=f"unsubscribe link of delivery {delivery.pk}",
        )
        if ended:
            Event.objects.create(dispatch=delivery.dispatch, kind=Event.Kind.UNSUBSCRIBE, delivery=delivery)
        done = True
    with translation.override(delivery.locale):
        response = render(
            request,
            "web/unsubscribe.html",
            {"bulletin": _name_of_bulletin(delivery), "done": done, "language": delivery.locale},
        )
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _name_of_bulletin(delivery: Delivery) -> str:
    """As the letter called it: the dispatch keeps the name in one language only."""
    pages = BulletinPage.objects.filter(
        translation_key=delivery.dispatch.bulletin_key, locale__language_code=delivery.locale
    )
    return pages.values_list("title", flat=True).first() or delivery.dispatch.list_name
