"""Other systems: the keys by which they come in, and where they are told what happened."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from subscribers.models.network import Subscriber


class ApiToken(models.Model):
    """A key of another system to the API. Only its SHA-256 is kept; the key itself is shown once."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(max_length=12, editable=False, help_text="By which a person knows it")
    scopes = models.JSONField(_("scopes"), default=list)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """An address of another system that is told what happens to subscriptions."""

    class Event(models.TextChoices):
        SUBSCRIBED = "subscribed", _("Subscribed")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Complained")
        CHANGED = "changed", _("Changed")
        ERASED = "erased", _("Erased")
        TEST = "test", _("Test call")

    url = models.URLField(_("address"), max_length=500)
    note = models.CharField(_("note"), max_length=120, blank=True)
    events = models.JSONField(_("events"), default=list)
    generation = models.PositiveSmallIntegerField(default=1, editable=False, help_text="The secret is derived from it")
    active = models.BooleanField(_("active"), default=True)
    rotated_at = models.DateTimeField(null=True, editable=False, help_text="The secret before holds a day from then on")
    problem = models.CharField(max_length=300, blank=True, editable=False, help_text="Why it was switched off")
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="In a row, since the last success")
    failing_since = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False, help_text="No call is tried before")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["url"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.url


class WebhookCall(models.Model):
    """One event on its way to a webhook: written in the transaction of what happened, delivered by a worker."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="calls")
    key = models.UUIDField(default=uuid.uuid4, help_text="The same at each attempt, so that the receiver can tell")
    event = models.CharField(max_length=12, choices=Webhook.Event)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, null=True, related_name="+", help_text="With whom it goes, if erased"
    )
    payload = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, help_text="The first attempt")
    code = models.PositiveSmallIntegerField(null=True)
    reply = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["webhook", "due_at", "id"], condition=Q(due_at__isnull=False), name="webhook_call_due")
        ]

    def __str__(self) -> str:
        return f"{self.event} to webhook {self.webhook_id}"


class ApiReply(models.Model):
    """What was answered to a request with an Idempotency-Key, so that the same request again does nothing again."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="replies")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the request")
    body = models.JSONField(null=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="api_reply_once")]
        indexes = [models.Index(fields=["made_at"], name="api_reply_made")]

    def __str__(self) -> str:
        return f"reply {self.pk}"
