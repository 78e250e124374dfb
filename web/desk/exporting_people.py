"""Taking people out of the directory as CSV or XLSX: a list as it is filtered, or a segment.

A file is made as it is read, so a million people need no more memory than a thousand.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.text import capfirst, slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import LogFormatter, log
from wagtail.models import ModelLogEntry

from subscribers.exporting import exported_rows
from subscribers.models import Segment, Subscriber
from subscribers.rules import BadRule
from subscribers.segments import matching
from web.desk.downloads import FORMATS, download
from web.desk.names import bulletin_titles
from web.desk.people_filters import matching_people, said_of
from web.desk.permissions import may_export, only

ACTION = "circular.people_export"


def list_export_buttons(request: HttpRequest) -> list[Button]:
    """For the list of subscribers: the file has what the list shows, however it is filtered and searched."""
    if not may_export(request.user):
        return []
    asked = request.GET.copy()
    for name in ("p", "_w_filter_fragment"):
        asked.pop(name, None)
    query = f"?{asked.urlencode()}" if asked else ""
    return _buttons(lambda kind: reverse("circular_people_export", args=[kind]) + query)


def segment_export_buttons(request: HttpRequest, segment: Segment) -> list[Button]:
    """For a segment's page: everyone who belongs to it now."""
    if not may_export(request.user):
        return []
    return _buttons(lambda kind: reverse("circular_segment_export", args=[segment.pk, kind]))


def _buttons(url: Any) -> list[Button]:
    labels = {"csv": _("Export as CSV"), "xlsx": _("Export as XLSX")}
    return [
        Button(labels[kind], url=url(kind), icon_name="download", priority=90 + place)
        for place, kind in enumerate(FORMATS)
    ]


@require_safe
@only(may_export)
def export_list(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The subscribers that the list with the same `?…` shows."""
    filters = request.GET.copy()
    searched = filters.pop("q", [])  # it may be somebody's address, which the audit log must not keep
    shown = [*([_("a search")] if any(searched) else []), *filter(None, [said_of(filters, request)])]
    data = {"of": "list", "shown": " · ".join(shown)}
    people = matching_people(request.GET, request)
    return _export(request, people, kind, name=_("subscribers"), instance=Subscriber(pk=0), data=data)


@require_safe
@only(may_export)
def export_segment(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    segment = get_object_or_404(Segment, pk=pk)
    try:
        people = matching(segment.rule)
    except (BadRule, LookupError) as error:
        messages.error(request, str(error))
        return redirect("circular_segments:inspect", segment.pk)
    data = {"of": "segment", "segment": segment.name}
    return _export(request, people, kind, name=slugify(segment.name, allow_unicode=True), instance=segment, data=data)


def _export(
    request: HttpRequest, people: QuerySet[Subscriber], kind: str, *, name: str, instance: Any, data: dict[str, Any]
) -> HttpResponseBase:
    if kind not in FORMATS:
        raise Http404
    if request.method != "GET":
        return download([], name, kind)
    count = people.count()
    title = str(instance) or capfirst(str(Subscriber._meta.verbose_name_plural))
    log(instance=instance, action=ACTION, user=request.user, title=title, data={**data, "count": count, "format": kind})
    titles = {str(key): title for key, title in bulletin_titles().items()}
    return download(exported_rows(people, bulletins=titles), f"{name}-{localdate():%Y-%m-%d}", kind)


class _ExportFormatter(LogFormatter):
    label = gettext_lazy("Export people")

    def format_message(self, log_entry: ModelLogEntry) -> str:
        data = log_entry.data or {}
        count = int(data.get("count", 0))
        told = {
            "people": ngettext("%s subscriber", "%s subscribers", count) % number_format(count, force_grouping=True),
            "format": str(data.get("format", "")).upper(),
        }
        said = _("Exported %(people)s as %(format)s") % told
        return f"{said} ({data['shown']})" if data.get("shown") else said


@hooks.register("register_log_actions")
def export_log_actions(actions: Any) -> None:
    actions.register_action(ACTION)(_ExportFormatter)


@hooks.register("register_admin_urls")
def export_urls() -> list[URLPattern]:
    return [
        path("network/export/subscribers.<slug:kind>", export_list, name="circular_people_export"),
        path("network/export/segment-<int:pk>.<slug:kind>", export_segment, name="circular_segment_export"),
    ]
