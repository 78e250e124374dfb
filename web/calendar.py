"""An event's entry for a calendar, at the address that letters give. Who knows the item's key may read it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from composer.approved import approved_event
from composer.calendar import NoEntry, calendar_entry
from composer.rendering.language import tag
from web.tracking import neutral_page


@require_safe
def entry(request: HttpRequest, key: UUID) -> HttpResponse:
    """The event as it was last approved, in the language of `?lang=`, else of the reader."""
    found = approved_event(key, [request.GET.get("lang", ""), get_language_from_request(request)])
    if found is None:
        return neutral_page(request)
    try:
        body = calendar_entry(found.event, stamp=found.at, base_url=settings.BASE_URL, language=tag(found.locale))
    except NoEntry:
        return neutral_page(request)
    name = slugify(found.event.heading, allow_unicode=True)[:60].strip("-") or "event"
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.ics") or ""
    response["Content-Language"] = tag(found.locale)
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
