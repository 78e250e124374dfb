"""Which segments' rules name a topic or a custom field, so that it isn't taken away under them."""

from __future__ import annotations

from typing import Any

from subscribers.models import Segment


def segments_with_topic(slug: str) -> list[Segment]:
    return [each for each in Segment.objects.all() if _names(each.rule, "topic", slug)]


def segments_with_field(key: str) -> list[Segment]:
    return [each for each in Segment.objects.all() if _names(each.rule, f"custom.{key}")]


def _names(rule: Any, field: str, value: str | None = None) -> bool:
    if isinstance(rule, list):
        return any(_names(part, field, value) for part in rule)
    if not isinstance(rule, dict):
        return False
    if rule.get("field") == field:
        return value is None or value in rule.get("in", [])
    return any(_names(part, field, value) for part in rule.values())
