"""Files of subscribers on their way in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One file of subscribers on its way in, batch by batch; `position` says how far it came."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("To be mapped")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Being imported")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    name = models.CharField(_("file"), max_length=250)
    path = models.CharField(max_length=500, help_text="Where the file is kept, below the data directory")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    size = models.PositiveBigIntegerField(help_text="Of the file, in bytes")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    reading = models.JSONField(default=dict, help_text="encoding, delimiter, sheet: how the file is read")
    mapping = models.JSONField(default=list, help_text="For each column the field that it is, or an empty text")
    options = models.JSONField(default=dict, help_text="bulletin, consent basis and words, and what a change may do")
    rows = models.PositiveIntegerField(null=True, help_text="How many the file has, once it was read to its end")
    position = models.PositiveIntegerField(default=0, help_text="Rows that were dealt with, in the state it is in")
    counts = models.JSONField(default=dict, help_text="How many rows came to what")
    error = models.TextField(blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Attempts in a row that dealt with no row")
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.name


class ImportNote(models.Model):
    """What an import says of one row: why it was refused, or what was left as it is."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="notes")
    row = models.PositiveIntegerField(help_text="As a spreadsheet counts, the header being 1")
    refused = models.BooleanField()
    reason = models.CharField(max_length=300)
    cells = models.JSONField(default=list, help_text="The row as it was read")

    class Meta:
        indexes = [models.Index(fields=["run", "refused", "row"])]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"


class ColumnName(models.Model):
    """What a column of this name was mapped to the last time."""

    name = models.CharField(max_length=120, unique=True, help_text="Case-folded, without spaces around")
    field = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.name}: {self.field}"
