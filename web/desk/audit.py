"""Who changed what about a person: kept with Wagtail's log entries, read as differences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry

from subscribers.models import CustomField, Programme, Role, Subscriber, Subscription, Topic
from web.desk.affiliations import period_words
from web.desk.custom_inputs import value_words
from web.desk.names import bulletin_label, bulletin_titles, country_label, desk_language, language_label

OWN = ("name", "email", "language", "country", "external_id")
BULK = "circular.bulk"
KEPT_IDS = 1_000
"""An action on more people than these is told as one on the list, not on each one's page."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What one field was and became, in words; either may be empty."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a person's log."""

    at: datetime
    who: str
    what: str
    changes: tuple[Change, ...]


def facts_of(person: Subscriber) -> Facts:
    """All that can be changed on a person's page, as plain data."""
    facts: Facts = {name: getattr(person, name) or "" for name in OWN}
    facts["organisation"] = person.organisation.name if person.organisation else ""
    facts |= {f"custom.{key}": value for key, value in person.custom.items()}
    facts["affiliations"] = [
        [each.role, each.programme, each.organisation.name if each.organisation else "", each.country]
        + [day.isoformat() if day else "" for day in (each.since, each.until)]
        for each in person.affiliations.select_related("organisation").order_by("pk")
    ]
    facts["topics"] = list(person.interests.order_by("topic__position", "pk").values_list("topic__slug", flat=True))
    facts["subscriptions"] = [
        [str(each.bulletin_key), each.state, each.language, each.frequency]
        for each in person.subscriptions.order_by("pk")
    ]
    return facts


def changed_facts(before: Facts, after: Facts) -> list[dict[str, Any]]:
    """What differs, as it is kept: `{"field", "before", "after"}`; of a list what went and what came."""
    changes = []
    for name in {**before, **after}:
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        if isinstance(old, list) and isinstance(new, list):
            old, new = [each for each in old if each not in new], [each for each in new if each not in old]
        changes.append({"field": name, "before": old, "after": new})
    return changes


def entries_about(person: Subscriber) -> QuerySet[ModelLogEntry]:
    """The person's log entries, the newest first: their own, and of actions on many that they were among."""
    kind = ContentType.objects.get_for_model(Subscriber)
    among = Q(object_id="0", action=BULK, data__people__contains=person.pk)
    return (
        ModelLogEntry.objects.filter(Q(object_id=str(person.pk)) | among, content_type=kind)
        .select_related("user")
        .order_by("-timestamp", "-pk")
    )


def told(entries: Iterable[ModelLogEntry]) -> list[Entry]:
    """The entries in words of the desk's language."""
    words = _Words()
    return [
        Entry(
            at=entry.timestamp,
            who=str(entry.user_display_name),
            what=str(registry.get_action_label(entry.action) if entry.action != BULK else entry.message),
            changes=tuple(words.change(each) for each in entry.data.get("changes", []) if isinstance(each, dict)),
        )
        for entry in entries
    ]


class _Words:
    """What the log's plain data is called, looked up once for all entries of a page."""

    def __init__(self) -> None:
        self.bulletins = bulletin_titles()
        self.topics = {topic.slug: topic.name_in(desk_language()) for topic in Topic.objects.all()}
        self.custom = {field.key: field for field in CustomField.objects.all()}

    def change(self, kept: dict[str, Any]) -> Change:
        name = str(kept.get("field", ""))
        return Change(self._field(name), self._value(name, kept.get("before")), self._value(name, kept.get("after")))

    def _field(self, name: str) -> str:
        if name.startswith("custom."):
            key = name.removeprefix("custom.")
            return self.custom[key].label if key in self.custom else key
        several = {"affiliations": _("Affiliations"), "topics": _("Topics"), "subscriptions": _("Subscriptions")}
        if name in several:
            return several[name]
        own = {field.name: field.verbose_name for field in Subscriber._meta.fields}
        return str(capfirst(own.get(name, name)))

    def _value(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, list):
            return "; ".join(self._one(name, each) for each in value)
        match name:
            case "country":
                return country_label(str(value))
            case "language":
                return language_label(str(value))
        if name.startswith("custom."):
            field = self.custom.get(name.removeprefix("custom."))
            return value_words(field.kind if field else "", value)
        return str(value)

    def _one(self, name: str, each: Any) -> str:
        match name, each:
            case "topics", slug:
                return self.topics.get(slug, str(slug))
            case "affiliations", [role, programme, body, country, since, until]:
                said = (_label(Role, role), _label(Programme, programme), body, country_label(country))
                return " · ".join(filter(None, (*said, period_words(_day(since), _day(until)))))
            case "subscriptions", [key, state, language, frequency]:
                parts = (_label(Subscription.State, state), language and language_label(language))
                often = _label(Subscription.Frequency, frequency) if frequency != Subscription.Frequency.EVERY else ""
                return f"{bulletin_label(UUID(key), self.bulletins)}: {', '.join(filter(None, (*parts, often)))}"
        return str(each)


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
