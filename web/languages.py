"""The reader's language on a request, by Django's own middleware, less one habit of it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers


class ReaderLanguageMiddleware(LocaleMiddleware):
    """Leaves a view's own 404 alone.

    Django answers every 404 of a path without a language with a redirect to the same path under one, if something may
    be there; Wagtail's catch-all may be anywhere. So an unusable token, even posted by a mail program (RFC 8058: no
    redirects), would be sent on to a path that never was, instead of the neutral page. A path that no view took is
    still tried under the reader's language.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != 404 or request.resolver_match is None:
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response
