"""The link of the letter that asks whether it was them: a page with a button, and the button's POST."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dispatch.notices import bulletin_for
from subscribers.links import opt_in_of
from subscribers.models import OptIn, Subscription
from subscribers.optin import Standing, chosen_of, standing_of
from subscribers.optin import confirm as make_true
from web.limits import client_address
from web.selfservice.agreement import agreement_to_choose
from web.selfservice.bulletins import bulletin_to_join
from web.selfservice.pages import answer, language_of
from web.tracking import neutral_page


@csrf_exempt  # the path is the proof: only who reads that mailbox has it
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD show what was chosen and a button, since scanners follow links. POST confirms.

    Whoever comes again, or too late, is told what is true now.
    """
    asked = opt_in_of(token, now=timezone.now())
    if asked is None:
        return neutral_page(request)
    if request.method == "POST":
        make_true(
            asked.pk,
            address=client_address(request) or None,
            opens=bool(request.POST.get("opens")),
            clicks=bool(request.POST.get("clicks")),
        )
    language = language_of(request, asked.language)
    standing = standing_of(asked)
    context = {
        "bulletin": bulletin_for(asked.bulletin_key, language),
        "standing": standing.value,
        "can_join": bulletin_to_join(asked.bulletin_key, language) is not None,
        "agreement": agreement_to_choose(language),
        **(_chosen(asked, language) if standing is Standing.OPEN else {}),
    }
    return answer(request, "confirm", context, language=language)


def _chosen(asked: OptIn, language: str) -> dict[str, object]:
    """All that pressing the button makes true: a stranger may have ticked it."""
    chosen = chosen_of(asked)
    return {
        "chosen": chosen,
        "chosen_language": dict(settings.LANGUAGES).get(chosen.language, chosen.language),
        "chosen_frequency": Subscription.Frequency(chosen.frequency),
        "chosen_topics": [topic.name_in(language) for topic in chosen.topics],
    }
