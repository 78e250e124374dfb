"""The form of a person: who they are, what they are to the network, what interests them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.formsets import BaseFormSetMixin
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from subscribers.addresses import BadAddress, mailable_address
from subscribers.models import Affiliation, CustomField, Interest, Subscriber, Topic
from web.desk.affiliations import today
from web.desk.country_select import country_field
from web.desk.custom_inputs import clean_custom, custom_inputs
from web.desk.names import desk_language
from web.desk.organisation_chooser import OrganisationChooser

if TYPE_CHECKING:
    BaseAffiliations = forms.BaseInlineFormSet[Affiliation, Subscriber, forms.ModelForm[Affiliation]]
    AffiliationModelForm = forms.ModelForm[Affiliation]
else:
    BaseAffiliations = forms.BaseInlineFormSet
    AffiliationModelForm = forms.ModelForm

HELD = ("role", "programme", "organisation", "country", "since")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")


def clean_language(code: str) -> str:
    """The code in its usual form; ValidationError where it is none."""
    code = code.strip().lower().replace("_", "-")
    if not LANGUAGE.match(code):
        raise forms.ValidationError(_("A code of a language, such as en, fr or zh-hans."))
    return code


class SubscriberForm(WagtailAdminModelForm):
    """The person's own fields, the network's custom ones and the topics that they ticked."""

    email = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    class Meta:
        model = Subscriber
        fields = ["name", "email", "language", "country", "organisation", "external_id"]
        widgets = {
            "language": forms.TextInput(attrs={"list": "languages", "autocomplete": "off"}),
            "organisation": OrganisationChooser,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = country_field()
        self.own = list(self.fields)
        self.custom = list(CustomField.objects.all())
        self.fields |= custom_inputs(self.custom, self.instance.custom)
        topics = [(topic.pk, topic.name_in(desk_language())) for topic in Topic.objects.all()]
        if topics:
            self.fields["topics"] = forms.TypedMultipleChoiceField(
                label=_("Topics"),
                choices=topics,
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=list(self.instance.interests.values_list("topic", flat=True)) if self.instance.pk else [],
            )

    @property
    def own_fields(self) -> list[Any]:
        return [self[name] for name in self.own]

    @property
    def custom_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("custom-")]

    def clean_email(self) -> str:
        """The one form of the address, or the reason why it is none; EmailField's own check would hide it."""
        try:
            return mailable_address(self.cleaned_data["email"])
        except BadAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.custom = clean_custom(self, self.custom, self.instance.custom)
        return cleaned

    def save_topics(self, person: Subscriber) -> None:
        """Keep the topics that are ticked, once the person is saved."""
        if "topics" not in self.fields:
            return
        chosen = set(self.cleaned_data["topics"])
        person.interests.exclude(topic__in=chosen).delete()
        Interest.objects.bulk_create(
            [Interest(subscriber=person, topic_id=topic) for topic in sorted(chosen)], ignore_conflicts=True
        )


class AffiliationForm(AffiliationModelForm):
    class Meta:
        model = Affiliation
        fields = (*HELD, "until")
        widgets = {
            "organisation": OrganisationChooser(show_edit_link=False),
            "since": AdminDateInput,
            "until": AdminDateInput,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = country_field()

    @property
    def is_past(self) -> bool:
        return bool(self.instance.pk and self.instance.until and self.instance.until < today())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("It ends before it begins."))
        return cleaned


class BaseAffiliationFormSet(BaseFormSetMixin, BaseAffiliations):
    """A person's affiliations, those that hold above those that are past; Wagtail's w-formset adds and removes rows."""

    def clean(self) -> None:
        """The same twice is refused here: to PostgreSQL two empty programmes are the same, to Django they are not."""
        super().clean()
        seen = set()
        for form in self.forms:
            if not form.is_valid() or not form.cleaned_data or form.cleaned_data.get("DELETE"):
                continue
            held = tuple(form.cleaned_data.get(name) for name in HELD)
            if held in seen:
                form.add_error("role", _("The same affiliation is given twice."))
            seen.add(held)


AffiliationFormSet = forms.inlineformset_factory(
    Subscriber, Affiliation, form=AffiliationForm, formset=BaseAffiliationFormSet, extra=0, can_delete=True, max_num=100
)
