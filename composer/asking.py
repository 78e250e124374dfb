"""Asking for an approval, taking that back, and asking for changes: of an issue, which is all its editions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Page, TaskState, WorkflowState

from composer.issues import Issue, issue_of
from composer.models import Review
from composer.workflow import ApprovalTask


class NotAsked(Exception):
    """Nobody can be asked to approve the issue; the message says what to do."""


def open_states(issue: Issue) -> list[WorkflowState]:
    """The workflows of the issue's editions that have begun and not ended, the first asked first."""
    numbers = [str(edition.page.pk) for edition in issue.editions.values()]
    found = WorkflowState.objects.active().filter(
        base_content_type=ContentType.objects.get_for_model(Page), object_id__in=numbers
    )
    return list(found.select_related("current_task_state__task", "requested_by").order_by("created_at", "pk"))


def waiting(issue: Issue) -> WorkflowState | None:
    """The first of the issue's editions' workflows that wait for an approval."""
    return next((state for state in open_states(issue) if _waits(state)), None)


@transaction.atomic
def ask_for_approval(key: UUID, *, user: Any) -> int:
    """Put every edition before those who may approve; how many were not already there."""
    issue = issue_of(key)
    begun = {state.object_id: state for state in open_states(issue)}
    asked = 0
    for edition in issue.editions.values():
        state = begun.get(str(edition.page.pk))
        if state is not None and state.status == WorkflowState.STATUS_IN_PROGRESS:
            continue
        if edition.revision_id is None:
            edition.page.save_revision(user=user)
        if state is not None:
            state.resume(user)
        else:
            workflow = edition.page.get_workflow()
            if workflow is None:
                raise NotAsked(
                    f"No workflow is assigned to the pages of “{issue.bulletin.title}”. "
                    "Somebody who manages the desk can assign one under Settings, Workflows."
                )
            workflow.start(edition.page, user)
        asked += 1
    return asked


@transaction.atomic
def take_back(key: UUID, *, user: Any) -> int:
    """End the asking, as if nobody had asked; how many editions it was for."""
    states = open_states(issue_of(key))
    for state in states:
        state.cancel(user=user)
    return len(states)


@transaction.atomic
def ask_for_changes(key: UUID, *, user: Any, comment: str) -> Review:
    """Say what should be changed: it ends the wait for an approval in all editions, and stands on the issue's page."""
    issue = issue_of(key)
    for state in open_states(issue):
        if _waits(state) and state.current_task_state is not None:
            state.current_task_state.reject(user=user, comment=comment)
    for edition in issue.editions.values():
        log(instance=edition.page, action="circular.changes", user=user)
    return Review.objects.create(
        issue_key=key,
        digest=issue.digest(),
        verdict=Review.Verdict.CHANGES,
        text=comment,
        name=name_of(user),
        user=user,
    )


def finish_asking(issue: Issue, *, user: Any, comment: str = "") -> None:
    """The issue was approved: what waited for that is done, in every edition."""
    for state in open_states(issue):
        if state.status == WorkflowState.STATUS_NEEDS_CHANGES and _is_ours(state):
            state.resume(user)
            state.refresh_from_db()
        if _waits(state) and state.current_task_state is not None:
            state.current_task_state.approve(user=user, comment=comment)


def name_of(user: Any) -> str:
    """How a person of the desk is called on its pages."""
    return (user.get_full_name() or user.get_username())[:120] if user else ""


def _waits(state: WorkflowState) -> bool:
    return (
        state.status == WorkflowState.STATUS_IN_PROGRESS
        and _is_ours(state)
        and state.current_task_state is not None
        and state.current_task_state.status == TaskState.STATUS_IN_PROGRESS
    )


def _is_ours(state: WorkflowState) -> bool:
    return state.current_task_state is not None and isinstance(state.current_task_state.task.specific, ApprovalTask)
