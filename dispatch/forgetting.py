"""What sending keeps of a person who is erased: the sums, and nothing that leads to them."""

from __future__ import annotations

from dispatch.models import Attempt, Delivery, Event, Feedback
from subscribers.traces import Person


def forget_in_dispatches(person: Person) -> None:
    """Servers' words often name the address; an event by itself still counts, but belongs to nobody's letter any more.

    The deliveries lose their subscriber by the database's own rule, which also keeps those out that weren't sent yet.
    """
    Attempt.objects.filter(delivery__subscriber=person.pk).exclude(reply="").update(reply="")
    Delivery.objects.filter(subscriber=person.pk).update(domain="")  # a person's own domain may be their name
    Feedback.objects.filter(subscriber=person.pk).exclude(words="").update(words="")
    Event.objects.filter(delivery__subscriber=person.pk).update(delivery=None)
