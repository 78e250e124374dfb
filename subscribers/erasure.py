"""Taking a person out altogether: what is left is the keyed hash among the suppressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from subscribers.models import ApiReply, Notice, Subscriber, Suppression, Webhook, Wish
from subscribers.suppression import suppress
from subscribers.traces import Person, import_notes_about
from subscribers.webhooks import announce

_others: list[Callable[[Person], None]] = []


def on_erasure(forget: Callable[[Person], None]) -> None:
    """Have `forget` called in the transaction of every erasure, while the person is still there.

    For what holds traces of people where this package may not look: letters' attempts, the desk's audit log.
    """
    if forget not in _others:
        _others.append(forget)


def erase(subscriber_id: int) -> bool:
    """Delete a person with all that belongs to them, and suppress their address; False if there is none.

    Deliveries and events keep their sums, without a person. A reason for which the address was suppressed before stays.
    """
    with ledger_may_go():
        found = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
        if found is None:
            return False
        person = Person.of(found)
        for forget in _others:
            forget(person)
        import_notes_about(person).update(cells=[], reason="…")
        _forget_what_machines_were_told(person)
        Wish.objects.filter(email=person.email).delete()
        suppress(found.address_hash, Suppression.Reason.ERASED)
        announce(Webhook.Event.ERASED, [found.pk])
        found.delete()
    return True


def _forget_what_machines_were_told(person: Person) -> None:
    """Replies to the API's batches. Calls of webhooks about the person go with them, by their foreign key."""
    for spelling in person.spellings:
        ApiReply.objects.filter(body__icontains=spelling).delete()


@contextmanager
def ledger_may_go() -> Iterator[None]:
    """A transaction in which entries of the consent ledger may be deleted, with the person they are of.

    Elsewhere a trigger of the database refuses it.
    """
    with transaction.atomic():
        _allow("yes")
        yield
        _allow("")


def _allow(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('circular.erasing', %s, true)", [word])


def forget_unconfirmed(*, days: int = 30) -> int:
    """Forget people who only ever asked to subscribe and never confirmed, after `days`; returns how many.

    No hash of theirs is kept: they never were anybody here, and may ask again.
    """
    with ledger_may_go(), connection.cursor() as cursor:
        cursor.execute(_UNCONFIRMED, {"days": days})
        ids = [row[0] for row in cursor.fetchall()]
        Subscriber.objects.filter(pk__in=ids).delete()
    return len(ids)


# Nothing but pending subscriptions and open opt-ins, all of them old; whoever came by an import, another system or the
# desk has a consent, an affiliation, a number elsewhere or no opt-in at all.
_UNCONFIRMED = """
SELECT p.id FROM subscribers_subscriber AS p
 WHERE p.created_at < now() - %(days)s * interval '1 day' AND p.external_id IS NULL AND p.organisation_id IS NULL
   AND p.custom = '{}'
   AND EXISTS (SELECT FROM subscribers_optin AS o WHERE o.subscriber_id = p.id)
   AND NOT EXISTS (SELECT FROM subscribers_optin AS o WHERE o.subscriber_id = p.id
                      AND (o.confirmed_at IS NOT NULL OR o.requested_at > now() - %(days)s * interval '1 day'))
   AND NOT EXISTS (SELECT FROM subscribers_subscription AS s WHERE s.subscriber_id = p.id AND s.state <> 'pending')
   AND NOT EXISTS (SELECT FROM subscribers_consent AS c WHERE c.subscriber_id = p.id)
   AND NOT EXISTS (SELECT FROM subscribers_affiliation AS a WHERE a.subscriber_id = p.id)
   AND NOT EXISTS (SELECT FROM dispatch_delivery AS d WHERE d.subscriber_id = p.id)
 LIMIT 1000 FOR UPDATE OF p SKIP LOCKED
"""


def forget_old_notices(*, days: int = 30) -> int:
    """Drop notices that were sent or given up, and wishes that nobody could settle; returns how many."""
    ago = Now() - timedelta(days=days)
    gone, _by_model = Notice.objects.filter(due_at=None, made_at__lt=ago).delete()
    left, _by_model = Wish.objects.filter(made_at__lt=Now() - timedelta(days=1)).delete()
    return gone + left
