"""A bulletin's archive as an Atom feed (RFC 4287), one for each language."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from composer.approved import approved_content, last_approvals
from composer.article import article_html
from composer.models import BulletinPage
from composer.rendering.language import tag
from composer.rendering.printable import printable
from composer.rendering.view import preheader_of, title_of
from web.holdings import Holding, Volume, path_of, sent_issues, volumes

ENTRIES = 20
FORM = "1"
"""Part of the ETag: to be counted up when the same issues would give another feed."""


class Feed(Atom1Feed):
    """Atom with an entry's text as content beside its summary; `changed` is given, also for a feed without entries."""

    def add_root_elements(self, handler: Any) -> None:
        handler.addQuickElement("generator", "Circular")
        super().add_root_elements(handler)

    def latest_post_date(self) -> datetime:
        changed: datetime = self.feed["changed"]
        return changed

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["text"], {"type": "html", "xml:lang": self.feed["language"]})


@require_safe
def feed(request: HttpRequest, bulletin_key: UUID, locale: str) -> HttpResponseBase:
    """The last issues of a public archive, in the editions of one language."""
    public = BulletinPage.objects.live().public().filter(archive=BulletinPage.Archive.PUBLIC)
    bulletin = get_object_or_404(public, translation_key=bulletin_key, locale__language_code=locale)
    found = [
        (volume, volume.editions[locale])
        for volume in volumes(sent_issues(bulletin_key)[:ENTRIES])
        if locale in volume.editions
    ]
    stamps = [bulletin.last_published_at or bulletin.latest_revision_created_at]
    stamps += [max(volume.approved_at, volume.sent_at) for volume, _edition in found]
    changed = max(stamp for stamp in stamps if stamp is not None)
    etag = quote_etag(_digest(bulletin, found))
    modified = int(changed.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        made = _feed(bulletin, found, locale=locale, changed=changed)
        response = HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Content-Language"] = tag(locale)
    patch_cache_control(response, public=True, max_age=300)
    return response


def _feed(bulletin: BulletinPage, found: list[tuple[Volume, Holding]], *, locale: str, changed: datetime) -> Feed:
    here = reverse("archive-feed", args=[bulletin.translation_key, locale])
    made = Feed(
        title=printable(bulletin.title),
        link=_absolute(path_of(bulletin)),
        description=None,
        subtitle=printable(bulletin.tagline) or None,
        language=tag(locale),
        author_name=printable(bulletin.publisher or bulletin.title),
        feed_url=_absolute(here),
        feed_guid=_name(bulletin.translation_key, locale),
        changed=changed,
    )
    approvals = last_approvals(volume.key for volume, _edition in found)
    for volume, edition in found:
        content = approved_content(approvals[volume.key], edition.page)
        if content is None:
            continue
        content = content.public()
        made.add_item(
            title=" ".join(filter(None, (title_of(content), content.number and f"({content.number})"))),
            link=_absolute(edition.path),
            description=preheader_of(content),
            unique_id=_name(volume.key, locale),
            pubdate=volume.sent_at,
            updateddate=max(volume.approved_at, volume.sent_at),
            text=article_html(content),
        )
    return made


def _digest(bulletin: BulletinPage, found: list[tuple[Volume, Holding]]) -> str:
    parts = [FORM, settings.BASE_URL, bulletin.title, bulletin.tagline, bulletin.publisher, path_of(bulletin)]
    parts += [f"{volume.key} {volume.sent_at} {volume.approved_at} {edition.path}" for volume, edition in found]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _name(key: UUID, locale: str) -> str:
    """The same for good, whatever host the product moves to."""
    return uuid5(NAMESPACE_URL, f"circular:{key}:{locale}").urn


def _absolute(path: str) -> str:
    return urljoin(settings.BASE_URL + "/", path)
