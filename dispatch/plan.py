"""Planning a dispatch: freeze the approved content and the audience, one delivery a subscriber, all or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RenderingError
from dispatch.audiences import audience_name, audience_rule, segments_used
from dispatch.binding import Despite, hold_to_checks
from dispatch.errors import BadHeader, PlanRefused
from dispatch.frozen import Frozen, audience, freeze
from dispatch.letter import encode_variant
from dispatch.models import Delivery, Dispatch, Link, Variant
from subscribers.models import Segment
from subscribers.rules import BadRule


def plan_dispatch(
    *,
    issue_key: UUID,
    segment: Segment,
    excluded: Sequence[Segment] = (),
    request_key: UUID,
    user: Any = None,
    despite: Despite | None = None,
) -> Dispatch:
    """Plan a dispatch of the approved issue to `segment` but nobody in `excluded`; PlanRefused leaves all as it was.

    The same `request_key` a second time (a double click) returns the dispatch that the first one made. What preflight
    finds for exactly this content and audience is binding, but for what `despite` takes upon itself.
    """
    if (made := Dispatch.objects.filter(request_key=request_key).first()) is not None:
        return made
    try:
        frozen = freeze(issue_key)
        chosen = Chosen(audience_name(segment, excluded), audience_rule(segment, excluded))
        overridden = hold_to_checks(frozen, chosen.rule, despite)
        used = segments_used(frozenset(frozen.bits) | {segment.slug} | {other.slug for other in excluded})
        with transaction.atomic():
            dispatch = _plan(frozen, chosen, used, request_key=request_key, user=user)
            if despite and overridden:
                despite.record(dispatch, overridden, user=user)
            return dispatch
    except IntegrityError as error:
        if (made := Dispatch.objects.filter(request_key=request_key).first()) is not None:
            return made
        if "one_open_dispatch_per_issue" in str(error):
            raise PlanRefused("This issue is being sent already. Follow or cancel that dispatch first.") from error
        raise
    except BadRule as error:
        raise PlanRefused(f"A segment can't be used any more: {error}") from error
    except (RenderingError, BadHeader, LookupError) as error:
        raise PlanRefused(f"The letter can't be made: {error}") from error


@dataclass(frozen=True, slots=True)
class Chosen:
    """The audience in words and as a rule that names no segment."""

    name: str
    rule: dict[str, Any]


def _plan(frozen: Frozen, chosen: Chosen, used: dict[str, Any], *, request_key: UUID, user: Any) -> Dispatch:
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
        audience_name=chosen.name,
        audience_rule=chosen.rule,
        segments=used,
        unknown_policy=bulletin.unknown_policy,
        sender_address=bulletin.sender_address,
        sender_names={code: page.sender_name for code, page in pages.items()},
        reply_to=bulletin.reply_to,
        list_name=bulletin.title,
        list_slug=bulletin.slug,
        message_key=secrets.token_bytes(32),
        planned_by=user,
    )
    planned = _insert_deliveries(dispatch, frozen, chosen.rule)
    if not planned:
        raise PlanRefused(
            f"Nobody in “{chosen.name}” is to get this issue: all have it already, or nobody there takes the bulletin."
        )
    Dispatch.objects.filter(pk=dispatch.pk).update(audience_size=planned)
    dispatch.refresh_from_db()
    _compile_variants(dispatch, frozen)
    if not Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.PLANNED).exists():
        raise PlanRefused(
            f"Everyone in “{chosen.name}” is suppressed or rests from an earlier issue, or no item is meant for them."
        )
    return dispatch


def _insert_deliveries(dispatch: Dispatch, frozen: Frozen, rule: dict[str, Any]) -> int:
    people = audience(frozen, rule).values("pk", "locale", "mask", "suppressed", "resting", "email")
    sql, params = people.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dispatch_delivery"  # noqa: S608 - Django's SQL with its own parameters
            " (dispatch_id, subscriber_id, locale, mask, domain, state, reason, attempts, due_at, changed_at)"
            " SELECT %s, a.pk, a.locale, a.mask, lower(split_part(a.email, '@', 2)),"
            " CASE WHEN a.suppressed OR a.resting THEN 'excluded' ELSE 'planned' END,"
            " CASE WHEN a.suppressed THEN 'suppressed' WHEN a.resting THEN 'frequency' ELSE '' END, 0,"
            " CASE WHEN a.suppressed OR a.resting THEN NULL ELSE clock_timestamp() END, clock_timestamp()"
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
            merges=[[merge.field, merge.fallback] for merge in rendered.merges],
        )
        _save_links(variant, rendered)
        encode_variant(dispatch, variant, base_url=settings.BASE_URL)  # a header that can't be sent stops it here


def _save_links(variant: Variant, rendered: Rendered) -> None:
    Link.objects.bulk_create(
        Link(variant=variant, number=link.number, url=link.url, item_key=link.item_key, text=link.text)
        for link in rendered.links
    )
