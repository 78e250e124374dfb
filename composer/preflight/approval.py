"""The checks of an issue's approval."""

from __future__ import annotations

from .facts import Approval
from .findings import Finding, Severity, gettext_noop, message


def check_approval(approval: Approval) -> list[Finding]:
    """An error where an approval is required and doesn't stand for the content as it is."""
    if not approval.required or (approval.given and approval.stands):
        return []
    if approval.given:
        check, text = "approval-void", gettext_noop("The issue was changed after its approval. Have it approved again.")
    else:
        check, text = "approval-missing", gettext_noop("The issue isn't approved yet. Submit it for approval.")
    return [Finding(check=check, severity=Severity.ERROR, message=message(text))]
