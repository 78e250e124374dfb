"""Planning a dispatch: freeze the approved content and the audience, one delivery a subscriber, all or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RenderingError
from dispatch.audiences import audience_name, audience_rule, segments_used
from dispatch.binding import Despite, hold_to_checks
from dispatch.errors import BadHeader, PlanRefused
from dispatch.frozen import Frozen, audience, freeze
from dispatch.headers import text_header
from dispatch.letter import encode_variant
from dispatch.models import Delivery, Dispatch, Link, Variant
from dispatch.options import Options
from dispatch.planned import draw_sample, insert_deliveries
from dispatch.subjects import hold_to_subjects, other_subject
from subscribers.models import Segment
from subscribers.rules import BadRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The audience in words, as a rule that names no segment, and as `people` (annotated as `frozen.takers` are).

    `kind` and `follows` say what an earlier dispatch has to do with it.
    """

    name: str
    rule: dict[str, Any]
    people: QuerySet[Any]
    segments: dict[str, Any] = field(default_factory=dict)
    kind: Dispatch.Kind = Dispatch.Kind.ISSUE
    follows: Dispatch | None = None


def plan_dispatch(
    *,
    issue_key: UUID,
    segment: Segment,
    excluded: Sequence[Segment] = (),
    request_key: UUID,
    user: Any = None,
    despite: Despite | None = None,
    options: Options | None = None,
) -> Dispatch:
    """Plan a dispatch of the approved issue to `segment` but nobody in `excluded`; PlanRefused leaves all as it was.

    The same `request_key` a second time (a double click) returns the dispatch that the first one made. What preflight
    finds for exactly this content and audience is binding, but for what `despite` takes upon itself.
    """

    def plan() -> Dispatch:
        frozen = freeze(issue_key)
        rule = audience_rule(segment, excluded)
        whom = Whom(
            name=audience_name(segment, excluded),
            rule=rule,
            people=audience(frozen, rule),
            segments=segments_used(frozenset(frozen.bits) | {segment.slug} | {other.slug for other in excluded}),
        )
        return plan_frozen(frozen, whom, request_key=request_key, user=user, despite=despite, options=options)

    return planned_once(request_key, plan)


def planned_once(request_key: UUID, plan: Callable[[], Dispatch]) -> Dispatch:
    """What `plan` makes, or what it made before under this key; PlanRefused says in words what is in the way."""
    if (made := Dispatch.objects.filter(request_key=request_key).first()) is not None:
        return made
    try:
        with transaction.atomic():
            return plan()
    except IntegrityError as error:
        if (made := Dispatch.objects.filter(request_key=request_key).first()) is not None:
            return made
        if "one_open_dispatch_per_issue" in str(error):
            raise PlanRefused(_("This issue is being sent already. Follow or cancel that dispatch first.")) from error
        raise
    except BadRule as error:
        raise PlanRefused(_("A segment can’t be used any more: %s") % error) from error
    except (RenderingError, BadHeader, LookupError) as error:
        raise PlanRefused(_("The letter can’t be made: %s") % error) from error


def plan_frozen(
    frozen: Frozen,
    whom: Whom,
    *,
    request_key: UUID,
    user: Any = None,
    despite: Despite | None = None,
    options: Options | None = None,
) -> Dispatch:
    """Plan this content for these people, in a transaction of whoever calls it."""
    options = options or Options()
    overridden = hold_to_checks(frozen, whom.rule, despite)
    hold_to_subjects(frozen, whom.rule, options.subjects)
    dispatch = _plan(frozen, whom, options, request_key=request_key, user=user)
    if despite and overridden:
        despite.record(dispatch, overridden, user=user)
    return dispatch


def _plan(frozen: Frozen, whom: Whom, options: Options, *, request_key: UUID, user: Any) -> Dispatch:
    if Delivery.objects.filter(dispatch__issue_key=frozen.issue.key, state=Delivery.State.CLAIMED).exists():
        raise PlanRefused(
            _("Letters of an earlier dispatch of this issue are still on their way. Try again in a minute.")
        )
    bulletin = frozen.issue.bulletin
    pages = {page.locale.language_code: page for page in bulletin.get_translations(inclusive=True).specific()}
    dispatch = Dispatch.objects.create(
        request_key=request_key,
        bulletin_key=bulletin.translation_key,
        issue_key=frozen.issue.key,
        issue_title=frozen.issue.title,
        digest=frozen.digest,
        audience_name=whom.name,
        audience_rule=whom.rule,
        segments=whom.segments,
        kind=whom.kind,
        follows=whom.follows,
        unknown_policy=bulletin.unknown_policy,
        sender_address=bulletin.sender_address,
        sender_names={code: page.sender_name for code, page in pages.items()},
        reply_to=bulletin.reply_to,
        list_name=bulletin.title,
        list_slug=bulletin.slug,
        message_key=secrets.token_bytes(32),
        planned_by=user,
    )
    planned = insert_deliveries(dispatch, whom.people, options)
    if not planned:
        raise PlanRefused(
            _("Nobody in “%s” is to get this issue: all have it already, or nobody there takes the bulletin.")
            % whom.name
        )
    Dispatch.objects.filter(pk=dispatch.pk).update(audience_size=planned)
    dispatch.refresh_from_db()
    _compile_variants(dispatch, frozen, options)
    if not Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.PLANNED).exists():
        raise PlanRefused(
            _("Everyone in “%s” is suppressed or rests from an earlier issue, or no item is meant for them.")
            % whom.name
        )
    draw_sample(dispatch, options)
    return dispatch


def _compile_variants(dispatch: Dispatch, frozen: Frozen, options: Options) -> None:
    """Render each variant that occurs, once; who would get an empty letter gets none."""
    occurring = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.PLANNED)
    for locale, mask in occurring.order_by("locale", "mask").values_list("locale", "mask").distinct():
        segments = frozen.segments_in(mask)
        content = frozen.contents[locale].seen_by(segments)
        if not content.sections:
            occurring.filter(locale=locale, mask=mask).update(
                state=Delivery.State.EXCLUDED, reason="no item for them", due_at=None
            )
            continue
        rendered = render_edition(content, base_url=settings.BASE_URL, tracked=True)
        other = other_subject(content, rendered, options.subjects.get(locale, ""))
        variant = Variant.objects.create(
            dispatch=dispatch,
            locale=locale,
            mask=mask,
            segments=sorted(segments),
            subject=rendered.subject,
            other_subjects={"b": other} if options.subjects else {},
            html=rendered.html,
            text=rendered.text,
            merges=[[merge.field, merge.fallback] for merge in rendered.merges],
        )
        _save_links(variant, rendered)
        encode_variant(dispatch, variant, base_url=settings.BASE_URL)  # a header that can't be sent stops it here
        text_header("Subject", other)


def _save_links(variant: Variant, rendered: Rendered) -> None:
    Link.objects.bulk_create(
        Link(variant=variant, number=link.number, url=link.url, item_key=link.item_key, text=link.text)
        for link in rendered.links
    )
