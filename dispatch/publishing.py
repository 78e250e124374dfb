"""What belongs to the beginning of a dispatch: a line in the log, and its editions in the public archive."""

from __future__ import annotations

from typing import Any

from wagtail.log_actions import log, registry
from wagtail.models import Revision

from composer.approval import NotApproved, approved_contents
from dispatch.models import Dispatch

ACTION = "circular.dispatch.plan"


def log_planned(dispatch: Dispatch, *, user: Any) -> None:
    """Say once in the audit log who sent what to whom."""
    if registry.get_logs_for_instance(dispatch).filter(action=ACTION).exists():
        return
    data = {"audience": dispatch.audience_name, "size": dispatch.audience_size, "digest": dispatch.digest}
    log(instance=dispatch, action=ACTION, user=user, data=data)


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
