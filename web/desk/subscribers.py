"""Subscribers on the desk: the list, and a person with all that belongs to them on one page."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusFlagColumn
from wagtail.admin.views import generic
from wagtail.models import ModelLogEntry

from subscribers.erasure import ledger_may_go
from subscribers.models import Affiliation, Organisation, Programme, Role, Subscriber, Suppression
from subscribers.suppression import suppress
from web.desk.names import country_label, language_label
from web.desk.person import known_of
from web.desk.subscriber_form import AffiliationFormSet, SubscriberForm
from web.desk.subscriptions import SubscriptionForm, subscription_rows
from web.desk.viewset import DESK_CSS, DirectoryViewSet, used_countries


def roles_of(subscriber: Subscriber) -> str:
    return ", ".join(dict.fromkeys(str(Role(each.role).label) for each in subscriber.affiliations.all()))


def breakable_address(subscriber: Subscriber) -> str:
    """The address, which a narrow column may break before the @."""
    local, _at, domain = subscriber.email.rpartition("@")
    return format_html("{}<wbr>@{}", local, domain)


def used_languages() -> list[tuple[str, str]]:
    codes = Subscriber.objects.order_by("language").values_list("language", flat=True).distinct()
    return [(code, language_label(code)) for code in codes]


class SubscriberFilterSet(WagtailFilterSet):
    language = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Language"), choices=used_languages, widget=forms.CheckboxSelectMultiple
    )
    country = django_filters.ChoiceFilter(
        label=gettext_lazy("Country"), choices=lambda: used_countries(Subscriber.objects.all()), widget=forms.Select
    )
    role = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Role"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, method="holding"
    )
    programme = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Programme"),
        choices=Programme.choices,
        widget=forms.CheckboxSelectMultiple,
        method="holding",
    )
    organisation_kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind of organisation"),
        field_name="organisation__kind",
        choices=Organisation.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        distinct=False,
    )

    class Meta:
        model = Subscriber
        fields: list[str] = []

    def holding(self, people: QuerySet[Subscriber], name: str, values: list[str]) -> QuerySet[Subscriber]:
        """Those with an affiliation whose role (or programme) is one of the values."""
        if not values:
            return people
        return people.filter(Exists(Affiliation.objects.filter(**{f"{name}__in": values}, subscriber=OuterRef("pk"))))


class SubscriberIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Subscriber]:
        suppressed = Suppression.objects.filter(address_hash=OuterRef("address_hash"))
        return (
            Subscriber.objects.select_related("organisation")
            .prefetch_related("affiliations")
            .annotate(suppressed=Exists(suppressed))
        )

    @cached_property
    def columns(self) -> list[Any]:
        name, *others = super().columns
        name.width = "20%"
        return [name, *others]

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        context["media"] += DESK_CSS
        return context


class PersonFormMixin:
    """A person's own fields, affiliations and subscriptions, saved together or not at all."""

    template_name = "web/desk/subscriber_form.html"

    request: Any
    object: Any
    form: Any

    def _subscriber(self) -> Subscriber | None:
        return getattr(self, "object", None)

    @cached_property
    def affiliations(self) -> Any:
        return AffiliationFormSet(
            self.request.POST if self.request.method == "POST" else None,
            instance=self._subscriber() or Subscriber(),
            prefix="affiliations",
        )

    @cached_property
    def subscriptions(self) -> list[SubscriptionForm]:
        data = self.request.POST if self.request.method == "POST" else None
        return [SubscriptionForm(row, data) for row in subscription_rows(self._subscriber())]

    def is_valid(self, form: Any) -> bool:
        valid = super().is_valid(form)  # type: ignore[misc]
        others = [self.affiliations.is_valid(), *(each.is_valid() for each in self.subscriptions)]
        if valid and not all(others):
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
        return valid and all(others)

    def save_instance(self) -> Subscriber:
        """Called by Wagtail's views inside a transaction."""
        subscriber: Subscriber = super().save_instance()  # type: ignore[misc]
        self.affiliations.instance = subscriber
        self.affiliations.save()
        for form in self.subscriptions:
            form.save(subscriber, username=self.request.user.get_username())
        return subscriber

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        subscriber = self._subscriber()
        context["affiliations"] = self.affiliations
        context["subscriptions"] = self.subscriptions
        context["languages"] = used_languages()
        context["person"] = known_of(subscriber) if subscriber is not None and subscriber.pk else None
        context["media"] += self.affiliations.media + DESK_CSS
        return context


class SubscriberCreateView(PersonFormMixin, generic.CreateView):
    pass


class SubscriberEditView(PersonFormMixin, generic.EditView):
    pass


class SubscriberInspectView(generic.InspectView):
    """The person for those who may look but not change."""

    template_name = "web/desk/subscriber_inspect.html"
    page_title = gettext_lazy("View")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["person"] = known_of(self.object)
        context["affiliations"] = self.object.affiliations.select_related("organisation")
        context["subscriptions"] = [row for row in subscription_rows(self.object) if row.state]
        context["media"] = DESK_CSS
        return context


class SubscriberDeleteView(generic.DeleteView):
    """Deleting a person; with it, unless it is unticked, their address is never written to again."""

    template_name = "web/desk/subscriber_confirm_delete.html"

    def delete_action(self) -> None:
        log_entries = ModelLogEntry.objects.for_instance(self.object)
        with transaction.atomic():
            if self.request.POST.get("suppress"):
                suppress(self.object.address_hash, Suppression.Reason.MANUAL, note=_("Deleted on the desk"))
            with ledger_may_go():
                super().delete_action()
            # The audit log keeps what was done, and forgets to whom: its label is the name or the address.
            log_entries.update(label=_("a deleted subscriber"))


class SubscriberViewSet(DirectoryViewSet):
    model = Subscriber
    name = "circular_subscribers"
    url_prefix = "network/subscribers"
    icon = "user"
    index_view_class = SubscriberIndexView
    add_view_class = SubscriberCreateView
    edit_view_class = SubscriberEditView
    inspect_view_class = SubscriberInspectView
    delete_view_class = SubscriberDeleteView
    filterset_class = SubscriberFilterSet
    search_fields = ["name", "email"]
    ordering = "name"
    list_display = [
        "name",
        Column("email", label=gettext_lazy("Address"), accessor=breakable_address, sort_key="email"),
        "organisation",
        Column(
            "country",
            label=gettext_lazy("Country"),
            accessor=lambda row: country_label(row.country),
            sort_key="country",
        ),
        Column(
            "language",
            label=gettext_lazy("Language"),
            accessor=lambda row: language_label(row.language),
            sort_key="language",
        ),
        Column("roles", label=gettext_lazy("Roles"), accessor=roles_of),
        StatusFlagColumn("suppressed", label=gettext_lazy("Mail"), true_label=gettext_lazy("Suppressed")),
    ]

    def get_form_class(self, for_update: bool = False) -> type[SubscriberForm]:
        return SubscriberForm
