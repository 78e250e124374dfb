"""How a dispatch fares at each receiving domain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dispatch.claim import database_now
from dispatch.health import closed_domains
from dispatch.lately import Lately
from dispatch.models import Attempt, Dispatch, Feedback
from dispatch.pacing import read_paces
from dispatch.progress import BIG
from web.desk.frame import desk_page
from web.desk.permissions import may_set_paces, may_watch, only

MOST = 100

# The last in trouble is found within the sum: the later of two arrays is the one with the later time.
_DOMAINS = """
SELECT domain, count(*), count(*) FILTER (WHERE state = 'accepted'),
       count(*) FILTER (WHERE state IN ('planned', 'claimed')), count(*) FILTER (WHERE state = 'deferred'),
       count(*) FILTER (WHERE state IN ('failed', 'bounced')), count(*) FILTER (WHERE state = 'unknown'),
       min(due_at) FILTER (WHERE due_at <= clock_timestamp()),
       (max(ARRAY[extract(epoch FROM changed_at)::float8, id::float8])
           FILTER (WHERE state IN ('deferred', 'failed', 'unknown', 'bounced')))[2]::bigint
  FROM dispatch_delivery WHERE dispatch_id = %s AND state <> 'excluded'
 GROUP BY domain
 ORDER BY count(*) FILTER (WHERE state IN ('deferred', 'failed', 'bounced', 'unknown')) DESC, count(*) DESC, domain
 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class DomainLine:
    """One receiving domain. `words` are what its server said last to a letter that is in trouble."""

    domain: str
    size: int
    accepted: int
    waiting: int
    deferred: int
    failed: int
    unknown: int
    oldest: datetime | None
    words: str = ""
    code: str = ""
    closed_until: datetime | None = None


_seen: Lately[list[DomainLine]] = Lately()


@require_safe
@only(may_watch)
def domains(request: HttpRequest, pk: int) -> HttpResponse:
    """The receiving domains, those with the most trouble first."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    context = {"dispatch": dispatch, "lines": domain_lines(dispatch), "most": MOST}
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (dispatch.issue_title, reverse("circular_dispatch", args=[pk])),
    ]
    buttons = [(_("Deliveries"), reverse("circular_dispatch_deliveries", args=[pk]), "list-ul")]
    if may_set_paces(request.user):
        buttons.append((_("Pace"), reverse("circular_paces"), "history"))
    title = _("Receiving domains")
    return desk_page(
        request, "operations/domains.html", context, title=title, icon="globe", crumbs=crumbs, buttons=buttons
    )


def domain_lines(dispatch: Dispatch) -> list[DomainLine]:
    """The MOST domains with the most deliveries in trouble, then the largest."""
    if dispatch.audience_size < BIG:
        return _look(dispatch)
    return _seen.see((dispatch.pk, dispatch.state), lambda: _look(dispatch))


def _look(dispatch: Dispatch) -> list[DomainLine]:
    with connection.cursor() as cursor:
        cursor.execute(_DOMAINS, [dispatch.pk, MOST])
        rows = cursor.fetchall()
    troubled = [row[-1] for row in rows if row[-1]]
    last: dict[int, Attempt] = {}
    for each in Attempt.objects.filter(delivery_id__in=troubled).order_by("pk"):
        last[each.delivery_id] = each
    reports = {
        each.delivery_id: each
        for each in Feedback.objects.filter(delivery_id__in=troubled, delivery__state="bounced").order_by("pk")
    }
    _clock, paces = read_paces()
    closed = closed_domains(database_now(), paces)
    lines = []
    for row in rows:
        line = DomainLine(*row[:-1])
        words, code = _said(last.get(row[-1]), reports.get(row[-1]))
        lines.append(replace(line, words=words, code=code, closed_until=closed.get(line.domain)))
    return lines


def _said(attempt: Attempt | None, report: Feedback | None) -> tuple[str, str]:
    """The words and the code: those of a bounce, else those of the last attempt."""
    if report is not None:
        return report.words, report.enhanced
    if attempt is None:
        return "", ""
    return attempt.reply, " ".join(filter(None, (str(attempt.code or ""), attempt.enhanced)))
