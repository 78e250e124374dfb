"""What reports do to the ledger, to people and to the dispatch: each once, whatever comes twice or was made up."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now

from dispatch.bounces import MOST_READ
from dispatch.claim import claim_batch
from dispatch.control import resume_dispatch
from dispatch.feedback import (
    MOST_OF_ONE,
    Kind,
    Reading,
    SoftFailure,
    arrived,
    count_soft,
    digest_of,
    settle_late,
    take,
)
from dispatch.frozen import audience, freeze
from dispatch.models import Delivery, Dispatch, Event, Feedback
from dispatch.outcomes import record_outcomes
from dispatch.reconcile import account_of
from dispatch.returned import Fate, is_ours, take_back
from dispatch.said import Said
from dispatch.tokens import Purpose, make_token, return_path, unsubscribe_address
from subscribers.erasure import erase
from subscribers.models import Consent, Subscriber, Subscription, Suppression, Webhook, WebhookCall
from subscribers.suppression import lift
from tests.factories import make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db

State = Delivery.State
PAYLOADS = Path(__file__).parents[2] / "payloads" / "feedback"
IN_PAYLOADS = "b+1001.0123456789abcdef@bounces.bulletin.example"


def payload(name: str, delivery: Delivery | None = None) -> bytes:
    """A report about `delivery`, to its own return path; without one, to a path that nobody made."""
    raw = (PAYLOADS / f"{name}.eml").read_bytes()
    if delivery is None:
        return raw
    path = return_path(delivery.pk, "bounces.bulletin.example")
    token = make_token(Purpose.UNSUBSCRIBE, delivery.pk).encode()
    raw = raw.replace(b"/u/AAAAAAAAA-kBAgMEBQYHCAkKCwx", b"/u/" + token)
    return raw.replace(IN_PAYLOADS.encode(), path.encode())


def reading(kind: Kind, enhanced: str = "", words: str = "said", digest: str = "") -> Reading:
    return Reading(kind, enhanced, words, digest or digest_of(kind, enhanced, words), "test")


def sent(state: State = State.ACCEPTED, *, dispatch: Dispatch | None = None) -> Delivery:
    """A delivery that has left, of a dispatch that runs."""
    dispatch = dispatch or make_dispatch(people=1)
    delivery = dispatch.deliveries.order_by("-pk").first()
    assert delivery is not None
    Delivery.objects.filter(pk=delivery.pk).update(state=state, due_at=Now() if state == State.UNKNOWN else None)
    delivery.refresh_from_db()
    return delivery


def letters_to(person: Subscriber, like: Delivery, count: int, *, state: State = State.ACCEPTED) -> list[Delivery]:
    """Further letters to a person, each of a dispatch of its own."""
    made = []
    for _time in range(count):
        dispatch = Dispatch.objects.get(pk=like.dispatch_id)
        dispatch.pk, dispatch.state = None, Dispatch.State.FINISHED
        dispatch.request_key = uuid4()
        dispatch.save(force_insert=True)
        made.append(Delivery.objects.create(dispatch=dispatch, subscriber=person, locale="en", mask=0, state=state))
    return made


def suppression_of(delivery: Delivery) -> Suppression | None:
    assert delivery.subscriber is not None
    return Suppression.objects.filter(address_hash=delivery.subscriber.address_hash).first()


@pytest.mark.parametrize("before", [State.ACCEPTED, State.UNKNOWN])
def test_a_hard_bounce_ends_the_delivery_and_suppresses_the_address(before: State) -> None:
    delivery = sent(before)
    Webhook.objects.create(url="https://crm.example.org/hook", events=[Webhook.Event.BOUNCED], active=True)
    assert take_back(payload("postfix-unknown-user", delivery), recipient=return_path(delivery.pk, "x")) is Fate.TAKEN
    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at) == (State.BOUNCED, None)
    suppression = suppression_of(delivery)
    assert suppression is not None
    assert suppression.reason == Suppression.Reason.HARD_BOUNCE
    assert Feedback.objects.values_list("kind", "enhanced", "source", "subscriber").get() == (
        "hard", "5.1.1", "dsn", delivery.subscriber_id,
    )  # fmt: skip
    assert WebhookCall.objects.get().payload["type"] == "subscriber.bounced"


def test_a_report_that_comes_twice_does_nothing_more() -> None:
    delivery = sent()
    raw, recipient = payload("postfix-unknown-user", delivery), return_path(delivery.pk, "x")
    assert take_back(raw, recipient=recipient) is Fate.TAKEN
    assert take_back(raw, recipient=recipient) is Fate.KNOWN
    assert take_back(b"Received: again\r\n" + raw, recipient=recipient.upper()) is Fate.KNOWN
    assert Feedback.objects.count() == 1


def test_a_report_about_another_letter_than_it_was_sent_to_counts_for_that_one_alone() -> None:
    mine = sent()
    forged = return_path(mine.pk + 1, "x").replace(f"b+{mine.pk + 1}", f"b+{mine.pk}")
    assert not is_ours(forged)
    assert take_back(payload("gmail-unknown-user"), recipient=forged) is Fate.STRANGE
    assert not Feedback.objects.exists()
    assert suppression_of(mine) is None


def test_only_so_many_reports_about_one_letter_are_kept() -> None:
    delivery = sent()
    taken = [take(reading(Kind.OTHER, words=str(n)), delivery.pk) for n in range(MOST_OF_ONE + 3)]
    assert taken.count(True) == MOST_OF_ONE == Feedback.objects.count()


def test_a_report_about_no_delivery_is_not_known() -> None:
    assert take(reading(Kind.HARD, "5.1.1"), 10**15) is False


@pytest.mark.parametrize("name", ["vacation", "old-vacation", "read-receipt", "postfix-relayed"])
def test_automatic_replies_and_good_news_are_ignored_but_prove_that_a_doubtful_letter_arrived(name: str) -> None:
    delivery = sent(State.UNKNOWN)
    assert take_back(payload(name, delivery), recipient=return_path(delivery.pk, "x")) is Fate.IGNORED
    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at) == (State.ACCEPTED, None)
    assert not Feedback.objects.exists()
    assert suppression_of(delivery) is None


@pytest.mark.parametrize(
    ("name", "kind"), [("postfix-delayed", "delayed"), ("qmail", "other"), ("human-reply", "other")]
)
def test_what_says_nothing_certain_is_kept_and_changes_nothing(name: str, kind: str) -> None:
    delivery = sent()
    assert take_back(payload(name, delivery), recipient=return_path(delivery.pk, "x")) is Fate.TAKEN
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED
    assert Feedback.objects.get().kind == kind
    assert suppression_of(delivery) is None


@pytest.mark.parametrize("name", ["yahoo-abuse.arf", "outlook-abuse.arf"])
def test_a_complaint_is_told_by_the_letter_that_it_carries(name: str) -> None:
    delivery = sent()
    assert take_back(payload(name, delivery), recipient="complaints@bounces.bulletin.example") is Fate.TAKEN
    delivery.refresh_from_db()
    assert delivery.state == State.COMPLAINED
    suppression = suppression_of(delivery)
    assert suppression is not None
    assert suppression.reason == Suppression.Reason.COMPLAINT


def test_a_complaint_about_nobodys_letter_is_strange() -> None:
    sent()
    for name in ("yahoo-abuse.arf", "outlook-abuse.arf", "human-reply", "postfix-unknown-user"):
        assert take_back(payload(name), recipient="complaints@bounces.bulletin.example") is Fate.STRANGE
    assert not Feedback.objects.exists()


def test_a_bounce_is_not_told_by_the_way_out_which_whoever_was_passed_the_letter_has() -> None:
    delivery = sent()
    token = make_token(Purpose.UNSUBSCRIBE, delivery.pk).encode()
    raw = payload("postfix-unknown-user").replace(
        b"Subject: The first issue", b"List-Unsubscribe: <https://x/u/" + token + b">"
    )
    assert take_back(raw) is Fate.STRANGE


def test_whoever_complains_while_sending_is_not_written_to_if_not_yet_claimed() -> None:
    bulletin = make_bulletin()
    first = sent(dispatch=make_dispatch(bulletin, people=1))
    second = make_dispatch(bulletin, people=0)
    assert take(reading(Kind.COMPLAINT), first.pk)
    assert claim_batch(second.pk, size=10).deliveries == ()
    assert list(second.deliveries.values_list("state", "reason")) == [("excluded", "suppressed")]


def test_a_reputation_refusal_pauses_with_the_words_and_suppresses_nobody() -> None:
    delivery = sent()
    take_back(payload("microsoft-not-authenticated", delivery), recipient=return_path(delivery.pk, "x"))
    dispatch = Dispatch.objects.get(pk=delivery.dispatch_id)
    assert dispatch.state == Dispatch.State.PAUSED
    assert "5.7.515 Access denied" in dispatch.state_reason
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED
    assert suppression_of(delivery) is None


def test_letters_that_had_left_before_the_pause_do_not_pause_it_again_and_later_ones_do() -> None:
    dispatch = make_dispatch(people=3)
    first, second, third = dispatch.deliveries.order_by("pk")
    dispatch.deliveries.filter(pk__in=[first.pk, second.pk]).update(state=State.ACCEPTED, due_at=None, changed_at=Now())
    assert take(reading(Kind.REPUTATION, "5.7.26", "one"), first.pk)
    assert resume_dispatch(dispatch.pk)
    assert take(reading(Kind.REPUTATION, "5.7.26", "two"), second.pk)
    assert Dispatch.objects.get(pk=dispatch.pk).state != Dispatch.State.PAUSED
    Delivery.objects.filter(pk=third.pk).update(state=State.ACCEPTED, due_at=None, changed_at=Now())
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.RUNNING)
    assert take(reading(Kind.REPUTATION, "5.7.26", "three"), third.pk)
    assert Dispatch.objects.get(pk=dispatch.pk).state == Dispatch.State.PAUSED


def test_a_relay_that_gave_up_on_a_passing_refusal_pauses_nothing() -> None:
    delivery = sent()
    assert take(reading(Kind.REPUTATION, "4.7.0"), delivery.pk)
    assert Dispatch.objects.get(pk=delivery.dispatch_id).state == Dispatch.State.RUNNING


def test_third_soft_bounce_in_five_suppresses() -> None:
    first = sent()
    assert first.subscriber is not None
    letters = [first, *letters_to(first.subscriber, first, 4)]
    for number, letter in enumerate(letters[i] for i in (0, 2, 4)):
        assert suppression_of(first) is None
        assert take(reading(Kind.SOFT, "5.2.2", str(number)), letter.pk)
        assert take(reading(Kind.SOFT, "5.2.2", f"{number} again"), letter.pk)  # a letter counts once
    suppression = suppression_of(first)
    assert suppression is not None
    assert suppression.note == "three soft bounces in the last five letters"
    states = Delivery.objects.filter(subscriber=first.subscriber).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["bounced", "accepted", "bounced", "accepted", "bounced"]


def test_soft_bounces_of_letters_before_the_last_five_are_past() -> None:
    first = sent()
    assert first.subscriber is not None
    letters = [first, *letters_to(first.subscriber, first, 5)]
    for number, letter in enumerate((letters[0], letters[1], letters[5])):
        assert take(reading(Kind.SOFT, "5.2.2", str(number)), letter.pk)
    assert suppression_of(first) is None


def test_whoever_is_taken_off_the_list_begins_anew() -> None:
    first = sent()
    assert first.subscriber is not None
    letters = [first, *letters_to(first.subscriber, first, 4)]
    for number, letter in enumerate(letters[:3]):
        take(reading(Kind.SOFT, "5.2.2", str(number)), letter.pk)
    assert lift(first.subscriber.address_hash, reasons=[Suppression.Reason.HARD_BOUNCE], source="desk")
    take(reading(Kind.SOFT, "5.2.2", "the fourth"), letters[3].pk)
    assert suppression_of(first) is None


def test_failures_that_the_engine_met_count_as_well_each_once() -> None:
    first = sent()
    assert first.subscriber is not None
    letters = [first, *letters_to(first.subscriber, first, 2, state=State.FAILED)]
    failures = [SoftFailure(each.pk, "5.2.2", "552 <a@x.example> full") for each in letters[1:]]
    assert count_soft(failures) == 0
    assert count_soft(failures) == 0
    assert Feedback.objects.filter(source="smtp", words="552 <…@x.example> full").count() == 2
    take(reading(Kind.SOFT, "4.4.7"), first.pk)
    assert suppression_of(first) is not None


def test_many_failures_at_once_are_counted_in_few_queries(django_assert_max_num_queries: object) -> None:
    dispatch = make_dispatch(people=12)
    dispatch.deliveries.update(state=State.FAILED, due_at=None)
    failures = [SoftFailure(pk, "5.2.2", "full") for pk in dispatch.deliveries.values_list("pk", flat=True)]
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert count_soft(failures) == 0


def test_an_address_that_was_changed_to_another_domain_is_not_blamed_for_the_old_one() -> None:
    delivery = sent()
    assert delivery.subscriber is not None
    Delivery.objects.filter(pk=delivery.pk).update(domain="old.example")
    assert take(reading(Kind.HARD, "5.1.1"), delivery.pk)
    assert suppression_of(delivery) is None


def test_a_report_about_somebody_erased_is_kept_without_them() -> None:
    delivery = sent()
    assert delivery.subscriber is not None
    take(reading(Kind.DELAYED, "4.4.1"), delivery.pk)
    erase(delivery.subscriber.pk)
    assert take(reading(Kind.HARD, "5.1.1"), delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED
    assert set(Feedback.objects.values_list("subscriber", flat=True)) == {None}
    assert set(Feedback.objects.values_list("words", flat=True)) == {""}


def test_words_are_kept_without_the_readers_name_in_the_address() -> None:
    delivery = sent()
    assert delivery.subscriber is not None
    name = delivery.subscriber.email.partition("@")[0]
    take(reading(Kind.OTHER, words=f"no {name} and no {delivery.subscriber.email}\x00"), delivery.pk)
    assert name not in Feedback.objects.get().words


def test_a_report_that_was_quicker_than_the_ledger_is_settled_later() -> None:
    dispatch = make_dispatch(people=2)
    batch = claim_batch(dispatch.pk, size=2)
    one, other = (each.delivery_id for each in batch.deliveries)
    assert take(reading(Kind.HARD, "5.1.1"), one)
    assert take(reading(Kind.COMPLAINT), other)
    assert settle_late() == 0  # the worker that has them writes first
    dispatch.deliveries.update(state=State.ACCEPTED, lease=None, leased_until=None)
    assert settle_late() == 2
    assert settle_late() == 0
    assert list(dispatch.deliveries.order_by("pk").values_list("state", flat=True)) == ["bounced", "complained"]
    counted = dict.fromkeys(State.values, 0)
    for state in dispatch.deliveries.values_list("state", flat=True):
        counted[state] += 1
    assert sum(counted.values()) == dispatch.audience_size


@pytest.mark.parametrize("name", ["human-reply", "vacation", "postfix-unknown-user"])
def test_any_mail_to_the_unsubscribe_address_unsubscribes_as_often_as_it_comes(name: str) -> None:
    delivery = sent()
    recipient = unsubscribe_address(delivery.pk, "bounces.bulletin.example").upper()
    for _time in range(2):
        assert take_back(payload(name), recipient=recipient) is Fate.TAKEN
    subscription = Subscription.objects.get(subscriber=delivery.subscriber_id)
    assert subscription.state == Subscription.State.UNSUBSCRIBED
    entry = Consent.objects.filter(subscriber=delivery.subscriber_id).latest("pk")
    assert (entry.given, entry.basis) == (False, Consent.Basis.ONE_CLICK)
    assert Event.objects.filter(kind=Event.Kind.UNSUBSCRIBE, delivery=delivery).count() == 1
    assert not Feedback.objects.exists()


def test_without_an_envelope_the_fields_that_servers_write_tell_the_recipient() -> None:
    delivery = sent()
    path, out = return_path(delivery.pk, "x.example"), unsubscribe_address(delivery.pk, "x.example")
    assert take_back(payload("postfix-delayed", delivery)) is Fate.TAKEN
    assert take_back(f"Delivered-To: all@x.example\nX-Original-To: {path}\nSubject: hm\n\n".encode()) is Fate.TAKEN
    assert take_back(f"To: <{out}>\nSubject: unsubscribe\n\n".encode()) is Fate.TAKEN
    assert Subscription.objects.get(subscriber=delivery.subscriber_id).state == Subscription.State.UNSUBSCRIBED
    assert take_back(b"To: somebody@x.example\n\n") is Fate.STRANGE


def test_a_message_of_any_size_is_read_only_as_far_as_counts() -> None:
    delivery = sent()
    raw = payload("postfix-unknown-user", delivery) + b"x" * (MOST_READ * 2)
    assert take_back(raw, recipient=return_path(delivery.pk, "x")) is Fate.TAKEN


@pytest.mark.django_db(transaction=True)
def test_the_same_report_at_the_same_time_is_taken_once() -> None:
    delivery = sent()
    results: list[bool] = []
    barrier = threading.Barrier(4)

    def tell() -> None:
        try:
            barrier.wait(10)
            results.append(take(reading(Kind.COMPLAINT), delivery.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == [False, False, False, True]
    assert Feedback.objects.count() == 1


def test_a_person_of_another_dispatch_is_left_alone() -> None:
    delivery = sent()
    other = make_subscriber()
    take(reading(Kind.HARD, "5.1.1"), delivery.pk)
    assert not Suppression.objects.filter(address_hash=other.address_hash).exists()


def test_whoever_complained_has_the_issue_and_is_not_in_its_audience_again() -> None:
    bulletin = make_bulletin()
    dispatch = make_dispatch(bulletin, people=2)
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.FINISHED)
    dispatch.deliveries.update(state=State.ACCEPTED, due_at=None)
    complained, bounced = dispatch.deliveries.order_by("pk")
    assert complained.subscriber is not None
    assert take(reading(Kind.COMPLAINT), complained.pk)
    assert take(reading(Kind.REPUTATION, "5.7.26"), bounced.pk)
    lift(complained.subscriber.address_hash, reasons=[Suppression.Reason.COMPLAINT], source="desk")
    again = audience(freeze(dispatch.issue_key), {"all": []})
    assert list(again.values_list("pk", flat=True)) == [bounced.subscriber_id]


def test_reports_leave_the_accounts_in_order() -> None:
    dispatch = make_dispatch(people=4)
    batch = claim_batch(dispatch.pk, size=4)
    said = [
        Said(
            each.delivery_id,
            began=0.0,
            ended=1.0,
            outcome=outcome,
            stage="dot",
            code=250 if outcome == "accepted" else None,
        )
        for each, outcome in zip(batch.deliveries, ["accepted", "accepted", "unknown", "unknown"], strict=True)
    ]
    record_outcomes(batch.lease, said)
    one, two, three, four = (each.delivery_id for each in batch.deliveries)
    assert take(reading(Kind.HARD, "5.1.1"), one)
    assert take(reading(Kind.COMPLAINT), two)
    assert take(reading(Kind.SOFT, "5.2.2"), three)
    assert arrived(four)
    account = account_of(dispatch.pk)
    assert account is not None
    assert account.findings == ()
    assert {state: n for state, n in account.counts.items() if n} == {"bounced": 2, "complained": 1, "accepted": 1}
