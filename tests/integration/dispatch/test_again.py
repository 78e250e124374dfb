"""An issue once more: to those whose letter failed, and one follow-up to those who let opens be measured and didn't."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from dispatch.again import FOLLOW_UP_AFTER, plan_follow_up, plan_resend
from dispatch.claim import database_now
from dispatch.errors import PlanRefused
from dispatch.models import Delivery, Dispatch, Event, Variant
from subscribers.models import Consent, Subscription, Suppression
from tests.factories import edition_of, make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db

ANOTHER = {"en": "Did you see this?"}


def ended(*states: str, consents: tuple[str, ...] = (), ago: timedelta = FOLLOW_UP_AFTER) -> Dispatch:
    """A finished dispatch with a reader in each of `states`, named after it."""
    bulletin = make_bulletin("en")
    for number, state in enumerate(states):
        make_subscriber(bulletin, email=f"{state}{number}@example.org", consents=consents)
    dispatch = make_dispatch(bulletin, people=0)
    for delivery in Delivery.objects.select_related("subscriber"):
        assert delivery.subscriber is not None
        state = delivery.subscriber.email.partition("@")[0].rstrip("0123456789")
        Delivery.objects.filter(pk=delivery.pk).update(state=state, due_at=None)
    Dispatch.objects.update(state="finished", finished_at=database_now() - ago)
    dispatch.refresh_from_db()
    return dispatch


def addressees(dispatch: Dispatch) -> set[str]:
    rows = Delivery.objects.filter(dispatch=dispatch).values_list("subscriber__email", flat=True)
    return {email.partition("@")[0] for email in rows}


def resend(earlier: Dispatch, *, with_unknown: bool = False) -> Dispatch:
    return plan_resend(earlier, request_key=uuid4(), with_unknown=with_unknown)


def follow_up(earlier: Dispatch, subjects: dict[str, str] | None = None) -> Dispatch:
    return plan_follow_up(earlier, subjects=ANOTHER if subjects is None else subjects, request_key=uuid4())


def finish(dispatch: Dispatch, ago: timedelta = FOLLOW_UP_AFTER) -> None:
    Delivery.objects.filter(dispatch=dispatch).update(state="accepted", due_at=None)
    Dispatch.objects.filter(pk=dispatch.pk).update(state="finished", finished_at=database_now() - ago)


# To those who failed


def test_those_who_failed_get_it_again_and_nobody_else() -> None:
    earlier = ended("accepted", "failed", "unknown", "bounced", "excluded", "failed")
    again = resend(earlier)
    assert addressees(again) == {"failed1", "failed5"}
    assert (again.kind, again.follows_id, again.digest) == ("resend", earlier.pk, earlier.digest)
    assert again.audience_name == "Everyone: those whose letter failed"
    assert again.audience_size == 2


def test_those_in_doubt_are_written_to_only_if_somebody_says_so() -> None:
    earlier = ended("accepted", "failed", "unknown")
    assert addressees(resend(earlier, with_unknown=True)) == {"failed1", "unknown2"}


def test_one_in_doubt_that_is_still_to_be_tried_is_left_to_its_dispatch() -> None:
    earlier = ended("failed", "unknown")
    Delivery.objects.filter(state="unknown").update(due_at=database_now())
    assert addressees(resend(earlier, with_unknown=True)) == {"failed0"}


def test_who_is_suppressed_has_unsubscribed_or_has_it_by_another_way_is_left_out() -> None:
    earlier = ended("failed", "failed", "failed", "failed")
    people = {each.subscriber.email[:7]: each.subscriber for each in Delivery.objects.select_related("subscriber")}  # type: ignore[union-attr]
    Suppression.objects.create(address_hash=people["failed0"].address_hash, reason="hard-bounce")  # type: ignore[union-attr]
    Subscription.objects.filter(subscriber=people["failed1"]).update(state="unsubscribed")
    first = resend(earlier)
    assert addressees(first) == {"failed2", "failed3"}
    finish(first)
    Delivery.objects.filter(dispatch=first, subscriber=people["failed3"]).update(state="failed")
    assert addressees(resend(earlier)) == {"failed3"}


def test_a_second_click_makes_no_second_dispatch() -> None:
    earlier, key = ended("failed"), uuid4()
    assert plan_resend(earlier, request_key=key) == plan_resend(earlier, request_key=key)
    with pytest.raises(PlanRefused, match="being sent already"):
        resend(earlier)


def test_changed_content_is_not_sent_as_if_it_were_the_same() -> None:
    earlier = ended("failed", "accepted")
    page = edition_of(earlier.issue_key)
    page.title = "Changed"
    page.save_revision()
    with pytest.raises(PlanRefused, match="nobody has approved"):
        resend(earlier)
    with pytest.raises(PlanRefused, match="nobody has approved"):
        follow_up(earlier)


def test_one_that_has_not_ended_has_no_successor() -> None:
    earlier = ended("failed", "accepted", consents=("open",))
    Dispatch.objects.update(state="paused")
    for plan in (resend, follow_up):
        with pytest.raises(PlanRefused, match="ended yet"):
            plan(earlier)


def test_without_anybody_there_is_no_dispatch() -> None:
    with pytest.raises(PlanRefused, match="Nobody"):
        resend(ended("accepted"))


# To those who didn't open


def test_those_who_let_opens_be_measured_and_did_not_open_get_it_under_another_subject() -> None:
    earlier = ended("accepted", "accepted", "accepted", "failed", "unknown", consents=("open",))
    opened, clicked = Delivery.objects.filter(state="accepted").order_by("pk")[:2]
    Event.objects.create(dispatch=earlier, kind="open", delivery=opened)
    Event.objects.create(dispatch=earlier, kind="click", delivery=clicked)
    again = follow_up(earlier)
    assert addressees(again) == {"accepted2"}
    assert (again.kind, again.follows_id, again.digest) == ("follow-up", earlier.pk, earlier.digest)
    assert Variant.objects.get(dispatch=again).subject == ANOTHER["en"]


def test_nobody_is_followed_up_whose_consent_does_not_hold_now() -> None:
    earlier = ended("accepted", "accepted", consents=("open",))
    make_consent_end(earlier)
    assert addressees(follow_up(earlier)) == {"accepted1"}


def make_consent_end(earlier: Dispatch) -> None:
    reader = Delivery.objects.order_by("pk").values_list("subscriber", flat=True)[0]
    Consent.objects.create(
        subscriber_id=reader, bulletin_key=earlier.bulletin_key, purpose="open", given=False, source="test"
    )


def test_without_consent_nobody_is_followed_up() -> None:
    with pytest.raises(PlanRefused, match="Nobody"):
        follow_up(ended("accepted", consents=("click",)))


def test_who_asked_for_fewer_letters_gets_no_follow_up() -> None:
    earlier = ended("accepted", "accepted", consents=("open",))
    reader = Delivery.objects.order_by("pk").values_list("subscriber", flat=True)[0]
    Subscription.objects.filter(subscriber=reader).update(frequency="weekly")
    assert addressees(follow_up(earlier)) == {"accepted1"}


def test_a_dispatch_has_one_follow_up_and_a_follow_up_none() -> None:
    earlier = ended("accepted", consents=("open",))
    again = follow_up(earlier)
    finish(again)
    with pytest.raises(PlanRefused, match="one at most"):
        follow_up(earlier)
    again.refresh_from_db()
    with pytest.raises(PlanRefused, match="third time"):
        follow_up(again, {"en": "And a third"})


def test_readers_have_time_before_they_are_followed_up() -> None:
    with pytest.raises(PlanRefused, match="48 hours"):
        follow_up(ended("accepted", consents=("open",), ago=FOLLOW_UP_AFTER - timedelta(minutes=1)))


@pytest.mark.parametrize("subject", ["", "The first issue", " the first  ISSUE"])
def test_a_follow_up_needs_another_subject(subject: str) -> None:
    with pytest.raises(PlanRefused):
        follow_up(ended("accepted", consents=("open",)), {"en": subject} if subject else {})
