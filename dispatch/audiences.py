"""Whom somebody chose to send to: a segment, without the people of some others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from dispatch.models import Dispatch
from subscribers.counts import counted
from subscribers.models import Segment
from subscribers.rules import expanded, segments_within
from subscribers.segments import matching, vocabulary

Rule = dict[str, Any]

LONGEST_NAME = int(Dispatch._meta.get_field("audience_name").max_length or 0)


def audience_rule(segment: Segment, excluded: Sequence[Segment] = ()) -> Rule:
    """The rule of everybody in `segment` and in none of `excluded`, without names of segments.

    BadRule if one of them can't be used.
    """
    known = vocabulary()
    if not excluded:
        return expanded(segment.rule, known)
    return expanded({"all": [segment.rule, {"none": [other.rule for other in excluded]}]}, known)


def rule_digest(rule: Rule) -> str:
    """The SHA-256 in hex of whom a rule without names of segments means."""
    return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()


def audience_name(segment: Segment, excluded: Sequence[Segment] = ()) -> str:
    """What the audience is called in the records of its dispatch."""
    if not excluded:
        return segment.name[:LONGEST_NAME]
    names = {"name": segment.name, "excluded": ", ".join(other.name for other in excluded)}
    name = _("%(name)s, without %(excluded)s") % names
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def segments_used(slugs: frozenset[str]) -> dict[str, dict[str, Any]]:
    """slug -> name, rule (without names of segments), size of these segments and of those that they name."""
    known = vocabulary()
    within = slugs.union(*(segments_within(known.segments.get(slug), known) for slug in slugs))
    used = {}
    for segment in Segment.objects.filter(slug__in=within).order_by("slug"):
        rule = expanded(segment.rule, known)
        used[segment.slug] = {"name": segment.name, "rule": rule, "size": counted(matching(rule))}
    return used
