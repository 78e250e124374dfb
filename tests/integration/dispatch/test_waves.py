"""A sample first, spread and repeatable; two subjects; and what opens the rest."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Min
from django.utils import timezone

from dispatch import waves
from dispatch.arms import FEWEST, Arm
from dispatch.claim import database_now, has_due
from dispatch.control import cancel_dispatch, finish_if_done
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Attempt, Delivery, Dispatch, Event, Link, Variant
from dispatch.options import LocalTime, Options, Sample
from dispatch.plan import plan_dispatch
from dispatch.progress import progress_of
from dispatch.subjects import hold_to_subjects
from subscribers.models import Consent, Subscriber
from tests.factories import approve, make_bulletin, make_content, make_issue, make_segment, make_subscriber

pytestmark = pytest.mark.django_db

TWO = {"en": "Is this one better?", "zh-hans": "另一个标题"}


def planned(options: Options, *, people: int = 20, consents: tuple[str, ...] = (), **fields: Any) -> Dispatch:
    """A dispatch to `people`, every fourth of whom reads Chinese."""
    bulletin = make_bulletin()
    for number in range(people):
        language = "en" if number % 4 else "zh-hans"
        make_subscriber(bulletin, language=language, consents=consents, **fields)
    key = make_issue(bulletin, make_content("en"), make_content("zh-hans", title="第一期"))
    approve(key)
    return plan_dispatch(issue_key=key, segment=make_segment(), request_key=uuid4(), options=options)


def waves_of(dispatch: Dispatch) -> Counter[int]:
    return Counter(Delivery.objects.filter(dispatch=dispatch).values_list("wave", flat=True))


def accept(dispatch: Dispatch, *, wave: int = 0) -> None:
    Delivery.objects.filter(dispatch=dispatch, wave=wave).update(state="accepted", due_at=None)


def click(dispatch: Dispatch, arm: str, readers: int) -> None:
    for delivery in Delivery.objects.filter(dispatch=dispatch, arm=arm).order_by("pk")[:readers]:
        link = Link.objects.filter(variant__dispatch=dispatch, variant__locale=delivery.locale).first()
        Event.objects.create(dispatch=dispatch, kind="click", delivery=delivery, link=link)


def test_without_a_sample_everybody_is_in_the_first_wave() -> None:
    dispatch = planned(Options())
    assert waves_of(dispatch) == {0: 20}
    assert dispatch.next_wave == ""


def test_a_sample_has_its_size_and_its_share_of_every_variant() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    assert waves_of(dispatch) == {0: 4, 1: 16}
    sample = Delivery.objects.filter(dispatch=dispatch, wave=0)
    assert Counter(sample.values_list("locale", flat=True)) == {"en": 3, "zh-hans": 1}
    assert (dispatch.next_wave, dispatch.next_wave_at, dispatch.wave) == ("person", None, 0)


def test_the_sample_is_due_before_the_rest() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    rest = Delivery.objects.filter(dispatch=dispatch, wave=1).aggregate(first=Min("due_at"))["first"]
    assert all(delivery.due_at < rest for delivery in Delivery.objects.filter(dispatch=dispatch, wave=0))


def test_a_sample_of_all_is_no_sample() -> None:
    dispatch = planned(Options(sample=Sample(100, "letters")))
    assert waves_of(dispatch) == {0: 20}
    assert dispatch.next_wave == ""


def test_a_closed_wave_is_not_due_and_its_dispatch_is_not_finished() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    assert has_due(dispatch.pk)
    accept(dispatch)
    assert not has_due(dispatch.pk), "the sweep would ring for it forever"
    assert not finish_if_done(dispatch.pk)
    assert waves.open_next(dispatch.pk)
    assert has_due(dispatch.pk)
    accept(dispatch, wave=1)
    assert finish_if_done(dispatch.pk)


def test_the_rest_is_opened_once() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    assert waves.open_next(dispatch.pk)
    assert not waves.open_next(dispatch.pk)
    assert not waves.cancel_rest(dispatch.pk)
    dispatch.refresh_from_db()
    assert (dispatch.wave, dispatch.next_wave) == (1, "")


def test_cancelling_the_rest_leaves_the_sample_alone_and_ends_the_dispatch() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    accept(dispatch)
    assert waves.cancel_rest(dispatch.pk)
    assert not waves.open_next(dispatch.pk)
    dispatch.refresh_from_db()
    assert dispatch.state == "finished"
    rows = Delivery.objects.filter(dispatch=dispatch).values_list("state", "reason")
    assert Counter(rows) == {("accepted", ""): 4, ("excluded", "rest cancelled"): 16}


def test_a_cancelled_dispatch_opens_nothing() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    cancel_dispatch(dispatch.pk)
    assert not waves.open_next(dispatch.pk)
    assert waves_of(dispatch) == {0: 4, 1: 16}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"excluded"}


def test_how_a_sample_did_is_counted_by_state() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    first = Delivery.objects.filter(dispatch=dispatch, wave=0).order_by("pk")
    Delivery.objects.filter(pk=first[0].pk).update(state="accepted", due_at=None)
    Delivery.objects.filter(pk=first[1].pk).update(state="bounced", due_at=None)
    found = waves.sample_of(dispatch)
    assert found is not None
    assert (found.total, found.under_way, found.waiting) == (4, 2, 16)
    assert (found.counts["accepted"], found.counts["bounced"]) == (1, 1)
    assert waves.sample_of(planned_without(dispatch)) is None


def planned_without(dispatch: Dispatch) -> Dispatch:
    Delivery.objects.filter(dispatch=dispatch, wave=1).delete()
    return dispatch


# Two subjects


def test_two_subjects_share_the_sample_and_the_rest_waits_for_one() -> None:
    dispatch = planned(Options(sample=Sample(25), subjects=TWO))
    rows = Delivery.objects.filter(dispatch=dispatch).values_list("wave", "arm")
    assert Counter(rows) == {(0, "a"): 5, (0, "b"): 5, (1, ""): 10}
    by_locale = Counter(Delivery.objects.filter(wave=0).values_list("locale", "arm"))
    assert abs(by_locale["zh-hans", "a"] - by_locale["zh-hans", "b"]) <= 1
    subjects = {variant.locale: variant for variant in Variant.objects.filter(dispatch=dispatch)}
    assert subjects["en"].subject == "The first issue"
    assert subjects["en"].other_subjects == {"b": TWO["en"]}
    assert subjects["zh-hans"].other_subjects == {"b": TWO["zh-hans"]}


@pytest.mark.parametrize(
    ("subjects", "words"),
    [
        ({"en": "Another"}, "missing for the edition “zh-hans”"),
        (TWO | {"en": "the  FIRST issue "}, "the same"),
        (TWO | {"en": "x" * 300}, "too long"),
        (TWO | {"en": "Lorem ipsum TODO\r\nBcc: a@example.org"}, "can’t be used"),
    ],
)
def test_a_second_subject_is_checked_as_the_first_was(subjects: dict[str, str], words: str) -> None:
    with pytest.raises(PlanRefused, match=words):
        planned(Options(sample=Sample(25), subjects=subjects))
    assert not Dispatch.objects.exists()


def test_a_second_subject_bears_the_merge_values_of_the_first_or_none() -> None:
    merged = "{{ name | reader }}, the first issue"
    bulletin = make_bulletin("en")
    for _person in range(4):
        make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", title=merged))
    approve(key)
    for subject in ("News for {{ name | reader }}", "No name at all"):
        hold_to_subjects(freeze(key), {"all": []}, {"en": subject})
    for subject in ("From {{ country | somewhere }}", "{{ name | friend }}, look"):
        with pytest.raises(PlanRefused, match="same merge values"):
            hold_to_subjects(freeze(key), {"all": []}, {"en": subject})


def test_while_the_rest_waits_for_a_decision_it_takes_no_time() -> None:
    dispatch = planned(Options(sample=Sample(20)))
    first = Delivery.objects.filter(dispatch=dispatch, wave=0).order_by("pk")
    Attempt.objects.create(delivery=first[0], number=1, outcome="accepted", finished_at=database_now())
    Delivery.objects.filter(pk=first[0].pk).update(state="accepted", due_at=None)
    found = progress_of(dispatch)
    assert found.left is not None
    assert found.left.total_seconds() == pytest.approx(3 / found.rate)
    accept(dispatch)
    assert progress_of(dispatch).left is None
    assert waves.open_next(dispatch.pk)
    dispatch.refresh_from_db()
    opened = progress_of(dispatch)
    assert opened.left is not None
    assert opened.left.total_seconds() == pytest.approx(16 / opened.rate)


def test_clicks_decide_at_their_time_and_not_before() -> None:
    people = 4 * FEWEST
    options = Options(sample=Sample(40), subjects=TWO, decide_after=timedelta(hours=4))
    dispatch = planned(options, people=people, consents=("click",))
    assert dispatch.next_wave == "clicks"
    assert dispatch.next_wave_at is not None
    assert timedelta(hours=3.9) < dispatch.next_wave_at - database_now() <= timedelta(hours=4)
    accept(dispatch)
    click(dispatch, "a", 2)
    click(dispatch, "b", FEWEST)
    assert waves.decide_due() == 0
    Dispatch.objects.update(next_wave_at=database_now(), next_wave="clicks", wave=0)
    assert waves.decide_due() == 1
    assert waves.decide_due() == 0
    dispatch.refresh_from_db()
    assert (dispatch.winner, dispatch.wave, dispatch.next_wave) == ("b", 1, "")


@pytest.mark.parametrize(("a", "b", "words"), [(3, 4, "Too few"), (FEWEST, FEWEST, "as often")])
def test_where_clicks_cannot_tell_a_person_is_asked(a: int, b: int, words: str) -> None:
    options = Options(sample=Sample(25), subjects=TWO, decide_after=timedelta(hours=4))
    dispatch = planned(options, people=4 * FEWEST, consents=("click",))
    accept(dispatch)
    click(dispatch, "a", a)
    click(dispatch, "b", b)
    Dispatch.objects.update(next_wave_at=database_now())
    for _time in range(2):
        waves.decide_due()
        dispatch.refresh_from_db()
        assert (dispatch.winner, dispatch.wave, dispatch.next_wave) == ("", 0, "person")
        assert words in dispatch.state_reason
    assert waves.open_next(dispatch.pk, winner="b")
    dispatch.refresh_from_db()
    assert (dispatch.winner, dispatch.state_reason) == ("b", "")


def test_a_paused_dispatch_decides_nothing() -> None:
    dispatch = planned(Options(sample=Sample(25), subjects=TWO, decide_after=timedelta(hours=4)))
    Dispatch.objects.update(next_wave_at=database_now(), state="paused")
    assert waves.decide_due() == 0
    dispatch.refresh_from_db()
    assert dispatch.next_wave == "clicks"


def test_clicks_count_of_those_alone_who_consent_now_and_once_a_reader() -> None:
    dispatch = planned(Options(sample=Sample(50), subjects=TWO), people=12, consents=("click",))
    accept(dispatch)
    for _time in range(2):
        click(dispatch, "a", 3)
    assert waves.arms_of(dispatch)["a"] == Arm(accepted=6, measured=6, clicked=3)
    reader = Subscriber.objects.filter(deliveries__arm="a").order_by("deliveries__pk")[0]
    Consent.objects.create(
        subscriber=reader, bulletin_key=dispatch.bulletin_key, purpose="click", given=False, source="test"
    )
    assert waves.arms_of(dispatch)["a"] == Arm(accepted=6, measured=5, clicked=2)


def test_a_machine_that_follows_many_links_at_once_is_no_reader() -> None:
    dispatch = planned(Options(sample=Sample(50), subjects=TWO), people=12, consents=("click",))
    accept(dispatch)
    scanned, read = Delivery.objects.filter(dispatch=dispatch, arm="a").order_by("pk")[:2]
    now = timezone.now()
    for delivery, every in ((scanned, timedelta(seconds=1)), (read, timedelta(minutes=1))):
        for number in range(waves.BURST + 1):
            event = Event.objects.create(dispatch=dispatch, kind="click", delivery=delivery)
            Event.objects.filter(pk=event.pk).update(at=now + number * every)
    assert waves.arms_of(dispatch)["a"].clicked == 1


# Each reader's own hour


def test_each_reader_gets_it_at_the_hour_of_their_own_clock() -> None:
    at = (database_now() + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0, tzinfo=None)
    bulletin = make_bulletin()
    for country in ("KE", "CN", ""):
        make_subscriber(bulletin, country=country, email=f"{country or 'nowhere'}@example.org")
    key = make_issue(bulletin)
    approve(key)
    plan_dispatch(
        issue_key=key,
        segment=make_segment(),
        request_key=uuid4(),
        options=Options(local=LocalTime(at, "Asia/Kolkata")),
    )
    due = dict(Delivery.objects.values_list("subscriber__email", "due_at"))
    hours = {email.partition("@")[0]: (when.hour, when.minute) for email, when in due.items() if when}
    assert hours == {"ke": (6, 0), "cn": (1, 0), "nowhere": (3, 30)}


def test_those_whose_hour_has_passed_get_it_at_once_or_the_next_day() -> None:
    at = (database_now() - timedelta(days=2)).replace(tzinfo=None)
    dispatch = planned(Options(local=LocalTime(at, "UTC")), people=2, country="KE")
    assert all(when and when <= database_now() for when in Delivery.objects.values_list("due_at", flat=True))
    cancel_dispatch(dispatch.pk)
    segment = make_segment("others")
    plan_dispatch(
        issue_key=dispatch.issue_key,
        segment=segment,
        request_key=uuid4(),
        options=Options(local=LocalTime(at, "UTC", "next-day")),
    )
    fresh = Delivery.objects.exclude(dispatch=dispatch).values_list("due_at", flat=True)
    assert all(when and timedelta() < when - database_now() <= timedelta(days=1) for when in fresh)
