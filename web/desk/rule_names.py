"""What the parts of a segment's rule are called: its fields, and the values that stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscribers.models import CustomField, Organisation, Programme, Role, Segment, Subscriber, Subscription, Topic
from subscribers.rule_fields import CUSTOM
from web.desk.names import (
    Choices,
    bulletin_label,
    bulletin_titles,
    country_choices,
    country_label,
    desk_language,
    language_label,
    region_choices,
    region_label,
)

Rule = dict[str, Any]

FIELD_NAMES: Mapping[str, Any] = {
    "role": gettext_lazy("Role"),
    "programme": gettext_lazy("Programme"),
    "organisation": gettext_lazy("Organisation"),
    "organisation_kind": gettext_lazy("Kind of organisation"),
    "tier": gettext_lazy("Tier of organisation"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "language": gettext_lazy("Language"),
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("Address"),
    "external_id": gettext_lazy("Number elsewhere"),
    "created": gettext_lazy("First recorded"),
    "suppressed": gettext_lazy("Suppressed"),
    "bulletin": gettext_lazy("Bulletin they take"),
    "frequency": gettext_lazy("How often"),
    "subscribed": gettext_lazy("Subscribed"),
    "topic": gettext_lazy("Topic of interest"),
}
"""Every field but the custom ones, in the order to offer them."""

_ENUMS: Mapping[str, Any] = {
    "role": Role,
    "programme": Programme,
    "organisation_kind": Organisation.Kind,
    "tier": Organisation.Tier,
    "frequency": Subscription.Frequency,
}


class RuleNames:
    """The names that `rules` need, each asked of the database once, and only where a rule has use for it."""

    def __init__(self, *rules: Any) -> None:
        self._rules = rules

    def field(self, name: str) -> str:
        """The name of a field; the field itself where there is none."""
        if name.startswith(CUSTOM):
            found = self.custom.get(name.removeprefix(CUSTOM))
            return found.label if found else name.removeprefix(CUSTOM)
        return str(FIELD_NAMES.get(name, name))

    def value(self, field: str, value: str) -> str:
        """What a value of a field is called; the value itself where it is none that is known."""
        match field:
            case "country":
                return country_label(value)
            case "region":
                return region_label(value)
            case "language":
                return language_label(value)
            case "bulletin":
                return self.bulletin(value)
            case "topic":
                return self.topics.get(value, value)
            case "organisation":
                return self.organisations.get(value) or _("An organisation that was deleted (%s)") % value
        return str(dict(_ENUMS[field].choices).get(value, value)) if field in _ENUMS else value

    def bulletin(self, key: str) -> str:
        try:
            return bulletin_label(UUID(key), self.bulletins)
        except ValueError:
            return key

    def segment(self, slug: str) -> str:
        return self.segments.get(slug, slug)

    @cached_property
    def custom(self) -> dict[str, CustomField]:
        return {field.key: field for field in CustomField.objects.all()}

    @cached_property
    def topics(self) -> dict[str, str]:
        return {topic.slug: topic.name_in(desk_language()) for topic in Topic.objects.all()}

    @cached_property
    def bulletins(self) -> dict[UUID, str]:
        return bulletin_titles()

    @cached_property
    def segments(self) -> dict[str, str]:
        return dict(Segment.objects.values_list("slug", "name"))

    @cached_property
    def organisations(self) -> dict[str, str]:
        """Those that the rules name: their number as a text, with their name."""
        named = self._named("organisation")
        numbers = [int(value) for value in named if value.isascii() and value.isdecimal() and len(value) < 19]
        found = Organisation.objects.filter(pk__in=numbers).values_list("pk", "name") if numbers else []
        return {str(pk): name for pk, name in found}

    def _named(self, field: str) -> list[str]:
        """The values of a field that the rules name."""
        return list(dict.fromkeys(value for rule in self._rules for value in _values_in(rule, field)))

    def choices(self, field: str) -> Choices:
        """What a field of codes offers; nothing where that is searched for."""
        match field:
            case "country":
                return country_choices()
            case "region":
                return region_choices()
            case "language":
                spoken = Subscriber.objects.order_by("language").values_list("language", flat=True).distinct()
                codes = dict.fromkeys([*(code for code, _name in settings.LANGUAGES), *spoken, *self._named(field)])
                return [(code, language_label(code)) for code in codes]
            case "bulletin":
                return [(str(key), title) for key, title in self.bulletins.items()]
            case "topic":
                return list(self.topics.items())
            case _ if field in _ENUMS:
                return [(value, str(label)) for value, label in _ENUMS[field].choices]
            case _ if field.startswith(CUSTOM) and (custom := self.custom.get(field.removeprefix(CUSTOM))):
                return [(value, value) for value in custom.choices]
        return []


def _values_in(rule: Any, field: str) -> Iterator[str]:
    """The values of a field anywhere in a rule, sound or not."""
    if isinstance(rule, dict):
        values = rule.get("in") if rule.get("field") == field else rule.get(field)
        yield from (value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
        for part in rule.values():
            yield from _values_in(part, field)
    elif isinstance(rule, list):
        for part in rule:
            yield from _values_in(part, field)
