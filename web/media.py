"""Uploaded files. They lie on the desk's own host, so none of them may run there."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe
from django.views.static import serve

SHOWN = frozenset({".gif", ".jpg", ".jpeg", ".png", ".webp"})
"""Raster pictures: what a browser shows and can't run. Everything else is saved instead of opened."""


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponse | FileResponse | HttpResponseNotModified:
    """A file below the media root, in a sandbox without scripts."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    if PurePosixPath(path).suffix.lower() not in SHOWN:
        response["Content-Disposition"] = "attachment"
    return response
