"""The pace in the database: exact across workers, and cheap where nothing limits anything."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch import pacing
from dispatch.classify import Outcome, Rest, Verdict
from dispatch.models import Delivery, PaceRule, PaceState
from dispatch.pace import DOMAIN_RESTS, TRANSPORT_RESTS
from dispatch.pacing import Grant, end_rest, give_back, limit_domains, note_outcomes, read_paces, take_grant
from tests.factories import make_dispatch

BUSY = Verdict(Outcome.DEFERRED, "4.7.28", rests=Rest.DOMAIN)


@pytest.fixture(autouse=True)
def _nothing_known_of_other_tests() -> None:
    pacing._Quiet.end()


def claim(*domains: str) -> tuple[UUID, list[tuple[int, str]]]:
    """Claimed deliveries to these domains, under one lease."""
    lease, dispatch = uuid4(), make_dispatch(people=len(domains))
    ids = list(Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("pk", flat=True))
    claimed = list(zip(ids, domains, strict=True))
    until = Now() + timedelta(minutes=1)
    for pk, domain in claimed:
        Delivery.objects.filter(pk=pk).update(
            state="claimed", domain=domain, lease=lease, leased_until=until, due_at=None
        )
    return lease, claimed


def state_of(domain: str) -> PaceState:
    return PaceState.objects.get(domain=domain)


def rests_for(domain: str) -> float:
    until = state_of(domain).rests_until
    assert until is not None
    return (until - timezone.now()).total_seconds()


@pytest.mark.django_db
def test_where_nothing_limits_one_small_query_a_second_is_all() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for _claim in range(100):
            assert take_grant(500) == Grant(500, 0.0, 0.0, ())
            assert limit_domains([(1, "example.org")], uuid4()) == (set(), {1: 0.0})
            note_outcomes({"example.org": 500}, {})
            give_back(3)
    assert len(asked) == 1


@pytest.mark.django_db
def test_a_new_rule_holds_at_once_in_this_process() -> None:
    assert take_grant(500).letters == 500
    PaceRule.objects.create(per_minute=60)
    assert take_grant(500).letters == 1
    assert 0.9 < take_grant(500).wait <= 1


@pytest.mark.django_db(transaction=True)
def test_the_rate_is_exact_across_workers() -> None:
    """Five workers with connections of their own ask for all they can get: 50 letters a second, over two seconds."""
    PaceRule.objects.create(per_minute=3000)
    begun = time.monotonic()
    left: list[float] = []
    granted: list[int] = []

    def work() -> None:
        try:
            while (now := time.monotonic() - begun) < 2.5:
                grant = take_grant(7)
                left.extend(now + place * grant.spacing for place in range(grant.letters))
                granted.append(grant.letters)
                time.sleep(grant.letters * grant.spacing if grant.letters else min(grant.wait, 0.1))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    within = [at for at in left if 0.25 <= at < 2.25]
    assert 100 * 0.93 <= len(within) <= 100 * 1.05 + 2
    assert state_of("").sent == sum(granted) == len(left)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_never_share_a_turn_of_a_day() -> None:
    PaceRule.objects.create(per_day=40)
    granted: list[int] = []

    def work() -> None:
        try:
            granted.extend(take_grant(3).letters for _time in range(10))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 40
    assert take_grant(1).wait > 0


@pytest.mark.django_db
def test_what_is_given_back_may_leave_later_the_same_day() -> None:
    PaceRule.objects.create(per_day=10)
    PaceRule.objects.create(domain="gmail.com", per_day=10)
    lease, claimed = claim(*["googlemail.com"] * 6)
    assert take_grant(10).letters == 10
    assert limit_domains(claimed, lease)[0] == set()
    give_back(4, domains={"googlemail.com": 2, "example.org": 2})
    assert state_of("").sent == 6
    assert state_of("gmail.com").sent == 4
    assert take_grant(10).letters == 4


@pytest.mark.django_db
def test_letters_over_their_domains_pace_go_back_until_their_turn() -> None:
    PaceRule.objects.create(domain="gmail.com", per_minute=120)
    lease, claimed = claim("example.org", "gmail.com", "googlemail.com", "gmail.com", "gmail.com", "gmail.com")
    back, stay = limit_domains(claimed, lease)
    assert stay.keys() | back == {pk for pk, _domain in claimed}
    assert stay.pop(claimed[0][0]) == 0, "no rule for it"
    assert list(stay.values()) == [0, pytest.approx(0.5)], "two letters a second"
    rows = list(Delivery.objects.filter(pk__in=back).order_by("due_at"))
    assert {(row.state, row.lease) for row in rows} == {("planned", None)}
    waits = [(row.due_at - timezone.now()).total_seconds() for row in rows if row.due_at]
    assert waits == [pytest.approx(1, abs=0.3), pytest.approx(1.5, abs=0.3), pytest.approx(2, abs=0.3)]
    assert set(take_grant(5).closed) == {"gmail.com", "googlemail.com"}, "until their next turn"


@pytest.mark.django_db
def test_a_letter_that_another_worker_leased_meanwhile_is_left_alone() -> None:
    PaceRule.objects.create(domain="gmail.com", per_minute=1)
    _lease, claimed = claim("gmail.com", "gmail.com")
    back, _stay = limit_domains(claimed, uuid4())
    assert len(back) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"claimed"}


@pytest.mark.django_db
def test_no_more_letters_to_a_domain_are_under_way_than_it_is_allowed_connections() -> None:
    PaceRule.objects.create(domain="slow.example", connections=2)
    first, three = claim("slow.example", "slow.example", "slow.example")
    second, one = claim_more(three[0][0], "slow.example")
    assert len(limit_domains(three, first)[1]) == 1, "another worker has one under way"
    assert take_grant(5).closed == ("slow.example",)
    assert len(limit_domains(one, second)[1]) == 1
    Delivery.objects.update(state="accepted", due_at=None, lease=None, leased_until=None)
    assert take_grant(5).closed == ()


def claim_more(like: int, domain: str) -> tuple[UUID, list[tuple[int, str]]]:
    """One more claimed delivery of the same dispatch, under another lease."""
    row, lease = Delivery.objects.get(pk=like), uuid4()
    row.pk, row.subscriber_id, row.lease, row.domain = None, None, lease, domain
    row.save()
    return lease, [(row.pk, domain)]


@pytest.mark.django_db
def test_a_domain_that_refuses_rests_and_the_others_go_on() -> None:
    note_outcomes({"example.org": 12}, {"googlemail.com": BUSY})
    assert rests_for("gmail.com") == pytest.approx(DOMAIN_RESTS[0], abs=2)
    assert state_of("gmail.com").rest_reason == "4.7.28"
    grant = take_grant(50)
    assert (grant.letters, set(grant.closed)) == (50, {"gmail.com", "googlemail.com"})
    lease, claimed = claim("gmail.com", "example.org")
    back, stay = limit_domains(claimed, lease)
    assert (back, stay) == ({claimed[0][0]}, {claimed[1][0]: 0.0})


@pytest.mark.django_db
def test_refusals_of_letters_on_their_way_count_once_and_the_next_rest_is_longer() -> None:
    for _worker in range(5):
        note_outcomes({}, {"gmail.com": BUSY})
    assert state_of("gmail.com").refusals == 1
    PaceState.objects.update(rests_until=Now() - timedelta(seconds=1))
    note_outcomes({}, {"gmail.com": BUSY})
    assert rests_for("gmail.com") == pytest.approx(DOMAIN_RESTS[1], abs=2)


@pytest.mark.django_db
def test_a_server_that_says_421_gives_all_letters_a_rest_and_is_trusted_again_at_its_first_yes() -> None:
    for _time in range(4):
        note_outcomes({}, {"": "421 too busy"})
        PaceState.objects.update(rests_until=Now() - timedelta(seconds=1))
    note_outcomes({}, {"": "421 too busy"})
    assert rests_for("") == pytest.approx(TRANSPORT_RESTS[4], abs=2)
    grant = take_grant(5)
    assert grant.letters == 0
    assert grant.wait == pytest.approx(TRANSPORT_RESTS[4], abs=2)
    PaceState.objects.update(rests_until=Now() - timedelta(seconds=1))
    note_outcomes({"example.org": 1}, {})
    assert state_of("").refusals == 0


@pytest.mark.django_db
def test_a_rest_can_be_ended_by_hand_once() -> None:
    note_outcomes({}, {"gmail.com": BUSY})
    assert end_rest("googlemail.com")
    assert not end_rest("gmail.com")
    assert take_grant(5).closed == ()
    assert state_of("gmail.com").refusals == 0


@pytest.mark.django_db
def test_refusals_of_another_day_are_not_asked_for_any_more() -> None:
    PaceState.objects.create(domain="gmail.com", refusals=5, rests_until=timezone.now() - timedelta(days=2))
    assert read_paces()[1] == {}


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["", "x" * 1000, "nul\x00 byte", Verdict(Outcome.RELEASED, "the server is busy")])
def test_whatever_the_reason_is_it_is_kept(words: Any) -> None:
    note_outcomes({}, {"": words})
    assert state_of("").refusals == 1
    assert len(state_of("").rest_reason) <= 300
