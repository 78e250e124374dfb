"""The audience of a sending as somebody chooses it: one segment, without those of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.formats import number_format

from dispatch.audiences import audience_rule
from subscribers.models import Segment
from web.desk.rule_names import RuleNames
from web.desk.rule_words import Outline, outline


@dataclass(frozen=True, slots=True)
class Audience:
    """Everyone in `segment` but those who are in one of `without`."""

    segment: Segment
    without: tuple[Segment, ...] = ()

    @property
    def rule(self) -> dict[str, Any]:
        """The rule as a dispatch freezes it, with those of all segments that it names in their place; or BadRule."""
        return audience_rule(self.segment, self.without)

    def words(self) -> list[Outline]:
        """Who belongs to it: what the segment says, then each that is left out."""
        names = RuleNames(self.segment.rule, *(each.rule for each in self.without))
        return [outline(each.rule, names) for each in (self.segment, *self.without)]


@dataclass(frozen=True, slots=True)
class Option:
    """A segment to choose. `people`: how many are in it, as last counted, in words."""

    segment: Segment
    people: str
    is_chosen: bool
    is_left_out: bool


def chosen_audience(data: QueryDict) -> Audience | None:
    """The audience of `?segment=…&without=…`; None where there is no such segment. Others that are gone are ignored."""
    slugs = [data.get("segment", ""), *data.getlist("without")]
    known = [slug for slug in slugs if "\0" not in slug]  # which the database doesn't even look for
    found = {segment.slug: segment for segment in Segment.objects.filter(slug__in=known)}
    if slugs[0] not in found:
        return None
    without = dict.fromkeys(slug for slug in slugs[1:] if slug in found and slug != slugs[0])
    return Audience(found[slugs[0]], tuple(found[slug] for slug in without))


def audience_options(chosen: Audience | None) -> list[Option]:
    """Every segment, by name; those that are left out before the others."""
    left_out = {segment.pk for segment in chosen.without} if chosen else set()
    options = [
        Option(
            segment,
            "" if segment.count is None else number_format(segment.count, force_grouping=True),
            is_chosen=chosen is not None and segment == chosen.segment,
            is_left_out=segment.pk in left_out,
        )
        for segment in Segment.objects.all()
    ]
    return sorted(options, key=lambda option: not option.is_left_out)
