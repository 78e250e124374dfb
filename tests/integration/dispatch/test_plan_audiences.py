"""Whom a dispatch is planned for: segments of segments, people left out, languages chosen, and those who rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from composer.approval import NotApproved, approved_contents, standing_approval
from composer.issues import issue_of
from composer.models import BulletinPage
from dispatch.audiences import audience_name, audience_rule
from dispatch.errors import PlanRefused
from dispatch.frozen import audience, freeze, groups
from dispatch.models import Delivery, Dispatch
from dispatch.plan import plan_dispatch
from subscribers.models import Segment, Subscriber, Subscription
from tests.factories import (
    approve,
    make_bulletin,
    make_content,
    make_dispatch,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
)

pytestmark = pytest.mark.django_db

KENYA = {"field": "country", "in": ["KE"]}
PARTNERS = {"affiliation": {"role": ["partner"]}}


def planned(bulletin: BulletinPage, segment: Segment, *excluded: Segment, contents: tuple[Any, ...] = ()) -> Dispatch:
    key = make_issue(bulletin, *contents)
    approve(key)
    return plan_dispatch(issue_key=key, segment=segment, excluded=excluded, request_key=uuid4())


def ledger(dispatch: Dispatch) -> dict[str, tuple[str, str]]:
    """Address -> state and reason."""
    rows = Delivery.objects.filter(dispatch=dispatch).values_list("subscriber__email", "state", "reason")
    return {email: (state, reason) for email, state, reason in rows}


def test_nobody_in_an_excluded_segment_is_written_to() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin, email="here@example.org")
    make_subscriber(bulletin, email="kenya@example.org", country="KE")
    make_subscriber(bulletin, email="partner@example.org", role="partner")
    partners = make_segment("partners", PARTNERS)
    dispatch = planned(bulletin, make_segment(), make_segment("kenya", KENYA), partners)
    assert ledger(dispatch) == {"here@example.org": ("planned", "")}
    assert dispatch.audience_name == "Everyone, without Kenya, Partners"
    assert dispatch.audience_rule == {"all": [{"all": []}, {"none": [KENYA, PARTNERS]}]}


def test_a_dispatch_keeps_every_segment_it_used_as_it_was() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin, country="KE")
    make_subscriber(bulletin, role="partner")
    make_segment("kenya", KENYA)
    make_segment("partners", PARTNERS)
    nearby = make_segment("nearby", {"any": [{"segment": "kenya"}, {"segment": "partners"}]})
    never = make_segment("never", {"any": []})
    items = (make_item(), make_item(audience="partners"))
    dispatch = planned(bulletin, nearby, never, contents=(make_content("en", *items),))
    Segment.objects.filter(slug="kenya").update(rule={"any": []}, name="Changed")
    dispatch.refresh_from_db()
    assert dispatch.segments == {
        "kenya": {"name": "Kenya", "rule": KENYA, "size": 1},
        "nearby": {"name": "Nearby", "rule": {"any": [KENYA, PARTNERS]}, "size": 2},
        "never": {"name": "Never", "rule": {"any": []}, "size": 0},
        "partners": {"name": "Partners", "rule": PARTNERS, "size": 1},
    }
    assert dispatch.audience_rule == {"all": [{"any": [KENYA, PARTNERS]}, {"none": [{"any": []}]}]}


def test_an_audience_with_a_segment_that_cannot_be_used_is_refused_with_the_reason() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    spoilt = make_segment("spoilt", {"field": "custom.gone", "known": True})
    with pytest.raises(PlanRefused, match=r"there is no field “custom\.gone”"):
        planned(bulletin, make_segment(), spoilt)
    assert not Dispatch.objects.exists()


def test_a_long_list_of_exclusions_still_has_a_name() -> None:
    others = [make_segment(f"s{number}", name="A segment with quite some name") for number in range(9)]
    name = audience_name(make_segment(), others)
    assert name.startswith("Everyone, without A segment")
    assert len(name) == 120


def test_a_changed_segment_within_an_items_audience_voids_the_approval() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    make_segment("kenya", KENYA)
    make_segment("nearby", {"any": [{"segment": "kenya"}]})
    key = make_issue(bulletin, make_content("en", make_item(), make_item(audience="nearby")))
    approve(key)
    assert standing_approval(issue_of(key))
    Segment.objects.filter(slug="kenya").update(rule={"all": []})
    assert standing_approval(issue_of(key)) is None
    with pytest.raises(NotApproved):
        approved_contents(key)


def test_the_language_chosen_for_a_bulletin_goes_before_the_readers_own() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin, email="own@example.org", language="zh-hans")
    chose = make_subscriber(bulletin, email="chose@example.org", language="en")
    lost = make_subscriber(bulletin, email="lost@example.org", language="zh-hans")
    Subscription.objects.filter(subscriber=chose).update(language="zh-hans")
    Subscription.objects.filter(subscriber=lost).update(language="sw")  # of which there is no edition
    elsewhere = make_subscriber(bulletin, email="elsewhere@example.org", language="en")
    Subscription.objects.create(subscriber=elsewhere, bulletin_key=uuid4(), state="active", language="zh-hans")
    dispatch = planned(bulletin, make_segment(), contents=(make_content("en"), make_content("zh-hans")))
    found = dict(Delivery.objects.filter(dispatch=dispatch).values_list("subscriber__email", "locale"))
    assert found == {
        "own@example.org": "zh-hans",
        "chose@example.org": "zh-hans",
        "lost@example.org": "en",
        "elsewhere@example.org": "en",
    }


def had(person: Subscriber, dispatch: Dispatch, *, days: float, state: str = "accepted") -> None:
    deliveries = Delivery.objects.filter(dispatch=dispatch, subscriber=person)
    deliveries.update(state=state, due_at=None, changed_at=timezone.now() - timedelta(days=days))


def wants(person: Subscriber, frequency: str) -> None:
    Subscription.objects.filter(subscriber=person).update(frequency=frequency)


def test_who_wants_one_issue_a_week_or_a_month_rests_in_that_time_and_is_not_lost() -> None:
    bulletin = make_bulletin()
    wishes = {
        "every": ("every", 1, "accepted"),
        "week-yet": ("weekly", 6, "accepted"),
        "week-over": ("weekly", 7, "accepted"),
        "week-unknown": ("weekly", 1, "unknown"),
        "week-failed": ("weekly", 1, "failed"),
        "month-yet": ("monthly", 26, "accepted"),
        "month-over": ("monthly", 28, "accepted"),
    }
    people = {name: make_subscriber(bulletin, email=f"{name}@example.org") for name in wishes}
    first = make_dispatch(bulletin, people=0)
    Dispatch.objects.filter(pk=first.pk).update(state=Dispatch.State.FINISHED)
    for name, (frequency, days, state) in wishes.items():
        wants(people[name], frequency)
        had(people[name], first, days=days, state=state)
    key = make_issue(bulletin)
    approve(key)
    everyone = Segment.objects.get(slug="everyone")
    frozen = freeze(key)
    (group,) = groups(frozen, audience(frozen, audience_rule(everyone)))
    assert (group.size, group.resting, group.suppressed, group.letters) == (7, 3, 0, 4)
    second = plan_dispatch(issue_key=key, segment=everyone, request_key=uuid4())
    assert second.audience_size == 7
    rest = ("excluded", "frequency")
    assert ledger(second) == {
        f"{name}@example.org": rest if name in ("week-yet", "week-unknown", "month-yet") else ("planned", "")
        for name in wishes
    }


def test_an_issue_of_another_bulletin_lets_nobody_rest() -> None:
    bulletin, other = make_bulletin(), make_bulletin(slug="other", title="Other")
    person = make_subscriber(bulletin)
    Subscription.objects.create(subscriber=person, bulletin_key=other.translation_key, state="active")
    wants(person, "weekly")
    had(person, make_dispatch(other, people=0), days=1)
    dispatch = planned(bulletin, Segment.objects.get(slug="everyone"))
    assert list(ledger(dispatch).values()) == [("planned", "")]


def test_the_very_issue_goes_to_who_was_not_reached_by_its_first_dispatch() -> None:
    bulletin = make_bulletin()
    person = make_subscriber(bulletin)
    wants(person, "weekly")
    first = make_dispatch(bulletin, people=0)
    had(person, first, days=0, state="failed")
    Dispatch.objects.filter(pk=first.pk).update(state=Dispatch.State.FINISHED)
    everyone = Segment.objects.get(slug="everyone")
    second = plan_dispatch(issue_key=first.issue_key, segment=everyone, request_key=uuid4())
    assert list(ledger(second).values()) == [("planned", "")]


def test_a_rule_of_engagement_is_frozen_and_asked_anew_at_the_next_dispatch() -> None:
    bulletin = make_bulletin()
    reader = make_subscriber(bulletin, email="reader@example.org")
    first = make_dispatch(bulletin, people=0)
    had(reader, first, days=1)
    Dispatch.objects.filter(pk=first.pk).update(state=Dispatch.State.FINISHED)
    make_subscriber(bulletin, email="new@example.org")
    rule = {
        "engagement": "received", "bulletin": str(bulletin.translation_key), "issues": 3, "how_many": "any"
    }  # fmt: skip
    dispatch = planned(bulletin, make_segment("received", rule))
    assert set(ledger(dispatch)) == {"reader@example.org"}
    assert dispatch.audience_rule == rule
