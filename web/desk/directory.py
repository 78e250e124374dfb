"""The network on the desk: the menu of its lists, and the organisations among them."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSetGroup

from subscribers.models import Organisation
from web.desk.names import country_choices, country_label
from web.desk.organisation_chooser import organisation_chooser
from web.desk.segments import SegmentViewSet
from web.desk.subscribers import SubscriberViewSet
from web.desk.suppressions import SuppressionViewSet
from web.desk.viewset import DirectoryViewSet, used_countries


class OrganisationForm(WagtailAdminModelForm):
    class Meta:
        model = Organisation
        fields = ["name", "kind", "country", "tier"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "—"), *country_choices()]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError(_("One line only: no line breaks or control characters."))
        return name


class OrganisationFilterSet(WagtailFilterSet):
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind"), choices=Organisation.Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    country = django_filters.ChoiceFilter(
        label=gettext_lazy("Country"), choices=lambda: used_countries(Organisation.objects.all()), widget=forms.Select
    )

    class Meta:
        model = Organisation
        fields: list[str] = []


class OrganisationIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Organisation]:
        return Organisation.objects.annotate(people=Count("subscribers"))


class OrganisationDeleteView(generic.DeleteView):
    @property
    def confirmation_message(self) -> str:
        people, roles = self.object.subscribers.count(), self.object.affiliations.count()
        return " ".join(
            [
                _("Are you sure you want to delete this organisation?"),
                ngettext(
                    "%d subscriber stays, without an organisation.",
                    "%d subscribers stay, without an organisation.",
                    people,
                )
                % people,
                ngettext(
                    "%d affiliation that is held for it is deleted.",
                    "%d affiliations that are held for it are deleted.",
                    roles,
                )
                % roles,
            ]
        )


class OrganisationViewSet(DirectoryViewSet):
    model = Organisation
    name = "circular_organisations"
    url_prefix = "network/organisations"
    icon = "home"
    index_view_class = OrganisationIndexView
    delete_view_class = OrganisationDeleteView
    filterset_class = OrganisationFilterSet
    search_fields = ["name"]
    ordering = "name"
    inspect_view_fields = ["name", "kind", "country", "tier"]
    list_display = [
        "name",
        "kind",
        Column(
            "country",
            label=gettext_lazy("Country"),
            accessor=lambda row: country_label(row.country),
            sort_key="country",
        ),
        "tier",
        Column("people", label=gettext_lazy("Subscribers"), accessor="people", sort_key="people"),
    ]

    def get_form_class(self, for_update: bool = False) -> type[OrganisationForm]:
        return OrganisationForm


class NetworkGroup(ModelViewSetGroup):
    menu_label = gettext_lazy("Network")
    menu_name = "network"
    menu_icon = "group"
    menu_order = 300
    items = (SubscriberViewSet, OrganisationViewSet, SegmentViewSet, SuppressionViewSet)


@hooks.register("register_admin_viewset")
def register_network() -> list[Any]:
    return [NetworkGroup(), organisation_chooser]
