"""Who would get which edition of an issue: the bulletin's active subscribers by language, one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.utils.translation import get_language_info

from dispatch.frozen import resolve_locale
from subscribers.models import Subscription
from web.desk.frame import language_name


@dataclass(frozen=True, slots=True)
class Readers:
    """Active subscribers who read `language`, and the `locale` of the edition they get. `own`: it is theirs."""

    language: str
    name: str
    count: int
    locale: str
    own: bool

    @property
    def served_by(self) -> str:
        """The language of the edition that they get, in its own words."""
        return language_name(self.locale)


def readers_of(bulletin_key: UUID, editions: Mapping[str, object], chain: list[str]) -> list[Readers]:
    """The most first. Languages that no edition serves are there too, with the edition they fall back to."""
    active = Subscription.objects.filter(bulletin_key=bulletin_key, state=Subscription.State.ACTIVE)
    rows = (
        active.values_list("subscriber__language")
        .annotate(count=Count("pk"))
        .order_by("-count", "subscriber__language")
    )
    found = []
    for language, count in rows:
        locale = resolve_locale(language, editions, chain)
        found.append(Readers(language, name_of_language(language), count, locale, _same(language, locale)))
    return found


def name_of_language(code: str) -> str:
    """In its own words where somebody knows them, else the code."""
    own = language_name(code)
    if own != code or not code:
        return own
    try:
        return str(get_language_info(code.lower())["name_local"])
    except KeyError:
        return code


def _same(language: str, locale: str) -> bool:
    return language.lower().split("-", maxsplit=1)[0] == locale.split("-", maxsplit=1)[0]
