"""Issues on the editors' desk: the list, an issue's page, its approval; and what they add to Wagtail's admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from composer.approval import standing_approval
from composer.editions import State
from composer.models import Approval, BulletinPage, EditionPage
from dispatch.models import Dispatch
from web.desk.approving import approval_facts, words
from web.desk.frame import desk_page
from web.desk.importing import addable_bulletins
from web.desk.inviting import invitation_lines, link_to_show
from web.desk.languages import language_rows
from web.desk.listing import issue_keys, issue_lines
from web.desk.live_preview import issue_panel
from web.desk.overview import edition_facts, open_notes, visible_issue
from web.desk.permissions import (
    may_approve,
    may_see_issues,
    may_send,
    may_watch,
    only,
    registered_permissions,
    visible_editions,
)
from web.desk.sending import send
from web.desk.sources import sources
from web.edition_pdf import desk_pdf
from web.operations.figures import counts_of

ICON = "doc-full-inverse"
PER_PAGE = 25


@require_safe
@only(may_see_issues)
def issues(request: HttpRequest) -> HttpResponse:
    """Every issue, the last edited first."""
    search = request.GET.get("q", "").strip()[:200]
    page = Paginator(issue_keys(visible_editions(request.user), search), PER_PAGE).get_page(request.GET.get("p"))
    lines = issue_lines(row["translation_key"] for row in page)
    context = {"page": page, "lines": lines, "search": search, "may_watch": may_watch(request.user)}
    may_begin = addable_bulletins(request.user) or not BulletinPage.objects.exists()
    buttons = [(_("New issue"), reverse("circular_issue_start"), "plus")] if may_begin else []
    return desk_page(request, "web/desk/issues.html", context, title=_("Issues"), icon=ICON, buttons=buttons)


@require_safe
@only(may_see_issues)
def issue(request: HttpRequest, key: UUID) -> HttpResponse:
    """One issue: what it is made of, whether it is approved, where it was sent."""
    found = visible_issue(key, request.user)
    standing = standing_approval(found)
    last = Approval.objects.filter(issue_key=key).select_related("approved_by").first()
    dispatches = list(Dispatch.objects.filter(issue_key=key).select_related("planned_by"))
    counts = counts_of([dispatch.pk for dispatch in dispatches])
    facts = edition_facts(found, last, request.user)
    digest = found.digest()
    languages = language_rows(found, facts, request.user)
    context = {
        "issue": found,
        "digest": digest,
        "standing": standing,
        "last": last,
        "editions": facts,
        "notes": open_notes(found),
        "look": issue_panel(found, request),
        "dispatches": [(dispatch, counts[dispatch.pk]) for dispatch in dispatches],
        "open_dispatch": next((each for each in dispatches if each.state in Dispatch.OPEN), None),
        "may_approve": may_approve(request.user),
        "approval": approval_facts(found, request.user, approved=standing is not None),
        "words": words(found, digest),
        "invitations": invitation_lines(found, digest),
        "shown_link": link_to_show(request, found),
        "languages": languages,
        "all_complete": all(row.standing.state == State.COMPLETE for row in languages if row.facts),
        "may_send": may_send(request.user),
        "may_watch": may_watch(request.user),
        "only_the_bulletin_changed": last is not None and standing is None and not any(each.changed for each in facts),
    }
    crumbs = [(_("Issues"), reverse("circular_issues"))]
    buttons = [
        (_("Variants"), reverse("circular_issue_variants", args=[key]), "group"),
        (_("Move or copy items"), reverse("circular_issue_items", args=[key]), "copy"),
    ]
    return desk_page(
        request, "web/desk/issue.html", context, title=found.title, icon=ICON, crumbs=crumbs, buttons=buttons
    )


@hooks.register("register_admin_urls")
def issue_urls() -> list[URLPattern]:
    return [
        path("issues/", issues, name="circular_issues"),
        path("issues/<uuid:key>/", issue, name="circular_issue"),
        path("issues/<uuid:key>/send/", send, name="circular_issue_send"),
        path("issues/<uuid:key>/sources.csv", sources, name="circular_issue_sources"),
        path("issues/<uuid:key>/<slug:locale>.pdf", desk_pdf, name="circular_issue_pdf"),
    ]


class IssuesMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_issues(request.user)


@hooks.register("register_admin_menu_item")
def issues_menu_item() -> MenuItem:
    return IssuesMenuItem(
        gettext_lazy("Issues"), reverse("circular_issues"), name="circular-issues", icon_name=ICON, order=150
    )


@hooks.register("register_permissions")
def issue_permissions() -> QuerySet[Permission]:
    return registered_permissions()


@hooks.register("register_page_header_buttons")
def issue_header_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    if page.specific_class is EditionPage and may_see_issues(user):
        yield Button(_("Issue: all languages"), reverse("circular_issue", args=[page.translation_key]), icon_name=ICON)


class ApproveAndSendItem(ActionMenuItem):
    """A way from the editor's save button to the issue; it saves nothing itself."""

    name = "circular-issue"
    label = gettext_lazy("Approve and send…")
    icon_name = "mail"

    def is_shown(self, context: dict[str, Any]) -> bool:
        page = context.get("page")
        return context["view"] == "edit" and isinstance(page, EditionPage) and may_see_issues(context["request"].user)

    def get_url(self, parent_context: dict[str, Any]) -> str:
        return reverse("circular_issue", args=[parent_context["page"].translation_key])


@hooks.register("register_page_action_menu_item")
def approve_and_send_item() -> ActionMenuItem:
    return ApproveAndSendItem(order=70)
