"""The sources of an issue as a file for a spreadsheet."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from composer.sources import as_csv, source_rows
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only


@require_safe
@only(may_see_issues)
def sources(request: HttpRequest, key: UUID) -> HttpResponse:
    """Every item of the latest revisions of all editions, with its source."""
    issue = visible_issue(key, request.user)
    response = HttpResponse(as_csv(source_rows(issue.contents())), content_type="text/csv; charset=utf-8")
    name = f"sources-{slugify(issue.title, allow_unicode=True)[:60].strip('-') or 'issue'}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["Cache-Control"] = "no-store"
    return response
