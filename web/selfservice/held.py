"""Export of all that is held on a person: a page behind a mailed link, and a ZIP to read and to compute with."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from wagtail.models import ModelLogEntry

from composer.models import BulletinPage
from dispatch.held import deliveries_of, events_of, feedback_of
from subscribers.dossier import dossier_of
from subscribers.links import Purpose, person_of
from subscribers.models import Subscriber
from subscribers.traces import Person, import_notes_about
from web.limits import allowed
from web.selfservice.pages import answer, language_of, private
from web.tracking import neutral_page

MOST_FILES = 10  # of one person in an hour


@csrf_exempt  # the path is the proof: only who reads that mailbox has it
@require_http_methods(["GET", "HEAD", "POST"])
def held(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button; POST gives the file."""
    person = person_of(Purpose.EXPORT, token, now=timezone.now())
    if person is None:
        return neutral_page(request)
    language = language_of(request, person.language)
    if request.method != "POST":
        return answer(request, "held", {"address": person.email}, language=language)
    if not allowed("export", str(person.pk), times=MOST_FILES, seconds=3600):
        return answer(request, "too_often", {}, language=language, status=429)
    with translation.override(language):
        content = archive_of(person, language)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="what-is-held.zip"'
    return private(response, language=language)


def archive_of(person: Subscriber, language: str) -> bytes:
    """A ZIP with `data.json`, for a program, and `what-is-held.html`, for a reader of `language`, the active one."""
    everything = all_of(person)
    data = json.dumps(everything, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    context = {"language": language, "address": person.email, "sections": _sections(everything), "now": timezone.now()}
    page = render_to_string("web/selfservice/held_file.html", context)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("what-is-held.html", page)
        archive.writestr("data.json", data)
    return file.getvalue()


def all_of(person: Subscriber) -> dict[str, Any]:
    """Everything, of all parts of the product, as plain data; bulletins by their names."""
    everything = dossier_of(person)
    names = _bulletin_names(person.language)
    for part in ("subscriptions", "consents", "requests"):
        for entry in everything[part]:
            entry["bulletin"] = names.get(entry["bulletin"], entry["bulletin"])
    everything["deliveries"] = deliveries_of(person.pk)
    everything["events"] = events_of(person.pk)
    everything["feedback"] = feedback_of(person.pk)
    everything["import_rows"] = [
        {"file": note.run.name, "row": note.row, "reason": note.reason, "cells": note.cells}
        for note in import_notes_about(Person.of(person)).select_related("run").order_by("pk")
    ]
    everything["changes_on_the_desk"] = [
        {"at": entry.timestamp, "what": entry.action, "details": entry.data}
        for entry in ModelLogEntry.objects.filter(
            content_type__app_label="subscribers", content_type__model="subscriber", object_id=str(person.pk)
        ).order_by("pk")
    ]
    return everything


def _bulletin_names(language: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for page in BulletinPage.objects.select_related("locale").order_by("pk"):
        if page.locale.language_code == language or str(page.translation_key) not in names:
            names[str(page.translation_key)] = page.title
    return names


def _sections(everything: dict[str, Any]) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """For the readable page: each part's heading, and its entries as lines of a label and a value."""
    sections = []
    for part, held_there in everything.items():
        entries = held_there if isinstance(held_there, list) else [held_there]
        lines = [
            [(label_of(name), _said(value)) for name, value in entry.items() if value not in ("", None, [], {})]
            if isinstance(entry, dict)
            else [("", _said(entry))]
            for entry in entries
        ]
        sections.append((label_of(part), lines))
    return sections


def label_of(name: str) -> str:
    """What a key of the data is called on the readable page, in the active language."""
    return LABELS[name]() if name in LABELS else name.replace("_", " ")


def _said(value: Any) -> str:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return date_format(timezone.localtime(value), "DATETIME_FORMAT")
        case date():
            return date_format(value, "DATE_FORMAT")
        case dict():
            return "; ".join(f"{label_of(str(key))}: {_said(each)}" for key, each in value.items())
        case list() | tuple():
            return "; ".join(_said(each) for each in value)
    return str(value)


LABELS: dict[str, Callable[[], str]] = {
    "person": lambda: _("You"),
    "affiliations": lambda: _("What you are in the network"),
    "topics": lambda: _("Topics that interest you"),
    "subscriptions": lambda: _("Bulletins"),
    "consents": lambda: _("What you agreed to, and when"),
    "requests": lambda: _("When you asked to subscribe"),
    "letters": lambda: _("Letters about your own data"),
    "suppression": lambda: _("Why nothing is sent to you"),
    "deliveries": lambda: _("Issues that were sent to you"),
    "events": lambda: _("What was measured"),
    "feedback": lambda: _("What came back of letters to you"),
    "import_rows": lambda: _("Rows of imports that were refused or left as they were"),
    "changes_on_the_desk": lambda: _("What was changed by hand"),
    "address": lambda: _("address"),
    "name": lambda: _("name"),
    "language": lambda: _("language"),
    "country": lambda: _("country"),
    "organisation": lambda: _("organisation"),
    "number_elsewhere": lambda: _("number elsewhere"),
    "more": lambda: _("more"),
    "known_since": lambda: _("known since"),
    "role": lambda: _("role"),
    "programme": lambda: _("programme"),
    "from": lambda: _("from"),
    "until": lambda: _("until"),
    "bulletin": lambda: _("bulletin"),
    "state": lambda: _("state"),
    "frequency": lambda: _("frequency"),
    "since": lambda: _("since"),
    "purpose": lambda: _("purpose"),
    "given": lambda: _("given"),
    "at": lambda: _("when"),
    "basis": lambda: _("basis"),
    "source": lambda: _("source"),
    "network_address": lambda: _("network address"),
    "words": lambda: _("words"),
    "opens": lambda: _("opens measured"),
    "clicks": lambda: _("clicks measured"),
    "confirmed_at": lambda: _("confirmed"),
    "confirmed_from": lambda: _("confirmed from"),
    "kind": lambda: _("kind"),
    "asked_at": lambda: _("asked for"),
    "sent_at": lambda: _("sent"),
    "reason": lambda: _("reason"),
    "note": lambda: _("note"),
    "issue": lambda: _("issue"),
    "audience": lambda: _("audience"),
    "attempts": lambda: _("attempts"),
    "outcome": lambda: _("outcome"),
    "code": lambda: _("code"),
    "reply": lambda: _("the server’s answer"),
    "link": lambda: _("link"),
    "file": lambda: _("file"),
    "row": lambda: _("row"),
    "cells": lambda: _("cells"),
    "what": lambda: _("what"),
    "details": lambda: _("details"),
}
