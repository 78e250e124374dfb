"""Saved rules over subscribers."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from subscribers.rules import BadRule, check_rule


class Segment(models.Model):
    """A saved rule over subscribers; `subscribers.rules` says what a rule may hold."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    rule = models.JSONField(_("rule"), default=dict)
    description = models.CharField(_("description"), max_length=250, blank=True)
    count = models.PositiveIntegerField(null=True, editable=False, help_text="How many matched at `counted_at`")
    counted_at = models.DateTimeField(null=True, editable=False)

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
