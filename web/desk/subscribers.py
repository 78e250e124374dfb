"""Subscribers on the desk: a person with all that belongs to them on one page, changed, looked at, deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Now
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from subscribers.days import TODAY
from subscribers.erasure import erase
from subscribers.models import Affiliation, Subscriber, Suppression, Webhook
from subscribers.suppression import reason_of, suppress
from subscribers.webhooks import announce
from web.desk.audit import changed_facts, facts_of
from web.desk.people_filters import SubscriberFilterSet, used_languages
from web.desk.people_list import LIST_DISPLAY, SubscriberIndexView
from web.desk.person import known_of
from web.desk.proof import proof
from web.desk.subscriber_form import AffiliationFormSet, SubscriberForm
from web.desk.subscriptions import SubscriptionForm, subscription_rows
from web.desk.viewset import DESK_CSS, DirectoryViewSet


def _past_last() -> QuerySet[Affiliation]:
    past = Case(When(until__lt=TODAY, then=Value(1)), default=Value(0))
    return Affiliation.objects.select_related("organisation").order_by(past, "pk")


class PersonFormMixin:
    """A person's own fields, topics, affiliations and subscriptions, saved together or not at all."""

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
            queryset=_past_last(),
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
        self.form.save_topics(subscriber)
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
    """Changing a person; what was changed is kept in the log, field by field."""

    @property
    def header_buttons(self) -> list[Any]:
        return [HeaderButton(_("View"), url=self.get_inspect_url(), icon_name="view")]

    def save_instance(self) -> Subscriber:
        before = facts_of(Subscriber.objects.select_related("organisation").get(pk=self.object.pk))
        subscriber = super().save_instance()
        changes = changed_facts(before, facts_of(Subscriber.objects.get(pk=subscriber.pk)))
        entry = ModelLogEntry.objects.for_instance(subscriber).order_by("-pk").first()
        if entry is not None:
            ModelLogEntry.objects.filter(pk=entry.pk).update(data={"changes": changes}, content_changed=bool(changes))
        if changes:
            Subscriber.objects.filter(pk=subscriber.pk).update(changed_at=Now())
            announce(Webhook.Event.CHANGED, [subscriber.pk], source=f"desk, {self.request.user.get_username()}")
        return subscriber


class SubscriberInspectView(generic.InspectView):
    """The person with everything, for those who may look but not change, and to be read in peace."""

    template_name = "web/desk/subscriber_inspect.html"
    page_title = gettext_lazy("View")

    def get_object(self, queryset: Any = None) -> Subscriber:
        person: Subscriber = super().get_object(queryset)
        return person

    @property
    def header_buttons(self) -> list[Any]:
        address = reverse("circular_subscribers:proof", args=[self.object.pk])
        return [HeaderButton(_("Proof of consent"), url=address, icon_name="doc-full")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["person"] = known_of(self.object, self.request.GET)
        context["media"] = DESK_CSS
        return context


class SubscriberDeleteView(generic.DeleteView):
    """Deleting a person; with it, unless it is unticked, their address is never written to again."""

    template_name = "web/desk/subscriber_confirm_delete.html"

    def delete_action(self) -> None:
        delete_person(self.object, user=self.request.user, never_again=bool(self.request.POST.get("suppress")))


@transaction.atomic
def delete_person(person: Subscriber, *, user: Any, never_again: bool) -> None:
    """Take a person out, with the address suppressed or not. A suppression that was there before stays either way."""
    before = reason_of(person.address_hash)
    if never_again:
        suppress(person.address_hash, Suppression.Reason.MANUAL, note=_("Deleted on the desk"))
    entries = ModelLogEntry.objects.for_instance(person)
    log(instance=person, action="wagtail.delete", user=user, deleted=True)
    # The audit log keeps what was done, and forgets to whom: its label is the name or the address.
    entry_ids = list(entries.values_list("pk", flat=True))
    erase(person.pk)
    ModelLogEntry.objects.filter(pk__in=entry_ids).update(label=_("a deleted subscriber"), data={})
    if not never_again and before is None:
        Suppression.objects.filter(address_hash=person.address_hash).delete()


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
    index_template_name = "web/desk/people_index.html"
    index_results_template_name = "web/desk/people_index_results.html"
    filterset_class = SubscriberFilterSet
    search_fields = ["name", "email"]
    ordering = "name"
    list_display = LIST_DISPLAY

    def get_form_class(self, for_update: bool = False) -> type[SubscriberForm]:
        return SubscriberForm

    def get_urlpatterns(self) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("proof/<int:pk>/", proof, name="proof")]
