"""Merge values in the editor: what two opening braces offer, in the words of whoever writes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.staticfiles import versioned_static

from composer.rendering.merge import FIELDS
from composer.rendering.phrases import phrases_for

SCRIPTS = ("circular/desk/listbox.js", "circular/desk/preview.js", "circular/desk/merge-completion.js")
STYLES = "circular/desk/preview.css"


def merge_fields() -> dict[str, Any]:
    """What the editor's list shows, and for each language the words that stand for anybody."""
    told = {
        "name": (_("Name"), _("the reader's name")),
        "organisation": (_("Organisation"), _("where the reader works")),
        "country": (_("Country"), _("the reader's country, in the letter's language")),
        "role": (_("Role"), _("what the reader is to the network")),
    }
    return {
        "label": _("What a letter may say of its reader"),
        "hint": _("Choose with the arrow keys and Enter; Escape closes the list."),
        "fields": [{"field": field, "name": told[field][0], "detail": told[field][1]} for field in FIELDS],
        "fallbacks": {code: phrases_for(code).anybody for code, _name in settings.LANGUAGES},
    }


@hooks.register("insert_global_admin_css")
def suggestion_styles() -> SafeString:
    """For the whole desk: Wagtail has no place for the editor's alone."""
    return format_html('<link rel="stylesheet" href="{}">', versioned_static(STYLES))


@hooks.register("insert_editor_js")
def editor_scripts() -> SafeString:
    tags = format_html_join("", '<script src="{}"></script>', ((versioned_static(name),) for name in SCRIPTS))
    return json_script(merge_fields(), "circ-merge-fields") + tags
