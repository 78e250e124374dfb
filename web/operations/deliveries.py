"""The deliveries of a dispatch, one by one, with what the servers said at each attempt.

A list of a million is walked by keys: a page begins behind the last row of the one before, never at a count of rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dispatch.doubts import may_leave_again
from dispatch.lately import Lately
from dispatch.models import Attempt, Delivery, Dispatch
from dispatch.progress import BIG
from subscribers.addresses import BadAddress, normalised_address
from subscribers.models import Subscriber
from web.desk.frame import desk_page
from web.desk.permissions import may_operate, may_see_people, may_watch, only
from web.operations.figures import IN_ORDER, counts_of, settled_counts
from web.operations.wording import OUTCOMES, STAGES, duration_words, reason_words

PER_PAGE = 50
MOST_REASONS = 40
HIGHEST = 2**63 - 1

State = Delivery.State
WITH_REASON = (State.DEFERRED, State.UNKNOWN, State.FAILED, State.BOUNCED, State.COMPLAINED, State.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of deliveries was asked for; `after` and `before` are numbers of deliveries."""

    state: str = ""
    domain: str = ""
    reason: str = ""
    search: str = ""
    after: int = 0
    before: int = 0

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        given = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in _NAMES}
        state = given["state"] if given["state"] in State.values else ""
        return cls(
            state=state,
            domain=given["domain"].lower().lstrip("@")[:255],
            reason=given["reason"][:60],
            search=given["q"][:254],
            after=number(given["after"]),
            before=number(given["before"]),
        )

    def query(self, **changes: Any) -> str:
        """The query string of this list with other filters or another place; without a place, its beginning."""
        other = replace(self, **{"after": 0, "before": 0, **changes})
        given = (other.state, other.domain, other.reason, other.search, other.after, other.before)
        return "?" + urlencode([(name, value) for name, value in zip(_NAMES, given, strict=True) if value])

    @property
    def filters(self) -> bool:
        return bool(self.state or self.domain or self.reason or self.search)


_NAMES = ("state", "domain", "reason", "q", "after", "before")


@require_safe
@only(may_watch)
def deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """`?state=`, `?domain=`, `?reason=` keep some; `?q=` finds one by its number, or a reader's by their address."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    asked = Asked.of(request)
    sees_people, operates = may_see_people(request.user), may_operate(request.user)
    counts = settled_counts([dispatch])[pk] if dispatch.audience_size >= BIG else counts_of([pk])[pk]
    page = Listing(dispatch, asked, by_address=sees_people)
    filters = [("", _("All"), sum(counts.values()))]
    filters += [(str(each), str(each.label), counts[each]) for each in IN_ORDER if counts[each] or each == asked.state]
    context = {
        "dispatch": dispatch,
        "asked": asked,
        "rows": page.rows,
        "earlier": page.earlier,
        "later": page.later,
        "elsewhere": page.elsewhere,
        "filters": [(value, label, count, asked.query(state=value, reason="")) for value, label, count in filters],
        "reasons": reasons(dispatch, asked),
        "may_see_people": sees_people,
        "may_operate": operates,
        "refused_address": "@" in asked.search and not sees_people,
        "doubts": counts[State.UNKNOWN] if asked.state == State.UNKNOWN else 0,
        "why_not_again": may_leave_again(dispatch) if asked.state == State.UNKNOWN else "",
        "here": request.get_full_path(),
    }
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (dispatch.issue_title, reverse("circular_dispatch", args=[pk])),
    ]
    buttons = [(_("By receiving domain"), reverse("circular_dispatch_domains", args=[pk]), "globe")]
    title = _("Deliveries")
    return desk_page(
        request, "operations/deliveries.html", context, title=title, icon="mail", crumbs=crumbs, buttons=buttons
    )


class Listing:
    """One page of deliveries. `earlier` and `later` are the query strings of the pages beside it, or empty."""

    def __init__(self, dispatch: Dispatch, asked: Asked, *, by_address: bool) -> None:
        self.dispatch, self.asked, self.by_address = dispatch, asked, by_address
        self.earlier = self.later = ""

    @cached_property
    def rows(self) -> list[Row]:
        asked = self.asked
        backwards = bool(asked.before)
        found = self._found()
        if backwards:
            keys = list(found.filter(pk__lt=asked.before).order_by("-pk").values_list("pk", flat=True)[: PER_PAGE + 1])
        else:
            keys = list(found.filter(pk__gt=asked.after).order_by("pk").values_list("pk", flat=True)[: PER_PAGE + 1])
        more, keys = len(keys) > PER_PAGE, keys[:PER_PAGE]
        if backwards:
            keys.reverse()
        if keys and (more if backwards else asked.after):
            self.earlier = asked.query(before=keys[0])
        if keys and (backwards or more):
            self.later = asked.query(after=keys[-1])
        log = Prefetch("attempt_log", Attempt.objects.order_by("pk"))
        whole = Delivery.objects.filter(pk__in=keys).order_by("pk").select_related("subscriber")
        whole = whole.prefetch_related(log, "feedback")
        return [Row.of(delivery) for delivery in whole]

    @cached_property
    def elsewhere(self) -> Delivery | None:
        """The delivery of this number where it is one of another dispatch."""
        if self.rows or not self.asked.search.isdecimal():
            return None
        sought = number(self.asked.search)
        return Delivery.objects.filter(pk=sought).exclude(dispatch=self.dispatch).select_related("dispatch").first()

    def _found(self) -> QuerySet[Delivery]:
        asked = self.asked
        found = Delivery.objects.filter(dispatch=self.dispatch)
        if self.dispatch.audience_size >= BIG:
            first, last = span(self.dispatch)
            found = found.filter(pk__gte=first, pk__lte=last)
        if asked.state:
            found = found.filter(state=asked.state)
        if asked.domain:
            found = found.filter(domain=asked.domain)
        if asked.reason:
            found = found.filter(reason=asked.reason)
        if not asked.search:
            return found
        if asked.search.isdecimal():
            return found.filter(pk=number(asked.search))
        person = self._person()
        return found.filter(subscriber=person) if person else found.none()

    def _person(self) -> int | None:
        if not self.by_address:
            return None
        try:
            address = normalised_address(self.asked.search)
        except BadAddress:
            return None
        return Subscriber.objects.filter(email=address).values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery with its attempts, in words."""

    delivery: Delivery
    reason: str
    attempts: list[Tried]

    @classmethod
    def of(cls, delivery: Delivery) -> Row:
        attempts = [Tried.of(attempt) for attempt in delivery.attempt_log.all()]
        return cls(delivery, reason_words(delivery.reason), attempts)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt: how far it came, what the server said, how long it took."""

    attempt: Attempt
    outcome: str
    stage: str
    took: str

    @classmethod
    def of(cls, attempt: Attempt) -> Tried:
        span = attempt.finished_at - attempt.started_at if attempt.finished_at else None
        return cls(
            attempt,
            str(OUTCOMES.get(attempt.outcome, attempt.outcome) or _("without an outcome")),
            str(STAGES.get(attempt.stage, attempt.stage)),
            duration_words(span, exact=True) if span is not None else "",
        )


_spans: dict[int, tuple[int, int]] = {}
_reasons: Lately[list[tuple[str, int]]] = Lately()


def span(dispatch: Dispatch) -> tuple[int, int]:
    """The first and the last number of a dispatch's deliveries. They are planned together and never grow more."""
    if dispatch.pk not in _spans:
        with connection.cursor() as cursor:
            # Not min() and max(): for those, PostgreSQL would walk through all dispatches before and after.
            cursor.execute(
                "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM"
                " (SELECT id FROM dispatch_delivery WHERE dispatch_id = %s OFFSET 0) AS d",
                [dispatch.pk],
            )
            first, last = cursor.fetchone() or (0, 0)
        _spans[dispatch.pk] = (first, last)
    return _spans[dispatch.pk]


def reasons(dispatch: Dispatch, asked: Asked) -> list[tuple[str, str, int]]:
    """The reasons in the state that is asked for, or in all that have any: the reason, in words, how many."""
    states = [asked.state] if asked.state else [str(state) for state in WITH_REASON]
    if asked.state and asked.state not in WITH_REASON:
        return []

    def look() -> list[tuple[str, int]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reason, count(*) FROM dispatch_delivery WHERE dispatch_id = %s AND state = ANY(%s)"
                " AND reason <> '' GROUP BY reason ORDER BY 2 DESC, 1 LIMIT %s",
                [dispatch.pk, states, MOST_REASONS],
            )
            return cursor.fetchall()

    big = dispatch.audience_size >= BIG
    found = _reasons.see((dispatch.pk, asked.state), look) if big else look()
    return [(reason, reason_words(reason), count) for reason, count in found]


def number(words: str) -> int:
    """A number of a delivery; 0 for what is none."""
    return min(int(words), HIGHEST) if words.isdecimal() and len(words) < 40 else 0
