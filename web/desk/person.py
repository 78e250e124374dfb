"""All that Circular knows about one person, to be read on the desk, each history by pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q
from django.http import QueryDict
from django.utils.functional import cached_property

from dispatch.models import Attempt, Delivery, Event
from subscribers.consent import may_measure
from subscribers.models import Consent, CustomField, Subscriber, Suppression
from web.desk.affiliations import Held, held_by_person
from web.desk.audit import Entry, entries_about, told
from web.desk.custom_inputs import value_words
from web.desk.names import bulletin_label, bulletin_titles, desk_language
from web.desk.subscriptions import SubscriptionRow, subscription_rows
from web.operations.wording import REASONS

PER_PAGE = 20
ANCHORS = {"opt_ins": "letters", "notices": "letters"}
PURPOSES = {Event.Kind.OPEN: Consent.Purpose.OPEN, Event.Kind.CLICK: Consent.Purpose.CLICK}


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One entry of the ledger. `holds` where no later one for its bulletin and purpose replaced it."""

    consent: Consent
    bulletin: str
    holds: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    event: Event
    issue: str
    url: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of a history: its rows as they are shown, and where in it one is."""

    key: str
    page: Page[Any]
    rows: Sequence[Any]
    query: QueryDict

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def previous(self) -> str:
        return self._address(self.page.previous_page_number())

    @property
    def next(self) -> str:
        return self._address(self.page.next_page_number())

    def _address(self, number: int) -> str:
        """The other histories stay at their pages."""
        query = self.query.copy()
        query[self.key] = str(number)
        return f"?{query.urlencode()}#{ANCHORS.get(self.key, self.key)}"


class Known:
    """The person's page. `query` says which page of which history is open: `?deliveries=2`."""

    def __init__(self, person: Subscriber, query: QueryDict | None = None) -> None:
        self.person = person
        self.query = query if query is not None else QueryDict()
        self.titles = bulletin_titles()

    @cached_property
    def suppression(self) -> Suppression | None:
        return Suppression.objects.filter(address_hash=self.person.address_hash).first()

    @cached_property
    def last_accepted(self) -> datetime | None:
        accepted = Delivery.objects.filter(subscriber=self.person, state=Delivery.State.ACCEPTED)
        return accepted.order_by("-id").values_list("changed_at", flat=True).first()

    @cached_property
    def affiliations(self) -> list[Held]:
        return held_by_person(self.person)

    @property
    def standing_affiliations(self) -> list[Held]:
        return [held for held in self.affiliations if not held.past]

    @property
    def past_affiliations(self) -> list[Held]:
        return [held for held in self.affiliations if held.past]

    @cached_property
    def subscriptions(self) -> list[SubscriptionRow]:
        """Those that there are; a bulletin that the person never took isn't among them."""
        return [row for row in subscription_rows(self.person) if row.state]

    @cached_property
    def topics(self) -> list[str]:
        interests = self.person.interests.select_related("topic").order_by("topic__position", "topic__slug")
        return [each.topic.name_in(desk_language()) for each in interests]

    @cached_property
    def custom(self) -> list[tuple[str, str]]:
        """The network's own fields that have a value."""
        values = self.person.custom
        fields = [field for field in CustomField.objects.all() if field.key in values]
        return [(field.label, value_words(field.kind, values[field.key])) for field in fields]

    @cached_property
    def consents(self) -> History:
        found = self._page("consents", self.person.consents.order_by("-id"))
        holding = set(
            self.person.consents.order_by("bulletin_key", "purpose", "-id")
            .distinct("bulletin_key", "purpose")
            .values_list("pk", flat=True)
        )
        rows = [
            ConsentEntry(each, bulletin_label(each.bulletin_key, self.titles), holds=each.pk in holding)
            for each in found
        ]
        return self._history("consents", found, rows)

    @cached_property
    def deliveries(self) -> History:
        """Each with its attempts, which have the servers' words, what came back, and why it was left out if it was."""
        log = Prefetch("attempt_log", Attempt.objects.order_by("pk"))
        deliveries = Delivery.objects.filter(subscriber=self.person).select_related("dispatch").order_by("-id")
        found = self._page("deliveries", deliveries.prefetch_related(log, "feedback"))
        rows = list(found)
        for each in rows:
            each.why = str(REASONS.get(each.reason, each.reason))
        return self._history("deliveries", found, rows)

    @cached_property
    def events(self) -> History:
        """Unsubscribing, and opens and clicks as far as the person's consent to measuring them holds now."""
        events = (
            Event.objects.filter(delivery__subscriber=self.person)
            .exclude(self._unshown())
            .select_related("dispatch", "link")
            .order_by("-at", "-pk")
        )
        found = self._page("events", events)
        rows = [EventLine(each, each.dispatch.issue_title, each.link.url if each.link else "") for each in found]
        return self._history("events", found, rows)

    @cached_property
    def measured(self) -> bool:
        """Whether opens or clicks are measured for any bulletin."""
        return any(
            may_measure(self.person.pk, key, purpose)
            for key in {row.bulletin_key for row in self.subscriptions}
            for purpose in PURPOSES.values()
        )

    @cached_property
    def notices(self) -> History:
        found = self._page("notices", self.person.notices.order_by("-id"))
        return self._history("notices", found, [(each, self._bulletin(each)) for each in found])

    @cached_property
    def opt_ins(self) -> History:
        found = self._page("opt_ins", self.person.opt_ins.order_by("-id"))
        return self._history("opt_ins", found, [(each, self._bulletin(each)) for each in found])

    @property
    def letter_count(self) -> int:
        return self.opt_ins.count + self.notices.count

    @cached_property
    def log(self) -> History:
        found = self._page("log", entries_about(self.person))
        rows: list[Entry] = told(found)
        return self._history("log", found, rows)

    def _bulletin(self, row: Any) -> str:
        return bulletin_label(row.bulletin_key, self.titles) if row.bulletin_key else ""

    def _history(self, key: str, page: Page[Any], rows: Sequence[Any]) -> History:
        return History(key, page, rows, self.query)

    def _page(self, key: str, rows: Any) -> Page[Any]:
        return Paginator(rows, PER_PAGE).get_page(self.query.get(key))

    def _unshown(self) -> Q:
        """Opens and clicks of bulletins for which the person didn't agree to it, or no longer does."""
        kept = Event.objects.filter(delivery__subscriber=self.person, kind__in=PURPOSES)
        asked = kept.order_by().values_list("dispatch__bulletin_key", "kind").distinct()
        unshown = Q(pk__in=[])
        for key, kind in asked:
            if not may_measure(self.person.pk, key, PURPOSES[Event.Kind(kind)]):
                unshown |= Q(dispatch__bulletin_key=key, kind=kind)
        return unshown


def known_of(person: Subscriber, query: QueryDict | None = None) -> Known:
    return Known(person, query)
