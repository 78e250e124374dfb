"""Approval and Wagtail's workflow are one thing: asked for, given, refused and voided for an issue as a whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, Permission
from wagtail.models import PageLogEntry, TaskState, Workflow, WorkflowPage, WorkflowState

from composer.approval import NotApproved, approve_issue, approved_contents, standing_approval
from composer.asking import NotAsked, ask_for_approval, ask_for_changes, open_states, take_back, waiting
from composer.issues import issue_of
from composer.models import Approval, BulletinPage, HomePage, Review
from composer.site import ensure_site
from composer.workflow import ApprovalTask
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> UUID:
    """An issue in English and Chinese."""
    return make_issue(make_bulletin(), make_content("en"), make_content("zh-hans", title="第一期"))


def make_editor(name: str, *permissions: str) -> Any:
    user = make_user(name, superuser=False)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def approver(name: str = "approver") -> Any:
    return make_editor(name, "wagtailadmin.access_admin", "composer.add_approval")


def edit(key: UUID, user: Any = None, title: str = "Changed") -> None:
    page = edition_of(key)
    page.title = title
    page.save_revision(user=user)


def task_state(key: UUID, locale: str = "en") -> TaskState:
    state = edition_of(key, locale).current_workflow_task_state
    assert state is not None
    return state.specific


def statuses(key: UUID) -> set[str]:
    numbers = [str(edition.page.pk) for edition in issue_of(key).editions.values()]
    return set(WorkflowState.objects.filter(object_id__in=numbers).values_list("status", flat=True))


def seen(key: UUID) -> str:
    return f"{key}:{issue_of(key).digest()}"


# The workflow


def test_a_new_site_has_the_workflow_on_every_front_page_and_moderators_may_approve() -> None:
    workflow = Workflow.objects.get(name="Approval of an issue")
    assert [task.specific_class for task in workflow.tasks] == [ApprovalTask]
    pages = set(WorkflowPage.objects.filter(workflow=workflow).values_list("page_id", flat=True))
    assert pages == set(HomePage.objects.values_list("pk", flat=True))
    moderators = Group.objects.filter(name="Moderators").first()
    if moderators:
        assert moderators.permissions.filter(codename="add_approval").exists()


def test_what_an_administrator_took_away_is_not_made_again() -> None:
    WorkflowPage.objects.all().delete()
    ensure_site()
    assert not WorkflowPage.objects.exists()
    assert ApprovalTask.objects.count() == 1


def test_asking_puts_every_edition_before_those_who_may_approve(key: UUID) -> None:
    asker, moderator = make_editor("asker"), approver()
    assert ask_for_approval(key, user=asker) == 2
    mine = TaskState.objects.reviewable_by(moderator)
    assert {state.workflow_state.content_object.translation_key for state in mine} == {key}
    assert len(mine) == 2
    assert not TaskState.objects.reviewable_by(asker)
    state = waiting(issue_of(key))
    assert state is not None
    assert state.requested_by == asker


def test_asking_twice_asks_once(key: UUID) -> None:
    ask_for_approval(key, user=None)
    assert ask_for_approval(key, user=None) == 0
    assert len(open_states(issue_of(key))) == 2


def test_a_submitted_edition_and_the_asking_of_the_rest_are_one(key: UUID) -> None:
    edition_of(key).get_workflow().start(edition_of(key), None)
    assert ask_for_approval(key, user=None) == 1
    assert len(open_states(issue_of(key))) == 2


def test_without_a_workflow_asking_says_what_to_do_and_leaves_nothing_half_done(key: UUID) -> None:
    WorkflowPage.objects.all().delete()
    with pytest.raises(NotAsked, match="Settings, Workflows"):
        ask_for_approval(key, user=None)
    assert not open_states(issue_of(key))


def test_approving_one_edition_in_wagtails_places_approves_the_issue_and_ends_all_workflows(key: UUID) -> None:
    ask_for_approval(key, user=make_editor("asker"))
    state, user = task_state(key, "zh-hans"), approver()
    state.task.specific.on_action(state, user, "approve", seen=seen(key), comment="Fine")
    approval = standing_approval(issue_of(key))
    assert approval is not None
    assert approval.approved_by == user
    assert statuses(key) == {"approved"}
    review = Review.objects.get()
    assert (review.verdict, review.text, review.name) == ("approve", "Fine", "approver")


def test_an_approval_on_the_issues_page_ends_the_workflows_too(key: UUID) -> None:
    ask_for_approval(key, user=make_editor("asker"))
    approve_issue(key, digest=issue_of(key).digest(), user=approver())
    assert statuses(key) == {"approved"}
    assert not TaskState.objects.filter(status="in_progress").exists()


def test_approved_editions_are_not_published(key: UUID) -> None:
    ask_for_approval(key, user=make_editor("asker"))
    approve_issue(key, digest=issue_of(key).digest(), user=approver())
    assert not edition_of(key).live
    assert not edition_of(key, "zh-hans").live


def test_any_other_page_in_the_workflow_is_published_as_ever() -> None:
    bulletin = make_bulletin("en")
    bulletin.title = "Another name"
    bulletin.save_revision()
    bulletin.get_workflow().start(bulletin, None)
    state = bulletin.current_workflow_task_state
    user = make_user()
    assert [name for name, _words, _modal in state.task.specific.get_actions(bulletin, user)] == ["reject", "approve"]
    state.task.specific.on_action(state, user, "approve", comment="")
    assert BulletinPage.objects.get(pk=bulletin.pk).title == "Another name"
    assert not Approval.objects.exists()


def test_what_changed_since_it_was_shown_is_not_approved_with_it(key: UUID) -> None:
    ask_for_approval(key, user=make_editor("asker"))
    shown, state, user = seen(key), task_state(key), approver()
    edit(key)
    state.task.specific.on_action(state, user, "approve", seen=shown, comment="")
    assert not Approval.objects.exists()
    assert statuses(key) == {"in_progress"}
    form = ApprovalTask().get_form_for_action("approve")({"seen": shown, "comment": ""})
    assert "changed meanwhile" in str(form.errors["seen"])


@pytest.mark.parametrize("said", ["", "nonsense", "no-key:no-digest", "00000000-0000-0000-0000-000000000000:x"])
def test_wagtails_form_refuses_what_is_no_issue(said: str) -> None:
    assert not ApprovalTask().get_form_for_action("approve")({"seen": said}).is_valid()


def test_asking_for_changes_ends_the_wait_in_all_editions_and_keeps_the_words(key: UUID) -> None:
    ask_for_approval(key, user=make_editor("asker"))
    state = task_state(key)
    state.task.specific.on_action(state, approver(), "reject", comment="The date is wrong")
    assert statuses(key) == {"needs_changes"}
    review = Review.objects.get()
    assert (review.verdict, review.text, review.digest) == ("changes", "The date is wrong", issue_of(key).digest())
    assert TaskState.objects.filter(comment="The date is wrong").count() == 2
    assert not Approval.objects.exists()


def test_asking_again_after_changes_resumes_and_an_approval_ends_it(key: UUID) -> None:
    ask_for_approval(key, user=None)
    ask_for_changes(key, user=approver(), comment="The date")
    edit(key)
    assert ask_for_approval(key, user=None) == 2
    assert statuses(key) == {"in_progress"}
    approve_issue(key, digest=issue_of(key).digest(), user=approver("other"))
    assert statuses(key) == {"approved"}


def test_an_approval_straight_after_asking_for_changes_ends_the_workflow(key: UUID) -> None:
    ask_for_approval(key, user=None)
    ask_for_changes(key, user=approver(), comment="The date")
    approve_issue(key, digest=issue_of(key).digest(), user=approver("other"))
    assert statuses(key) == {"approved"}


def test_taking_back_ends_the_asking(key: UUID) -> None:
    asker = make_editor("asker")
    ask_for_approval(key, user=asker)
    assert take_back(key, user=asker) == 2
    assert waiting(issue_of(key)) is None
    assert take_back(key, user=asker) == 0


def test_while_it_waits_only_approvers_may_edit(key: UUID) -> None:
    ask_for_approval(key, user=None)
    task = task_state(key).task.specific
    assert task.locked_for_user(edition_of(key), make_editor("asker"))
    assert not task.locked_for_user(edition_of(key), approver())


def test_who_may_not_approve_is_offered_nothing(key: UUID) -> None:
    ask_for_approval(key, user=None)
    assert task_state(key).task.specific.get_actions(edition_of(key), make_editor("asker")) == []


def test_a_workflow_of_other_tasks_decides_nothing_about_sending(key: UUID) -> None:
    from wagtail.models import GroupApprovalTask, WorkflowTask

    task = GroupApprovalTask.objects.create(name="Language check")
    other = Workflow.objects.create(name="Other")
    WorkflowTask.objects.create(workflow=other, task=task)
    other.start(edition_of(key), None)
    state = edition_of(key).current_workflow_task_state
    state.approve(user=make_user())
    assert not edition_of(key).live
    with pytest.raises(NotApproved):
        approved_contents(key)


# What an approval is bound to


def test_an_edit_voids_it_and_going_back_makes_it_stand_again(key: UUID) -> None:
    title = edition_of(key).title
    approve_issue(key, digest=issue_of(key).digest(), user=approver())
    edit(key)
    assert standing_approval(issue_of(key)) is None
    edit(key, title=title)
    assert standing_approval(issue_of(key)) is not None


def test_a_new_language_voids_it(key: UUID) -> None:
    bulletin = issue_of(key).bulletin
    single = make_issue(bulletin, make_content("en"))
    approve_issue(single, digest=issue_of(single).digest(), user=None)
    from composer.drafts import save_edition

    save_edition(make_content("zh-hans"), bulletin=edition_of(key, "zh-hans").bulletin, issue_key=single)
    assert standing_approval(issue_of(single)) is None


def test_every_approval_is_in_the_audit_log_of_every_edition(key: UUID) -> None:
    approve_issue(key, digest=issue_of(key).digest(), user=approver())
    assert PageLogEntry.objects.filter(action="circular.approve").count() == 2


# Four eyes


def test_without_four_eyes_an_editor_may_approve_their_own_edit(key: UUID) -> None:
    user = approver()
    edit(key, user)
    assert approve_issue(key, digest=issue_of(key).digest(), user=user)


def test_with_four_eyes_who_edited_last_may_not_approve_but_another_may(key: UUID) -> None:
    BulletinPage.objects.update(four_eyes=True)
    one, other = approver("one"), approver("other")
    edit(key, one)
    ask_for_approval(key, user=None)
    with pytest.raises(NotApproved, match="somebody else"):
        approve_issue(key, digest=issue_of(key).digest(), user=one)
    actions = task_state(key).task.specific.get_actions
    assert [name for name, _words, _modal in actions(edition_of(key), one)] == ["reject"]
    assert [name for name, _words, _modal in actions(edition_of(key), other)] == ["reject", "approve"]
    assert approve_issue(key, digest=issue_of(key).digest(), user=other)


def test_an_approval_is_for_the_people_whom_its_segments_meant() -> None:
    bulletin = make_bulletin("en")
    segment = make_segment("partners", {"field": "role", "in": ["partner"]})
    key = make_issue(bulletin, make_content("en", make_item("For partners", audience="partners")))
    approve(key)
    assert standing_approval(issue_of(key)) is not None
    segment.rule = {"all": []}
    segment.save()
    assert standing_approval(issue_of(key)) is None
    segment.rule = {"field": "role", "in": ["partner"]}
    segment.save()
    assert standing_approval(issue_of(key)) is not None
