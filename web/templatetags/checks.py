"""Whether Wagtail's side panel of checks is to show ours."""

from __future__ import annotations

from django import template

from composer.models import EditionPage

register = template.Library()


@register.filter
def is_edition(page: object) -> bool:
    return isinstance(page, EditionPage)
