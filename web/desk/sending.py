"""Sending an issue: choose the audience, see who gets what, confirm once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.log_actions import log, registry
from wagtail.models import Revision

from composer.approval import NotApproved, approved_contents
from composer.audiences import audience_choices
from composer.issues import Issue
from composer.preflight.findings import Severity
from dispatch.bell import ring
from dispatch.binding import Despite, is_overridable
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen, audience, freeze, groups, takers
from dispatch.models import Dispatch
from dispatch.plan import plan_dispatch
from dispatch.readiness import findings_in
from subscribers.counts import counted
from subscribers.rules import BadRule
from subscribers.segments import matching
from web.desk.audience import Audience, audience_options, chosen_audience, rule_digest
from web.desk.findings import Counts, EditionLines, edition_lines
from web.desk.frame import desk_page, language_name
from web.desk.overview import open_notes, visible_issue
from web.desk.permissions import may_send, only

LONGEST_REASON = 500  # characters
REFUSED = 409  # nothing is wrong with the request; the state of the issue or its audience stands against it
LITTLE = 10  # people by whom an audience may have grown or shrunk since its size was shown …
LITTLE_SHARE = 0.01  # … or this part of it, whichever is more


@dataclass(frozen=True, slots=True)
class VariantLine:
    """Readers who get the same letter. `letters` of the `size` will leave."""

    language: str
    audiences: tuple[str, ...]
    size: int
    suppressed: int
    resting: int
    empty: bool
    letters: int


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    """The sizes that the confirmation shows.

    Of the `matched` people in the segment some are in those that are left out, some don't take the bulletin, some have
    the issue already; the `total` is in the dispatch, where some are suppressed, some had one lately and want fewer,
    and some have no item.
    """

    matched: int
    left_out: int
    not_taking: int
    had: int
    total: int
    letters: int
    suppressed: int
    resting: int
    without_items: int
    variants: tuple[VariantLine, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_send)
def send(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET shows the audience of `?segment=…&without=…`; POST plans the dispatch, once for each page that was shown."""
    found = visible_issue(key, request.user)
    if request.method == "POST":
        return _confirmed(request, found)
    return _choice(request, found, chosen=chosen_audience(request.GET), request_key=uuid4())


def _choice(
    request: HttpRequest,
    found: Issue,
    *,
    chosen: Audience | None,
    request_key: UUID,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"issue": found, "options": audience_options(chosen), "chosen": chosen}
    context |= {"request_key": request_key, "refused": refused}
    context["open_dispatch"] = Dispatch.objects.filter(issue_key=found.key, state__in=Dispatch.OPEN).first()
    try:
        frozen = freeze(found.key)
        context |= {"digest": frozen.digest, "sendable": True}
        if chosen:
            context |= {"audience_digest": rule_digest(chosen.rule), "words": chosen.words()}
            context["facts"] = audience_facts(frozen, chosen)
            context["found"] = check_facts(frozen, chosen)
    except (PlanRefused, LookupError) as error:
        context |= {"refused": refused or str(error), "sendable": False}
    except BadRule as error:
        words = _("This audience can’t be used: %s") % error
        context |= {"refused": refused or words, "sendable": True}
    context["notes"] = open_notes(found)
    crumbs = [
        (_("Issues"), reverse("circular_issues")),
        (found.title, reverse("circular_issue", args=[found.key])),
    ]
    return desk_page(request, "web/desk/send.html", context, title=_("Send"), icon="mail", crumbs=crumbs, status=status)


def audience_facts(frozen: Frozen, chosen: Audience) -> AudienceFacts:
    """The groups of an audience with what the confirmation says of them."""
    names = dict(audience_choices())
    variants = tuple(
        VariantLine(
            language=language_name(group.locale),
            audiences=tuple(str(names.get(slug, slug)) for slug in group.segments),
            size=group.size,
            suppressed=group.suppressed,
            resting=group.resting,
            empty=group.empty,
            letters=0 if group.empty else group.size - group.suppressed - group.resting,
        )
        for group in groups(frozen, audience(frozen, chosen.rule))
    )
    matched = counted(matching(chosen.segment.rule))
    meant = counted(matching(chosen.rule)) if chosen.without else matched
    taking = takers(frozen, chosen.rule).count()
    total = sum(line.size for line in variants)
    return AudienceFacts(
        matched=matched,
        left_out=matched - meant,
        not_taking=meant - taking,
        had=taking - total,
        total=total,
        letters=sum(line.letters for line in variants),
        suppressed=sum(line.suppressed for line in variants),
        resting=sum(line.resting for line in variants),
        without_items=sum(line.size - line.suppressed - line.resting for line in variants if line.empty),
        variants=variants,
    )


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What the checks found for exactly this content and audience. `ids` are those of the errors.

    `overridable`: whoever sends may answer for all of the errors.
    """

    counts: Counts
    errors: list[EditionLines]
    ids: tuple[str, ...]
    overridable: bool


def check_facts(frozen: Frozen, chosen: Audience) -> CheckFacts:
    findings = findings_in(frozen, rule=chosen.rule, only_audience=True)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return CheckFacts(
        counts=Counts.of(findings),
        errors=edition_lines(frozen.issue, errors, fixable={}),
        ids=tuple(finding.id for finding in errors),
        overridable=all(map(is_overridable, errors)),
    )


def _despite(request: HttpRequest) -> Despite | None:
    """What the confirmation answers for, with the reason that it must give."""
    ids = frozenset(request.POST.getlist("despite"))
    if not ids:
        return None
    reason = " ".join(request.POST.get("reason", "").split())[:LONGEST_REASON]
    if not reason:
        raise PlanRefused(_("Say why the issue is to be sent in spite of what the checks found."))
    return Despite(ids, reason)


def _confirmed(request: HttpRequest, found: Issue) -> HttpResponse:
    try:
        request_key = UUID(request.POST.get("request_key", ""))
    except ValueError:
        refused = _("This confirmation is incomplete. Look at the audience again, then send.")
        chosen = chosen_audience(request.POST)
        return _choice(request, found, chosen=chosen, request_key=uuid4(), refused=refused, status=400)
    try:
        dispatch = _plan(request, found.key, request_key)
    except (PlanRefused, BadRule) as error:
        chosen = chosen_audience(request.POST)
        return _choice(request, found, chosen=chosen, request_key=request_key, refused=str(error), status=REFUSED)
    if not ring(dispatch.pk):
        messages.warning(request, _("Redis doesn't answer: the letters leave as soon as it is back."))
    published = publish_approved(dispatch, request.user)
    letters = ngettext("%d delivery is planned.", "%d deliveries are planned.", dispatch.audience_size)
    messages.success(request, letters % dispatch.audience_size)
    if not published:
        words = _("The public archive wasn't updated: the issue was changed meanwhile.")
        messages.warning(request, words)
    return redirect("circular_dispatch", dispatch.pk)


def _plan(request: HttpRequest, key: UUID, request_key: UUID) -> Dispatch:
    """Plan what the confirmation showed, or nothing."""
    digest, user, despite = request.POST.get("digest", ""), request.user, _despite(request)
    chosen = chosen_audience(request.POST)
    if chosen is None or len(chosen.without) < len(set(request.POST.getlist("without"))):
        raise PlanRefused(_("This audience doesn't exist any more. Choose another one."))
    with transaction.atomic():
        dispatch = plan_dispatch(
            issue_key=key,
            segment=chosen.segment,
            excluded=chosen.without,
            request_key=request_key,
            user=user,
            despite=despite,
        )
        if dispatch.issue_key != key or dispatch.digest != digest:
            raise PlanRefused(
                _("The issue was changed and approved anew after you opened this page. Look again, then send.")
            )
        _hold_to_shown(request, dispatch)
        if not registry.get_logs_for_instance(dispatch).filter(action="circular.dispatch.plan").exists():
            data = {"audience": dispatch.audience_name, "size": dispatch.audience_size, "digest": digest}
            log(instance=dispatch, action="circular.dispatch.plan", user=user, data=data)
    return dispatch


def _hold_to_shown(request: HttpRequest, dispatch: Dispatch) -> None:
    """PlanRefused unless the audience is who it was when it was shown, and about as many."""
    if request.POST.get("audience", "") != rule_digest(dispatch.audience_rule):
        raise PlanRefused(
            _("Who belongs to this audience was changed after you opened this page. Look again, then send.")
        )
    try:
        shown = int(request.POST.get("size", ""))
    except ValueError as error:
        raise PlanRefused(_("This confirmation is incomplete. Look at the audience again, then send.")) from error
    if abs(dispatch.audience_size - shown) > max(LITTLE, LITTLE_SHARE * shown):
        sizes = {"shown": shown, "now": dispatch.audience_size}
        raise PlanRefused(
            _(
                "There were %(shown)d people in this audience when you opened this page, and there are %(now)d now. "
                "Look again, then send."
            )
            % sizes
        )


def publish_approved(dispatch: Dispatch, user: Any) -> bool:
    """Show the dispatch's editions in the public archive; False if its approval doesn't hold any more.

    Whoever may send may do this: what is sent to thousands is public.
    """
    try:
        issue, approval, _contents = approved_contents(dispatch.issue_key)
    except NotApproved:
        return False
    if approval.digest != dispatch.digest:
        return False
    for locale, revision_id in approval.revisions.items():
        page = issue.editions[locale].page
        if page.live and not page.has_unpublished_changes:
            continue
        Revision.objects.get(pk=revision_id).publish(user=user, skip_permission_checks=True)
    return True
