"""Choosing a country: a select whose 250 options cost next to nothing, however many selects a page has."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from web.desk.names import country_choices, desk_language


@lru_cache(maxsize=8)
def _options(language: str) -> SafeString:
    del language  # it is the desk's: the cache has one set for each
    choices = [("", "—"), *country_choices()]
    return format_html_join("", '<option value="{}">{}</option>', choices)


class CountrySelect(forms.Select):
    """A select of all countries, written in one go instead of by a template for each option."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        options = str(_options(desk_language()))
        mark = f'<option value="{escape(value or "")}"'
        chosen = options.replace(mark, f"{mark} selected", 1)
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<select{}>{}</select>", attributes, mark_safe(chosen))  # noqa: S308 - escaped above


def country_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Country"), choices=[("", "—"), *country_choices()], required=False, widget=CountrySelect
    )
