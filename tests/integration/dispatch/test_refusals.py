"""Refusals of policy and content, judged beside the others of their dispatch."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatch.classify import Outcome, Verdict, classify
from dispatch.models import Delivery, Dispatch
from dispatch.refusals import settle_refusals
from dispatch.transports.base import Reply, SendResult, Stage
from tests.factories import make_dispatch

pytestmark = pytest.mark.django_db


def refused(enhanced: str) -> Verdict:
    return classify(SendResult(Stage.RCPT, Reply(550, enhanced, "no")))


def ids(dispatch: Dispatch) -> list[int]:
    return list(Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("pk", flat=True))


def test_the_first_stops_the_dispatch_and_after_it_was_resumed_the_same_letter_fails() -> None:
    dispatch = make_dispatch(people=2)
    one, two = ids(dispatch)
    first = settle_refusals(dispatch.pk, {one: refused("5.7.1"), two: refused("5.1.1")})
    assert first[one].outcome is Outcome.DEFERRED
    assert first[one].pause
    assert first[two] == refused("5.1.1")

    Delivery.objects.filter(pk=one).update(state="deferred", reason="5.7.1")
    again = settle_refusals(dispatch.pk, {one: refused("5.7.1")})
    assert (again[one].outcome, again[one].pause) == (Outcome.FAILED, "")


def test_what_comes_in_while_the_dispatch_is_paused_waits_with_the_first() -> None:
    dispatch = make_dispatch(people=2)
    one, two = ids(dispatch)
    Delivery.objects.filter(pk=one).update(state="deferred", reason="5.7.1")
    Dispatch.objects.update(state="paused")
    assert settle_refusals(dispatch.pk, {two: refused("5.7.1")})[two].outcome is Outcome.DEFERRED


def test_the_fifth_that_fails_for_policy_or_content_stops_the_dispatch() -> None:
    dispatch = make_dispatch(people=5)
    *before, fifth = ids(dispatch)
    for pk, reason in zip(before, ("5.7.1", "5.3.4", "5.7.133", "5.6.1"), strict=True):
        Delivery.objects.filter(pk=pk).update(state="failed", reason=reason, due_at=None)
    verdict = settle_refusals(dispatch.pk, {fifth: refused("5.7.1")})[fifth]
    assert verdict.outcome is Outcome.FAILED
    assert verdict.pause


def test_other_dispatches_do_not_count() -> None:
    dispatch, other = make_dispatch(people=1), None
    [one] = ids(dispatch)
    Delivery.objects.update(state="deferred", reason="5.7.1")
    Dispatch.objects.update(state="finished")
    other = Dispatch.objects.get(pk=dispatch.pk)
    other.pk, other.state, other.request_key = None, "running", "6f4a1c9e-8f5e-4d2a-9a36-0f3a5f1f7c11"
    other.save()
    assert settle_refusals(other.pk, {one: refused("5.7.133")})[one].pause


def test_where_no_refusal_is_about_policy_nothing_is_asked() -> None:
    with CaptureQueriesContext(connection) as asked:
        settle_refusals(1, {1: refused("5.1.1"), 2: refused("5.7.26"), 3: Verdict(Outcome.ACCEPTED)})
    assert len(asked) == 0
