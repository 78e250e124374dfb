"""The preview's toolbar in the editor."""

from __future__ import annotations

from django import template

from web.desk.live_preview import editor_panel

register = template.Library()
register.simple_tag(editor_panel)
