"""An empty file to fill in: its columns are known again when it is imported."""

from __future__ import annotations

import tempfile
from typing import IO, Any

import xlsxwriter
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from subscribers.importing.fields import guess_fields
from subscribers.importing.runs import Field, fields
from subscribers.models import CustomField, Organisation, Programme, Role, Topic
from web.desk.downloads import FORMATS, download, headers
from web.desk.permissions import may_import, only

LEFT_OUT = frozenset({"affiliations"})  # one cell for all roles is for machines


@require_safe
@only(may_import)
def template_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    if kind not in FORMATS:
        raise Http404
    wanted = [field for field in fields() if field.name not in LEFT_OUT]
    names = column_names(wanted)
    if kind == "csv":
        return download([names], _("people-to-fill-in"), kind)
    told = [[name, field.label, hint(field)] for name, field in zip(names, wanted, strict=True)]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_template(file, names, told)
    file.seek(0)
    return FileResponse(file, headers=headers(f"{_('people-to-fill-in')}.xlsx"))


def write_template(file: IO[bytes], names: list[str], told: list[list[str]]) -> None:
    """A workbook with an empty sheet to fill in, and one that says what goes where."""
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    people, help_sheet = book.add_worksheet(_("People")), book.add_worksheet(_("What goes where"))
    for place, name in enumerate(names):
        people.write_string(0, place, name, bold)
        people.set_column(place, place, min(max(len(name) + 2, 14), 40))
    people.freeze_panes(1, 0)
    for place, (word, width) in enumerate([(_("Column"), 30), (_("What it is"), 36), (_("What can be written"), 90)]):
        help_sheet.write_string(0, place, word, bold)
        help_sheet.set_column(place, place, width)
    for number, row in enumerate(told, start=1):
        for place, cell in enumerate(row):
            help_sheet.write_string(number, place, cell, wrapped)
    help_sheet.freeze_panes(1, 0)
    book.close()


def column_names(wanted: list[Field]) -> list[str]:
    """What people call each field, where an import knows that word again; else its short name."""
    custom = dict(CustomField.objects.values_list("key", "label"))
    labels = [field.label for field in wanted]
    known = guess_fields(labels, [], remembered={}, custom=custom)
    return [
        label if guess == field.name else field.name for label, guess, field in zip(labels, known, wanted, strict=True)
    ]


def hint(field: Field) -> str:
    """What a cell of this column may say."""
    name = field.name
    if name.startswith("custom."):
        return _custom_hint(name.removeprefix("custom."))
    choices: dict[str, list[tuple[str, Any]]] = {
        "role": Role.choices,
        "programme": Programme.choices,
        "organisation_kind": Organisation.Kind.choices,
        "organisation_tier": Organisation.Tier.choices,
        "language": settings.LANGUAGES,
    }
    if name in choices:
        return ", ".join(f"{value} ({label})" for value, label in choices[name])
    if name == "topics":
        return "; ".join(Topic.objects.values_list("slug", flat=True)) or _("no topic was made yet")
    if name == "country" or name.endswith("_country"):
        return _("A code such as KE, or the country’s name")
    if name in {"since", "until"}:
        return _("A date such as 2026-03-05")
    return _("Needed: one address") if name == "email" else _("Text")


def _custom_hint(key: str) -> str:
    found = CustomField.objects.filter(key=key).first()
    if found is None:
        return ""
    if found.choices:
        return ", ".join(map(str, found.choices))
    return str(found.get_kind_display())
