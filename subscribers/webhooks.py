"""What other systems are told: an event becomes a call to each webhook that wants it, in the event's own transaction.

Nothing is sent from here; `dispatch.webhooks` delivers what lies here. A million people are one INSERT … SELECT.
The scheme is that of Standard Webhooks: the body has `type`, `timestamp` and `data`, and three headers sign it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from subscribers.models import Suppression, Webhook

Event = Webhook.Event

KEPT_FOR = "30 days"  # what was delivered, or given up
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret

_ANNOUNCE = """
INSERT INTO subscribers_webhookcall (webhook_id, subscriber_id, key, event, payload, attempts, reply)
SELECT webhook.id, CASE WHEN %(erased)s THEN NULL ELSE person.id END, gen_random_uuid(), %(event)s,
       jsonb_build_object(
           'type', %(type)s::text,
           'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'data', jsonb_build_object('id', person.id, 'external_id', person.external_id, 'source', %(source)s::text)
                || CASE WHEN %(erased)s THEN '{}' ELSE jsonb_build_object('email', person.email) END
                || CASE WHEN %(bulletin)s::text IS NULL THEN '{}'
                        ELSE jsonb_build_object('bulletin', %(bulletin)s::text) END
       ), 0, ''
  FROM subscribers_webhook AS webhook CROSS JOIN subscribers_subscriber AS person
 WHERE webhook.active AND webhook.events ? %(event)s AND person.id = ANY(%(ids)s)
 ORDER BY person.id
"""

_SUPPRESSION_EVENTS = {
    Suppression.Reason.HARD_BOUNCE: Event.BOUNCED,
    Suppression.Reason.COMPLAINT: Event.COMPLAINED,
}


def announce(
    event: Event, subscriber_ids: Collection[int], *, bulletin_key: UUID | None = None, source: str = ""
) -> int:
    """Tell every webhook that wants it of `event` for each of these people; how many calls were written.

    Call it in the transaction of what happened; for an erasure before the person is gone. One statement, however
    many people; nothing where no webhook wants the event. `source` says who did it, so that a system can pass over
    what it did itself.
    """
    if not subscriber_ids or not wanted(event):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _ANNOUNCE,
            {
                "event": event.value,
                "type": f"subscriber.{event.value}",
                "erased": event is Event.ERASED,
                "bulletin": str(bulletin_key) if bulletin_key else None,
                "source": source[:200],
                "ids": list(subscriber_ids),
            },
        )
        return int(cursor.rowcount)


def wanted(event: Event) -> bool:
    """Whether any webhook is to be told of `event`."""
    return Webhook.objects.filter(active=True, events__contains=event.value).exists()


def announce_suppression(address_hash: str, reason: Suppression.Reason, *, person: int | None = None) -> int:
    """Tell of a bounce or a complaint of whoever has the address; other reasons are told as what they are.

    `person` is their id. Without it they are looked for: hashes have no index, so the whole directory is read.
    """
    event = _SUPPRESSION_EVENTS.get(reason)
    if event is None or not wanted(event):
        return 0
    from subscribers.models import Subscriber

    found = Subscriber.objects.filter(address_hash=address_hash)
    ids = list((found if person is None else found.filter(pk=person)).values_list("pk", flat=True))
    return announce(event, ids, source="mail")


def secret_of(webhook: Webhook) -> str:
    """The secret that a receiver checks signatures with, as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(_key(webhook.pk, webhook.generation)).decode()


def rotate(webhook_id: int) -> bool:
    """Make a new secret; calls are signed with the one before as well for a day."""
    return bool(Webhook.objects.filter(pk=webhook_id).update(generation=F("generation") + 1, rotated_at=Now()))


def body_of(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def signed_headers(
    *, webhook_id: int, generation: int, with_previous: bool, call_key: UUID, timestamp: int, body: bytes
) -> dict[str, str]:
    """The headers by which a receiver knows that `body` is ours and how old it is."""
    message = f"{call_key}.{timestamp}.".encode() + body
    generations = [generation, generation - 1] if with_previous and generation > 1 else [generation]
    return {
        "webhook-id": str(call_key),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(_key(webhook_id, each), message) for each in generations),
    }


def _signature(key: bytes, message: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _key(webhook_id: int, generation: int) -> bytes:
    """Derived, so that the database and its dumps hold no secret."""
    return salted_hmac(
        "circular.webhook", f"{webhook_id}.{generation}", secret=settings.SECRET_KEY, algorithm="sha256"
    ).digest()
