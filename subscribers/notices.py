"""The queue of personal letters: what was wished for becomes a notice, and a notice leaves once."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from subscribers import optin
from subscribers.addresses import address_hash
from subscribers.models import Notice, OptIn, Subscriber, Subscription, Wish
from subscribers.suppression import THEIR_OWN, reason_of

logger = logging.getLogger(__name__)

MOST_IN_AN_HOUR = 3  # about signing up, and again of links, to one mailbox: nobody's is to be flooded through us
MOST_TRIES = 5
LEASE = timedelta(minutes=10)
WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
DOUBTED = "The server fell silent after the text."
BEGUN = "The worker was lost while the letter was on the wire."

_LETTER_OF = {
    Wish.Kind.PREFERENCES: Notice.Kind.PREFERENCES,
    Wish.Kind.EXPORT: Notice.Kind.EXPORT,
    Wish.Kind.ERASE: Notice.Kind.ERASE,
}
_TO_SUBSCRIBE = (Notice.Kind.CONFIRM, Notice.Kind.ALREADY)


def settle_wishes(*, most: int = 200) -> int:
    """Look into what was asked for on public pages, oldest first, and queue the letters; returns how many it were."""
    settled, after = 0, 0
    while settled < most:
        try:
            with transaction.atomic():
                wish = Wish.objects.select_for_update(skip_locked=True).filter(pk__gt=after).order_by("pk").first()
                if wish is None:
                    break
                after = wish.pk
                _settle(wish)
                wish.delete()
                settled += 1
        except (DatabaseError, ValueError, TypeError):
            logger.exception("wish %s could not be settled", after)  # the others don't wait behind it
    return settled


def _settle(wish: Wish) -> None:
    hashed = address_hash(wish.email)
    reason = reason_of(hashed)
    if reason is not None and reason not in THEIR_OWN:
        return
    known = Subscriber.objects.filter(email=wish.email).first()
    asks_to_subscribe = wish.kind == Wish.Kind.SUBSCRIBE
    if known is not None and _had_enough(known, _TO_SUBSCRIBE if asks_to_subscribe else _LETTER_OF.values()):
        return
    if not asks_to_subscribe:
        if known is not None:
            kind = _LETTER_OF[Wish.Kind(wish.kind)]
            _queue(known, kind, language=known.language, bulletin_key=wish.bulletin_key or _some_bulletin(known))
        return
    begun = optin.begin(wish)
    if begun is not None:
        person, kind, asked = begun
        language = known.language if known is not None and kind == Notice.Kind.ALREADY else wish.language
        _queue(person, kind, language=language, bulletin_key=wish.bulletin_key, opt_in=asked)


def _had_enough(person: Subscriber, kinds: Collection[Notice.Kind]) -> bool:
    lately = person.notices.filter(kind__in=list(kinds), made_at__gt=Now() - timedelta(hours=1))
    return lately.count() >= MOST_IN_AN_HOUR


def _some_bulletin(person: Subscriber) -> UUID | None:
    """In whose name to write: of those that they take, else took, the last that changed."""
    theirs = person.subscriptions.order_by("-changed_at")
    active = theirs.filter(state=Subscription.State.ACTIVE)
    return (active.first() or theirs.first() or Subscription()).bulletin_key


def _queue(
    person: Subscriber, kind: Notice.Kind, *, language: str, bulletin_key: UUID | None, opt_in: OptIn | None = None
) -> None:
    Notice.objects.create(
        subscriber=person, kind=kind, bulletin_key=bulletin_key, opt_in=opt_in, language=language[:12]
    )


def is_waiting() -> bool:
    """Whether there is a wish to look into or a letter to send."""
    return Wish.objects.exists() or Notice.objects.filter(due_at__lte=Now()).exists()


# MATERIALIZED: a plan that reads it once for each row of a join would lease one more each time.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM subscribers_notice WHERE due_at <= clock_timestamp() ORDER BY due_at, id LIMIT 1
       FOR UPDATE SKIP LOCKED
)
UPDATE subscribers_notice AS n
   SET attempts = n.attempts + 1, due_at = clock_timestamp() + %(lease)s * interval '1 second'
  FROM due
 WHERE n.id = due.id
RETURNING n.id
"""


def claim() -> Notice | None:
    """Lease one notice that is due: nobody else gets it before the lease has run out. None if none is."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": LEASE.total_seconds()})
        row = cursor.fetchone()
    return Notice.objects.select_related("subscriber", "opt_in__subscriber").filter(pk=row[0]).first() if row else None


def may_leave(notice: Notice) -> bool:
    """Note that the text is about to leave; False if it must not.

    From here until something is known the notice is not due: a worker that is lost now leaves a letter that may not
    have come, never one that comes twice.
    """
    return bool(
        Notice.objects.filter(
            pk=notice.pk, attempts=notice.attempts, due_at__gt=Now() + timedelta(seconds=5), sent_at=None
        ).update(due_at=None, problem=BEGUN)
    )


def sent(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(due_at=None, sent_at=Now(), problem="")


def give_up(notice: Notice, why: str) -> None:
    Notice.objects.filter(pk=notice.pk, sent_at=None).update(due_at=None, problem=why[:300])


def try_later(notice: Notice, why: str, *, wait: timedelta | None = None) -> None:
    """Make the notice due again after its number of tries' wait, or for good if there were enough."""
    if notice.attempts >= MOST_TRIES:
        give_up(notice, why)
        return
    delay = wait or WAITS[min(notice.attempts, len(WAITS)) - 1]
    Notice.objects.filter(pk=notice.pk, attempts=notice.attempts, sent_at=None).update(
        due_at=Now() + delay, problem=why[:300]
    )


def doubt(notice: Notice) -> None:
    """The server fell silent after the text: once more with the same Message-ID, ten minutes later; then never."""
    if notice.problem == DOUBTED:
        give_up(notice, DOUBTED)
    else:
        try_later(notice, DOUBTED, wait=timedelta(minutes=10))
