"""The composer's entries in Wagtail's audit log."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    actions.register_action("circular.approve", _("Approve the issue"), _("Approved the issue"))
    actions.register_action("circular.changes", _("Ask for changes"), _("Asked for changes"))
    actions.register_action("circular.invite", _("Invite somebody outside"), _("Invited somebody outside to look"))
    actions.register_action("circular.withdraw", _("Withdraw an invitation"), _("Withdrew an invitation"))
    actions.register_action("circular.fix", _("Correct what the checks found"), _("Corrected what the checks found"))
    actions.register_action("circular.review", _("Comment from outside"), _("A guest commented on the issue"))
