"""What can be done to many subscribers at once from their list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.widgets import AdminDateInput
from wagtail.log_actions import LogFormatter

from subscribers.erasure import erase
from subscribers.many import (
    Held,
    affiliate_many,
    end_affiliations_of_many,
    interest_many,
    set_for_many,
    suppress_many,
    unsubscribe_many,
)
from subscribers.models import Organisation, Programme, Role, Topic
from web.desk.affiliations import today
from web.desk.audit import BULK
from web.desk.bulk import CountedForm, PeopleAction
from web.desk.country_select import country_field
from web.desk.names import bulletin_titles, country_label, desk_language, language_label
from web.desk.organisation_chooser import OrganisationChooser
from web.desk.subscriber_form import clean_language

MOST_ERASED = 500
ANY = ("", gettext_lazy("Any"))


class BulletinForm(CountedForm):
    bulletin = forms.ChoiceField(label=gettext_lazy("Bulletin"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bulletin"].choices = [(str(key), title) for key, title in bulletin_titles().items()]  # type: ignore[attr-defined]


class NoteForm(CountedForm):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("No name and no address here, please: the list is to hold neither."),
    )

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if "@" in note:
            raise forms.ValidationError(_("No address here: the list is to hold none."))
        return note


class HeldForm(CountedForm):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    programme = forms.ChoiceField(
        label=gettext_lazy("Programme"), choices=[("", "—"), *Programme.choices], required=False
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), label=gettext_lazy("Organisation"), required=False, widget=OrganisationChooser
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=AdminDateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = country_field()
        self.order_fields(["role", "programme", "organisation", "country", "since"])


class EndForm(CountedForm):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    programme = forms.ChoiceField(label=gettext_lazy("Programme"), choices=[ANY, *Programme.choices], required=False)
    last_day = forms.DateField(label=gettext_lazy("Last day"), initial=today, widget=AdminDateInput)


class TopicForm(CountedForm):
    topic = forms.ModelChoiceField(Topic.objects.all(), label=gettext_lazy("Topic"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].label_from_instance = lambda topic: topic.name_in(desk_language())  # type: ignore[attr-defined]


class OrganisationForm(CountedForm):
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), label=gettext_lazy("Organisation"), widget=OrganisationChooser
    )


class CountryForm(CountedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = country_field()


class LanguageForm(CountedForm):
    language = forms.CharField(
        label=gettext_lazy("Language"), max_length=12, help_text=gettext_lazy("A code such as en, fr or zh-hans.")
    )

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])


class EraseForm(CountedForm):
    understood = forms.BooleanField(label=gettext_lazy("I understand that this can’t be undone."))


class AddAffiliation(PeopleAction):
    display_name = gettext_lazy("Add an affiliation")
    aria_label = gettext_lazy("Add an affiliation to the selected subscribers")
    action_type = "affiliate"
    action_priority = 10
    form_class = HeldForm
    button = gettext_lazy("Add the affiliation")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        body = data["organisation"]
        held = Held(
            role=data["role"],
            programme=data["programme"],
            organisation_id=body.pk if body else None,
            country=data["country"],
            since=data["since"],
        )
        return affiliate_many(ids, held, source=self.source)

    def details(self, data: dict[str, Any]) -> str:
        body = data["organisation"].name if data["organisation"] else ""
        programme = str(Programme(data["programme"]).label) if data["programme"] else ""
        return " · ".join(
            filter(None, (str(Role(data["role"]).label), programme, body, country_label(data["country"])))
        )


class EndAffiliation(PeopleAction):
    display_name = gettext_lazy("End an affiliation")
    aria_label = gettext_lazy("End an affiliation of the selected subscribers")
    action_type = "end-affiliation"
    action_priority = 20
    form_class = EndForm
    button = gettext_lazy("End the affiliation")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return end_affiliations_of_many(
            ids, role=data["role"], programme=data["programme"], last_day=data["last_day"], source=self.source
        )

    def details(self, data: dict[str, Any]) -> str:
        programme = str(Programme(data["programme"]).label) if data["programme"] else ""
        return " · ".join(filter(None, (str(Role(data["role"]).label), programme, data["last_day"].isoformat())))


class AddTopic(PeopleAction):
    display_name = gettext_lazy("Add a topic")
    aria_label = gettext_lazy("Add a topic to the selected subscribers")
    action_type = "topic"
    action_priority = 30
    form_class = TopicForm
    button = gettext_lazy("Add the topic")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return interest_many(ids, data["topic"].pk, source=self.source)

    def details(self, data: dict[str, Any]) -> str:
        return str(data["topic"].name_in(desk_language()))


class SetOrganisation(PeopleAction):
    display_name = gettext_lazy("Set the organisation")
    aria_label = gettext_lazy("Set the organisation of the selected subscribers")
    action_type = "organisation"
    action_priority = 40
    form_class = OrganisationForm
    button = gettext_lazy("Set the organisation")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return set_for_many(ids, "organisation_id", data["organisation"].pk, source=self.source)

    def details(self, data: dict[str, Any]) -> str:
        return str(data["organisation"].name)


class SetCountry(PeopleAction):
    display_name = gettext_lazy("Set the country")
    aria_label = gettext_lazy("Set the country of the selected subscribers")
    action_type = "country"
    action_priority = 50
    form_class = CountryForm
    button = gettext_lazy("Set the country")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return set_for_many(ids, "country", data["country"], source=self.source)

    def details(self, data: dict[str, Any]) -> str:
        return country_label(data["country"])


class SetLanguage(PeopleAction):
    display_name = gettext_lazy("Set the language")
    aria_label = gettext_lazy("Set the language of the selected subscribers")
    action_type = "language"
    action_priority = 60
    form_class = LanguageForm
    button = gettext_lazy("Set the language")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return set_for_many(ids, "language", data["language"], source=self.source)

    def details(self, data: dict[str, Any]) -> str:
        return language_label(data["language"])


class Unsubscribe(PeopleAction):
    display_name = gettext_lazy("Unsubscribe from a bulletin")
    aria_label = gettext_lazy("Unsubscribe the selected subscribers from a bulletin")
    action_type = "unsubscribe"
    action_priority = 70
    form_class = BulletinForm
    question = gettext_lazy(
        "Their subscriptions end at once, each with an entry in the consent ledger. To take somebody in again, one has "
        "to know that they agree."
    )
    button = gettext_lazy("Unsubscribe them")

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return unsubscribe_many(ids, UUID(data["bulletin"]), source=self.source)

    def details(self, data: dict[str, Any]) -> str:
        return bulletin_titles().get(UUID(data["bulletin"]), "")


class Suppress(PeopleAction):
    display_name = gettext_lazy("Never write to them")
    aria_label = gettext_lazy("Never write to the selected subscribers")
    action_type = "suppress"
    action_priority = 80
    form_class = NoteForm
    permission = "subscribers.add_suppression"
    question = gettext_lazy(
        "Their addresses go on the suppression list: nothing is sent to them any more, whatever they are subscribed to."
    )
    button = gettext_lazy("Never write to them")
    serious = True

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return suppress_many(ids, note=data["note"])


class Erase(PeopleAction):
    display_name = gettext_lazy("Erase")
    aria_label = gettext_lazy("Erase the selected subscribers")
    action_type = "erase"
    action_priority = 90
    form_class = EraseForm
    permission = "subscribers.delete_subscriber"
    most = MOST_ERASED  # each is looked for in every corner where a trace may be left
    question = gettext_lazy(
        "They go with their affiliations, subscriptions, consents and histories. Deliveries stay in the counts of "
        "their dispatches, without a person. Of each address a keyed hash stays, so that no import brings it back."
    )
    button = gettext_lazy("Erase them for good")
    serious = True

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        return sum(map(erase, ids))


ACTIONS = (
    AddAffiliation,
    EndAffiliation,
    AddTopic,
    SetOrganisation,
    SetCountry,
    SetLanguage,
    Unsubscribe,
    Suppress,
    Erase,
)
for _action in ACTIONS:
    hooks.register("register_bulk_action", _action)

_NAMES = {each.action_type: each.display_name for each in ACTIONS}


@hooks.register("register_log_actions")
def register_bulk_action_log(actions: Any) -> None:
    @actions.register_action(BULK)
    class BulkFormatter(LogFormatter):
        label = gettext_lazy("Change many subscribers")

        def format_message(self, log_entry: Any) -> str:
            data = log_entry.data
            said = str(_NAMES.get(data.get("action", ""), data.get("action", "")))
            if data.get("details"):
                said += f": {data['details']}"
            return _("%(said)s (%(changed)s of %(asked)s changed)") % {
                "said": said,
                "changed": data.get("changed", 0),
                "asked": data.get("asked", 0),
            }
