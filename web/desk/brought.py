"""Who came with an import, as a filter of the list of subscribers."""

from __future__ import annotations

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime, now

from subscribers.models import ImportRun
from web.desk.names import Choices

NEWEST = 50
WROTE = (
    ImportRun.State.RUNNING,
    ImportRun.State.FINISHED,
    ImportRun.State.FAILED,
    ImportRun.State.CANCELLED,
)


def import_choices() -> Choices:
    """The newest imports that wrote, or may have, by file and day."""
    runs = ImportRun.objects.filter(state__in=WROTE, started_at__isnull=False).order_by("-started_at")
    return [
        (str(run.pk), f"{run.name}, {date_format(localtime(run.started_at), 'SHORT_DATE_FORMAT')}")
        for run in runs[:NEWEST]
    ]


def brought_by(run_id: int) -> Q:
    """Who was added while the import wrote: few others are, since only it adds people by the thousand."""
    run = ImportRun.objects.filter(pk=run_id, state__in=WROTE, started_at__isnull=False).first()
    if run is None:
        return Q(pk__in=[])
    return Q(created_at__gte=run.started_at, created_at__lte=run.finished_at or now())
