"""The forms of a token and of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateTimeInput

from composer.preflight.addresses import is_private_host, split
from composer.preflight.door import PORTS
from subscribers.keys import Scope
from subscribers.models import ApiToken, Webhook

LAST_YEAR = 2999  # the database keeps years that Python can't read back

EVENTS = [
    (Webhook.Event.SUBSCRIBED, gettext_lazy("Somebody takes up a bulletin")),
    (Webhook.Event.UNSUBSCRIBED, gettext_lazy("Somebody leaves a bulletin")),
    (Webhook.Event.BOUNCED, gettext_lazy("An address bounces for good")),
    (Webhook.Event.COMPLAINED, gettext_lazy("Somebody reports a bulletin as spam")),
    (Webhook.Event.CHANGED, gettext_lazy("A person is added, or their details change")),
    (Webhook.Event.ERASED, gettext_lazy("A person is erased")),
]


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("The system that uses it: the audit log names it by this."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("No more than the system needs."),
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Valid until"),
        required=False,
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("Left empty, it is valid until it is revoked."),
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not name.isprintable():
            raise forms.ValidationError(_("One line only: no line breaks or control characters."))
        if ApiToken.objects.filter(name=name).exists():
            raise forms.ValidationError(_("There is a token of this name already, or was one: choose another name."))
        return name

    def clean_expires_at(self) -> Any:
        until = self.cleaned_data["expires_at"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError(_("This time is over already."))
        if until is not None and until.year > LAST_YEAR:
            raise forms.ValidationError(_("This is too far away: leave it empty for a token without an end."))
        return until


class WebhookForm(WagtailAdminModelForm):
    url = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text=gettext_lazy("It begins with https:// and can be reached by everybody."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("It is told when"),
        choices=EVENTS,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Webhook
        fields = ["url", "note", "events"]
        help_texts = {"note": gettext_lazy("What it is for, for your colleagues.")}

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        parts = split(url)
        if parts is None or parts.scheme != "https":
            raise forms.ValidationError(_("It has to begin with https://: people’s addresses go there."))
        if parts.username or parts.password:
            raise forms.ValidationError(_("No name and password in the address: the signature says who we are."))
        if is_private_host(parts.hostname or ""):
            raise forms.ValidationError(_("It is no address that the public can reach: nothing is sent there."))
        port = 443 if parts.port is None else parts.port
        if port not in PORTS:
            named = {"port": port, "ports": ", ".join(map(str, sorted(PORTS)))}
            raise forms.ValidationError(_("Nothing is sent to port %(port)d: it may be one of %(ports)s.") % named)
        return url
