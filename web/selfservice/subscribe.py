"""Signing up: the hosted page, the same in a frame, and what a form on another site posts.

The answer is one page whatever is known of the address. Posting here does no more than send a letter to confirm, so it
takes no CSRF token: forms on other sites, and frames without cookies, couldn't have one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from composer.models import BulletinPage
from subscribers.addresses import BadAddress
from subscribers.consent import keep_words
from subscribers.models import Subscription, Topic, Wish
from subscribers.optin import Details
from web.selfservice.agreement import Agreement, agreement_to_join
from web.selfservice.asking import address_to_write_to, ask, asked_by, is_a_machine, may_ask
from web.selfservice.bulletins import bulletin_to_join, languages_of
from web.selfservice.pages import answer, language_of
from web.tracking import neutral_page

Frequency = Subscription.Frequency
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form shows again, and what is wrong with it by field."""

    email: str = ""
    name: str = ""
    language: str = ""
    frequency: str = Frequency.EVERY
    topics: tuple[str, ...] = ()
    opens: bool = False
    clicks: bool = False
    errors: dict[str, str] = field(default_factory=dict)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, key: UUID) -> HttpResponse:
    return _sign_up(request, key, framed=False)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def embedded(request: HttpRequest, key: UUID) -> HttpResponse:
    """The same form for a frame on any site. A click that is stolen there sends a letter to confirm, and no more."""
    return _sign_up(request, key, framed=True)


def _sign_up(request: HttpRequest, key: UUID, *, framed: bool) -> HttpResponse:
    language = language_of(request)
    bulletin = bulletin_to_join(key, language)
    if bulletin is None:
        return neutral_page(request)
    agreement = agreement_to_join(bulletin, language)
    if request.method != "POST":
        return _form(request, bulletin, agreement, Typed(language=language), language=language, framed=framed)
    if not may_ask(request):
        return answer(request, "too_often", {"bulletin": bulletin}, language=language, status=429, framed=framed)
    typed, address = _typed(request, language, agreement)
    if typed.errors:
        return _form(request, bulletin, agreement, typed, language=language, framed=framed, status=400)
    if not is_a_machine(request):
        keep_words(agreement.text, language)
        details = Details(
            text_hash=agreement.hash,
            name=typed.name,
            language=typed.language,
            frequency=typed.frequency,
            topics=typed.topics,
            measure_opens=typed.opens,
            measure_clicks=typed.clicks,
        )
        source = "sign-up form in a frame" if framed else "sign-up page"
        asked = asked_by(request, language=language, source=source)
        ask(Wish.Kind.SUBSCRIBE, address, asked, bulletin_key=key, details=details.plain())
    return answer(request, "asked", {"bulletin": bulletin, "what": "subscribe"}, language=language, framed=framed)


def _typed(request: HttpRequest, language: str, agreement: Agreement) -> tuple[Typed, str]:
    post = request.POST
    errors: dict[str, str] = {}
    address = ""
    with translation.override(language):
        try:
            address = address_to_write_to(post.get("email", ""))
        except BadAddress as error:
            errors["email"] = str(error)
        name = " ".join(post.get("name", "").split())
        if len(name) > LONGEST_NAME or not name.isprintable():
            errors["name"] = _("Write your name on one line, with 200 characters at most.")
        if post.get("words", "") != agreement.hash:
            errors["words"] = _("What you agree to is worded differently now. Read it again, then press the button.")
    chosen = post.get("language", "")
    frequency = post.get("frequency", "")
    slugs = set(Topic.objects.values_list("slug", flat=True))
    typed = Typed(
        email=post.get("email", "")[:400],
        name=name[:LONGEST_NAME],
        language=chosen if chosen in dict(settings.LANGUAGES) else language,
        frequency=frequency if frequency in Frequency.values else Frequency.EVERY,
        topics=tuple(sorted(slugs.intersection(post.getlist("topics")))),
        opens=bool(post.get("opens")),
        clicks=bool(post.get("clicks")),
        errors=errors,
    )
    return typed, address


def _form(
    request: HttpRequest,
    bulletin: BulletinPage,
    agreement: Agreement,
    typed: Typed,
    *,
    language: str,
    framed: bool,
    status: int = 200,
) -> HttpResponse:
    comes_in = languages_of(bulletin.translation_key)
    context = {
        "bulletin": bulletin,
        "agreement": agreement,
        "typed": typed,
        "languages": [(code, name, code == language) for code, name in settings.LANGUAGES],
        "choices": [(code, name, code == typed.language) for code, name in settings.LANGUAGES if code in comes_in],
        "topics": [(each.slug, each.name_in(language), each.slug in typed.topics) for each in Topic.objects.all()],
        "frequencies": [(code, label, code == typed.frequency) for code, label in Frequency.choices],
    }
    return answer(request, "subscribe", context, language=language, status=status, framed=framed)
