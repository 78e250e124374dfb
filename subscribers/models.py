"""Whom we may write to: organisations, people, what they do in the network, and what they agreed to."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from subscribers.addresses import BadAddress, address_hash, normalised_address
from subscribers.countries import COUNTRY_CHOICES
from subscribers.rules import BadRule, check_rule


class Role(models.TextChoices):
    NETWORK_MEMBER = "network-member", _("Network member")
    NATIONAL_FOCAL_POINT = "national-focal-point", _("National focal point")
    PROGRAMME_LEAD = "programme-lead", _("Programme lead")
    WORKING_GROUP_MEMBER = "working-group-member", _("Working group member")
    PARTNER = "partner", _("Partner")


class Programme(models.TextChoices):
    PUBLIC_PROCUREMENT = "public-procurement", _("Sustainable public procurement")
    TOURISM = "tourism", _("Sustainable tourism")
    BUILDINGS = "buildings", _("Sustainable buildings")
    FOOD_SYSTEMS = "food-systems", _("Sustainable food systems")
    LIFESTYLES = "lifestyles", _("Sustainable lifestyles")
    CONSUMER_INFORMATION = "consumer-information", _("Consumer information")


class Organisation(models.Model):
    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Government")
        UN = "un", _("United Nations")
        CIVIL_SOCIETY = "civil-society", _("Civil society")
        BUSINESS = "business", _("Business")
        RESEARCH = "research", _("Research")

    class Tier(models.TextChoices):
        STRATEGIC = "strategic", _("Strategic")
        FULL = "full", _("Full")
        ASSOCIATE = "associate", _("Associate")

    name = models.CharField(_("name"), max_length=250)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    country = models.CharField(_("country"), max_length=2, blank=True, choices=COUNTRY_CHOICES)
    tier = models.CharField(_("tier"), max_length=20, choices=Tier, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """A person with an address."""

    email = models.EmailField(_("address"), max_length=320, unique=True)
    address_hash = models.CharField(max_length=64, editable=False, db_index=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=12, help_text=_("A code such as en, fr or zh-hans."))
    country = models.CharField(_("country"), max_length=2, blank=True, choices=COUNTRY_CHOICES)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="subscribers",
        verbose_name=_("organisation"),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "email"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        try:
            self.email = normalised_address(self.email)
        except BadAddress as error:
            raise ValidationError({"email": str(error)}) from error
        if any(not character.isprintable() for character in self.name):
            raise ValidationError({"name": _("One line only: no line breaks or control characters.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normalised_address(self.email)
        self.address_hash = address_hash(self.email)
        super().save(*args, **kwargs)


class Affiliation(models.Model):
    """What a subscriber is to the network, with the programme, organisation and country it holds for."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="affiliations")
    role = models.CharField(_("role"), max_length=30, choices=Role)
    programme = models.CharField(_("programme"), max_length=30, choices=Programme, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="affiliations",
        verbose_name=_("organisation"),
    )
    country = models.CharField(_("country"), max_length=2, blank=True, choices=COUNTRY_CHOICES)

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        indexes = [models.Index(fields=["role", "programme", "subscriber"])]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "role", "programme", "organisation", "country"],
                name="affiliation_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.get_role_display(), self.get_programme_display()) if part)


class Subscription(models.Model):
    """A subscriber's state for one bulletin. The bulletin is known by its key alone."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    bulletin_key = models.UUIDField()
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [models.UniqueConstraint(fields=["subscriber", "bulletin_key"], name="subscription_once")]
        indexes = [models.Index(fields=["bulletin_key", "state"])]

    def __str__(self) -> str:
        return f"{self.get_state_display()}"


class Consent(models.Model):
    """One entry of the append-only ledger. The last one for a purpose is what holds."""

    class Purpose(models.TextChoices):
        MAIL = "mail", _("To be written to")
        OPEN = "open", _("Opens measured")
        CLICK = "click", _("Clicks measured")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    bulletin_key = models.UUIDField()
    purpose = models.CharField(_("purpose"), max_length=5, choices=Purpose)
    given = models.BooleanField(_("given"))
    text_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the words that were shown")
    language = models.CharField(max_length=12, blank=True)
    source = models.CharField(_("source"), max_length=200)
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


class Segment(models.Model):
    """A saved rule over subscribers; `subscribers.rules` says what a rule may hold."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    rule = models.JSONField(_("rule"), default=dict)

    class Meta:
        ordering = ["name"]
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            check_rule(self.rule)
        except BadRule as error:
            raise ValidationError({"rule": str(error)}) from error
