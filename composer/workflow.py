"""Wagtail's workflow for issues: one task, whose yes or no is said of all editions at once.

A model is here, so nothing of `composer.models` may be imported above the functions.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Task, TaskState

APPROVE = "composer.add_approval"  # the permission
NAME = "Approval of an issue"


class ApproveForm(forms.Form):
    """What Wagtail asks before it approves: a comment; and it carries what was shown, as `key:digest`."""

    seen = forms.CharField(widget=forms.HiddenInput)
    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, max_length=5000, widget=forms.Textarea({"rows": 2})
    )

    def clean_seen(self) -> str:
        from composer.issues import NoSuchIssue, issue_of

        seen = str(self.cleaned_data["seen"])
        key, _colon, digest = seen.partition(":")
        try:
            now = issue_of(key).digest()  # type: ignore[arg-type]  # a key in words is as good
        except (NoSuchIssue, ValidationError) as error:
            raise ValidationError(_("This issue doesn't exist any more.")) from error
        if now != digest:
            raise ValidationError(_("The issue was changed meanwhile. Look at it again, then approve."))
        return seen


class ChangesForm(forms.Form):
    """What should be changed: without it, nobody would know."""

    comment = forms.CharField(
        label=gettext_lazy("What should be changed?"), max_length=5000, widget=forms.Textarea({"rows": 4})
    )


class ApprovalTask(Task):
    """Somebody with the permission approves the issue, in all its languages, or asks for changes.

    Of other pages (a bulletin's own page) it speaks of that page alone, as any task of Wagtail's.
    """

    class Meta:
        verbose_name = gettext_lazy("approval of an issue")
        verbose_name_plural = gettext_lazy("approvals of issues")

    @classmethod
    def get_description(cls) -> str:
        return _("Whoever may approve issues approves all languages at once, or asks for changes")

    def user_can_access_editor(self, _obj: Any, user: Any) -> bool:
        return bool(user.has_perm(APPROVE))

    def locked_for_user(self, _obj: Any, user: Any) -> bool:
        """While an answer is awaited, only those who give it may edit; who asked can take it back."""
        return not user.has_perm(APPROVE)

    def user_can_lock(self, _obj: Any, user: Any) -> bool:
        return bool(user.has_perm(APPROVE))

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        if not user.has_perm(APPROVE):
            return []
        if not is_edition(obj):
            return [("reject", _("Ask for changes"), True), ("approve", _("Approve"), False)]
        from composer.approval import edited_last

        actions = [("reject", _("Ask for changes"), True)]
        if not edited_last(obj.translation_key, user):
            actions.append(("approve", _("Approve the issue"), True))
        return actions

    def get_form_for_action(self, action: str) -> type[forms.Form]:
        return ApproveForm if action == "approve" else ChangesForm

    def get_template_for_action(self, action: str) -> str:
        return "composer/approve_modal.html" if action == "approve" else ""

    def get_task_states_user_can_moderate(self, user: Any, **_kwargs: Any) -> Any:
        if not user.has_perm(APPROVE):
            return TaskState.objects.none()
        return self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)

    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> None:
        """Approve or refuse the whole issue, which ends the workflow of every edition.

        From the editor, Wagtail saves what is in its form first. What is saved there was not shown in the other
        languages' light, so it is not approved with it: the page says so (web.desk.approving).
        """
        page = task_state.workflow_state.content_object
        if not is_edition(page):
            super().on_action(task_state, user, action_name, **_only_comment(kwargs))
            return
        from composer.approval import NotApproved, approve_issue
        from composer.asking import ask_for_changes

        comment = str(kwargs.get("comment", ""))
        if action_name == "reject":
            ask_for_changes(page.translation_key, user=user, comment=comment)
        elif action_name == "approve":
            digest = str(kwargs.get("seen", "")).partition(":")[2]
            try:
                approve_issue(page.translation_key, digest=digest, user=user, comment=comment)
            except NotApproved:
                return  # the states stay as they were, and whoever asked for this is told on the next page


def is_edition(page: Any) -> bool:
    """Whether a page, as Wagtail has it at hand, is an edition."""
    from composer.models import EditionPage

    return getattr(page, "specific_class", None) is EditionPage


def _only_comment(given: dict[str, Any]) -> dict[str, Any]:
    return {"comment": str(given["comment"])} if "comment" in given else {}
