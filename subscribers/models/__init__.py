"""Whom we may write to: organisations, people, what they do in the network, and what they agreed to."""

from subscribers.models.agreement import Consent, ConsentText, Notice, OptIn, Subscription, Suppression, Wish
from subscribers.models.importing import ColumnName, ImportNote, ImportRun
from subscribers.models.machines import ApiReply, ApiToken, Webhook, WebhookCall
from subscribers.models.network import (
    Affiliation,
    CustomField,
    Interest,
    Organisation,
    Programme,
    Role,
    Subscriber,
    Topic,
)
from subscribers.models.segment import Segment

__all__ = [
    "Affiliation",
    "ApiReply",
    "ApiToken",
    "ColumnName",
    "Consent",
    "ConsentText",
    "CustomField",
    "ImportNote",
    "ImportRun",
    "Interest",
    "Notice",
    "OptIn",
    "Organisation",
    "Programme",
    "Role",
    "Segment",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Topic",
    "Webhook",
    "WebhookCall",
    "Wish",
]
