"""What would be sent to whom: an issue's content held still, and the audience by the letter that each reader gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Exists,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from composer.approval import NotApproved, approved_contents
from composer.content import EditionContent
from composer.issues import Issue, NoSuchIssue
from dispatch.doubts import MAY_HAVE_ARRIVED
from dispatch.errors import PlanRefused
from dispatch.models import Delivery
from subscribers.models import Subscriber, Subscription, Suppression
from subscribers.segments import matching, segment_conditions

MOST_SEGMENTS = 60  # bits of a mask

RESTS = {
    Subscription.Frequency.WEEKLY: timedelta(days=6.5),
    Subscription.Frequency.MONTHLY: timedelta(days=27),
}
"""How long nothing more is sent to who wants at most one issue a week or a month: a little less than that, so that an
issue which comes an hour earlier than the last one isn't lost."""

_SENT = (Delivery.State.ACCEPTED, Delivery.State.UNKNOWN, Delivery.State.CLAIMED)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a dispatch will send: the approved content by locale, and a bit for each segment it names."""

    issue: Issue
    digest: str
    contents: dict[str, EditionContent]
    bits: dict[str, int]

    def segments_in(self, mask: int) -> frozenset[str]:
        return frozenset(slug for slug, bit in self.bits.items() if mask >> bit & 1)

    def with_subjects(self, subjects: Mapping[str, str]) -> Frozen:
        """The same under other subjects, by locale. The digest stays that of what was approved."""
        contents = {
            locale: replace(content, subject=subjects.get(locale, content.subject))
            for locale, content in self.contents.items()
        }
        return replace(self, contents=contents)


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients who get the same variant. `suppressed` of the `size` will be excluded, and `resting` others.

    Who wants at most one issue a week or a month rests if another one went to them in that time.
    """

    locale: str
    segments: tuple[str, ...]
    size: int
    suppressed: int
    empty: bool
    resting: int = 0

    @property
    def letters(self) -> int:
        """How many of them will be written to."""
        return 0 if self.empty else self.size - self.suppressed - self.resting


def freeze(issue_key: UUID) -> Frozen:
    """The approved content of an issue; PlanRefused if nothing holds that may be sent."""
    try:
        issue, approval, contents = approved_contents(issue_key)
    except (NotApproved, NoSuchIssue) as error:
        raise PlanRefused(str(error)) from error
    return _frozen(issue, approval.digest, contents)


def frozen_of(issue: Issue, *, contents: dict[str, EditionContent] | None = None) -> Frozen:
    """An issue as its latest revisions (or `contents`) have it, approved or not: to look at, never to send."""
    return _frozen(issue, issue.digest(), issue.contents() if contents is None else contents)


def _frozen(issue: Issue, digest: str, contents: dict[str, EditionContent]) -> Frozen:
    named = sorted(frozenset().union(*(content.audiences() for content in contents.values())))
    if len(named) > MOST_SEGMENTS:
        raise PlanRefused(
            _("The issue’s items name %(named)d audiences; %(most)d are the most.")
            % {"named": len(named), "most": MOST_SEGMENTS}
        )
    return Frozen(issue, digest, contents, {slug: bit for bit, slug in enumerate(named)})


def audience(frozen: Frozen, rule: dict[str, Any]) -> QuerySet[Any]:
    """Who would get the issue: matches the rule, takes the bulletin, and doesn't have this issue already.

    Annotated as `takers` are.
    """
    had = Delivery.objects.filter(
        Q(state__in=[Delivery.State.ACCEPTED, Delivery.State.UNKNOWN, Delivery.State.COMPLAINED]) | MAY_HAVE_ARRIVED,
        subscriber=OuterRef("pk"),
        dispatch__issue_key=frozen.issue.key,
    )
    return takers(frozen, rule).exclude(Exists(had))


def takers(frozen: Frozen, rule: dict[str, Any]) -> QuerySet[Any]:
    """Whom the rule matches and who take the bulletin, whether they have the issue already or not.

    Annotated with `locale` and `mask` (which variant), `suppressed` and `resting` (why they won't be written to; who is
    suppressed may be resting too).
    """
    taken = FilteredRelation("subscriptions", condition=Q(subscriptions__bulletin_key=_bulletin_key(frozen)))
    people = matching(rule).annotate(taken=taken).filter(taken__state=Subscription.State.ACTIVE)
    return people.annotate(
        locale=_locale_case(frozen),
        suppressed=Exists(Suppression.objects.filter(address_hash=OuterRef("address_hash"))),
        resting=_resting_case(frozen),
    ).annotate(mask=_mask_case(frozen))


def groups(frozen: Frozen, people: QuerySet[Any]) -> list[Group]:
    """`people` (of `audience` or `takers`) by variant, the largest first."""
    sql, params = people.values("locale", "mask", "suppressed", "resting").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT locale, mask, count(*), count(*) FILTER (WHERE suppressed),"  # noqa: S608 - Django's SQL
            f" count(*) FILTER (WHERE resting AND NOT suppressed) FROM ({sql}) AS a"
            " GROUP BY locale, mask ORDER BY 3 DESC, 1, 2",
            params,
        )
        rows = cursor.fetchall()
    return [
        Group(
            locale=locale,
            segments=tuple(sorted(frozen.segments_in(mask))),
            size=size,
            suppressed=suppressed,
            resting=resting,
            empty=not frozen.contents[locale].seen_by(frozen.segments_in(mask)).sections,
        )
        for locale, mask, size, suppressed, resting in rows
    ]


def resolve_locale(language: str, editions: Mapping[str, object], chain: list[str]) -> str:
    """The edition for a reader of `language`: their own, one of the same base language, else the chain's first."""
    language = language.lower()
    base = language.split("-", maxsplit=1)[0]
    kin = [locale for locale in editions if base and locale.split("-", maxsplit=1)[0] == base]
    for candidate in (language, base, *kin, *chain):
        if candidate in editions:
            return candidate
    return next(iter(editions))


def _bulletin_key(frozen: Frozen) -> UUID:
    key: UUID = frozen.issue.bulletin.translation_key
    return key


def _locale_case(frozen: Frozen) -> Case:
    """The edition in the language that the reader chose for this bulletin, else in their own."""
    chain = frozen.issue.bulletin.fallback_chain()
    chosen = Subscription.objects.filter(bulletin_key=_bulletin_key(frozen)).exclude(language="")
    own = Subscriber.objects.order_by("language")

    def editions(of: QuerySet[Any], column: str) -> list[When]:
        languages = of.order_by("language").values_list("language", flat=True).distinct()
        return [
            When(**{column: language}, then=Value(resolve_locale(language, frozen.contents, chain)))
            for language in languages
        ]

    return Case(
        *editions(chosen, "taken__language"),
        *editions(own, "language"),
        default=Value(resolve_locale("", frozen.contents, chain)),
        output_field=CharField(),
    )


def _resting_case(frozen: Frozen) -> Case:
    """Whether another issue of the bulletin went to the reader so lately that they don't want this one."""
    sent = Delivery.objects.filter(subscriber=OuterRef("pk"), state__in=_SENT).filter(
        dispatch__bulletin_key=_bulletin_key(frozen)
    )
    others = sent.exclude(dispatch__issue_key=frozen.issue.key)
    whens = [
        When(Q(taken__frequency=frequency) & Exists(others.filter(changed_at__gt=Now() - rest)), then=Value(True))
        for frequency, rest in RESTS.items()
    ]
    return Case(*whens, default=Value(False), output_field=BooleanField())


def _mask_case(frozen: Frozen) -> Case | CombinedExpression | Value:
    """The bits of the segments a subscriber is in, as far as their edition has items for them."""
    total: Any = Value(0, output_field=BigIntegerField())
    conditions = segment_conditions(frozenset(frozen.bits))
    for slug, bit in frozen.bits.items():
        locales = [locale for locale, content in frozen.contents.items() if slug in content.audiences()]
        seen = Q(locale__in=locales) & conditions[slug]
        total = total + Case(When(seen, then=Value(1 << bit)), default=Value(0), output_field=BigIntegerField())
    return total
