"""The network's own fields of subscribers on the desk: what there are, of what kind, and what becomes of values."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from subscribers.custom_values import FieldKind
from subscribers.in_rules import segments_with_field
from subscribers.models import CustomField, Subscriber
from web.desk.viewset import DirectoryViewSet

MOST_CHOICES = 200
LONGEST_CHOICE = 200


def values_of(key: str) -> int:
    """How many subscribers have a value in the field."""
    return Subscriber.objects.filter(custom__has_key=key).count()


class CustomFieldForm(WagtailAdminModelForm):
    """The key is for good; so is the kind once somebody has a value, and a choice while somebody has it."""

    options = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("For a choice: its values, one a line."),
    )

    class Meta:
        model = CustomField
        fields = ["label", "key", "kind", "position"]
        help_texts = {
            "key": gettext_lazy(
                "Segments, imports and other systems name the field by it, so it can't be changed later. Letters of "
                "English, digits, hyphens."
            ),
            "kind": gettext_lazy("It can't be changed once a subscriber has a value."),
        }

    field_order = ["label", "key", "kind", "options", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = values_of(self.instance.key) if self.instance.pk else 0
        self.fields["options"].initial = "\n".join(self.instance.choices)
        if self.instance.pk:
            del self.fields["key"]
        if self.values:
            self.fields["kind"].disabled = True
            said = ngettext(
                "It can't be changed: %d subscriber has a value.",
                "It can't be changed: %d subscribers have a value.",
                self.values,
            )
            self.fields["kind"].help_text = said % self.values
        self.order_fields(self.field_order)

    def clean_options(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines()]
        options = list(dict.fromkeys(line for line in lines if line))
        if len(options) > MOST_CHOICES:
            raise forms.ValidationError(_("At most %d choices.") % MOST_CHOICES)
        if wrong := [each for each in options if len(each) > LONGEST_CHOICE or not each.isprintable()]:
            raise forms.ValidationError(_("“%s…” is too long, or has control characters.") % wrong[0][:40])
        return options

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        options, kind = cleaned.get("options", []), cleaned.get("kind")
        if kind == FieldKind.CHOICE and not options and "options" not in self.errors:
            self.add_error("options", _("A choice has at least one value."))
        if kind != FieldKind.CHOICE:
            options = []
        for gone in [each for each in self.instance.choices if each not in options] if self.values else []:
            if people := Subscriber.objects.filter(custom__contains={self.instance.key: gone}).count():
                said = ngettext(
                    "“%(value)s” is the value of %(number)d subscriber: change that first.",
                    "“%(value)s” is the value of %(number)d subscribers: change that first.",
                    people,
                )
                self.add_error("options", said % {"value": gone, "number": people})
        self.instance.choices = options
        return cleaned


class CustomFieldDeleteView(generic.DeleteView):
    """Refused while a segment's rule names the field; else it says how many values go with it."""

    template_name = "web/desk/named_confirm_delete.html"

    @property
    def segments(self) -> list[Any]:
        return segments_with_field(self.object.key)

    @property
    def confirmation_message(self) -> str:
        people = values_of(self.object.key)
        said = ngettext(
            "%d subscriber has a value in it: it is deleted too.",
            "%d subscribers have a value in it: they are deleted too.",
            people,
        )
        return " ".join([_("Are you sure you want to delete this field?"), said % people])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segments = self.segments
        return super().get_context_data(**kwargs) | {"segments": segments, "is_protected": bool(segments)}

    def form_valid(self, form: Any) -> HttpResponse:
        if self.segments:
            messages.error(self.request, _("It was not deleted: segments are made with it."))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)

    @transaction.atomic
    def delete_action(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, {"key": self.object.key})
        super().delete_action()


_FORGET = """
UPDATE subscribers_subscriber SET custom = custom - %(key)s, changed_at = now() WHERE custom ? %(key)s
"""


class CustomFieldViewSet(DirectoryViewSet):
    model = CustomField
    name = "circular_custom_fields"
    url_prefix = "network/fields"
    icon = "form"
    delete_view_class = CustomFieldDeleteView
    inspect_view_enabled = False
    search_fields = ["label", "key"]
    ordering = "position"
    list_display = [
        "label",
        "key",
        Column("kind", label=gettext_lazy("Kind"), accessor="get_kind_display", sort_key="kind"),
        Column("choices", label=gettext_lazy("Choices"), accessor=lambda field: ", ".join(field.choices)),
        "position",
    ]

    def get_form_class(self, for_update: bool = False) -> type[CustomFieldForm]:
        return CustomFieldForm
