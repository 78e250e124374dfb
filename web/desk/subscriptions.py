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

State = Subscription.State


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A bulletin, and the subscriber's state for it; empty where there is none."""

    bulletin_key: UUID
    bulletin: str
    state: str
    since: datetime | None

    @property
    def state_label(self) -> str:
        return str(State(self.state).label) if self.state else _("Not subscribed")


def subscription_rows(subscriber: Subscriber | None) -> list[SubscriptionRow]:
    """A row for every bulletin, and for those that are gone but have a subscription."""
    titles = bulletin_titles()
    there = subscriber.subscriptions.all() if subscriber is not None and subscriber.pk else []
    held = {each.bulletin_key: each for each in there}
    rows = [
        SubscriptionRow(
            key,
            bulletin_label(key, titles),
            held[key].state if key in held else "",
            held[key].changed_at if key in held else None,
        )
        for key in {**titles, **held}
    ]
    return sorted(rows, key=lambda row: row.bulletin.casefold())


class SubscriptionForm(forms.Form):
    """The state of one subscription. To make it active, one says how the person's agreement is known."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    basis = forms.CharField(
        label=gettext_lazy("How we know that they agree"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("needed to make it active")}),
    )

    def __init__(self, row: SubscriptionRow, data: Any = None) -> None:
        super().__init__(data, prefix=f"subscription-{row.bulletin_key}", initial={"state": row.state})
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
