"""Planning a dispatch: freeze the approved content and the audience, one delivery a subscriber, all or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression

from composer.approval import NotApproved, approved_contents
from composer.content import EditionContent
from composer.issues import Issue, NoSuchIssue
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RenderingError
from dispatch.errors import BadHeader, PlanRefused
from dispatch.letter import encode_variant
from dispatch.models import Delivery, Dispatch, Link, Variant
from subscribers.models import Segment, Subscriber, Subscription, Suppression
from subscribers.segments import matching, segment_conditions

MOST_SEGMENTS = 60  # bits of a mask


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a dispatch will send: the approved content by locale, and a bit for each segment it names."""

    issue: Issue
    digest: str
    contents: dict[str, EditionContent]
    bits: dict[str, int]

    def mask_of(self, locale: str) -> int:
        """The bits of the segments that some item of this edition names."""
        return sum(1 << self.bits[slug] for slug in self.contents[locale].audiences())

    def segments_in(self, mask: int) -> frozenset[str]:
        return frozenset(slug for slug, bit in self.bits.items() if mask >> bit & 1)


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients who get the same variant. `suppressed` of the `size` will be excluded."""

    locale: str
    segments: tuple[str, ...]
    size: int
    suppressed: int
    empty: bool


def freeze(issue_key: UUID) -> Frozen:
    """The approved content of an issue; PlanRefused if nothing holds that may be sent."""
    try:
        issue, approval, contents = approved_contents(issue_key)
    except (NotApproved, NoSuchIssue) as error:
        raise PlanRefused(str(error)) from error
    named = sorted(frozenset().union(*(content.audiences() for content in contents.values())))
    if len(named) > MOST_SEGMENTS:
        raise PlanRefused(f"The issue's items name {len(named)} audiences; {MOST_SEGMENTS} are the most.")
    return Frozen(issue, approval.digest, contents, {slug: bit for bit, slug in enumerate(named)})


def audience(frozen: Frozen, rule: dict[str, Any]) -> QuerySet[Any]:
    """Who would get the issue: matches the rule, takes the bulletin, and doesn't have this issue already.

    Annotated with `locale` and `mask` (which variant) and `suppressed`.
    """
    bulletin_key = frozen.issue.bulletin.translation_key
    active = Subscription.objects.filter(
        subscriber=OuterRef("pk"), bulletin_key=bulletin_key, state=Subscription.State.ACTIVE
    )
    had = Delivery.objects.filter(
        subscriber=OuterRef("pk"),
        dispatch__issue_key=frozen.issue.key,
        state__in=[Delivery.State.ACCEPTED, Delivery.State.UNKNOWN],
    )
    people = matching(rule).filter(Exists(active)).exclude(Exists(had))
    return people.annotate(
        locale=_locale_case(frozen),
        suppressed=Exists(Suppression.objects.filter(address_hash=OuterRef("address_hash"))),
    ).annotate(mask=_mask_case(frozen))


def groups(frozen: Frozen, rule: dict[str, Any]) -> list[Group]:
    """The audience by variant, the largest first: what the confirmation shows."""
    sql, params = audience(frozen, rule).values("locale", "mask", "suppressed").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT locale, mask, count(*), count(*) FILTER (WHERE suppressed) FROM ({sql}) AS a"  # noqa: S608 - Django's SQL
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
            empty=not frozen.contents[locale].seen_by(frozen.segments_in(mask)).sections,
        )
        for locale, mask, size, suppressed in rows
    ]


def plan_dispatch(*, issue_key: UUID, segment: Segment, request_key: UUID, user: Any = None) -> Dispatch:
    """Plan a dispatch of the approved issue to `segment`; PlanRefused leaves everything as it was.

    The same `request_key` a second time (a double click) returns the dispatch that the first one made.
    """
    if (made := Dispatch.objects.filter(request_key=request_key).first()) is not None:
        return made
    try:
        frozen = freeze(issue_key)
        with transaction.atomic():
            return _plan(frozen, segment, request_key, user)
    except IntegrityError as error:
        if (made := Dispatch.objects.filter(request_key=request_key).first()) is not None:
            return made
        if "one_open_dispatch_per_issue" in str(error):
            raise PlanRefused("This issue is being sent already. Follow or cancel that dispatch first.") from error
        raise
    except (RenderingError, BadHeader, LookupError) as error:
        raise PlanRefused(f"The letter can't be made: {error}") from error


def _plan(frozen: Frozen, segment: Segment, request_key: UUID, user: Any) -> Dispatch:
    if Delivery.objects.filter(dispatch__issue_key=frozen.issue.key, state=Delivery.State.CLAIMED).exists():
        raise PlanRefused("Letters of an earlier dispatch of this issue are still on their way. Try again in a minute.")
    bulletin = frozen.issue.bulletin
    pages = {page.locale.language_code: page for page in bulletin.get_translations(inclusive=True).specific()}
    dispatch = Dispatch.objects.create(
        request_key=request_key,
        bulletin_key=bulletin.translation_key,
        issue_key=frozen.issue.key,
        issue_title=frozen.issue.title,
        digest=frozen.digest,
        audience_name=segment.name,
        audience_rule=segment.rule,
        unknown_policy=bulletin.unknown_policy,
        sender_address=bulletin.sender_address,
        sender_names={code: page.sender_name for code, page in pages.items()},
        reply_to=bulletin.reply_to,
        list_name=bulletin.title,
        list_slug=bulletin.slug,
        message_key=secrets.token_bytes(32),
        planned_by=user,
    )
    planned = _insert_deliveries(dispatch, frozen, segment.rule)
    if not planned:
        raise PlanRefused(
            f"Nobody in “{segment.name}” is to get this issue: all have it already, or nobody there takes the bulletin."
        )
    Dispatch.objects.filter(pk=dispatch.pk).update(audience_size=planned)
    dispatch.refresh_from_db()
    _compile_variants(dispatch, frozen)
    if not Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.PLANNED).exists():
        raise PlanRefused(f"Everyone in “{segment.name}” is suppressed, or no item of the issue is meant for them.")
    return dispatch


def _insert_deliveries(dispatch: Dispatch, frozen: Frozen, rule: dict[str, Any]) -> int:
    people = audience(frozen, rule).values("pk", "locale", "mask", "suppressed")
    sql, params = people.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dispatch_delivery"  # noqa: S608 - Django's SQL with its own parameters
            " (dispatch_id, subscriber_id, locale, mask, state, reason, attempts, due_at, changed_at)"
            " SELECT %s, a.pk, a.locale, a.mask, CASE WHEN a.suppressed THEN 'excluded' ELSE 'planned' END,"
            " CASE WHEN a.suppressed THEN 'suppressed' ELSE '' END, 0,"
            " CASE WHEN a.suppressed THEN NULL ELSE clock_timestamp() END, clock_timestamp()"
            f" FROM ({sql}) AS a",
            [dispatch.pk, *params],
        )
        return int(cursor.rowcount)


def _compile_variants(dispatch: Dispatch, frozen: Frozen) -> None:
    """Render each variant that occurs, once; who would get an empty letter gets none."""
    occurring = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.PLANNED)
    for locale, mask in sorted(set(occurring.values_list("locale", "mask"))):
        segments = frozen.segments_in(mask)
        content = frozen.contents[locale].seen_by(segments)
        if not content.sections:
            occurring.filter(locale=locale, mask=mask).update(
                state=Delivery.State.EXCLUDED, reason="no item for them", due_at=None
            )
            continue
        rendered = render_edition(content, base_url=settings.BASE_URL, tracked=True)
        variant = Variant.objects.create(
            dispatch=dispatch,
            locale=locale,
            mask=mask,
            segments=sorted(segments),
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
        )
        _save_links(variant, rendered)
        encode_variant(dispatch, variant, base_url=settings.BASE_URL)  # a header that can't be sent stops it here


def _save_links(variant: Variant, rendered: Rendered) -> None:
    Link.objects.bulk_create(
        Link(variant=variant, number=link.number, url=link.url, item_key=link.item_key, text=link.text)
        for link in rendered.links
    )


def resolve_locale(language: str, editions: Mapping[str, object], chain: list[str]) -> str:
    """The edition for a reader of `language`: their own, one of the same base language, else the chain's first."""
    language = language.lower()
    base = language.split("-", maxsplit=1)[0]
    kin = [locale for locale in editions if base and locale.split("-", maxsplit=1)[0] == base]
    for candidate in (language, base, *kin, *chain):
        if candidate in editions:
            return candidate
    return next(iter(editions))


def _locale_case(frozen: Frozen) -> Case:
    chain = frozen.issue.bulletin.fallback_chain()
    languages = Subscriber.objects.order_by("language").values_list("language", flat=True).distinct()
    whens = [
        When(language=language, then=Value(resolve_locale(language, frozen.contents, chain))) for language in languages
    ]
    return Case(*whens, default=Value(resolve_locale("", frozen.contents, chain)), output_field=CharField())


def _mask_case(frozen: Frozen) -> Case | CombinedExpression | Value:
    """The bits of the segments a subscriber is in, as far as their edition has items for them."""
    total: Any = Value(0, output_field=BigIntegerField())
    conditions = segment_conditions(frozenset(frozen.bits))
    for slug, bit in frozen.bits.items():
        locales = [locale for locale, content in frozen.contents.items() if slug in content.audiences()]
        seen = Q(locale__in=locales) & conditions[slug]
        total = total + Case(When(seen, then=Value(1 << bit)), default=Value(0), output_field=BigIntegerField())
    return total
