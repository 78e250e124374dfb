"""“Checks”: what preflight finds in an issue, on its page and beside its editor; the fixes; how far its links are."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.views.pages.preview import PreviewOnEditView
from wagtail.log_actions import LogFormatter

from composer.extract import extract
from composer.fixing import Fixed, FixRefused, fix_findings, is_fixable
from composer.issues import Issue, issue_of
from composer.linkchecks import ask_where_it_leads, links_to_try, progress_of, want
from composer.models import EditionPage
from composer.preflight.findings import Finding
from dispatch.bell import ring_for_links
from dispatch.binding import ACTION as DESPITE
from dispatch.readiness import approval_findings, edition_findings, findings_of
from web.desk.findings import Counts, edition_lines, fixable_editions, tracked_addresses
from web.desk.frame import desk_page
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, not_for_you, only

ICON = "glasses"
MOST_AT_ONCE = 500  # findings of one click


@require_safe
@only(may_see_issues)
def checks(request: HttpRequest, key: UUID) -> HttpResponse:
    """All findings of an issue; with `?fragment=1` only what stands in the panel of the issue's page."""
    issue = visible_issue(key, request.user)
    context = panel_context(issue, request)
    if request.GET.get("fragment"):
        response = render(request, "web/desk/checks/panel.html", context)
        response["Cache-Control"] = "no-store"
        return response
    crumbs = [(_("Issues"), reverse("circular_issues")), (issue.title, reverse("circular_issue", args=[key]))]
    return desk_page(request, "web/desk/checks/page.html", context, title=_("Checks"), icon=ICON, crumbs=crumbs)


def panel_context(issue: Issue, request: HttpRequest) -> dict[str, Any]:
    """What `web/desk/checks/panel.html` shows."""
    findings = findings_of(issue)
    fixable = fixable_editions(issue, request.user)
    may_check = may_change(issue, request.user)
    contents = issue.contents()
    links = links_to_try(contents.values())
    return {
        "issue": issue,
        "counts": Counts.of(findings),
        "editions": edition_lines(issue, findings, fixable=fixable),
        "approval": [finding.message.said(_) for finding in approval_findings(issue)],
        "progress": progress_of(links),
        "may_check": may_check,
        "items": sum(1 for content in contents.values() for _item in content.items()),
    }


def may_change(issue: Issue, user: Any) -> bool:
    """Whether some edition of the issue is the user's to change."""
    return any(edition.page.permissions_for_user(user).can_edit() for edition in issue.editions.values())


@require_POST
@only(may_see_issues)
def check_links(request: HttpRequest, key: UUID) -> HttpResponse:
    """Ask for the issue's links whose results are missing or old; for all of them with `again`."""
    issue = visible_issue(key, request.user)
    if not may_change(issue, request.user):
        return not_for_you(request)
    again = bool(request.POST.get("again"))
    wanted = want(links_to_try(issue.contents().values()), again=again)
    rung = ring_for_links() if wanted else True
    if request.POST.get("quietly"):
        return JsonResponse({"wanted": wanted})
    if not rung:
        messages.warning(request, _("Redis doesn't answer: the links are checked as soon as it is back."))
    return _back(key)


@require_POST
@only(may_see_issues)
def follow(request: HttpRequest, key: UUID) -> HttpResponse:
    """Ask where another mailer's tracked link leads: its finding is found anew, so nobody can name any address."""
    issue = visible_issue(key, request.user)
    if not may_change(issue, request.user):
        return not_for_you(request)
    may = fixable_editions(issue, request.user)
    contents = {code: content for code, content in issue.contents().items() if may[code]}
    url = tracked_addresses(contents).get(request.POST.get("finding", ""))
    if url is None:
        messages.error(request, _("This link isn't there any more. Look at the list again."))
        return _back(key)
    ask_where_it_leads(url)
    if not ring_for_links():
        messages.warning(request, _("Redis doesn't answer: the links are checked as soon as it is back."))
    return _back(key)


@require_POST
@only(may_see_issues)
def fix(request: HttpRequest, key: UUID) -> HttpResponse:
    """Mend the findings named by `finding`, as far as they are still there, in the latest drafts."""
    issue = visible_issue(key, request.user)
    if not may_change(issue, request.user):
        return not_for_you(request)
    wanted = set(request.POST.getlist("finding")[:MOST_AT_ONCE])
    by_locale: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings_of(issue, rendered=False):
        if finding.id in wanted and is_fixable(finding) and finding.locale in issue.editions:
            by_locale[finding.locale].append(finding)
    if not by_locale:
        messages.warning(request, _("Nothing was changed: what was found there isn't there any more."))
        return _back(key)
    for locale, findings in by_locale.items():
        page = issue.editions[locale].page
        try:
            fixed = fix_findings(page, findings, user=request.user)
        except FixRefused as error:
            messages.error(request, str(error))
        else:
            _tell(request, page, fixed)
    return _back(key)


def _tell(request: HttpRequest, page: EditionPage, fixed: Fixed) -> None:
    sentence = ngettext("Corrected in “%(page)s”.", "%(n)d corrections in “%(page)s”.", fixed.count)
    buttons = []
    if fixed.before:
        compare = reverse("wagtailadmin_pages:revisions_compare", args=[page.pk, fixed.before, fixed.after])
        back = reverse("wagtailadmin_pages:revisions_revert", args=[page.pk, fixed.before])
        buttons = [messages.button(compare, _("What changed")), messages.button(back, _("Go back to before"))]
    messages.success(request, sentence % {"n": fixed.count, "page": page.draft_title or page.title}, buttons=buttons)


def _back(key: UUID) -> HttpResponse:
    return redirect(reverse("circular_issue", args=[key]) + "#checks-section")


class FormChecks(PreviewOnEditView):
    """The findings of an edition as it stands in its editor's form, saved or not; nothing is kept of it."""

    object: EditionPage
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """`panel` is the side panel's content; without it, the form holds something that can't be read."""
        form = self.get_form(request.POST)
        if not self.validate_form(form):
            return JsonResponse({"panel": "", "errors": 0, "warnings": 0})
        form.save(commit=False)
        content = extract(self.object)
        issue = issue_of(self.object.translation_key)
        findings = edition_findings(issue, content)
        links = links_to_try([content])
        if want(links):
            ring_for_links()
        counts = Counts.of(findings)
        context = {
            "issue": issue,
            "counts": counts,
            "editions": edition_lines(issue, findings, fixable={}, in_form=content),
            "progress": progress_of(links),
            "may_check": True,
            "items": sum(1 for _item in content.items()),
            "fixable": sum(is_fixable(finding) for finding in findings),
            "in_editor": True,
        }
        panel = render_to_string("web/desk/checks/panel.html", context, request=request)
        return JsonResponse({"panel": panel, "errors": counts.errors, "warnings": counts.warnings})


@hooks.register("register_admin_urls")
def check_urls() -> list[URLPattern]:
    return [
        path("issues/checks/<int:page_id>/", FormChecks.as_view(), name="circular_form_checks"),
        path("issues/<uuid:key>/checks/", checks, name="circular_issue_checks"),
        path("issues/<uuid:key>/checks/links/", check_links, name="circular_issue_check_links"),
        path("issues/<uuid:key>/checks/follow/", follow, name="circular_issue_follow"),
        path("issues/<uuid:key>/checks/fix/", fix, name="circular_issue_fix"),
    ]


@hooks.register("register_log_actions")
def check_log_actions(actions: Any) -> None:
    @actions.register_action(DESPITE)
    class DespiteFormatter(LogFormatter):
        label = gettext_lazy("Send in spite of the checks")

        def format_message(self, entry: Any) -> str:
            findings = " ".join(each["finding"] for each in entry.data.get("findings", []))
            return _(
                "Sent in spite of what the checks found. The reason given: “%(reason)s”. What was found: %(findings)s"
            ) % {
                "findings": findings,
                "reason": entry.data.get("reason", ""),
            }
