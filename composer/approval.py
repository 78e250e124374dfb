"""Approving an issue, and whether an approval still holds.

An approval is bound to a digest of the content of all editions: whatever is edited afterwards voids it, and
what is sent is read from the approved revisions.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Revision

from composer.asking import finish_asking, name_of
from composer.audiences import audience_rules
from composer.content import EditionContent
from composer.extract import extract
from composer.issues import Issue, digest_of, issue_of
from composer.models import Approval, EditionPage, Invitation, Review


class NotApproved(Exception):
    """The issue has no approval that holds; the message says what to do."""


def approve_issue(
    key: UUID, *, digest: str, user: Any, comment: str = "", invitation: Invitation | None = None
) -> Approval:
    """Approve what the approver saw: refused if the issue has changed since `digest` was shown.

    With an `invitation`, its guest approves on behalf of `user`, who invited them. Whatever waited for the approval
    in Wagtail's workflow is finished with it, in all editions.
    """
    issue = issue_of(key)
    if issue.digest() != digest:
        raise NotApproved(_("The issue was changed after you opened this page. Look at it again, then approve."))
    if edited_last(key, user):
        raise NotApproved(_("You edited this issue last. In this bulletin somebody else has to approve it."))
    outside = invitation.name if invitation else ""
    with transaction.atomic():
        approval = Approval.objects.create(
            issue_key=key,
            digest=digest,
            revisions={
                locale: edition.revision_id or edition.page.save_revision(user=user).pk
                for locale, edition in issue.editions.items()
            },
            approved_by=user,
            outside=outside,
            mastheads={locale: asdict(content.masthead) for locale, content in issue.contents().items()},
            rules=audience_rules(_named(issue)),
        )
        Review.objects.create(
            issue_key=key,
            digest=digest,
            verdict=Review.Verdict.APPROVE,
            text=comment,
            name=outside or name_of(user),
            user=None if invitation else user,
            invitation=invitation,
        )
        for edition in issue.editions.values():
            log(
                instance=edition.page,
                action="circular.approve",
                user=user,
                data={"digest": digest, "invitation": invitation.pk if invitation else None},
            )
        finish_asking(issue, user=user, comment=comment)
    return approval


def edited_last(key: UUID, user: Any) -> bool:
    """Whether the bulletin wants four eyes and `user` was the last to edit an edition, so that another must approve."""
    if user is None:
        return False
    pages = EditionPage.objects.filter(translation_key=key)
    last = pages.filter(latest_revision__user=user)
    return last.exists() and any(page.bulletin.four_eyes for page in pages)


def standing_approval(issue: Issue) -> Approval | None:
    """The approval of exactly what `issue` holds now, for the people whom its audiences mean now, if there is one."""
    approvals = Approval.objects.filter(issue_key=issue.key, digest=issue.digest())
    named = _named(issue)
    return approvals.filter(rules=audience_rules(named)).first() if named else approvals.first()


def _named(issue: Issue) -> frozenset[str]:
    """The segments that some item of some edition names."""
    return frozenset().union(*(content.audiences() for content in issue.contents().values()))


def approved_contents(key: UUID) -> tuple[Issue, Approval, dict[str, EditionContent]]:
    """The issue, its approval, and the content of the approved revisions; NotApproved if none holds."""
    issue = issue_of(key)
    approval = standing_approval(issue)
    if approval is None:
        raise NotApproved(f"“{issue.title}” has changes that nobody has approved. Approve the issue, then send it.")
    contents = {}
    for locale, revision_id in approval.revisions.items():
        page: EditionPage = Revision.objects.get(pk=revision_id).as_object()
        contents[locale] = extract(page, bulletin=issue.editions[locale].page.bulletin)
    if digest_of(contents) != approval.digest:
        raise NotApproved(
            f"The approved revisions of “{issue.title}” no longer hold what was approved. Approve the issue again."
        )
    return issue, approval, contents
