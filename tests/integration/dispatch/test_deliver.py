"""Delivering a batch: what each answer of a server does to the ledger; nobody lost, nobody twice."""

from __future__ import annotations

import email
import email.policy
import resource
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from dispatch.claim import claim_batch, expire_leases
from dispatch.classify import Outcome, Verdict
from dispatch.control import cancel_dispatch, pause_dispatch, resume_dispatch
from dispatch.crew import MOST_DOUBTS, NO_ANSWERS
from dispatch.deliver import LOOK_AFTER, deliver_batch
from dispatch.journal import Found, Journal, abandoned, boot_id, clock
from dispatch.loading import encoded_variant
from dispatch.models import Attempt, Delivery, Dispatch
from dispatch.outcomes import record_outcomes
from dispatch.pacing import end_rest
from dispatch.progress import progress_of
from dispatch.recovery import journals, recover, settle
from dispatch.said import said_of
from dispatch.transports.base import Envelope, Reply, SendResult, Stage
from dispatch.transports.memory import ACCEPTED, MemoryTransport
from subscribers.models import Consent, Subscriber, Suppression
from subscribers.unsubscribe import unsubscribe
from tests.factories import make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db

LOST_AFTER_TEXT = SendResult(Stage.DOT, error="timed out")
LOST_BEFORE_TEXT = SendResult(Stage.MAIL, error="connection reset")


@pytest.fixture(autouse=True)
def _no_variants_of_other_tests() -> None:
    encoded_variant.cache_clear()


def refusal(stage: Stage, code: int, enhanced: str = "", text: str = "no") -> SendResult:
    return SendResult(stage, Reply(code, enhanced, f"{enhanced} {text}"))


def states(dispatch: Dispatch) -> Counter[str]:
    return Counter(Delivery.objects.filter(dispatch=dispatch).values_list("state", flat=True))


def addresses(dispatch: Dispatch) -> list[str]:
    deliveries = Delivery.objects.filter(dispatch=dispatch).order_by("pk")
    return list(deliveries.values_list("subscriber__email", flat=True))


def test_every_letter_is_sent_once_and_the_dispatch_is_finished() -> None:
    dispatch, transport = make_dispatch(people=7), MemoryTransport()
    while deliver_batch(dispatch.pk, transport, size=3).more:
        pass
    assert sorted(envelope.recipient for envelope, _data in transport.sent) == sorted(addresses(dispatch))
    assert states(dispatch) == {"accepted": 7}
    dispatch.refresh_from_db()
    assert dispatch.state == "finished"
    assert Attempt.objects.filter(delivery__dispatch=dispatch, outcome="accepted").count() == 7


def test_a_letter_bears_what_a_bulletin_needs() -> None:
    dispatch, transport = make_dispatch(people=2), MemoryTransport()
    deliver_batch(dispatch.pk, transport)
    letters = [email.message_from_bytes(data, policy=email.policy.default) for _envelope, data in transport.sent]
    for letter in letters:
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["List-Unsubscribe"].startswith("<http://testserver/u/")
        assert letter["Precedence"] == "bulk"
        assert letter["From"].addresses[0].addr_spec == "notes@bulletin.example"
        html = letter.get_body(("html",))
        assert html is not None
        assert 'lang="en"' in html.get_content()
        assert "/o/" not in html.get_content(), "nobody consented to opens being measured"
    assert len({letter["Message-ID"] for letter in letters}) == 2
    assert len({letter["List-Unsubscribe"] for letter in letters}) == 2


def test_the_pixel_is_in_the_letters_of_those_who_consent() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin, email="yes@example.org", consents=("open",))
    make_subscriber(bulletin, email="no@example.org")
    dispatch, transport = make_dispatch(bulletin, people=0), MemoryTransport()
    deliver_batch(dispatch.pk, transport)
    measured = {}
    for envelope, data in transport.sent:
        body = email.message_from_bytes(data, policy=email.policy.default).get_body(("html",))
        assert body is not None
        measured[envelope.recipient] = "/o/" in body.get_content()
    assert measured == {"yes@example.org": True, "no@example.org": False}


@pytest.mark.parametrize(
    ("answer", "state", "finished"),
    [
        (refusal(Stage.RCPT, 550, "5.1.1"), "failed", True),
        (refusal(Stage.RCPT, 450, "4.2.1"), "deferred", False),
        (refusal(Stage.DOT, 451, "4.3.0"), "deferred", False),
        (refusal(Stage.DOT, 554, "5.6.0"), "failed", True),
        (refusal(Stage.DATA, 552, "5.2.2"), "failed", True),
        (LOST_AFTER_TEXT, "unknown", False),
    ],
)
def test_an_answer_settles_its_own_delivery_alone(answer: SendResult, state: str, finished: bool) -> None:
    dispatch = make_dispatch(people=3)
    refused = addresses(dispatch)[1]
    transport = MemoryTransport(answers={refused: [answer]})
    deliver_batch(dispatch.pk, transport)
    assert Delivery.objects.get(dispatch=dispatch, subscriber__email=refused).state == state
    assert states(dispatch) == Counter({"accepted": 2, state: 1})
    dispatch.refresh_from_db()
    assert (dispatch.state == "finished") is finished


def test_a_hard_bounce_at_rcpt_suppresses_the_address() -> None:
    dispatch = make_dispatch(people=1)
    transport = MemoryTransport(answers={addresses(dispatch)[0]: [refusal(Stage.RCPT, 550, "5.1.1")]})
    deliver_batch(dispatch.pk, transport)
    assert Suppression.objects.get().reason == "hard-bounce"


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DOT])
def test_a_refusal_for_reputation_pauses_and_blames_nobody(stage: Stage) -> None:
    dispatch = make_dispatch(people=3)
    everyone = {address: [refusal(stage, 550, "5.7.1", "spam")] for address in addresses(dispatch)}
    deliver_batch(dispatch.pk, MemoryTransport(answers=everyone))
    dispatch.refresh_from_db()
    assert dispatch.state == "paused"
    assert "spam" in dispatch.state_reason
    assert not Suppression.objects.exists()
    assert states(dispatch) == {"deferred": 1, "planned": 2}


def test_a_connection_lost_before_the_text_leaves_everyone_who_was_not_begun_planned() -> None:
    dispatch = make_dispatch(people=2)
    transport = MemoryTransport(answers={addresses(dispatch)[0]: [LOST_BEFORE_TEXT, ACCEPTED]})
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"planned": 2}
    assert end_rest("")
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"accepted": 2}
    assert Attempt.objects.count() == 2


def test_a_server_that_is_away_leaves_everyone_planned() -> None:
    dispatch = make_dispatch(people=3)
    away = SendResult(Stage.CONNECT, error="refused")
    deliver_batch(dispatch.pk, MemoryTransport(answers={address: [away] for address in addresses(dispatch)}))
    assert states(dispatch) == {"planned": 3}
    assert not Attempt.objects.exists()


def test_a_421_gives_the_rest_back_once() -> None:
    dispatch = make_dispatch(people=4)
    second = addresses(dispatch)[1]
    transport = MemoryTransport(answers={second: [refusal(Stage.MAIL, 421), ACCEPTED]})
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"accepted": 1, "planned": 3}
    assert not deliver_batch(dispatch.pk, transport).outcomes, "all letters rest"
    assert end_rest("")
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"accepted": 4}
    assert len(transport.sent) == 4


def test_who_unsubscribes_before_the_claim_is_not_written_to() -> None:
    dispatch, transport = make_dispatch(people=3), MemoryTransport()
    gone = Subscriber.objects.get(email=addresses(dispatch)[0])
    unsubscribe(subscriber_id=gone.pk, bulletin_key=dispatch.bulletin_key, basis=Consent.Basis.DESK, source="test")
    deliver_batch(dispatch.pk, transport)
    assert gone.email not in {envelope.recipient for envelope, _data in transport.sent}
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


def test_who_is_erased_before_the_claim_is_not_written_to() -> None:
    dispatch, transport = make_dispatch(people=2), MemoryTransport()
    Subscriber.objects.get(email=addresses(dispatch)[0]).delete()
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"accepted": 1, "excluded": 1}


@pytest.mark.django_db(transaction=True)
def test_a_pause_withholds_the_letters_of_a_run_that_is_under_way() -> None:
    dispatch = make_dispatch(people=4)
    paused = threading.Event()

    class Pausing(MemoryTransport):
        def send(self, *args: object, **kwargs: object) -> SendResult:
            if len(self.sent) == 2:
                pause_dispatch(dispatch.pk)
                connection.close()
                paused.wait(10)  # as long as it takes the run to notice
            return super().send(*args, **kwargs)  # type: ignore[arg-type]

    transport = Pausing()
    noticing = threading.Timer(3 * LOOK_AFTER, paused.set)
    noticing.start()
    deliver_batch(dispatch.pk, transport)
    noticing.join()
    assert states(dispatch) == {"accepted": 2, "planned": 2}
    deliver_batch(dispatch.pk, transport)
    assert len(transport.sent) == 2
    assert resume_dispatch(dispatch.pk)
    deliver_batch(dispatch.pk, MemoryTransport())
    assert states(dispatch) == {"accepted": 4}


def test_a_cancel_excludes_whoever_was_not_written_to() -> None:
    dispatch = make_dispatch(people=3)
    batch = claim_batch(dispatch.pk, size=1)
    assert cancel_dispatch(dispatch.pk)
    assert states(dispatch) == {"claimed": 1, "excluded": 2}
    assert not cancel_dispatch(dispatch.pk)
    settle(Found(batch.lease, dispatch.pk, begun={batch.deliveries[0].delivery_id: clock()}))
    assert states(dispatch) == {"unknown": 1, "excluded": 2}


def test_no_two_workers_get_the_same_delivery() -> None:
    dispatch = make_dispatch(people=5)
    first, second = claim_batch(dispatch.pk, size=3), claim_batch(dispatch.pk, size=3)
    claimed = [each.delivery_id for batch in (first, second) for each in batch.deliveries]
    assert len(claimed) == len(set(claimed)) == 5


def test_a_lost_workers_letters_are_settled_by_what_its_journal_says() -> None:
    dispatch = make_dispatch(people=3, unknown_policy="hold")
    batch = claim_batch(dispatch.pk, size=3)
    first, second, _third = (delivery.delivery_id for delivery in batch.deliveries)
    journal = Journal(journals(), dispatch_id=dispatch.pk, lease=batch.lease)
    journal.begin(first)
    journal.begin(second)
    journal.end(said_of(second, ACCEPTED, Verdict(Outcome.ACCEPTED), began=clock(), ended=clock()))
    assert recover() == 0, "its owner lives"
    journal.close(settled=False)  # as the kernel does when the owner dies
    assert recover() == 1
    assert recover() == 0
    assert states(dispatch) == {"unknown": 1, "accepted": 1, "planned": 1}
    deliver_batch(dispatch.pk, MemoryTransport())
    assert states(dispatch) == {"unknown": 1, "accepted": 2}
    dispatch.refresh_from_db()
    assert dispatch.state == "finished"


def test_a_journal_that_is_read_twice_changes_nothing_the_second_time() -> None:
    dispatch = make_dispatch(people=2)
    batch = claim_batch(dispatch.pk, size=2)
    first, second = (delivery.delivery_id for delivery in batch.deliveries)
    answered = said_of(first, ACCEPTED, Verdict(Outcome.ACCEPTED), began=clock(), ended=clock())
    found = Found(batch.lease, dispatch.pk, said=[answered], begun={second: clock()})
    settle(found)
    once = (states(dispatch), list(Attempt.objects.order_by("pk").values()))
    settle(found)
    assert (states(dispatch), list(Attempt.objects.order_by("pk").values())) == once


def test_a_journal_of_before_the_machine_was_started_proves_nothing() -> None:
    dispatch = make_dispatch(people=1)
    batch = claim_batch(dispatch.pk, size=1)
    journal = Journal(journals(), dispatch_id=dispatch.pk, lease=batch.lease)
    journal.close(settled=False)
    journal.path.write_text(journal.path.read_text().replace(boot_id(), "another start"))
    assert recover() == 0
    assert states(dispatch) == {"claimed": 1}, "until the sweep calls it unknown"


def test_leases_of_a_machine_that_is_gone_are_unknown_after_a_while() -> None:
    dispatch = make_dispatch(people=2)
    claim_batch(dispatch.pk, size=1)
    assert expire_leases() == 0
    run_out(dispatch)
    assert expire_leases() == 1
    assert states(dispatch) == {"unknown": 1, "planned": 1}
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.number) == ("unknown", 1)


def test_a_letter_that_arrived_after_its_lease_was_taken_away_is_not_sent_again() -> None:
    dispatch = make_dispatch(people=1)
    batch = claim_batch(dispatch.pk, size=1)
    [delivery] = batch.deliveries
    run_out(dispatch)
    expire_leases()
    make_due(dispatch)
    claim_batch(dispatch.pk, size=1)
    run_out(dispatch)
    expire_leases()
    record_outcomes(
        batch.lease,
        [said_of(delivery.delivery_id, ACCEPTED, Verdict(Outcome.ACCEPTED), began=clock(), ended=clock())],
    )
    assert states(dispatch) == {"accepted": 1}


def test_an_unknown_is_sent_once_more_after_ten_minutes_with_the_same_message_id() -> None:
    dispatch = make_dispatch(people=1)
    transport = MemoryTransport(answers={addresses(dispatch)[0]: [LOST_AFTER_TEXT]})
    deliver_batch(dispatch.pk, transport)
    assert not deliver_batch(dispatch.pk, transport).outcomes, "not before the ten minutes"
    make_due(dispatch)
    deliver_batch(dispatch.pk, transport)
    assert len(transport.sent) == 2
    first, second = (email.message_from_bytes(data)["Message-ID"] for _envelope, data in transport.sent)
    assert first == second
    assert Delivery.objects.get(dispatch=dispatch).due_at is None, "in doubt twice: now it waits for a person"
    dispatch.refresh_from_db()
    assert dispatch.state == "finished"


def test_a_delivery_is_given_up_after_72_hours() -> None:
    dispatch = make_dispatch(people=1)
    transport = MemoryTransport(answers={addresses(dispatch)[0]: [refusal(Stage.RCPT, 450, "4.2.1")]})
    Dispatch.objects.update(planned_at=F("planned_at") - timedelta(hours=100))
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"deferred": 1}, "its first try was a moment ago, however long the dispatch waited"
    Attempt.objects.update(started_at=F("started_at") - timedelta(hours=71, minutes=58))
    make_due(dispatch)
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"failed": 1}


def test_a_letter_that_the_server_always_cuts_does_not_hold_up_the_others() -> None:
    dispatch = make_dispatch(people=3)
    cut = SendResult(Stage.DATA, error="the connection was lost")
    transport = MemoryTransport(answers={addresses(dispatch)[0]: [cut]})
    deliver_batch(dispatch.pk, transport)
    assert end_rest("")
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"deferred": 1, "accepted": 2}


def test_a_server_that_never_answers_a_text_pauses_the_dispatch() -> None:
    dispatch = make_dispatch(people=MOST_DOUBTS + 4)
    transport = MemoryTransport(answers={address: [LOST_AFTER_TEXT] for address in addresses(dispatch)})
    deliver_batch(dispatch.pk, transport)
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.state_reason) == ("paused", NO_ANSWERS)
    assert states(dispatch) == {"unknown": MOST_DOUBTS, "planned": 4}


def test_a_doubt_survives_another_try_that_did_not_come_to_the_text() -> None:
    dispatch = make_dispatch(people=1)
    away = SendResult(Stage.CONNECT, error="refused")
    transport = MemoryTransport(answers={addresses(dispatch)[0]: [LOST_AFTER_TEXT, away]})
    deliver_batch(dispatch.pk, transport)
    make_due(dispatch)
    deliver_batch(dispatch.pk, transport)
    assert states(dispatch) == {"unknown": 1}
    assert cancel_dispatch(dispatch.pk)
    assert states(dispatch) == {"unknown": 1}
    assert Delivery.objects.get(dispatch=dispatch).due_at is None


def test_a_fault_in_a_transport_harms_one_letter() -> None:
    class Faulty(MemoryTransport):
        def send(self, envelope: Envelope, data: bytes, **kwargs: Any) -> SendResult:
            if not self.sent:
                self.sent.append((envelope, data))
                raise KeyError("a fault")
            return super().send(envelope, data, **kwargs)

    dispatch = make_dispatch(people=3)
    deliver_batch(dispatch.pk, Faulty())
    assert states(dispatch) == {"failed": 1, "accepted": 2}


def test_half_a_line_of_a_journal_spoils_none_of_the_others(tmp_path: Path) -> None:
    lease = uuid4()
    journal = Journal(tmp_path, dispatch_id=1, lease=lease)
    journal.begin(7)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 3, hard))
    try:
        with pytest.raises(OSError, match=r"File too large|No space"):
            journal.begin(8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.begin(9)
    journal.close(settled=False)
    [found] = abandoned(tmp_path)
    assert set(found.begun) == {7, 9}


def test_the_sum_over_all_states_is_the_audience() -> None:
    dispatch = make_dispatch(people=6)
    answers = [refusal(Stage.RCPT, 550, "5.1.1"), refusal(Stage.DOT, 451), LOST_AFTER_TEXT]
    transport = MemoryTransport(answers=dict(zip(addresses(dispatch), ([each] for each in answers), strict=False)))
    deliver_batch(dispatch.pk, transport, size=4)
    progress = progress_of(dispatch)
    assert sum(progress.counts.values()) == progress.audience == 6


def make_due(dispatch: Dispatch) -> None:
    Delivery.objects.filter(dispatch=dispatch, due_at__isnull=False).update(due_at=F("due_at") - timedelta(days=1))


def run_out(dispatch: Dispatch) -> None:
    claimed = Delivery.objects.filter(dispatch=dispatch, state="claimed")
    claimed.update(leased_until=F("leased_until") - timedelta(days=1))
