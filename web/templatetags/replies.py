"""What servers said, for the operators' templates."""

from __future__ import annotations

from django import template

from web.operations.replies import without_addresses

register = template.Library()
register.filter("without_addresses", without_addresses)
