"""Choosing an organisation in a form: Wagtail's chooser, searched by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import URLPattern
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.chooser import ChooserViewSet

from subscribers.models import Organisation
from web.desk.names import country_label


class NameFilterForm(BaseFilterForm):
    q = forms.CharField(
        label=gettext_lazy("Search term"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Search")}),
    )

    def filter(self, objects: QuerySet[Organisation]) -> QuerySet[Organisation]:
        if query := self.cleaned_data.get("q"):
            self.is_searching, self.search_query = True, query
            objects = objects.filter(name__icontains=query)
        return objects


class ChooseMixin(PermissionCheckedMixin):
    """For those who may see organisations or put people into them."""

    filter_form_class = NameFilterForm

    def user_has_any_permission(self, permissions: list[str]) -> bool:
        held = [f"subscribers.{action}_{noun}" for action in permissions for noun in ("organisation", "subscriber")]
        return any(self.request.user.has_perm(name) for name in held)

    any_permission_required = ["add", "change", "delete", "view"]

    @property
    def columns(self) -> list[Any]:
        return [
            *super().columns,
            Column("kind", label=gettext_lazy("Kind"), accessor="get_kind_display"),
            Column("country", label=gettext_lazy("Country"), accessor=lambda row: country_label(row.country)),
        ]


class ChooseView(ChooseMixin, chooser.ChooseView):
    pass


class ChooseResultsView(ChooseMixin, chooser.ChooseResultsView):
    pass


class ChosenView(ChooseMixin, chooser.ChosenView):
    pass


class ChosenMultipleView(ChooseMixin, chooser.ChosenMultipleView):
    pass


class OrganisationChooserViewSet(ChooserViewSet):
    model = Organisation
    icon = "home"
    choose_one_text = gettext_lazy("Choose an organisation")
    choose_another_text = gettext_lazy("Choose another organisation")
    edit_item_text = gettext_lazy("Edit this organisation")
    choose_view_class = ChooseView
    choose_results_view_class = ChooseResultsView
    chosen_view_class = ChosenView
    chosen_multiple_view_class = ChosenMultipleView
    register_widget = True
    url_prefix = "network/organisations/choose"

    def get_urlpatterns(self) -> list[URLPattern]:
        """Nobody makes an organisation while choosing one: there is no form for it."""
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "create"]


organisation_chooser = OrganisationChooserViewSet("circular_organisation_chooser")
OrganisationChooser = organisation_chooser.widget_class
