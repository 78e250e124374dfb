"""Delivering the calls to webhooks: leased by the database's clock, posted through the careful door, noted.

A call is leased by moving its `due_at` away, so a worker that dies leaves it to be tried again: a receiver may get
a call twice and knows it by its `webhook-id`. A webhook that fails rests, so that a dead one holds up no other.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_noop as later

from composer.preflight.door import Closed, Door
from composer.preflight.facts import LinkStatus
from dispatch.alone import alone
from dispatch.webhook_calls import LEASE, Call, claim_calls, now_there, release
from subscribers.models import ApiReply, Webhook, WebhookCall
from subscribers.webhooks import KEPT_FOR, Event, body_of, signed_headers

OURS = {"Content-Type": "application/json", "User-Agent": "Circular-Webhooks/1.0"}
TIMEOUT = 10.0  # seconds for a call
MOST_READ = 2048  # octets of a reply
MOST_AT_ONCE = 40  # calls of a webhook that are leased together
THREADS = 8
BUDGET = 30.0  # seconds of one task, after which it begins no call
GIVE_UP_AFTER = timedelta(days=3)
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=6)
GONE = 410

# Kept as they stand here, and translated for whoever reads them on the desk.
NOTHING_GOT_THROUGH = later("No call got through for three days.")
WANTS_NO_MORE = later("It answered 410: whoever runs it wants no more calls.")
REDIRECT = later("It answered with a redirect, which is not followed.")
NOT_PUBLIC = later("It is no address that the public can reach: nothing is sent there.")
TOO_LATE = later("It did not answer in time.")
BAD_CERTIFICATE = later("Its certificate isn’t good.")
NOT_REACHED = later("It could not be reached.")

_LOCK = 0x57454248  # one task at a time delivers calls, so that a sweep's rings don't pile up


class Ending(Enum):
    DELIVERED = "delivered"
    AGAIN = "again"
    GIVEN_UP = "given up"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a call: the status, 0 where there was none, and the beginning of the reply or what was wrong."""

    code: int
    text: str


def delay_after(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure in a row: a minute, then four times as long each, to hours."""
    if attempts > 8:
        return LONGEST_DELAY
    return min(FIRST_DELAY * 4 ** (max(attempts, 1) - 1), LONGEST_DELAY)


def ending_of(code: int, *, attempts: int, age: timedelta) -> Ending:
    """What an answer means for a call that was first tried `age` ago."""
    if 200 <= code < 300:
        return Ending.DELIVERED
    if code == GONE:
        return Ending.GONE
    return Ending.AGAIN if age + delay_after(attempts) <= GIVE_UP_AFTER else Ending.GIVEN_UP


def careful_door() -> Door:
    """Posts to public addresses only, with little patience."""
    return Door(timeout=TIMEOUT)


def has_due() -> bool:
    """Whether a call waits that nobody is making."""
    ready = list(
        Webhook.objects.filter(Q(rests_until=None) | Q(rests_until__lte=now_there()), active=True).values_list(
            "pk", flat=True
        )
    )
    return bool(ready) and WebhookCall.objects.filter(webhook__in=ready, due_at__lte=now_there()).exists()


def deliver_waiting(door: Door | None = None, *, most: int = MOST_AT_ONCE, seconds: float = BUDGET) -> int:
    """Make calls that are due until none is or the time is over; how many were tried.

    None while another worker is at it.
    """
    until = time.monotonic() + seconds
    tried = 0
    with alone(_LOCK) as mine:
        while mine and time.monotonic() < until and (calls := claim_calls(most=most)):
            tried += _deliver(calls, door or careful_door(), until=until)
    return tried


def deliver_now(call_id: int, door: Door | None = None) -> bool:
    """Make one call at once, whatever the webhook's rest; False if another worker has it or it is over."""
    Webhook.objects.filter(calls=call_id).update(rests_until=None)
    calls = claim_calls(most=1, only=call_id)
    return bool(_deliver(calls, door or careful_door(), until=time.monotonic() + TIMEOUT))


def make_test_call(webhook: Webhook) -> WebhookCall:
    """Write a call that says nothing but that it is one."""
    now = Webhook.objects.annotate(at=now_there()).values_list("at", flat=True).get(pk=webhook.pk)
    payload = {"type": "test", "timestamp": now.isoformat().replace("+00:00", "Z"), "data": {}}
    return WebhookCall.objects.create(webhook=webhook, event=Event.TEST, payload=payload)


def again(call_id: int) -> bool:
    """Let a call be made once more, now; False where its webhook is off or nothing of it is kept."""
    calls = WebhookCall.objects.filter(pk=call_id, webhook__active=True).exclude(payload={})
    return bool(calls.update(due_at=now_there(), attempts=0, tried_at=None, delivered_at=None))


def forget_old() -> None:
    """Drop calls that ended a month ago, or wait so long for a webhook that is off, and old replies of the API."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM subscribers_webhookcall USING subscribers_webhook AS webhook"
            " WHERE webhook.id = webhook_id AND subscribers_webhookcall.made_at < clock_timestamp() - %s::interval"
            " AND (due_at IS NULL OR NOT webhook.active)",
            [KEPT_FOR],
        )
    ApiReply.objects.filter(made_at__lt=now_there() - timedelta(days=1)).delete()


def _deliver(calls: list[Call], door: Door, *, until: float) -> int:
    begun = time.monotonic()
    failed: set[int] = set()

    def attempt(call: Call) -> Answered | None:
        if call.webhook_id in failed or time.monotonic() > until:
            return None
        answered = _post(call, door, seconds=time.monotonic() - begun)
        if ending_of(answered.code, attempts=1, age=timedelta()) is not Ending.DELIVERED:
            failed.add(call.webhook_id)
        return answered

    tried = 0
    with ThreadPoolExecutor(max_workers=THREADS) as pool:  # the threads use no database
        for call, answered in zip(calls, pool.map(attempt, calls), strict=True):
            if answered is None:
                release(call)
            else:
                _record(call, answered)
                tried += 1
    return tried


def _post(call: Call, door: Door, *, seconds: float) -> Answered:
    body = body_of(call.payload)
    headers = signed_headers(
        webhook_id=call.webhook_id,
        generation=call.generation,
        with_previous=call.with_previous,
        call_key=call.key,
        timestamp=int(call.now.timestamp() + seconds),
        body=body,
    )
    try:
        reply = door.post(call.url, body, headers={**headers, **OURS}, most=MOST_READ)
    except Closed as error:
        return Answered(0, _problem(error))
    if reply.location:
        return Answered(reply.code, REDIRECT)
    return Answered(reply.code, " ".join(reply.text.split()))


def _record(call: Call, answered: Answered) -> None:
    """Note what came of it; a replay, or a lease that ran out meanwhile, changes nothing."""
    mine = WebhookCall.objects.filter(pk=call.id, attempts=call.attempts, delivered_at=None)
    said = {"code": answered.code or None, "reply": _printable(answered.text)[:300]}
    with transaction.atomic():
        tried_at = mine.values_list("tried_at", flat=True).first()
        if tried_at is None:
            return
        match ending_of(answered.code, attempts=call.attempts, age=call.now - tried_at):
            case Ending.DELIVERED:
                mine.update(due_at=None, delivered_at=Now(), **said)
                # Whoever was erased is told of once, and then forgotten here as well.
                WebhookCall.objects.filter(pk=call.id, event=Event.ERASED).update(payload={})
                Webhook.objects.filter(pk=call.webhook_id).exclude(failures=0).update(
                    failures=0, failing_since=None, rests_until=None
                )
            case Ending.AGAIN:
                mine.update(due_at=now_there() + delay_after(call.attempts), **said)
                _rest(call.webhook_id)
            case Ending.GIVEN_UP:
                mine.update(due_at=None, **said)
                _rest(call.webhook_id)
                _switch_off_if_dead(call.webhook_id, since=tried_at)
            case Ending.GONE:
                mine.update(due_at=None, **said)
                Webhook.objects.filter(pk=call.webhook_id).update(active=False, problem=WANTS_NO_MORE)


def _rest(webhook_id: int) -> None:
    """Let the webhook rest, longer each time; failures of one round are one."""
    webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    fresh = Webhook.objects.filter(Q(rests_until=None) | Q(rests_until__lte=now_there()), pk=webhook_id)
    fresh.update(
        failures=F("failures") + 1,
        failing_since=Coalesce(F("failing_since"), now_there()),
        rests_until=now_there() + delay_after(webhook.failures + 1),
    )


def _switch_off_if_dead(webhook_id: int, *, since: datetime) -> None:
    """Switch a webhook off that nothing got through to since then; one call that it refuses is no reason."""
    dead = Webhook.objects.filter(pk=webhook_id, active=True, failing_since__lte=since + timedelta(seconds=LEASE))
    dead.update(active=False, problem=NOTHING_GOT_THROUGH)


def _problem(error: Closed) -> str:
    match error.status:
        case LinkStatus.PRIVATE:
            return NOT_PUBLIC
        case LinkStatus.TIMEOUT:
            return TOO_LATE
        case LinkStatus.INSECURE:
            return BAD_CERTIFICATE
    return NOT_REACHED


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
