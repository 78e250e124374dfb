"""The ledger of sending: dispatches, their variants and links, a row per recipient, each attempt, what came of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Dispatch(models.Model):
    """One sending of an issue to an audience. What it sends was frozen when it was planned."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Cancelled")
        FINISHED = "finished", _("Finished")

    OPEN = (State.RUNNING, State.PAUSED)

    class Kind(models.TextChoices):
        ISSUE = "issue", _("Issue")
        RESEND = "resend", _("Again to those who failed")
        FOLLOW_UP = "follow-up", _("Follow-up to those who didn’t open")

    class NextWave(models.TextChoices):
        """What opens the next wave: nothing (there is one wave), a person, or the clicks on the two subjects."""

        NONE = "", _("Nothing: all letters leave")
        PERSON = "person", _("A person")
        CLICKS = "clicks", _("The subject with more clicks")

    request_key = models.UUIDField(unique=True, default=uuid.uuid4, help_text="One confirmation makes one dispatch")
    bulletin_key = models.UUIDField(db_index=True)
    issue_key = models.UUIDField(db_index=True)
    issue_title = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="Of the approved content")
    audience_name = models.CharField(max_length=120)
    audience_rule = models.JSONField(help_text="With the rules of the segments that it names in their place")
    segments = models.JSONField(
        default=dict, help_text="slug -> name, rule, size of every segment it used, as they were when it was planned"
    )
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    state_reason = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ISSUE)
    follows = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="followed_by")
    wave = models.PositiveSmallIntegerField(db_default=0, help_text="Deliveries of this wave and the ones before leave")
    next_wave = models.CharField(max_length=10, choices=NextWave, default=NextWave.NONE, blank=True)
    next_wave_at = models.DateTimeField(null=True, help_text="When the clicks decide")
    winner = models.CharField(max_length=1, blank=True, help_text="The arm whose subject the later waves bear")
    worked_at = models.DateTimeField(null=True, help_text="When a worker or the sweep last looked after it")
    unknown_policy = models.CharField(max_length=10)
    sender_address = models.EmailField()
    sender_names = models.JSONField(help_text="locale -> the sender's name")
    reply_to = models.EmailField(blank=True)
    list_name = models.CharField(max_length=120)
    list_slug = models.CharField(max_length=255)
    message_key = models.BinaryField(help_text="Keys the Message-IDs of this dispatch")
    audience_size = models.PositiveIntegerField(default=0)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    planned_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-planned_at"]
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        constraints = [
            models.UniqueConstraint(
                fields=["issue_key"], condition=Q(state__in=["running", "paused"]), name="one_open_dispatch_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_title} ({self.pk})"


class Variant(models.Model):
    """An edition as one group of recipients sees it, rendered once. `mask` has a bit per segment in `segments`."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="variants")
    locale = models.CharField(max_length=12)
    mask = models.BigIntegerField()
    segments = models.JSONField(help_text="The segments whose items are in it")
    subject = models.CharField(max_length=255)
    other_subjects = models.JSONField(default=dict, help_text="arm -> subject, where subjects are tried")
    html = models.TextField()
    text = models.TextField()
    merges = models.JSONField(default=list, help_text="[field, fallback] of each merge value, by its slot's number")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "locale", "mask"], name="variant_once")]

    def __str__(self) -> str:
        return f"{self.locale} {self.mask}"


class Link(models.Model):
    """One numbered link of a variant. Letters bear the number; the destination stands only here."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="links")
    number = models.PositiveIntegerField()
    url = models.TextField()
    item_key = models.CharField(max_length=64)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "number"], name="link_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.url}"


class Delivery(models.Model):
    """One subscriber's copy of a dispatch.

    `due_at` is set while something is still to be done for it: `planned` and `deferred` always have it,
    `unknown` where the policy is to send once more. A delivery without it is settled, but for `claimed`.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CLAIMED = "claimed", _("Claimed")
        ACCEPTED = "accepted", _("Accepted")
        DEFERRED = "deferred", _("Deferred")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        EXCLUDED = "excluded", _("Excluded")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Complained")

    dispatch = models.ForeignKey(
        Dispatch,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the constraint below begins with it
    )
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.SET_NULL, null=True, related_name="deliveries"
    )
    locale = models.CharField(max_length=12)
    mask = models.BigIntegerField()
    arm = models.CharField(max_length=1, db_default="", help_text="Which subject: a, b, or the winner's")
    wave = models.PositiveSmallIntegerField(db_default=0)
    domain = models.CharField(max_length=255, db_default="", help_text="The receiving domain, in lower case")
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=60, blank=True, help_text="Why it is excluded, failed or deferred")
    attempts = models.PositiveSmallIntegerField(db_default=0)
    due_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "subscriber"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state="claimed", lease__isnull=False, leased_until__isnull=False) | ~Q(state="claimed"),
                name="claimed_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "deferred"], due_at__isnull=False)
                | Q(state__in=["claimed", "unknown"])
                | Q(state__in=["accepted", "failed", "excluded", "bounced", "complained"], due_at__isnull=True),
                name="due_while_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["dispatch", "wave", "due_at", "id"], condition=Q(due_at__isnull=False), name="delivery_due"
            ),
            models.Index(fields=["leased_until"], condition=Q(state="claimed"), name="delivery_leased"),
            models.Index(fields=["dispatch", "state"]),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Attempt(models.Model):
    """One SMTP conversation about one delivery, with the server's words.

    Rows are written in bulk, with the outcomes. What is under way stands in the journal of the worker's machine.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempt_log")
    number = models.PositiveSmallIntegerField()
    lease = models.UUIDField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    code = models.PositiveSmallIntegerField(null=True)
    enhanced = models.CharField(max_length=12, blank=True)
    reply = models.TextField(blank=True, help_text="The server's words, or how the connection was lost")
    server = models.CharField(max_length=255, db_default="", help_text="Who answered")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="attempts_count_from_1")]

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}"


class Event(models.Model):
    """What came of a dispatch: a click, an open, an unsubscribe. `delivery` is empty without consent to it."""

    class Kind(models.TextChoices):
        CLICK = "click", _("Click")
        OPEN = "open", _("Open")
        UNSUBSCRIBE = "unsubscribe", _("Unsubscribe")

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, null=True, related_name="events")
    delivery = models.ForeignKey(Delivery, on_delete=models.SET_NULL, null=True, related_name="events")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["dispatch", "kind"])]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind} of dispatch {self.dispatch_id}"
