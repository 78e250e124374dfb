"""Saved rules over subscribers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _now
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not Segment.objects.filter(pk=self.pk, rule=self.rule).exists():
            self.count = self.counted_at = None  # of another rule
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """A sound rule, which isn't within itself, and under which all segments stay sound that name this one."""
        from subscribers.segments import segments_naming, vocabulary

        before = Segment.objects.filter(pk=self.pk).values_list("slug", flat=True).first()
        naming = segments_naming(before) if before else []
        if before and self.slug != before and naming:
            named = {"slug": before, "names": ", ".join(f"“{other}”" for other in naming)}
            message = _now("Keep the short name “%(slug)s”: other segments name it: %(names)s.") % named
            raise ValidationError({"slug": message})
        known = vocabulary()
        known = replace(known, segments={**known.segments, self.slug: self.rule})
        try:
            check_rule(self.rule, known, of=self.slug)
        except BadRule as error:
            raise ValidationError({"rule": str(error)}) from error
        for other in naming:
            try:
                check_rule(other.rule, known, of=other.slug)
            except BadRule as error:
                spoilt = {"name": other.name, "problem": str(error)}
                message = _now("With this rule “%(name)s”, which names it, could not be used: %(problem)s") % spoilt
                raise ValidationError({"rule": message}) from error
