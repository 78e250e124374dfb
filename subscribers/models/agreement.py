"""What a person takes and agrees to, whom never to write to, and the letters about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from subscribers.models.network import Subscriber


class Subscription(models.Model):
    """A subscriber's state for one bulletin. The bulletin is known by its key alone."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")

    class Frequency(models.TextChoices):
        EVERY = "every", _("Every issue")
        WEEKLY = "weekly", _("At most one a week")
        MONTHLY = "monthly", _("At most one a month")

    # Without an index of its own: that of the constraint begins with it.
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    bulletin_key = models.UUIDField()
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    language = models.CharField(
        _("language"), max_length=12, blank=True, help_text=_("Of this bulletin, where it isn’t the person’s own.")
    )
    frequency = models.CharField(_("frequency"), max_length=8, choices=Frequency, default=Frequency.EVERY)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [models.UniqueConstraint(fields=["subscriber", "bulletin_key"], name="subscription_once")]
        indexes = [models.Index(fields=["bulletin_key", "state", "subscriber"], name="subscription_of_bulletin")]

    def __str__(self) -> str:
        return f"{self.get_state_display()}"


class ConsentText(models.Model):
    """Words that somebody agreed to, kept once by their SHA-256 in hex, so that a proof can show them."""

    hash = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    language = models.CharField(max_length=12, blank=True)

    def __str__(self) -> str:
        return self.hash[:8]


class OptIn(models.Model):
    """Somebody asked to subscribe an address; it counts once a POST from that mailbox's link confirms it."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="opt_ins")
    bulletin_key = models.UUIDField()
    text_hash = models.CharField(max_length=64, help_text="Of the ConsentText that was shown")
    language = models.CharField(max_length=12)
    frequency = models.CharField(max_length=8, choices=Subscription.Frequency, default=Subscription.Frequency.EVERY)
    topics = models.JSONField(default=list, help_text="The slugs of the topics that were ticked")
    measure_opens = models.BooleanField(default=False)
    measure_clicks = models.BooleanField(default=False)
    name = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, help_text="The page or form, or who asked through the API")
    address = models.GenericIPAddressField(null=True, help_text="The network address that the request came from")
    requested_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    confirmed_address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["requested_at"], condition=Q(confirmed_at=None), name="opt_in_open")]

    def __str__(self) -> str:
        return f"opt-in {self.pk}"


class Consent(models.Model):
    """One entry of the ledger. The last one for a purpose is what holds.

    Append-only: a trigger refuses every change, and every deletion but that of `subscribers.erasure`.
    """

    class Purpose(models.TextChoices):
        MAIL = "mail", _("To be written to")
        OPEN = "open", _("Opens measured")
        CLICK = "click", _("Clicks measured")

    class Basis(models.TextChoices):
        DOUBLE_OPT_IN = "double-opt-in", _("Asked for and confirmed")
        PREFERENCES = "preferences", _("Their own preferences")
        ONE_CLICK = "one-click", _("An unsubscribe link")
        IMPORT = "import", _("Stated at an import")
        DESK = "desk", _("Stated on the desk")
        API = "api", _("Stated by another system")
        FEEDBACK = "feedback", _("A bounce or a complaint")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    bulletin_key = models.UUIDField()
    purpose = models.CharField(_("purpose"), max_length=5, choices=Purpose)
    given = models.BooleanField(_("given"))
    basis = models.CharField(_("basis"), max_length=15, choices=Basis, blank=True)
    text_hash = models.CharField(max_length=64, blank=True, help_text="Of the ConsentText that was shown")
    language = models.CharField(max_length=12, blank=True)
    source = models.CharField(_("source"), max_length=200)
    address = models.GenericIPAddressField(_("network address"), null=True)
    opt_in = models.ForeignKey(OptIn, on_delete=models.CASCADE, null=True, related_name="consents")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["subscriber", "bulletin_key", "purpose", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {'yes' if self.given else 'no'}"


class Suppression(models.Model):
    """An address never to be written to. Kept as a keyed hash, so that it outlives the subscriber."""

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard-bounce", _("Hard bounce")
        COMPLAINT = "complaint", _("Complaint")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        ERASED = "erased", _("Erased at their own wish")
        MANUAL = "manual", _("By hand")

    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=15, choices=Reason, default=Reason.MANUAL)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"), db_default=Now())

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.address_hash[:8]}…)"


class Notice(models.Model):
    """A letter to one person about their own subscriptions and data, on its way; sent by a worker, once."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("Confirm a subscription")
        ALREADY = "already", _("Subscribed already")
        PREFERENCES = "preferences", _("Link to the preferences")
        EXPORT = "export", _("Link to the data that is held")
        ERASE = "erase", _("Link to be erased")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind)
    bulletin_key = models.UUIDField(null=True)
    opt_in = models.ForeignKey(OptIn, on_delete=models.CASCADE, null=True, related_name="notices")
    language = models.CharField(max_length=12)
    made_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="notice_due"),
            models.Index(fields=["subscriber", "made_at"], name="notice_by_person"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"


class Wish(models.Model):
    """What somebody asked for on a public page, until a worker has looked into it, a moment later.

    The page writes this row and no more, whoever is asked about: so neither its words nor the time it takes say
    whether an address is known.
    """

    class Kind(models.TextChoices):
        SUBSCRIBE = "subscribe", _("To subscribe")
        PREFERENCES = "preferences", _("To see the preferences")
        EXPORT = "export", _("To see what is held")
        ERASE = "erase", _("To be erased")

    kind = models.CharField(max_length=12, choices=Kind)
    email = models.EmailField(max_length=320, help_text="In its normal form")
    bulletin_key = models.UUIDField(null=True)
    language = models.CharField(max_length=12, help_text="That the page spoke")
    details = models.JSONField(default=dict, help_text="What was chosen: the fields of an OptIn")
    source = models.CharField(max_length=200)
    address = models.GenericIPAddressField(null=True)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"wish {self.pk}"
