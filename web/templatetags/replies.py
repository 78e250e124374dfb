"""What servers said, for the operators' templates."""

from __future__ import annotations

from django import template

from web.operations.replies import without_addresses
from web.operations.wording import OUTCOMES, STAGES

register = template.Library()
register.filter("without_addresses", without_addresses)


@register.filter
def outcome_words(outcome: str) -> str:
    """The outcome of an attempt in words."""
    return str(OUTCOMES.get(outcome, outcome))


@register.filter
def stage_words(stage: str) -> str:
    """How far a conversation came, in words."""
    return str(STAGES.get(stage, stage))
