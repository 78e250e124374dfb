"""The form of a person: who they are, what they are to the network, what they take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.formsets import BaseFormSetMixin
from wagtail.admin.forms.models import WagtailAdminModelForm

from subscribers.addresses import BadAddress, normalised_address
from subscribers.models import Affiliation, Subscriber
from web.desk.names import country_choices
from web.desk.organisation_chooser import OrganisationChooser

if TYPE_CHECKING:
    BaseAffiliations = forms.BaseInlineFormSet[Affiliation, Subscriber, forms.ModelForm[Affiliation]]
    AffiliationModelForm = forms.ModelForm[Affiliation]
else:
    BaseAffiliations = forms.BaseInlineFormSet
    AffiliationModelForm = forms.ModelForm

HELD = ("role", "programme", "organisation", "country")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")


class SubscriberForm(WagtailAdminModelForm):
    email = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    class Meta:
        model = Subscriber
        fields = ["name", "email", "language", "country", "organisation"]
        widgets = {
            "language": forms.TextInput(attrs={"list": "languages", "autocomplete": "off"}),
            "organisation": OrganisationChooser,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "—"), *country_choices()]

    def clean_email(self) -> str:
        """The one form of the address, or the reason why it is none; EmailField's own check would hide it."""
        try:
            return normalised_address(self.cleaned_data["email"])
        except BadAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean_language(self) -> str:
        code: str = self.cleaned_data["language"].strip().lower().replace("_", "-")
        if not LANGUAGE.match(code):
            raise forms.ValidationError(_("A code of a language, such as en, fr or zh-hans."))
        return code


class AffiliationForm(AffiliationModelForm):
    class Meta:
        model = Affiliation
        fields = HELD
        widgets = {"organisation": OrganisationChooser(show_edit_link=False)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"), choices=[("", "—"), *country_choices()], required=False
        )


class BaseAffiliationFormSet(BaseFormSetMixin, BaseAffiliations):
    """A person's affiliations; rows are added and removed by Wagtail's w-formset."""

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
