"""A page of ours in Wagtail's frame: the header with its crumbs and buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import HeaderButton


def desk_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    icon: str,
    crumbs: Sequence[tuple[str, str]] = (),
    buttons: Sequence[tuple[str, str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    """Render `template` (it extends wagtailadmin/generic/base.html).

    `crumbs` are (label, url) of the pages above this one; `buttons` are (label, url, icon) in the header.
    """
    path = [(_("Home"), reverse("wagtailadmin_home")), *crumbs, (title, "")]
    frame = {
        "header_title": title,
        "header_icon": icon,
        "breadcrumbs_items": [{"label": label, "url": url} for label, url in path],
        "header_buttons": [HeaderButton(label, url=url, icon_name=name) for label, url, name in buttons],
    }
    return render(request, template, {**frame, **context}, status=status)


def language_name(code: str) -> str:
    """A language in its own words, or its code where the product doesn't have it."""
    return str(dict(settings.LANGUAGES).get(code, code))
