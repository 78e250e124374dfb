"""Erasure at one's own wish: a page that says what happens, and the button's POST, which does it at once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from wagtail.models import ModelLogEntry

from subscribers.erasure import erase as take_out
from subscribers.links import Purpose, person_of, was_somebodys
from subscribers.traces import Person
from web.selfservice.pages import answer, language_of
from web.tracking import neutral_page

FORGOTTEN = "an erased person"


@csrf_exempt  # the path is the proof: only who reads that mailbox has it
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """GET says what is erased and what is left. POST erases; who comes again is told that it is done."""
    now = timezone.now()
    person = person_of(Purpose.ERASE, token, now=now)
    if person is None:
        if not was_somebodys(Purpose.ERASE, token, now=now):
            return neutral_page(request)
        return answer(request, "erase", {"done": True}, language=language_of(request))
    language = language_of(request, person.language)
    if request.method == "POST":
        take_out(person.pk)
        return answer(request, "erase", {"done": True}, language=language)
    return answer(request, "erase", {"done": False, "address": person.email}, language=language)


def forget_in_audit(person: Person) -> None:
    """The desk's audit log keeps what was done, and forgets to whom: a label is the name or the address."""
    entries = ModelLogEntry.objects.filter(content_type__app_label="subscribers", content_type__model="subscriber")
    entries.filter(object_id=str(person.pk)).update(label=FORGOTTEN, data={})
    for spelling in person.spellings:
        ModelLogEntry.objects.filter(label__icontains=spelling).update(label=FORGOTTEN)
        ModelLogEntry.objects.filter(data__icontains=spelling).update(data={})
