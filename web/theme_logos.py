"""The logos of themes, for letters and pages that carry them."""

from __future__ import annotations

from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from composer.rendering.errors import RenderingError
from composer.rendering.themes import theme_of


@require_safe
def logo(_request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The theme's logo. A letter of long ago, which asks for one that was replaced since, gets today's."""
    try:
        theme = theme_of(slug)
    except RenderingError as error:
        raise Http404 from error
    if theme.logo_file is None:
        raise Http404
    data = (Path(theme.folder) / theme.logo_file.file).read_bytes()
    response = HttpResponse(data, content_type=theme.logo_file.content_type)
    lasting = name == theme.logo_file.name
    response["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, max-age=3600"
    return response
