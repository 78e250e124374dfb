"""“Why do I get this?”: what was recorded, in plain words, for whoever holds the letter.

A letter may have been passed on, so the page names nobody: no address, no name, no organisation.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dispatch.models import Delivery, Variant
from dispatch.tokens import Purpose, make_token, read_token
from subscribers.models import Consent, Subscription
from web.selfservice.pages import answer, language_of
from web.selfservice.unsubscribe import name_of_bulletin
from web.tracking import neutral_page

Basis = Consent.Basis


@require_safe
def why(request: HttpRequest, token: str) -> HttpResponse:
    number = read_token(Purpose.WHY, token)
    delivery = Delivery.objects.select_related("dispatch").filter(pk=number or 0).first()
    if delivery is None:
        return neutral_page(request)
    language = language_of(request, delivery.locale)
    key = delivery.dispatch.bulletin_key
    mine = Consent.objects.filter(subscriber=delivery.subscriber_id, bulletin_key=key)
    agreed = mine.filter(purpose=Consent.Purpose.MAIL).order_by("-pk").first()
    held = Subscription.objects.filter(subscriber=delivery.subscriber_id, bulletin_key=key).first()
    with translation.override(language):
        context = {
            "bulletin": name_of_bulletin(delivery),
            "issue": delivery.dispatch.issue_title,
            "erased": delivery.subscriber_id is None,
            "taken": held is not None and held.state == Subscription.State.ACTIVE,
            "since": held.changed_at if held else None,
            "agreed": agreed,
            "basis": _basis(agreed) if agreed else "",
            "source": agreed.source if agreed and agreed.basis == Basis.DOUBLE_OPT_IN else "",
            "audience": delivery.dispatch.audience_name,
            "segments": _segments(delivery),
            "unsubscribe": make_token(Purpose.UNSUBSCRIBE, delivery.pk),
        }
    return answer(request, "why", context, language=language)


def _basis(entry: Consent) -> str:
    """How the agreement is known, said to its owner. What somebody typed about it is in the export alone."""
    if not entry.given:
        return _("You left this bulletin.")
    said = {
        Basis.DOUBLE_OPT_IN: _("You asked for it, and confirmed it from your mailbox."),
        Basis.PREFERENCES: _("You chose it in your preferences."),
        Basis.IMPORT: _("Your address was on a list that the secretariat took in, with a note of how you agreed."),
        Basis.DESK: _("The secretariat added you by hand, with a note of how you agreed."),
        Basis.API: _("Another system of the network passed on that you agreed."),
    }
    return said.get(Basis(entry.basis), "") if entry.basis else ""


def _segments(delivery: Delivery) -> list[str]:
    """The groups whose items are in this letter, by the names that they had when it was sent."""
    variant = Variant.objects.filter(dispatch=delivery.dispatch_id, locale=delivery.locale, mask=delivery.mask).first()
    frozen = delivery.dispatch.segments
    return [str(frozen.get(slug, {}).get("name") or slug) for slug in (variant.segments if variant else [])]
