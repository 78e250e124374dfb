"""What the directory's lists have in common, on Wagtail's generic views."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import URLPattern
from wagtail.admin.viewsets.model import ModelViewSet

from web.desk.names import Choices, country_label

DESK_CSS = forms.Media(css={"all": ["circular/desk/desk.css"]})


def used_countries(rows: QuerySet[Any]) -> Choices:
    """The countries that occur among `rows`, by name."""
    codes = rows.exclude(country="").order_by("country").values_list("country", flat=True).distinct()
    return sorted(((code, country_label(code)) for code in codes), key=lambda choice: choice[1].casefold())


class DirectoryViewSet(ModelViewSet):
    """A list of the network under `/desk/network/`, its URL names under `circular_…:`.

    Rows are many and refer to each other by foreign keys alone, so Wagtail's reference index is left out, and
    with it the pages that count usage; a copy of a person or a body would be one too many.
    """

    inspect_view_enabled = True
    copy_view_enabled = False
    add_to_reference_index = False
    list_per_page = 50

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        shared: dict[str, Any] = super().get_common_view_kwargs(**kwargs)
        shared.pop("usage_url_name")
        return shared

    def get_urlpatterns(self) -> list[URLPattern]:
        patterns: list[URLPattern] = super().get_urlpatterns()
        return [pattern for pattern in patterns if pattern.name != "usage"]
