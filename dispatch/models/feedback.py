"""What came back about letters: bounces, complaints and what providers report, each kept once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dispatch.models.ledger import Delivery


class Feedback(models.Model):
    """One report about one delivery. `digest` tells a report that came twice."""

    class Kind(models.TextChoices):
        HARD = "hard", _("Hard bounce")
        SOFT = "soft", _("Soft bounce")
        DELAYED = "delayed", _("Delayed")
        REPUTATION = "reputation", _("Refused for reputation")
        COMPLAINT = "complaint", _("Complaint")
        DELIVERED = "delivered", _("Delivered")
        OTHER = "other", _("Other")

    delivery = models.ForeignKey(Delivery, on_delete=models.SET_NULL, null=True, related_name="feedback")
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.SET_NULL, null=True, related_name="feedback"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=20, help_text="dsn, arf, smtp, or the provider's name")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 in hex of what makes it this report")
    enhanced = models.CharField(max_length=12, blank=True)
    words = models.TextField(blank=True, help_text="The diagnostic, as the other side gave it, without addresses")
    counted = models.BooleanField(default=True, help_text="Soft ones: still counts towards a suppression")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["subscriber", "-at"], condition=Q(kind="soft"), name="feedback_soft")]

    def __str__(self) -> str:
        return f"{self.kind} of delivery {self.delivery_id}"
