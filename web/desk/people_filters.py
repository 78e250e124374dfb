"""Whom the list of subscribers shows: its filters as a segment's rule, and its search."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm

from subscribers.addresses import BadAddress, normalised_address
from subscribers.custom_values import FieldKind
from subscribers.models import CustomField, Organisation, Programme, Role, Segment, Subscriber, Subscription, Topic
from subscribers.rules import BadRule
from subscribers.segments import condition
from subscribers.used import used_codes
from web.desk.brought import brought_by, import_choices
from web.desk.names import Choices, bulletin_titles, country_label, desk_language, language_label, region_choices

MOST_WORDS = 5
MOST_ORGANISATIONS = 1_000
BY_INDEX = frozenset({"language", "country", "region"})
"""Filters that an index alone decides, so that all who match can be counted."""

YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
CUSTOM = "custom-"


def used_languages() -> Choices:
    return sorted(((code, language_label(code)) for code in used_codes("language")), key=lambda each: each[1].lower())


def used_countries() -> Choices:
    return sorted(((code, country_label(code)) for code in used_codes("country")), key=lambda each: each[1].casefold())


def _topics() -> Choices:
    return [(topic.slug, topic.name_in(desk_language())) for topic in Topic.objects.all()]


def _bulletins() -> Choices:
    return sorted(((str(key), title) for key, title in bulletin_titles().items()), key=lambda each: each[1].casefold())


def _segments() -> Choices:
    return list(Segment.objects.values_list("slug", "name"))


class RuleFilter(django_filters.MultipleChoiceFilter):
    """Several values, any of which will do. The filter set makes a rule of all its filters at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(*args, **kwargs)

    def filter(self, people: QuerySet[Subscriber], value: Any) -> QuerySet[Subscriber]:
        return people


class OneRuleFilter(django_filters.ChoiceFilter):
    """The same with one value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Select)
        super().__init__(*args, **kwargs)

    def filter(self, people: QuerySet[Subscriber], value: Any) -> QuerySet[Subscriber]:
        return people


class SubscriberFilterSet(WagtailFilterSet):
    language = RuleFilter(label=gettext_lazy("Language"), choices=used_languages)
    country = OneRuleFilter(label=gettext_lazy("Country"), choices=used_countries)
    region = OneRuleFilter(label=gettext_lazy("Region"), choices=region_choices)
    role = RuleFilter(label=gettext_lazy("Role"), choices=Role.choices)
    programme = RuleFilter(label=gettext_lazy("Programme"), choices=Programme.choices)
    organisation_kind = RuleFilter(label=gettext_lazy("Kind of organisation"), choices=Organisation.Kind.choices)
    tier = RuleFilter(label=gettext_lazy("Tier of the organisation"), choices=Organisation.Tier.choices)
    topic = RuleFilter(label=gettext_lazy("Topic"), choices=_topics)
    bulletin = OneRuleFilter(label=gettext_lazy("Bulletin"), choices=_bulletins)
    state = RuleFilter(label=gettext_lazy("Subscription"), choices=Subscription.State.choices)
    suppressed = OneRuleFilter(label=gettext_lazy("Never written to"), choices=YES_NO)
    segment = OneRuleFilter(label=gettext_lazy("Segment"), choices=_segments)
    brought = OneRuleFilter(label=gettext_lazy("Came with the import"), choices=import_choices)

    class Meta:
        model = Subscriber
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in CustomField.objects.filter(kind__in=[FieldKind.BOOLEAN, FieldKind.CHOICE]):
            choice = field.kind == FieldKind.CHOICE
            made = (
                RuleFilter(label=field.label, choices=[(each, each) for each in field.choices])
                if choice
                else OneRuleFilter(label=field.label, choices=YES_NO)
            )
            made.field_name, made.parent, made.model = f"{CUSTOM}{field.key}", self, Subscriber
            self.filters[f"{CUSTOM}{field.key}"] = made

    def filter_queryset(self, people: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        """Those whom the rule of all the filters matches, and whose subscription is as asked."""
        chosen = {name: value for name, value in self.form.cleaned_data.items() if value}
        parts = rule_parts(chosen)
        if parts:
            try:
                people = people.filter(condition({"all": parts}))
            except BadRule:  # a saved segment whose topic or field is gone
                return people.none()
        if "brought" in chosen:
            people = people.filter(brought_by(int(chosen["brought"])))
        return people.filter(_subscribed(chosen)) if chosen.keys() & {"bulletin", "state"} else people


def rule_parts(chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """What was chosen, as rules that all have to match; but for bulletin and state, of which no rule can speak."""
    parts: list[dict[str, Any]] = [
        {"field": name, "in": _several(chosen[name])}
        for name in ("language", "country", "region", "organisation_kind", "tier", "topic")
        if name in chosen
    ]
    held = {name: chosen[name] for name in ("role", "programme") if name in chosen}
    if held:  # one current affiliation that is both
        parts.append({"affiliation": held})
    if "suppressed" in chosen:
        parts.append({"field": "suppressed", "is": chosen["suppressed"] == "yes"})
    if "segment" in chosen:
        parts.append({"segment": chosen["segment"]})
    for name, value in chosen.items():
        if name.startswith(CUSTOM):
            asked = {"in": value} if isinstance(value, list) else {"is": value == "yes"}
            parts.append({"field": f"custom.{name.removeprefix(CUSTOM)}", **asked})
    return parts


def _several(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _subscribed(chosen: dict[str, Any]) -> Q:
    """A subscription of that bulletin (or any) in one of those states (or active)."""
    held = Subscription.objects.filter(subscriber=OuterRef("pk"))
    held = held.filter(state__in=chosen.get("state") or [Subscription.State.ACTIVE])
    return Q(Exists(held.filter(bulletin_key=chosen["bulletin"]) if "bulletin" in chosen else held))


def search_people(people: QuerySet[Subscriber], words: str) -> QuerySet[Subscriber]:
    """Those in whose name, address or organisation's name each of the words occurs."""
    try:
        if "@" in words and (whole := people.filter(email=normalised_address(words))).exists():
            return whole
    except BadAddress:
        pass
    people = people.alias(folded=Lower("name"))
    for word in words.lower().split()[:MOST_WORDS]:
        asked = Q(email__contains=word) if "@" in word else Q(folded__contains=word) | Q(email__contains=word)
        bodies = list(
            Organisation.objects.filter(name__icontains=word)
            .order_by()
            .values_list("pk", flat=True)[:MOST_ORGANISATIONS]
        )
        people = people.filter(asked | Q(organisation__in=bodies) if bodies else asked)
    return people


def matching_people(query: QueryDict, request: HttpRequest) -> QuerySet[Subscriber]:
    """The people whom a list with these parameters shows, in no order; nobody where they make no sense."""
    filters = SubscriberFilterSet(query, request=request)
    if not filters.is_valid():
        return Subscriber.objects.none()
    people = filters.filter_queryset(Subscriber.objects.order_by())
    search = SearchForm(query)
    return search_people(people, search.cleaned_data["q"]) if query.get("q") and search.is_valid() else people


def said_of(query: QueryDict, request: HttpRequest) -> str:
    """The search and the filters of a list in words; empty where there are none."""
    filters = SubscriberFilterSet(query, request=request)
    said = [_("“%s”") % query["q"]] if query.get("q") else []
    if filters.is_valid():
        for name in filters.form.changed_data:
            field = filters.form.fields[name]
            labels = {str(value): str(label).strip() for value, label in field.choices}
            values = ", ".join(labels.get(each, each) for each in _several(filters.form.cleaned_data[name]))
            said.append(f"{field.label}: {values}")
    return " · ".join(said)
