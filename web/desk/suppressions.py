"""Addresses never to be written to, on the desk: listed by what is known of them, added by address."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.db.models import QuerySet
from django.urls import URLPattern
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.admin_url_finder import ModelAdminURLFinder
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.log_actions import log

from subscribers.addresses import BadAddress, address_hash, normalised_address
from subscribers.models import Subscriber, Suppression
from subscribers.suppression import suppress
from web.desk.viewset import DirectoryViewSet

Reason = Suppression.Reason
LONGEST_ID = 19  # digits; PostgreSQL's bigint ends there


class SuppressionForm(WagtailAdminModelForm):
    """Takes an address and keeps its keyed hash alone."""

    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=320,
        help_text=gettext_lazy("It is not kept: only a keyed hash of it, by which it is known when it comes again."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    class Meta:
        model = Suppression
        fields = ["reason", "note"]
        help_texts = {"note": gettext_lazy("No name and no address here, please: the list is to hold neither.")}

    field_order = ["address", "reason", "note"]

    def clean_address(self) -> str:
        try:
            address = normalised_address(self.cleaned_data["address"])
        except BadAddress as error:
            raise forms.ValidationError(str(error)) from error
        there = Suppression.objects.filter(address_hash=address_hash(address)).first()
        if there is not None:
            raise forms.ValidationError(
                _("This address is on the list since %(date)s: %(reason)s.")
                % {"date": date_format(localtime(there.created_at)), "reason": there.get_reason_display()}
            )
        return address

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if "@" in note:
            raise forms.ValidationError(_("No address here: the list is to hold none."))
        return note


class SuppressionFilterSet(WagtailFilterSet):
    reason = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Reason"), choices=Reason.choices, widget=forms.CheckboxSelectMultiple
    )
    created_at = django_filters.DateFromToRangeFilter(label=gettext_lazy("Since"), widget=DateRangePickerWidget)

    class Meta:
        model = Suppression
        fields: list[str] = []


class SuppressionIndexView(generic.IndexView):
    is_searchable = True

    def search_queryset(self, queryset: QuerySet[Suppression]) -> QuerySet[Suppression]:
        """An address finds its entry; other words are looked for in the notes."""
        if not self.is_searching:
            return queryset
        try:
            return queryset.filter(address_hash=address_hash(normalised_address(self.search_query)))
        except BadAddress:
            return queryset.filter(note__icontains=self.search_query)


class SuppressionCreateView(generic.CreateView):
    page_title = gettext_lazy("Never write to an address")
    success_message = gettext_lazy("The address is never written to from now on.")
    submit_button_label = gettext_lazy("Never write to it")

    def get_initial(self) -> dict[str, Any]:
        """`?subscriber=<id>` fills in the address of someone whom the user may see."""
        initial: dict[str, Any] = super().get_initial()
        number = self.request.GET.get("subscriber", "")
        may_see = any(self.request.user.has_perm(f"subscribers.{each}_subscriber") for each in ("view", "change"))
        if may_see and number.isdecimal() and len(number) < LONGEST_ID:
            initial["address"] = getattr(Subscriber.objects.filter(pk=int(number)).first(), "email", "")
        return initial

    def save_instance(self) -> Suppression:
        hashed = address_hash(self.form.cleaned_data["address"])
        reason = Reason(self.form.cleaned_data["reason"])
        created = suppress(hashed, reason, note=self.form.cleaned_data["note"])
        suppression = Suppression.objects.get(address_hash=hashed)
        if created:
            log(instance=suppression, action="wagtail.create", user=self.request.user)
        return suppression

    def get_success_buttons(self) -> list[Any]:
        return []


class SuppressionDeleteView(generic.DeleteView):
    """Removing an entry, after a page that says what follows from it."""

    template_name = "web/desk/suppression_confirm_delete.html"
    page_title = gettext_lazy("Remove")
    success_message = gettext_lazy("The address may be written to again.")

    @property
    def consequences(self) -> list[str]:
        """What it means, the reason's own part first."""
        return [
            str(MEANING[Reason(self.object.reason)]),
            _(
                "Without the entry, bulletins go to this address again wherever it has an active subscription, "
                "and imports may bring it back."
            ),
            _(
                "The address itself is not known here: once removed, the entry can only be made again by someone "
                "who knows the address."
            ),
        ]


MEANING: dict[Suppression.Reason, Any] = {
    Reason.HARD_BOUNCE: gettext_lazy(
        "The receiving server said that there is no such address. Writing to it again harms the sender's reputation: "
        "remove the entry only if you know that the address works now."
    ),
    Reason.COMPLAINT: gettext_lazy(
        "The person reported a bulletin as spam. Remove the entry only if they asked for it themselves."
    ),
    Reason.UNSUBSCRIBED: gettext_lazy(
        "The person does not want to be written to. Remove the entry only if they asked for it themselves."
    ),
    Reason.MANUAL: gettext_lazy(
        "Somebody put it on the list by hand, perhaps because the person asked to be forgotten. "
        "Remove the entry only if you know why it was made."
    ),
}


class SuppressionViewSet(DirectoryViewSet):
    """There is no editing: an entry says what happened."""

    model = Suppression
    name = "circular_suppressions"
    url_prefix = "network/suppressions"
    icon = "no-view"
    index_view_class = SuppressionIndexView
    add_view_class = SuppressionCreateView
    delete_view_class = SuppressionDeleteView
    filterset_class = SuppressionFilterSet
    ordering = "-created_at"
    inspect_view_fields = ["reason", "note", "created_at"]
    list_display = [
        "__str__",
        Column("reason", label=gettext_lazy("Reason"), accessor="get_reason_display", sort_key="reason"),
        "note",
        DateColumn("created_at", label=gettext_lazy("Since"), sort_key="created_at"),
    ]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        shared = super().get_common_view_kwargs(**kwargs)
        shared.pop("edit_url_name")
        return shared

    @property
    def url_finder_class(self) -> type[ModelAdminURLFinder]:
        """Where Wagtail's reports lead, which look for the page to edit something: to the page that shows it."""
        return type("SuppressionFinder", (ModelAdminURLFinder,), {"edit_url_name": self.get_url_name("inspect")})

    def get_form_class(self, for_update: bool = False) -> type[SuppressionForm]:
        return SuppressionForm

    def get_urlpatterns(self) -> list[URLPattern]:
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "edit"]
