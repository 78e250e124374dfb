"""Sendings that wait for their time."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dispatch.models.ledger import Dispatch


class Schedule(models.Model):
    """An approved issue to be planned and sent at a time. Nothing of it is a dispatch before that."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for its time")
        ASKING = "asking", _("Asking: it can’t or didn’t leave in time")
        DONE = "done", pgettext_lazy("schedule", "Sent")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.WAITING, State.ASKING)

    request_key = models.UUIDField(unique=True, default=uuid.uuid4, help_text="Becomes the dispatch's")
    issue_key = models.UUIDField(db_index=True)
    issue_title = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="Of the content that was approved and shown")
    segment = models.CharField(max_length=100, help_text="The segment's slug")
    excluded = models.JSONField(default=list, help_text="Slugs of the segments that are left out")
    audience_name = models.CharField(max_length=120)
    audience_digest = models.CharField(max_length=64, help_text="Of the rule that was shown")
    options = models.JSONField(
        default=dict, help_text="What else the sending was asked for: waves, subjects, local time"
    )
    at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, help_text="In which `at` was chosen")
    grace = models.DurationField(help_text="How late it may leave by itself")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it asks")
    dispatch = models.ForeignKey(Dispatch, on_delete=models.SET_NULL, null=True, related_name="schedules")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at"]
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        constraints = [
            models.UniqueConstraint(
                fields=["issue_key"], condition=Q(state__in=["waiting", "asking"]), name="one_open_schedule_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_title} at {self.at:%Y-%m-%d %H:%M}"
