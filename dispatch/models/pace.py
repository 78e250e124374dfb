"""How fast letters may leave: the rules that people set, and where each of them stands now."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class PaceRule(models.Model):
    """A limit on all letters (an empty `domain`), or on those to one receiving domain. Empty fields limit nothing."""

    domain = models.CharField(
        _("receiving domain"), max_length=255, blank=True, unique=True, help_text=_("Empty: all letters together.")
    )
    per_minute = models.FloatField(_("letters a minute"), null=True, blank=True, validators=[MinValueValidator(0.1)])
    connections = models.PositiveSmallIntegerField(
        _("connections at the same time"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    per_day = models.PositiveIntegerField(_("letters a day"), null=True, blank=True, validators=[MinValueValidator(1)])
    warm_up_from = models.DateField(_("warm-up begins on"), null=True, blank=True)
    warm_up_first = models.PositiveIntegerField(
        _("letters on its first day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    warm_up_factor = models.FloatField(_("times as many each day"), default=1.5, validators=[MinValueValidator(1.01)])
    hours_from = models.TimeField(_("letters leave from"), null=True, blank=True)
    hours_until = models.TimeField(_("letters leave until"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")

    class Meta:
        ordering = ["domain"]
        verbose_name = _("pace")
        verbose_name_plural = _("paces")

    def __str__(self) -> str:
        return self.domain or str(_("all letters"))


class PaceState(models.Model):
    """Where a pace stands, by the database's clock; the row with an empty `domain` is that of all letters."""

    domain = models.CharField(max_length=255, unique=True)
    next_at = models.DateTimeField(null=True, help_text="When the next letter's turn is, where there is a rate")
    rests_until = models.DateTimeField(null=True, help_text="After refusals; nothing leaves before")
    rest_reason = models.CharField(max_length=300, blank=True)
    refusals = models.PositiveIntegerField(db_default=0, help_text="In a row; the rest grows with them")
    day = models.DateField(null=True, help_text="What `sent` counts, in the rule's time zone")
    sent = models.PositiveIntegerField(db_default=0)
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.domain or "all letters"
