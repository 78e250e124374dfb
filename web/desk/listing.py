"""The list of issues: one line for the editions that share a key, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from wagtail.models import Page

from composer.approval import standing_approval
from composer.issues import issue_of
from composer.models import Approval, BulletinPage, EditionPage
from dispatch.models import Dispatch
from web.desk.frame import language_name


@dataclass(frozen=True, slots=True)
class Language:
    """One edition in the list. `changed`: it isn't the revision that was approved."""

    code: str
    name: str
    page_id: int
    live: bool
    draft: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class IssueLine:
    """`approved` is empty where nobody has approved the issue, else "holds" or "changed"."""

    key: UUID
    title: str
    bulletin: str
    number: str
    published: str
    saved_at: datetime | None
    languages: tuple[Language, ...]
    approved: str
    dispatch: Dispatch | None


def issue_keys(editions: QuerySet[EditionPage], search: str = "") -> QuerySet[EditionPage, dict[str, Any]]:
    """The keys of the issues among `editions`, the last edited first, as `{"translation_key": …, "saved": …}`."""
    found = editions.filter(Q(draft_title__icontains=search) | Q(title__icontains=search)) if search else editions
    keys = found.order_by().values("translation_key").annotate(saved=Max("latest_revision_created_at"))
    return keys.order_by(F("saved").desc(nulls_last=True), "translation_key")


def issue_lines(keys: Iterable[UUID]) -> list[IssueLine]:
    """A line for each key, in the order given."""
    wanted = list(keys)
    editions: dict[UUID, list[dict[str, Any]]] = {key: [] for key in wanted}
    for row in _editions(wanted):
        editions[row["translation_key"]].append(row)
    parents = {row["path"][: -Page.steplen] for rows in editions.values() for row in rows}
    bulletins = BulletinPage.objects.in_bulk(list(parents), field_name="path")
    approvals: dict[UUID, list[Approval]] = {}
    for approval in Approval.objects.filter(issue_key__in=wanted):
        approvals.setdefault(approval.issue_key, []).append(approval)
    newest = Dispatch.objects.filter(issue_key__in=wanted).order_by("issue_key", "-planned_at").distinct("issue_key")
    dispatches = {dispatch.issue_key: dispatch for dispatch in newest}
    return [
        _line(key, editions[key], bulletins, approvals.get(key, []), dispatches.get(key))
        for key in wanted
        if editions[key]
    ]


def _editions(keys: list[UUID]) -> QuerySet[EditionPage, dict[str, Any]]:
    # A draft's own fields are in its revision; the page's row has them only as they were published.
    numbered = EditionPage.objects.filter(translation_key__in=keys).annotate(
        code=F("locale__language_code"),
        revision=F("latest_revision_id"),
        saved=F("latest_revision_created_at"),
        latest_number=KeyTextTransform("number", "latest_revision__content"),
        latest_date=KeyTextTransform("published", "latest_revision__content"),
    )
    columns = ("translation_key", "pk", "path", "draft_title", "title", "live", "has_unpublished_changes")
    return numbered.values(*columns, "code", "revision", "saved", "latest_number", "latest_date")


def _line(
    key: UUID,
    rows: list[dict[str, Any]],
    bulletins: dict[str, BulletinPage],
    approvals: list[Approval],
    dispatch: Dispatch | None,
) -> IssueLine:
    above = [bulletins.get(row["path"][: -Page.steplen]) for row in rows]
    known = [bulletin for bulletin in above if bulletin is not None]
    chain = known[0].fallback_chain() if known else []
    rows = sorted(rows, key=lambda row: (chain.index(row["code"]) if row["code"] in chain else len(chain), row["code"]))
    first = rows[0]
    bulletin = bulletins.get(first["path"][: -Page.steplen])
    approved = _approval_state(key, rows, known, approvals)
    revisions = approvals[0].revisions if approvals else {}
    return IssueLine(
        key=key,
        title=first["draft_title"] or first["title"],
        bulletin=bulletin.title if bulletin else "",
        number=first["latest_number"] or "",
        published=first["latest_date"] or "",
        saved_at=max((row["saved"] for row in rows if row["saved"]), default=None),
        languages=tuple(
            Language(
                code=row["code"],
                name=language_name(row["code"]),
                page_id=row["pk"],
                live=row["live"],
                draft=row["has_unpublished_changes"],
                changed=approved == "changed" and revisions.get(row["code"]) != row["revision"],
            )
            for row in rows
        ),
        approved=approved,
        dispatch=dispatch,
    )


def _approval_state(
    key: UUID, rows: list[dict[str, Any]], bulletins: list[BulletinPage], approvals: list[Approval]
) -> str:
    """Mostly told by the revisions' numbers; the content is read only where they leave it open."""
    if not approvals:
        return ""
    revisions = {row["code"]: row["revision"] for row in rows}
    same = [approval for approval in approvals if approval.revisions == revisions]
    edited = max(
        (page.latest_revision_created_at for page in bulletins if page.latest_revision_created_at), default=None
    )
    if same and (edited is None or edited < same[0].approved_at):
        return "holds"
    return "holds" if standing_approval(issue_of(key)) else "changed"
