"""What the confirmation of a sending says of its audience, and what the checks found for exactly that."""

from __future__ import annotations

from dataclasses import dataclass

from composer.audiences import audience_choices
from composer.preflight.findings import Severity
from dispatch.binding import is_overridable
from dispatch.frozen import Frozen, audience, groups, takers
from dispatch.readiness import findings_in
from subscribers.counts import counted
from subscribers.segments import matching
from web.desk.audience import Audience
from web.desk.findings import Counts, EditionLines, edition_lines
from web.desk.frame import language_name


@dataclass(frozen=True, slots=True)
class VariantLine:
    """Readers who get the same letter. `letters` of the `size` will leave."""

    language: str
    audiences: tuple[str, ...]
    size: int
    suppressed: int
    resting: int
    empty: bool
    letters: int


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    """The sizes that the confirmation shows.

    Of the `matched` people in the segment some are in those that are left out, some don't take the bulletin, some have
    the issue already; the `total` is in the dispatch, where some are suppressed, some had one lately and want fewer,
    and some have no item.
    """

    matched: int
    left_out: int
    not_taking: int
    had: int
    total: int
    letters: int
    suppressed: int
    resting: int
    without_items: int
    variants: tuple[VariantLine, ...]


def audience_facts(frozen: Frozen, chosen: Audience) -> AudienceFacts:
    """The groups of an audience with what the confirmation says of them."""
    names = dict(audience_choices())
    variants = tuple(
        VariantLine(
            language=language_name(group.locale),
            audiences=tuple(str(names.get(slug, slug)) for slug in group.segments),
            size=group.size,
            suppressed=group.suppressed,
            resting=group.resting,
            empty=group.empty,
            letters=0 if group.empty else group.size - group.suppressed - group.resting,
        )
        for group in groups(frozen, audience(frozen, chosen.rule))
    )
    matched = counted(matching(chosen.segment.rule))
    meant = counted(matching(chosen.rule)) if chosen.without else matched
    taking = takers(frozen, chosen.rule).count()
    total = sum(line.size for line in variants)
    return AudienceFacts(
        matched=matched,
        left_out=matched - meant,
        not_taking=meant - taking,
        had=taking - total,
        total=total,
        letters=sum(line.letters for line in variants),
        suppressed=sum(line.suppressed for line in variants),
        resting=sum(line.resting for line in variants),
        without_items=sum(line.size - line.suppressed - line.resting for line in variants if line.empty),
        variants=variants,
    )


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What the checks found for exactly this content and audience. `ids` are those of the errors.

    `overridable`: whoever sends may answer for all of the errors.
    """

    counts: Counts
    errors: list[EditionLines]
    ids: tuple[str, ...]
    overridable: bool


def check_facts(frozen: Frozen, chosen: Audience) -> CheckFacts:
    findings = findings_in(frozen, rule=chosen.rule, only_audience=True)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return CheckFacts(
        counts=Counts.of(findings),
        errors=edition_lines(frozen.issue, errors, fixable={}),
        ids=tuple(finding.id for finding in errors),
        overridable=all(map(is_overridable, errors)),
    )
