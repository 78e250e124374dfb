"""One batch of deliveries, step by step: claim, load, send each, give back the rest."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings

from composer.rendering.merge import MissingValueError
from dispatch.claim import Batch, Claimed, claim_batch, database_now, release_rest, renew_lease
from dispatch.classify import Outcome, Verdict, classify
from dispatch.control import finish_if_done, pause_dispatch
from dispatch.errors import BadHeader
from dispatch.headers import address_in_ascii
from dispatch.journal import open_attempt, record_outcome
from dispatch.letter import EncodedVariant, Recipient, encode_variant, splice
from dispatch.models import Dispatch, Variant
from dispatch.retry import HOLD_TRANSPORT
from dispatch.tokens import return_path
from dispatch.transports.base import Envelope, SendResult, Stage, Transport
from subscribers.consent import consenting
from subscribers.models import Consent, Subscriber, Suppression
from subscribers.readers import reader_values
from subscribers.suppression import suppress

logger = logging.getLogger(__name__)

BATCH_SIZE = 100
RENEW_AFTER = 15.0  # seconds


@dataclass
class Report:
    """What came of a batch: how many deliveries to which outcome, and whether there may be more to do now."""

    outcomes: dict[str, int] = field(default_factory=dict)
    more: bool = False


def deliver_batch(dispatch_id: int, transport: Transport, *, size: int = BATCH_SIZE) -> Report:
    """Claim up to `size` deliveries of a dispatch and send them, one after the other."""
    batch = claim_batch(dispatch_id, size=size)
    report = Report(more=batch.full)
    if not batch.deliveries:
        finish_if_done(dispatch_id)
        return report
    wait = 0.0
    try:
        recipients = load_recipients(batch)
        renewed = time.monotonic()
        for delivery in batch.deliveries:
            if delivery.delivery_id not in recipients:
                continue  # erased since it was claimed: it is given back, and excluded when it is claimed again
            if time.monotonic() - renewed > RENEW_AFTER:
                renew_lease(batch.lease)
                renewed = time.monotonic()
            verdict = deliver_one(delivery, recipients[delivery.delivery_id], batch, transport)
            report.outcomes[verdict.outcome] = report.outcomes.get(verdict.outcome, 0) + 1
            if verdict.pause:
                pause_dispatch(dispatch_id, reason=verdict.pause)
            if verdict.hold_transport or verdict.outcome is Outcome.RELEASED:
                wait = HOLD_TRANSPORT.total_seconds() if verdict.hold_transport else 0.0
                report.more = False
                break
    finally:
        release_rest(batch.lease, wait_seconds=wait)
    finish_if_done(dispatch_id)
    return report


def load_recipients(batch: Batch) -> dict[int, Recipient]:
    """The batch's readers by delivery, with the consents that hold now."""
    ids = [delivery.subscriber_id for delivery in batch.deliveries if delivery.subscriber_id is not None]
    people = Subscriber.objects.only("id", "email", "name").in_bulk(ids)
    bulletin_key = Dispatch.objects.values_list("bulletin_key", flat=True).get(pk=batch.dispatch_id)
    measured = consenting(ids, bulletin_key, Consent.Purpose.OPEN)
    values = _merge_values(batch, ids)
    return {
        delivery.delivery_id: Recipient(
            delivery_id=delivery.delivery_id,
            subscriber_id=person.pk,
            address=person.email,
            name=person.name,
            measure_opens=person.pk in measured,
            values=values.get((person.pk, delivery.locale), {}),
        )
        for delivery in batch.deliveries
        if (person := people.get(delivery.subscriber_id or 0))
    }


def _merge_values(batch: Batch, ids: list[int]) -> dict[tuple[int, str], dict[str, str]]:
    """The readers' values by reader and locale, where a letter of the dispatch asks for any."""
    asking = set(
        Variant.objects.filter(dispatch_id=batch.dispatch_id).exclude(merges=[]).values_list("locale", flat=True)
    )
    return {
        (reader, locale): values for locale in asking for reader, values in reader_values(ids, locale=locale).items()
    }


def deliver_one(delivery: Claimed, recipient: Recipient, batch: Batch, transport: Transport) -> Verdict:
    """Send one letter and record what came of it."""
    attempt: list[int | None] = [None]

    def may_send() -> bool:
        attempt[0] = open_attempt(delivery, batch.lease)
        return attempt[0] is not None

    try:
        variant = encoded_variant(batch.dispatch_id, delivery.locale, delivery.mask, settings.BASE_URL)
        data = splice(variant, recipient, now=database_now())
        envelope = Envelope(return_path(delivery.delivery_id, variant.domain), address_in_ascii(recipient.address))
    except MissingValueError as error:
        result, verdict = SendResult(Stage.CONNECT, error=str(error)), Verdict(Outcome.FAILED, "no merge value")
    except BadHeader as error:
        result, verdict = SendResult(Stage.CONNECT, error=str(error)), Verdict(Outcome.FAILED, "bad address or header")
    else:
        result = send_once_more_if_safe(transport, envelope, data, may_send)
        verdict = classify(result)
    if (bounced := record_outcome(delivery, batch.lease, attempt[0], result, verdict)) is not None:
        suppress(bounced, Suppression.Reason.HARD_BOUNCE, note=verdict.reason, person=delivery.subscriber_id)
    if verdict.outcome is not Outcome.ACCEPTED:
        logger.info("delivery %s: %s (%s)", delivery.delivery_id, verdict.outcome, verdict.reason)
    return verdict


def send_once_more_if_safe(
    transport: Transport, envelope: Envelope, data: bytes, may_send: Callable[[], bool]
) -> SendResult:
    """A kept connection may have been closed by the server; before the text, trying anew harms nobody."""
    result = transport.send(envelope, data, may_send=may_send)
    if result.reply is None and not result.withheld and result.stage not in {Stage.CONNECT, Stage.DOT}:
        return transport.send(envelope, data, may_send=may_send)
    return result


@lru_cache(maxsize=64)
def encoded_variant(dispatch_id: int, locale: str, mask: int, base_url: str) -> EncodedVariant:
    """A variant of a dispatch never changes, so each worker process encodes it once."""
    variant = Variant.objects.select_related("dispatch").get(dispatch_id=dispatch_id, locale=locale, mask=mask)
    return encode_variant(variant.dispatch, variant, base_url=base_url)
