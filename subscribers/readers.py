"""What a letter may say of its reader: the values behind merge values, and who has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import translation

from subscribers.models import Affiliation, Role, Subscriber
from subscribers.regions import UnknownCodeError, country_name

# Who is several things to the network is called by the first that was recorded.
_FIRST_ROLE = Affiliation.objects.filter(subscriber=OuterRef("pk")).order_by("pk")


def reader_values(ids: Sequence[int], *, locale: str) -> dict[int, dict[str, str]]:
    """`name`, `organisation`, `country` and `role` of each subscriber, in words of `locale`; empty where unknown.

    The organisation is the subscriber's own, else that of an affiliation; so is the country, else the organisation's.
    """
    people = _with_values(Subscriber.objects.filter(pk__in=ids).order_by())
    with translation.override(locale):
        return {
            person.pk: {
                "name": person.name,
                "organisation": person.merge_organisation or "",
                "country": _country(person.merge_country or "", locale),
                "role": str(Role(person.merge_role).label) if person.merge_role else "",
            }
            for person in people
        }


def without_value(people: QuerySet[Subscriber], field: str) -> QuerySet[Subscriber]:
    """Those of `people` of whom nothing is known for the merge value `field`."""
    if field == "name":
        return people.filter(name="")
    return _with_values(people).filter(**{f"merge_{field}": None})


def _with_values(people: QuerySet[Subscriber]) -> QuerySet[Any]:
    return people.annotate(
        merge_role=Subquery(_FIRST_ROLE.values("role")[:1]),
        merge_organisation=_first(
            F("organisation__name"),
            Subquery(_FIRST_ROLE.exclude(organisation=None).values("organisation__name")[:1]),
        ),
        merge_country=_first(
            F("country"),
            Subquery(_FIRST_ROLE.exclude(country="").values("country")[:1]),
            F("organisation__country"),
        ),
    )


def _first(*expressions: F | Subquery) -> Coalesce:
    return Coalesce(*(NullIf(expression, Value("")) for expression in expressions))


def _country(code: str, locale: str) -> str:
    try:
        return country_name(code, locale) if code else ""
    except UnknownCodeError:
        return ""
