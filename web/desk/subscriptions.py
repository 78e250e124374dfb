"""A subscriber's subscriptions on the desk: one row for each bulletin, and what a change of one means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscribers.models import Consent, Subscriber, Subscription
from subscribers.subscribing import activate
from subscribers.unsubscribe import unsubscribe
from web.desk.names import bulletin_label, bulletin_titles
from web.desk.subscriber_form import clean_language

State = Subscription.State
Frequency = Subscription.Frequency


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A bulletin, and the subscriber's state for it; empty where there is none."""

    bulletin_key: UUID
    bulletin: str
    state: str
    since: datetime | None
    language: str = ""
    frequency: str = Frequency.EVERY

    @property
    def state_label(self) -> str:
        return str(State(self.state).label) if self.state else _("Not subscribed")

    @property
    def frequency_label(self) -> str:
        return str(Frequency(self.frequency).label)


def subscription_rows(subscriber: Subscriber | None) -> list[SubscriptionRow]:
    """A row for every bulletin, and for those that are gone but have a subscription."""
    titles = bulletin_titles()
    there = subscriber.subscriptions.all() if subscriber is not None and subscriber.pk else []
    held = {each.bulletin_key: each for each in there}
    rows = [_row(key, bulletin_label(key, titles), held.get(key)) for key in {**titles, **held}]
    return sorted(rows, key=lambda row: row.bulletin.casefold())


def _row(key: UUID, title: str, held: Subscription | None) -> SubscriptionRow:
    if held is None:
        return SubscriptionRow(key, title, "", None)
    return SubscriptionRow(key, title, held.state, held.changed_at, held.language, held.frequency)


class SubscriptionForm(forms.Form):
    """The state of one subscription. To make it active, one says how the person's agreement is known."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    basis = forms.CharField(
        label=gettext_lazy("How we know that they agree"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("needed to make it active")}),
    )

    language = forms.CharField(
        label=gettext_lazy("Language"),
        required=False,
        max_length=12,
        widget=forms.TextInput(
            attrs={"list": "languages", "autocomplete": "off", "placeholder": gettext_lazy("the person’s own")}
        ),
    )
    frequency = forms.ChoiceField(label=gettext_lazy("How often"), choices=Frequency.choices, required=False)

    def __init__(self, row: SubscriptionRow, data: Any = None) -> None:
        kept = {"state": row.state, "language": row.language, "frequency": row.frequency}
        super().__init__(data, prefix=f"subscription-{row.bulletin_key}", initial=kept)
        self.row = row
        self.fields["state"] = forms.ChoiceField(
            choices=[(value, label) for value, label in _ALLOWED[row.state]], required=False, label=_("State")
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self._activates() and not cleaned.get("basis"):
            self.add_error("basis", _("Say how we know that the person agrees: it is kept with the consent."))
        if not cleaned["basis"].isprintable() if cleaned.get("basis") else False:
            self.add_error("basis", _("One line only: no line breaks or control characters."))
        return cleaned

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"]) if self.cleaned_data.get("language") else ""

    def save(self, subscriber: Subscriber, *, username: str) -> None:
        """Record the change, if there is one."""
        if self._activates():
            activate(
                subscriber.pk,
                self.row.bulletin_key,
                basis=Consent.Basis.DESK,
                source=f"desk, {username}: {self.cleaned_data['basis']}",
            )
        elif self.cleaned_data["state"] == State.UNSUBSCRIBED != self.row.state:
            unsubscribe(
                subscriber_id=subscriber.pk,
                bulletin_key=self.row.bulletin_key,
                basis=Consent.Basis.DESK,
                source=f"desk, {username}",
            )

        self._save_wishes(subscriber)

    def _save_wishes(self, subscriber: Subscriber) -> None:
        """Language and frequency, where the form was shown with them and the person takes the bulletin."""
        wishes = {
            name: self.cleaned_data[name] for name in ("language", "frequency") if self.add_prefix(name) in self.data
        }
        wishes = {name: value for name, value in wishes.items() if value or name == "language"}
        if any(getattr(self.row, name) != value for name, value in wishes.items()):
            Subscription.objects.filter(subscriber=subscriber, bulletin_key=self.row.bulletin_key).update(**wishes)

    def _activates(self) -> bool:
        return bool(self.cleaned_data.get("state") == State.ACTIVE != self.row.state)


_NONE = ("", gettext_lazy("Not subscribed"))
_PENDING = (State.PENDING.value, State.PENDING.label)
_ACTIVE = (State.ACTIVE.value, State.ACTIVE.label)
_UNSUBSCRIBED = (State.UNSUBSCRIBED.value, State.UNSUBSCRIBED.label)

# What each state may become by hand. A subscription is never deleted: that somebody left must be known for good.
_ALLOWED: dict[str, list[tuple[str, Any]]] = {
    "": [_NONE, _ACTIVE],
    State.PENDING: [_PENDING, _ACTIVE, _UNSUBSCRIBED],
    State.ACTIVE: [_ACTIVE, _UNSUBSCRIBED],
    State.UNSUBSCRIBED: [_UNSUBSCRIBED, _ACTIVE],
}
