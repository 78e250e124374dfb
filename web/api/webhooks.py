"""Webhooks and what came of their calls, to be watched. They are made on the desk, by a person: whoever has one is
told of everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Router
from pydantic import BaseModel, Field

from subscribers.keys import Scope
from subscribers.models import Webhook
from web.api.keys import operation
from web.api.problems import Problem

router = Router(tags=["Webhooks"])

SHOWN = 100


class WebhookOut(BaseModel):
    id: int
    url: str
    note: str
    events: list[str]
    active: bool
    problem: Annotated[str, Field(description="Why it was switched off.")]


class Webhooks(BaseModel):
    webhooks: list[WebhookOut]


class CallOut(BaseModel):
    key: Annotated[UUID, Field(description="The webhook-id that the receiver saw.")]
    event: str
    made_at: datetime
    attempts: int
    code: int | None
    reply: str
    delivered_at: datetime | None
    due_at: Annotated[datetime | None, Field(description="When it is tried next; null once it has ended.")]


class Calls(BaseModel):
    calls: list[CallOut]


@operation(router, "GET", "/webhooks", Scope.WEBHOOKS_READ, response=Webhooks)
def list_webhooks(request: HttpRequest) -> Any:
    """List the webhooks."""
    rows = Webhook.objects.order_by("pk")
    return Webhooks(
        webhooks=[
            WebhookOut(id=row.pk, url=row.url, note=row.note, events=row.events, active=row.active, problem=row.problem)
            for row in rows
        ]
    )


@operation(router, "GET", "/webhooks/{webhook_id}/calls", Scope.WEBHOOKS_READ, response=Calls, problems=(404,))
def list_calls(request: HttpRequest, webhook_id: Annotated[int, Path(ge=1, le=2**53)]) -> Any:
    """List the last 100 calls to a webhook, the newest first."""
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is None:
        raise Problem(404, f"There is no webhook {webhook_id}.")
    return Calls(
        calls=[
            CallOut(
                key=call.key,
                event=call.event,
                made_at=call.made_at,
                attempts=call.attempts,
                code=call.code,
                reply=call.reply,
                delivered_at=call.delivered_at,
                due_at=call.due_at,
            )
            for call in webhook.calls.order_by("-pk")[:SHOWN]
        ]
    )
