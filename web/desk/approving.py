"""Approving on the desk: ask for it, give it, take the asking back, or ask for changes; and where editors see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page, WorkflowState

from composer.approval import NotApproved, approve_issue, edited_last, standing_approval
from composer.asking import NotAsked, ask_for_approval, ask_for_changes, name_of, open_states, take_back, waiting
from composer.issues import Issue, issue_of
from composer.models import EditionPage, Review
from composer.review import counts
from web.desk.overview import visible_issue
from web.desk.permissions import may_approve, may_see_issues, only

MOST = 5000  # characters of a comment


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """What an issue's page says of its approval, for one user. `asked` is the workflow that waits, if one does."""

    asked: WorkflowState | None
    asked_by: str
    may_ask: bool
    may_take_back: bool
    may_approve: bool
    must_be_another: bool  # four eyes: this user edited it last


@dataclass(frozen=True, slots=True)
class Word:
    """Something said about the issue. `current`: about what it holds now."""

    review: Review
    current: bool
    outside: bool
    needs_confirming: bool  # a guest's yes that is no approval, about what is here now


def approval_facts(issue: Issue, user: Any, *, approved: bool) -> ApprovalFacts:
    asked = waiting(issue)
    approver = may_approve(user)
    edits = may_edit_some(issue, user)
    mine = asked is not None and (asked.requested_by_id == user.pk or approver)
    return ApprovalFacts(
        asked=asked,
        asked_by=name_of(asked.requested_by) if asked else "",
        may_ask=asked is None and not approved and (edits or approver),
        may_take_back=mine,
        may_approve=approver,
        must_be_another=approver and edited_last(issue.key, user),
    )


def words(issue: Issue, digest: str) -> list[Word]:
    """Everything that was said about the issue, the last first."""
    said = Review.objects.filter(issue_key=issue.key).select_related("user", "invitation")
    return [_word(review, digest) for review in said]


def _word(review: Review, digest: str) -> Word:
    current, outside = review.digest == digest, review.invitation_id is not None
    waits = current and outside and review.verdict == Review.Verdict.APPROVE and not counts(review)
    return Word(review, current=current, outside=outside, needs_confirming=waits)


def may_edit_some(issue: Issue, user: Any) -> bool:
    return any(edition.page.permissions_for_user(user).can_edit() for edition in issue.editions.values())


@require_POST
@only(may_approve)
def approve(request: HttpRequest, key: UUID) -> HttpResponse:
    """Approve the content with the digest that the page showed; any other is refused."""
    found = visible_issue(key, request.user)
    comment = request.POST.get("comment", "").strip()[:MOST]
    try:
        approve_issue(key, digest=request.POST.get("digest", ""), user=request.user, comment=comment)
    except NotApproved as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%s” is approved as it stands. Any change voids the approval.") % found.title)
    return redirect("circular_issue", key)


@require_POST
@only(may_see_issues)
def ask(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put all editions before those who may approve."""
    found = visible_issue(key, request.user)
    if not may_edit_some(found, request.user) and not may_approve(request.user):
        messages.error(request, _("Only somebody who may edit this issue can ask for its approval."))
        return redirect("circular_issue", key)
    try:
        asked = ask_for_approval(key, user=request.user)
    except NotAsked as error:
        messages.error(request, str(error))
    else:
        said = ngettext("Asked for approval, of %d edition.", "Asked for approval, of all %d editions.", asked)
        messages.success(request, said % asked if asked else _("Approval was asked for already."))
    return redirect("circular_issue", key)


@require_POST
@only(may_see_issues)
def unask(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take the asking back: by who asked, or by somebody who may approve."""
    found = visible_issue(key, request.user)
    own = any(state.requested_by_id == request.user.pk for state in open_states(found))
    if own or may_approve(request.user):
        if take_back(key, user=request.user):
            messages.success(request, _("Nobody is asked for an approval any more. The editions can be edited."))
    else:
        messages.error(request, _("Only who asked for the approval, or somebody who may approve, can take it back."))
    return redirect("circular_issue", key)


@require_POST
@only(may_approve)
def changes(request: HttpRequest, key: UUID) -> HttpResponse:
    """Say what should be changed; the editions can be edited again."""
    visible_issue(key, request.user)
    comment = request.POST.get("comment", "").replace("\x00", "").strip()[:MOST]
    if not comment:
        messages.error(request, _("Say what should be changed, so that somebody can do it."))
    else:
        ask_for_changes(key, user=request.user, comment=comment)
        messages.success(request, _("Your words stand on this page and above the editors of all editions."))
    return redirect("circular_issue", key)


@hooks.register("register_admin_urls")
def approving_urls() -> list[URLPattern]:
    return [
        path("issues/<uuid:key>/approve/", approve, name="circular_issue_approve"),
        path("issues/<uuid:key>/ask/", ask, name="circular_issue_ask"),
        path("issues/<uuid:key>/unask/", unask, name="circular_issue_unask"),
        path("issues/<uuid:key>/changes/", changes, name="circular_issue_changes"),
    ]


@hooks.register("before_edit_page")
def show_what_was_said(request: HttpRequest, page: Page) -> None:
    """Above the editor: what somebody said about the issue since this edition was last saved."""
    if request.method != "GET" or page.specific_class is not EditionPage:
        return
    said = Review.objects.filter(issue_key=page.translation_key).exclude(verdict=Review.Verdict.APPROVE)
    if page.latest_revision_created_at:
        said = said.filter(said_at__gt=page.latest_revision_created_at)
    for review in said[:3]:
        asked = review.verdict == Review.Verdict.CHANGES
        sentence = _("%(who)s asks for changes: %(words)s") if asked else _("%(who)s commented: %(words)s")
        short = review.text if len(review.text) <= 400 else review.text[:400] + "…"
        messages.warning(request, sentence % {"who": review.name, "words": short}, buttons=[_to_the_issue(page)])


@hooks.register("after_edit_page")
def say_that_it_was_not_approved(request: HttpRequest, page: Page) -> None:
    """Saved in the same step as it was to be approved: others can't have been shown that, so it isn't."""
    wanted = request.POST.get("workflow-action-name") == "approve" and "action-workflow-action" in request.POST
    if wanted and page.specific_class is EditionPage and standing_approval(issue_of(page.translation_key)) is None:
        sentence = _("“%s” was saved, but it is not approved: it changed in the same step. Look at the issue again.")
        messages.warning(request, sentence % page.get_admin_display_title(), buttons=[_to_the_issue(page)])


def _to_the_issue(page: Page) -> Any:
    return messages.button(reverse("circular_issue", args=[page.translation_key]), _("Issue: all languages"))
