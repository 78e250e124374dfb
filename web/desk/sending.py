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
from dispatch.frozen import Frozen, Group, audience, freeze, groups
from dispatch.models import Dispatch
from dispatch.plan import plan_dispatch
from dispatch.readiness import findings_in
from subscribers.models import Segment
from subscribers.rules import BadRule
from subscribers.segments import matching
from web.desk.findings import Counts, EditionLines, edition_lines
from web.desk.frame import desk_page, language_name
from web.desk.overview import open_notes, visible_issue
from web.desk.permissions import may_send, only

LONGEST_REASON = 500  # characters
REFUSED = 409  # nothing is wrong with the request; the state of the issue or its audience stands against it


@dataclass(frozen=True, slots=True)
class VariantLine:
    """Readers who get the same letter. `letters` of the `size` will leave."""

    language: str
    audiences: tuple[str, ...]
    size: int
    suppressed: int
    empty: bool
    letters: int


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    """The sizes that the confirmation shows. `matched` is the segment, `total` those who'd be in the dispatch."""

    matched: int
    total: int
    letters: int
    suppressed: int
    without_items: int
    variants: tuple[VariantLine, ...]

    @property
    def left_out(self) -> int:
        """In the segment, but they don't take the bulletin or have this issue already."""
        return max(self.matched - self.total, 0)


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_send)
def send(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET shows the audience of `?segment=`; POST plans the dispatch, once for each page that was shown."""
    found = visible_issue(key, request.user)
    if request.method == "POST":
        return _confirmed(request, found)
    return _choice(request, found, slug=request.GET.get("segment", ""), request_key=uuid4())


def _choice(
    request: HttpRequest, found: Issue, *, slug: str, request_key: UUID, refused: str = "", status: int = 200
) -> HttpResponse:
    segments = list(Segment.objects.all())
    chosen = next((segment for segment in segments if segment.slug == slug), None)
    context: dict[str, Any] = {"issue": found, "segments": segments, "chosen": chosen, "request_key": request_key}
    context["refused"] = refused
    context["open_dispatch"] = Dispatch.objects.filter(issue_key=found.key, state__in=Dispatch.OPEN).first()
    try:
        frozen = freeze(found.key)
        context |= {"digest": frozen.digest, "sendable": True}
        if chosen:
            context["facts"] = audience_facts(groups(frozen, audience(frozen, chosen.rule)), chosen)
            context["found"] = check_facts(frozen, chosen)
    except (PlanRefused, LookupError, BadRule) as error:
        context |= {"refused": refused or str(error), "sendable": False}
    context["notes"] = open_notes(found)
    crumbs = [
        (_("Issues"), reverse("circular_issues")),
        (found.title, reverse("circular_issue", args=[found.key])),
    ]
    return desk_page(request, "web/desk/send.html", context, title=_("Send"), icon="mail", crumbs=crumbs, status=status)


def audience_facts(found: list[Group], segment: Segment) -> AudienceFacts:
    """The groups of a segment with what the confirmation says of them."""
    names = dict(audience_choices())
    variants = tuple(
        VariantLine(
            language=language_name(group.locale),
            audiences=tuple(str(names.get(slug, slug)) for slug in group.segments),
            size=group.size,
            suppressed=group.suppressed,
            empty=group.empty,
            letters=0 if group.empty else group.size - group.suppressed,
        )
        for group in found
    )
    return AudienceFacts(
        matched=matching(segment.rule).count(),
        total=sum(line.size for line in variants),
        letters=sum(line.letters for line in variants),
        suppressed=sum(line.suppressed for line in variants),
        without_items=sum(line.size - line.suppressed for line in variants if line.empty),
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


def check_facts(frozen: Frozen, segment: Segment) -> CheckFacts:
    findings = findings_in(frozen, rule=segment.rule, only_audience=True)
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
    slug = request.POST.get("segment", "")
    try:
        request_key = UUID(request.POST.get("request_key", ""))
    except ValueError:
        refused = _("This confirmation is incomplete. Look at the audience again, then send.")
        return _choice(request, found, slug=slug, request_key=uuid4(), refused=refused, status=400)
    segment = Segment.objects.filter(slug=slug).first()
    try:
        dispatch = _plan(request, found.key, segment, request_key)
    except PlanRefused as error:
        return _choice(request, found, slug=slug, request_key=request_key, refused=str(error), status=REFUSED)
    if not ring(dispatch.pk):
        messages.warning(request, _("Redis doesn't answer: the letters leave as soon as it is back."))
    published = publish_approved(dispatch, request.user)
    letters = ngettext("%d delivery is planned.", "%d deliveries are planned.", dispatch.audience_size)
    messages.success(request, letters % dispatch.audience_size)
    if not published:
        words = _("The public archive wasn't updated: the issue was changed meanwhile.")
        messages.warning(request, words)
    return redirect("circular_dispatch", dispatch.pk)


def _plan(request: HttpRequest, key: UUID, segment: Segment | None, request_key: UUID) -> Dispatch:
    """Plan what the confirmation showed, or nothing."""
    digest, user, despite = request.POST.get("digest", ""), request.user, _despite(request)
    if segment is None:
        raise PlanRefused(_("This audience doesn't exist any more. Choose another one."))
    with transaction.atomic():
        dispatch = plan_dispatch(issue_key=key, segment=segment, request_key=request_key, user=user, despite=despite)
        if dispatch.issue_key != key or dispatch.digest != digest:
            raise PlanRefused(
                _("The issue was changed and approved anew after you opened this page. Look again, then send.")
            )
        if not registry.get_logs_for_instance(dispatch).filter(action="circular.dispatch.plan").exists():
            data = {"audience": segment.name, "size": dispatch.audience_size, "digest": digest}
            log(instance=dispatch, action="circular.dispatch.plan", user=user, data=data)
    return dispatch


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
