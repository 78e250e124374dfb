"""The form of a pace: a limit on all letters, or on those to one receiving domain."""

from __future__ import annotations

from typing import Any

import idna
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from dispatch.models import PaceRule
from dispatch.pace import Limits, family_of, members_of
from subscribers.time_zones import known_zones

LIMITING = ("per_minute", "connections", "per_day", "warm_up_from", "hours_from")
MOST_A_MINUTE = 1_000_000
MOST_TIMES = 10
TIMES = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class PaceForm(WagtailAdminModelForm):
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [(zone, zone) for zone in known_zones()],
        initial="UTC",
        help_text=gettext_lazy("In which its hours are meant, and its days begin."),
    )

    class Meta:
        model = PaceRule
        fields = [
            "domain",
            "per_minute",
            "connections",
            "per_day",
            "hours_from",
            "hours_until",
            "time_zone",
            "warm_up_from",
            "warm_up_first",
            "warm_up_factor",
        ]
        widgets = {"hours_from": TIMES, "hours_until": TIMES, "warm_up_from": AdminDateInput}
        labels = {"connections": gettext_lazy("Letters at the same time")}
        help_texts = {
            "domain": gettext_lazy(
                "What stands behind the @ of the readers’ addresses, such as gmail.com. Empty: all letters together."
            ),
            "per_minute": gettext_lazy("They leave evenly, not in bursts; all workers and machines share it."),
            "connections": gettext_lazy(
                "How many letters to this domain may be under way at once. Only for a receiving domain."
            ),
            "per_day": gettext_lazy("A letter that is tried again counts again."),
            "hours_from": gettext_lazy("Empty: at any hour."),
            "hours_until": gettext_lazy("An earlier hour is meant for the next day."),
            "warm_up_from": gettext_lazy(
                "For a new sending domain or address: few letters at first, more each day. Nothing is limited before."
            ),
            "warm_up_first": gettext_lazy("For example 200."),
            "warm_up_factor": gettext_lazy("1.5 makes 200, 300, 450, 675 …"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["per_minute"].validators.append(MaxValueValidator(MOST_A_MINUTE))
        self.fields["warm_up_factor"].validators.append(MaxValueValidator(MOST_TIMES))
        for name in ("connections", "per_day", "warm_up_first"):  # their kind of field would allow none as well
            field = self.fields[name]
            others = [one for one in field.validators if not isinstance(one, MinValueValidator)]
            field.validators = [*others, MinValueValidator(1)]
            field.widget.attrs["min"] = 1
        self.fields["domain"].disabled = self.instance.pk is not None

    def clean_domain(self) -> str:
        typed = self.cleaned_data["domain"].strip().lower().lstrip("@").rstrip(".")
        if not typed or self.fields["domain"].disabled:
            return typed or ""
        try:
            domain = idna.decode(idna.encode(typed, uts46=True))
        except (idna.IDNAError, UnicodeError) as error:
            raise forms.ValidationError(_("“%s” is no domain. Write what stands behind the @.") % typed) from error
        if "." not in domain:
            raise forms.ValidationError(_("“%s” is no domain. Write what stands behind the @.") % typed)
        return family_of(domain)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("connections") and not given.get("domain") and "domain" in given:
            self.add_error(
                "connections", _("Only for a receiving domain: all letters share the connections of the workers.")
            )
        self._both(given, "hours_from", "hours_until", _("Both hours are needed, or neither."))
        self._both(given, "warm_up_from", "warm_up_first", _("The day and its number of letters are both needed."))
        if given.get("hours_from") is not None and given.get("hours_from") == given.get("hours_until"):
            self.add_error("hours_until", _("This is the hour from which letters leave: leave both empty for all day."))
        if not self.errors and not any(given.get(name) is not None for name in LIMITING):
            raise forms.ValidationError(_("Nothing is limited yet: fill in a rate, a sum, hours or a warm-up."))
        return given

    def _both(self, given: dict[str, Any], one: str, other: str, words: str) -> None:
        if self.errors.keys() & {one, other}:
            return
        if (given.get(one) is None) != (given.get(other) is None):
            self.add_error(one if given.get(one) is None else other, words)

    def limits(self) -> Limits:
        """What the filled-in form would allow."""
        names = Limits.__dataclass_fields__
        return Limits(**{name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name) is not None})

    def shared_with(self) -> tuple[str, ...]:
        """The other domains that the rule holds for, because the same servers take their mail."""
        domain = self.cleaned_data.get("domain", "")
        return tuple(name for name in members_of(domain) if name != domain)
