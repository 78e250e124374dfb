"""What an import says of single rows: by reason with counts, and row by row in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Min
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from subscribers.importing.telling import reason_kind
from subscribers.models import ImportNote, ImportRun

PER_PAGE = 50
MOST_REASONS = 30  # listed; the rows of the others are in the pages and in the file


@dataclass(frozen=True, slots=True)
class Reason:
    words: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class NoteGroup:
    """The rows that were refused, or those that were kept as they are; `more` counts the reasons not listed."""

    id: str
    heading: str
    icon: str
    download: bool
    said: str
    reasons: list[Reason]
    more: str
    chosen: str
    all_url: str
    page: Page[Any]
    previous: str
    next: str


def note_groups(run: ImportRun, query: QueryDict) -> list[NoteGroup]:
    """The groups that have rows; `query` names the reason and the page that are shown of each."""
    made = [
        _group(run, query, refused=True, name="refused", heading=_("Refused rows"), icon="warning"),
        _group(
            run,
            query,
            refused=False,
            name="kept",
            heading=_("The other rows") if run.state == ImportRun.State.CHECKED else _("Left as they are"),
            icon="info-circle",
        ),
    ]
    return [group for group in made if group.reasons]


def _group(run: ImportRun, query: QueryDict, *, refused: bool, name: str, heading: str, icon: str) -> NoteGroup:
    notes = ImportNote.objects.filter(run=run, refused=refused).annotate(kind=reason_kind())
    counted = list(
        notes.order_by().values_list("kind").annotate(n=Count("id"), first=Min("row")).order_by("-n", "first")
    )
    chosen = query.get(name, "")
    listed = [
        Reason(words, count, words == chosen, _url(name, reason=words))
        for words, count, _first in counted[:MOST_REASONS]
    ]
    rest = len(counted) - len(listed)
    shown = notes.filter(kind=chosen) if chosen else notes
    page = Paginator(shown.order_by("row", "pk"), PER_PAGE).get_page(query.get(f"{name}-page"))
    return NoteGroup(
        id=name,
        heading=heading,
        icon=icon,
        download=refused,
        said="" if refused or run.state != ImportRun.State.CHECKED else _examples(),
        reasons=listed,
        more=ngettext("And %d other reason.", "And %d other reasons.", rest) % rest if rest > 0 else "",
        chosen=chosen,
        all_url=_url(name),
        page=page,
        previous=_url(name, reason=chosen, page=page.previous_page_number()) if page.has_previous() else "",
        next=_url(name, reason=chosen, page=page.next_page_number()) if page.has_next() else "",
    )


def _examples() -> str:
    return _("Of the new and the changed people, only the first are listed.")


def _url(name: str, *, reason: str = "", page: int = 0) -> str:
    """The same page with another reason or page of this group; it comes up where the group begins."""
    words = {**({name: reason} if reason else {}), **({f"{name}-page": page} if page else {})}
    return f"?{urlencode(words)}#{name}-section"
