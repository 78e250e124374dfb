"""What sending has kept of a person, as plain data: their letters, what servers answered, what they did with them."""

from __future__ import annotations

from typing import Any

from dispatch.models import Attempt, Delivery, Event, Feedback


def deliveries_of(subscriber_id: int) -> list[dict[str, Any]]:
    """The newest first: which issue, in what language, for which segments, and what became of it."""
    found = Delivery.objects.filter(subscriber=subscriber_id).select_related("dispatch").order_by("-pk")
    attempts: dict[int, list[dict[str, Any]]] = {}
    for attempt in Attempt.objects.filter(delivery__subscriber=subscriber_id).order_by("pk"):
        attempts.setdefault(attempt.delivery_id, []).append(
            {"at": attempt.started_at, "outcome": attempt.outcome, "code": attempt.code, "reply": attempt.reply}
        )
    return [
        {
            "issue": delivery.dispatch.issue_title,
            "bulletin": delivery.dispatch.list_name,
            "audience": delivery.dispatch.audience_name,
            "language": delivery.locale,
            "state": delivery.state,
            "reason": delivery.reason,
            "at": delivery.changed_at,
            "attempts": attempts.get(delivery.pk, []),
        }
        for delivery in found
    ]


def events_of(subscriber_id: int) -> list[dict[str, Any]]:
    """Opens and clicks that were measured by consent, and unsubscribing; the newest first."""
    found = Event.objects.filter(delivery__subscriber=subscriber_id).select_related("dispatch", "link").order_by("-pk")
    return [
        {
            "at": event.at,
            "kind": event.kind,
            "issue": event.dispatch.issue_title,
            "link": event.link.url if event.link else "",
        }
        for event in found
    ]


def feedback_of(subscriber_id: int) -> list[dict[str, Any]]:
    """Bounces and complaints about their letters, as they were reported; the newest first."""
    found = Feedback.objects.filter(subscriber=subscriber_id).select_related("delivery__dispatch").order_by("-pk")
    return [
        {
            "at": report.at,
            "kind": report.get_kind_display(),
            "issue": report.delivery.dispatch.issue_title if report.delivery else "",
            "code": report.enhanced,
            "reply": report.words,
        }
        for report in found
    ]
