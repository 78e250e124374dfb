"""Runs of a worker under a pace, and beside a domain that refuses."""

from __future__ import annotations

import time

import pytest

from dispatch import pacing
from dispatch.crew import Crew
from dispatch.deliver import deliver_batch, deliver_for
from dispatch.loading import encoded_variant
from dispatch.models import Delivery, PaceRule, PaceState
from dispatch.transports.base import Reply, SendResult, Stage
from dispatch.transports.memory import MemoryTransport
from tests.factories import make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_of_other_tests() -> None:
    encoded_variant.cache_clear()
    pacing._Quiet.end()


def test_a_run_keeps_the_pace() -> None:
    dispatch, transport = make_dispatch(people=30), MemoryTransport()
    PaceRule.objects.create(per_minute=300)
    begun = time.monotonic()
    deliver_for(dispatch.pk, Crew(lambda: transport, 1), seconds=2)
    took = time.monotonic() - begun
    assert 5 <= len(transport.sent) <= 5 * took + 6, "five a second"
    assert PaceState.objects.get(domain="").sent == len(transport.sent)


def test_a_domain_that_says_421_rests_and_letters_to_others_leave() -> None:
    bulletin = make_bulletin()
    for number in range(6):
        make_subscriber(bulletin, email=f"reader{number}@{'slow' if number % 2 else 'quick'}.example")
    dispatch = make_dispatch(bulletin, people=0)
    busy = SendResult(Stage.RCPT, Reply(421, "4.7.0", "too much at once"))
    transport = MemoryTransport({f"reader{number}@slow.example": [busy] for number in range(6)})
    deliver_batch(dispatch.pk, transport)
    quick = Delivery.objects.filter(dispatch=dispatch, domain="quick.example")
    slow = Delivery.objects.filter(dispatch=dispatch, domain="slow.example")
    assert set(quick.values_list("state", flat=True)) == {"accepted"}
    assert set(slow.values_list("state", "attempts")) <= {("deferred", 1), ("planned", 0)}
    assert PaceState.objects.get().domain == "slow.example"
    transport.answers.clear()
    deliver_batch(dispatch.pk, transport)
    assert not slow.filter(state="accepted").exists(), "they wait while their domain rests"
    pacing.end_rest("slow.example")
    slow.update(due_at=dispatch.planned_at)
    deliver_batch(dispatch.pk, transport)
    assert set(slow.values_list("state", flat=True)) == {"accepted"}
    assert len({envelope.recipient for envelope, _data in transport.sent}) == len(transport.sent) == 6
