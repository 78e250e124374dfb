"""“Move or copy items”: choose items of an issue, another section or issue for them, and where they go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.admin import messages

from composer.audiences import audience_name
from composer.blocks import ITEM_BLOCKS
from composer.content import Item, plain_text
from composer.issues import Issue
from composer.models import EditionPage
from composer.moving import MoveRefused, transfer_items
from web.desk.frame import desk_page, language_name
from web.desk.listing import issue_keys, issue_lines
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only, visible_editions

MOST_TARGETS = 50  # issues, the last edited first


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item to choose: `title` is its heading, else the beginning of its text."""

    key: str
    kind: str
    title: str
    audience: str


@dataclass(frozen=True, slots=True)
class SectionLines:
    heading: str
    items: tuple[ItemLine, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_see_issues)
def items(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET shows the issue's items and the sections of `?to=`; POST moves or copies the chosen ones."""
    found = visible_issue(key, request.user)
    wanted = request.POST.get("to", request.GET.get("to", ""))
    target = _target(wanted, request.user) or found
    if request.method == "POST":
        refused = _transfer(request, found, target)
        if not refused:
            return redirect("circular_issue", target.key)
        messages.error(request, refused)
    lines = issue_lines(row["translation_key"] for row in issue_keys(visible_editions(request.user))[:MOST_TARGETS])
    context: dict[str, Any] = {
        "issue": found,
        "target": target,
        "sections": list(section_lines(found)),
        "goals": [section.heading for section in _first(target).sections],
        "targets": [(str(line.key), f"{line.title} · {line.bulletin}") for line in lines if line.key != found.key],
        "chosen": set(request.POST.getlist("item") or request.GET.getlist("item")),
        "languages": ", ".join(language_name(code) for code in found.editions if code in target.editions),
    }
    crumbs = [(_("Issues"), reverse("circular_issues")), (found.title, reverse("circular_issue", args=[found.key]))]
    return desk_page(request, "web/desk/items.html", context, title=_("Move or copy items"), icon="copy", crumbs=crumbs)


def section_lines(issue: Issue) -> Iterator[SectionLines]:
    """The items of the issue's first edition, by section."""
    for section in _first(issue).sections:
        yield SectionLines(section.heading, tuple(_line(item) for item in section.items))


def _line(item: Item) -> ItemLine:
    text = item.heading or Truncator(plain_text(item.body)).chars(60)
    kind = ITEM_BLOCKS[item.kind]._meta_class.label
    return ItemLine(item.key, str(kind), text, audience_name(item.audience) if item.audience else "")


def _first(issue: Issue) -> Any:
    return next(iter(issue.editions.values())).content


def _target(key: str, user: Any) -> Issue | None:
    try:
        return visible_issue(UUID(key), user) if key else None
    except ValueError:
        return None


def _transfer(request: HttpRequest, found: Issue, target: Issue) -> str:
    """Do it; the sentence that says why not, or nothing."""
    for issue in (found, target):
        if sentence := _not_editable(issue, request.user):
            return sentence
    try:
        section = int(request.POST.get("section", ""))
    except ValueError:
        return _("Choose the section that the items go to.")
    keep = request.POST.get("act") != "move"
    try:
        moved = transfer_items(
            source=found.key,
            target=target.key,
            keys=request.POST.getlist("item"),
            section=section,
            keep=keep,
            user=request.user,
        )
    except MoveRefused as error:
        return str(error)
    sentence = (
        ngettext(
            "%(n)d item was copied to “%(issue)s” (%(languages)s).",
            "%(n)d items were copied to “%(issue)s” (%(languages)s).",
            moved.items,
        )
        if keep
        else ngettext(
            "%(n)d item was moved to “%(issue)s” (%(languages)s).",
            "%(n)d items were moved to “%(issue)s” (%(languages)s).",
            moved.items,
        )
    )
    languages = ", ".join(language_name(code) for code in moved.locales)
    messages.success(request, sentence % {"n": moved.items, "issue": target.title, "languages": languages})
    if moved.left_out:
        left = ", ".join(language_name(code) for code in moved.left_out)
        messages.warning(request, _("Nothing went in %s: the other issue has no such edition, or no such item.") % left)
    return ""


def _not_editable(issue: Issue, user: Any) -> str:
    for edition in issue.editions.values():
        page: EditionPage = edition.page
        tester = page.permissions_for_user(user)
        if not tester.can_edit():
            return _("You may not edit “%s”.") % issue.title
        if tester.page_locked():
            return _("“%s” is locked: somebody is at work on it, or it awaits approval.") % issue.title
    return ""


@hooks.register("register_admin_urls")
def item_urls() -> list[URLPattern]:
    return [path("issues/<uuid:key>/items/", items, name="circular_issue_items")]
