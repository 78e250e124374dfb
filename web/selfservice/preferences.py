"""The preference centre: asking for its link, and the page behind the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from composer.models import BulletinPage
from subscribers.addresses import BadAddress
from subscribers.consent import Proof, keep_words
from subscribers.links import Purpose, person_of
from subscribers.models import Consent, Subscriber, Subscription, Topic, Wish
from subscribers.preferences import Choice, Preferences, leave_all, preferences_of, save
from web.limits import client_address
from web.selfservice.agreement import agreement_to_choose
from web.selfservice.asking import address_to_write_to, ask, asked_by, is_a_machine, may_ask
from web.selfservice.bulletins import bulletins_to_choose
from web.selfservice.pages import answer, language_of, private
from web.selfservice.unsubscribe import KINDS
from web.tracking import neutral_page

Frequency = Subscription.Frequency
State = Subscription.State
LONGEST_NAME = 200
SOURCE = "preferences page"


@csrf_exempt  # it only ever sends a letter to whoever owns the address
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """“Type your address”: the same answer whether it is known or not."""
    language = language_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    what = next((each for each in KINDS if each == asked.get("what")), Wish.Kind.PREFERENCES)
    context: dict[str, Any] = {
        "what": what,
        "languages": [(code, name, code == language) for code, name in settings.LANGUAGES],
    }
    if request.method != "POST":
        return answer(request, "ask", context, language=language)
    if not may_ask(request):
        return answer(request, "too_often", context, language=language, status=429)
    with translation.override(language):
        try:
            address = address_to_write_to(request.POST.get("email", ""))
        except BadAddress as error:
            wrong = {**context, "error": str(error), "email": request.POST.get("email", "")[:400]}
            return answer(request, "ask", wrong, language=language, status=400)
    if not is_a_machine(request):
        ask(what, address, asked_by(request, language=language, source="page for links"))
    return answer(request, "asked", context, language=language)


@dataclass(frozen=True, slots=True)
class Row:
    """One bulletin on the page."""

    bulletin: BulletinPage
    choice: Choice
    languages: list[tuple[str, str, bool]]
    frequencies: list[tuple[str, Any, bool]]


@csrf_exempt  # the path is the proof: only who reads that mailbox has it
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    person = person_of(Purpose.PREFERENCES, token, now=timezone.now())
    if person is None:
        return neutral_page(request)
    language = language_of(request, person.language)
    bulletins = bulletins_to_choose(language, taken=_taken(person))
    held = preferences_of(person, _keys(bulletins))
    if request.method != "POST" or request.POST.get("do") not in ("save", "leave-all"):
        # Without the form's own button, its last field, a POST is empty or cut off: no box in it means anything.
        return _page(request, person, held, bulletins, language=language)
    agreement = agreement_to_choose(language)
    proof = Proof(
        basis=Consent.Basis.PREFERENCES,
        source=SOURCE,
        language=language,
        text_hash=agreement.hash,
        address=client_address(request) or None,
    )
    if request.POST.get("do") == "leave-all":
        leave_all(person, proof=proof)
        return _again(request, language, "left")
    wanted = _wanted(request, held)
    if len(wanted.name) > LONGEST_NAME or not wanted.name.isprintable():
        with translation.override(language):
            error = _("Write your name on one line, with 200 characters at most.")
        return _page(request, person, wanted, bulletins, language=language, error=error, status=400)
    keep_words(agreement.text, language)
    save(person, wanted, proof=proof)
    return _again(request, wanted.language if wanted.language in dict(settings.LANGUAGES) else language, "saved")


def _taken(person: Subscriber) -> set[Any]:
    return set(person.subscriptions.filter(state=State.ACTIVE).values_list("bulletin_key", flat=True))


def _keys(bulletins: list[BulletinPage]) -> list[Any]:
    return [each.translation_key for each in bulletins]


def _wanted(request: HttpRequest, held: Preferences) -> Preferences:
    """What the form says. Of a bulletin that can't be chosen nothing is looked at; one that the form didn't have yet
    stays as it is."""
    post = request.POST
    known = {**dict(settings.LANGUAGES), held.language: ""}
    choices = []
    for choice in held.choices:
        key = choice.bulletin_key
        if f"frequency-{key}" not in post:
            choices.append(choice)
            continue
        language, frequency = post.get(f"language-{key}", ""), post.get(f"frequency-{key}", "")
        choices.append(
            Choice(
                bulletin_key=key,
                taken=bool(post.get(f"take-{key}")),
                language=language if language in dict(settings.LANGUAGES) else "",
                frequency=frequency if frequency in Frequency.values else Frequency.EVERY,
                opens=bool(post.get(f"opens-{key}")),
                clicks=bool(post.get(f"clicks-{key}")),
            )
        )
    language = post.get("language", "")
    topics = frozenset(Topic.objects.filter(slug__in=post.getlist("topics")).values_list("slug", flat=True))
    return Preferences(
        name=" ".join(post.get("name", held.name).split()),
        language=language if language in known else held.language,
        topics=topics,
        choices=tuple(choices),
    )


def _again(request: HttpRequest, language: str, said: str) -> HttpResponse:
    """The page anew by GET, so that loading it again posts nothing."""
    response = HttpResponseRedirect(f"{request.path}?said={said}&lang={language}")
    return private(response, language=language)


def _page(
    request: HttpRequest,
    person: Subscriber,
    shown: Preferences,
    bulletins: list[BulletinPage],
    *,
    language: str,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    names = dict(settings.LANGUAGES)
    own = {person.language: person.language, **names} if person.language not in names else names
    rows = [
        Row(
            bulletin,
            choice,
            [(code, name, code == choice.language) for code, name in settings.LANGUAGES],
            [(code, label, code == choice.frequency) for code, label in Frequency.choices],
        )
        for bulletin, choice in zip(bulletins, shown.choices, strict=True)
    ]
    context = {
        "person": person,
        "name": shown.name,
        "rows": rows,
        "own_languages": [(code, name, code == shown.language) for code, name in own.items()],
        "topics": [(each.slug, each.name_in(language), each.slug in shown.topics) for each in Topic.objects.all()],
        "agreement": agreement_to_choose(language),
        "said": request.GET.get("said", ""),
        "error": error,
        "takes_any": person.subscriptions.filter(state=State.ACTIVE).exists(),
        "languages": [(code, name, code == language) for code, name in settings.LANGUAGES],
    }
    return answer(request, "preferences", context, language=language, status=status)
