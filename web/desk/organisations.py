"""Organisations on the desk: their list, and each with its people and what these are to the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from subscribers.models import Affiliation, Organisation, Subscriber
from subscribers.regions import countries_in
from web.desk.affiliations import CURRENT
from web.desk.country_select import country_field
from web.desk.names import country_label, region_choices
from web.desk.people_list import roles_of
from web.desk.viewset import DESK_CSS, DirectoryViewSet, used_countries

PER_PAGE = 50


class OrganisationForm(WagtailAdminModelForm):
    class Meta:
        model = Organisation
        fields = ["name", "kind", "country", "tier", "external_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = country_field()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError(_("One line only: no line breaks or control characters."))
        return name


class OrganisationFilterSet(WagtailFilterSet):
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind"), choices=Organisation.Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    tier = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Tier"), choices=Organisation.Tier.choices, widget=forms.CheckboxSelectMultiple
    )
    country = django_filters.ChoiceFilter(
        label=gettext_lazy("Country"), choices=lambda: used_countries(Organisation.objects.all()), widget=forms.Select
    )
    region = django_filters.ChoiceFilter(
        label=gettext_lazy("Region"), choices=region_choices, widget=forms.Select, method="lying_in"
    )
    people = django_filters.ChoiceFilter(
        label=gettext_lazy("People"),
        choices=[("none", gettext_lazy("Without people")), ("some", gettext_lazy("With people"))],
        widget=forms.Select,
        method="with_people",
    )

    class Meta:
        model = Organisation
        fields: list[str] = []

    def lying_in(self, bodies: QuerySet[Organisation], name: str, region: str) -> QuerySet[Organisation]:
        return bodies.filter(country__in=countries_in(region))

    def with_people(self, bodies: QuerySet[Organisation], name: str, value: str) -> QuerySet[Organisation]:
        """Nobody's own organisation, and no affiliation is held for it; or the contrary."""
        some = Q(Exists(Subscriber.objects.filter(organisation=OuterRef("pk")))) | Q(
            Exists(Affiliation.objects.filter(organisation=OuterRef("pk")))
        )
        return bodies.filter(some if value == "some" else ~some)


class OrganisationIndexView(generic.IndexView):
    """The people of an organisation are counted for those of the page alone."""

    def get_table(self, object_list: Sequence[Organisation]) -> Any:
        rows = list(object_list)
        people = (
            Subscriber.objects.filter(organisation__in=[row.pk for row in rows])
            .order_by()
            .values_list("organisation")
            .annotate(number=Count("pk"))
        )
        counted = dict(people)
        for row in rows:
            row.people = counted.get(row.pk, 0)  # type: ignore[attr-defined]
        return super().get_table(rows)


class OrganisationInspectView(generic.InspectView):
    """The organisation with its people: those whose own it is, and those who hold an affiliation for it."""

    template_name = "web/desk/organisation_inspect.html"
    page_title = gettext_lazy("View")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if any(self.request.user.has_perm(f"subscribers.{action}_subscriber") for action in ("view", "change")):
            context["page"] = people_of(self.object, self.request.GET.get("p"))
        context["media"] = DESK_CSS
        return context


def people_of(body: Organisation, number: str | None) -> Page[Any]:
    """A page of the organisation's people, by name; with each come the affiliations held for it today."""
    ids = (
        Subscriber.objects.filter(organisation=body)
        .order_by()
        .values("pk")
        .union(Affiliation.objects.filter(organisation=body).order_by().values("subscriber"))
    )
    held = Prefetch("affiliations", Affiliation.objects.filter(CURRENT, organisation=body).order_by("pk"))
    people = Subscriber.objects.filter(pk__in=ids).prefetch_related(held).order_by("name", "email")
    page: Page[Any] = Paginator(people, PER_PAGE).get_page(number)
    page.object_list = [(person, roles_of(person)) for person in page]
    return page


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
    inspect_view_class = OrganisationInspectView
    delete_view_class = OrganisationDeleteView
    filterset_class = OrganisationFilterSet
    search_fields = ["name", "external_id"]
    ordering = "name"
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
        "external_id",
        Column("people", label=gettext_lazy("Subscribers"), accessor="people"),
    ]

    def get_form_class(self, for_update: bool = False) -> type[OrganisationForm]:
        return OrganisationForm
