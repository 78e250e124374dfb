"""Whether every recipient of a dispatch is accounted for: the ledger held against itself, for a person to look at."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.log_actions import LogFormatter

from dispatch.lately import Lately
from dispatch.models import Dispatch
from dispatch.progress import BIG
from dispatch.reconcile import ACTION, Account, account_of
from web.desk.frame import desk_page
from web.desk.permissions import may_watch, only

_seen: Lately[Account | None] = Lately()


@require_safe
@only(may_watch)
def accounts(request: HttpRequest, pk: int) -> HttpResponse:
    """What agrees and what doesn't, with the numbers of deliveries to look at."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    big = dispatch.audience_size >= BIG
    account = _seen.see((pk, dispatch.finished_at), lambda: account_of(pk)) if big else account_of(pk)
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (dispatch.issue_title, reverse("circular_dispatch", args=[pk])),
    ]
    context = {"dispatch": dispatch, "account": account}
    title = _("Accounts")
    return desk_page(request, "operations/accounts.html", context, title=title, icon="check", crumbs=crumbs)


@hooks.register("register_log_actions")
def accounts_log_action(actions: Any) -> None:
    @actions.register_action(ACTION)
    class AccountsFormatter(LogFormatter):
        label = gettext_lazy("Prove the accounts")

        def format_message(self, entry: Any) -> str:
            numbers = {"sum": localize(entry.data.get("sum", 0)), "audience": localize(entry.data.get("audience", 0))}
            if entry.data.get("findings"):
                return _("The accounts don’t agree: %(sum)s of %(audience)s. See “Accounts”.") % numbers
            return _("The accounts agree: %(sum)s of %(audience)s accounted for, nobody twice.") % numbers
