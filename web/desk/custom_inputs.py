"""The network's own fields of people in forms: an input by kind, and what was put in as the value that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from wagtail.admin.widgets import AdminDateInput

from subscribers.custom_values import BadValue, FieldKind, Value, read_value
from subscribers.models import CustomField

PREFIX = "custom-"


def custom_inputs(fields: Sequence[CustomField], values: dict[str, Any]) -> dict[str, forms.Field]:
    """A form's fields by name, with what is kept in them."""
    return {f"{PREFIX}{each.key}": _input(each, values.get(each.key)) for each in fields}


def clean_custom(form: forms.BaseForm, fields: Sequence[CustomField], before: dict[str, Any]) -> dict[str, Value]:
    """The values that `form` was given, over those of keys that it doesn't show; its errors say what is wrong."""
    values = dict(before)
    for each in fields:
        name = f"{PREFIX}{each.key}"
        try:
            value = read_value(each.kind, form.cleaned_data.get(name) or "", choices=each.choices)
        except BadValue as error:
            form.add_error(name, str(error))
            continue
        if value is None:
            values.pop(each.key, None)
        else:
            values[each.key] = value
    return values


def _input(field: CustomField, value: Any) -> forms.Field:
    """All of them give text, which `read_value` reads as it does that of a file."""
    common: dict[str, Any] = {"label": field.label, "required": False, "initial": _as_text(value)}
    match field.kind:
        case FieldKind.BOOLEAN:
            choices = [("", "—"), ("yes", _("Yes")), ("no", _("No"))]
            return forms.ChoiceField(choices=choices, **common)
        case FieldKind.CHOICE:
            known = [each for each in [*field.choices, *([value] if value else [])] if isinstance(each, str)]
            return forms.ChoiceField(choices=[("", "—"), *((each, each) for each in dict.fromkeys(known))], **common)
        case FieldKind.DATE:
            return forms.CharField(widget=AdminDateInput(format="%Y-%m-%d"), **common)
        case FieldKind.NUMBER:
            return forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **common)
    return forms.CharField(**common)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def value_words(kind: str, value: Any) -> str:
    """A value as it is read on the desk."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if kind == FieldKind.DATE and isinstance(value, str):
        try:
            return date_format(date.fromisoformat(value))
        except ValueError:
            return value
    return str(localize(value)) if isinstance(value, int | float) else str(value)
