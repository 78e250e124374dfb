"""The tables of sending."""

from dispatch.models.feedback import Feedback
from dispatch.models.ledger import Attempt, Delivery, Dispatch, Event, Link, Variant
from dispatch.models.pace import PaceRule, PaceState
from dispatch.models.schedule import Schedule
from dispatch.models.signing import SigningKey

__all__ = [
    "Attempt",
    "Delivery",
    "Dispatch",
    "Event",
    "Feedback",
    "Link",
    "PaceRule",
    "PaceState",
    "Schedule",
    "SigningKey",
    "Variant",
]
