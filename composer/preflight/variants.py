"""The checks of rendered variants: size, readers, headings, and what mail programs drop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from composer.rendering.errors import RefusedAddressError, RenderingError
from composer.rendering.slots import MARKER, Slot
from composer.rendering.theme import Theme

from .clients import check_clients
from .facts import VariantFacts
from .findings import Finding, Message, Severity, gettext_noop, message
from .places import Place

CLIPPED = 102 * 1024
"""Bytes of HTML after which Gmail cuts a letter, the unsubscribe link with the rest. It counts them decoded."""

NEARLY_CLIPPED = 90_000
"""From here the next item may be the one too many."""

SLOT_BYTES: dict[str, int] = {Slot.CLICK: 32, Slot.UNSUBSCRIBE: 64, Slot.VIEW: 64, Slot.PIXEL: 160}
"""What a recipient's own values add at most where a slot's mark stands."""

MERGE_BYTES = 120
"""What a reader's name or organisation may take, escaped and in UTF-8."""

_HEADING = re.compile(r"<h([1-6])[\s>]", re.IGNORECASE)


def check_variants(variants: Iterable[VariantFacts], *, locale: str = "") -> list[Finding]:
    """What is wrong with the variants of an issue, of one edition only where `locale` is given."""
    findings: list[Finding] = []
    told: set[tuple[str, str]] = set()
    for variant in variants:
        if locale and variant.locale != locale:
            continue
        findings += _readers(variant)
        if variant.rendered is not None:
            findings += _size(variant)
            for finding in (*_headings(variant), *check_clients(variant.rendered.html, locale=variant.locale)):
                # The same templates make all variants of an edition: once is enough.
                if (finding.check, finding.sentence) not in told:
                    told.add((finding.check, finding.sentence))
                    findings.append(finding)
    return findings


def html_bytes(html: str) -> int:
    """The size of a letter's HTML in bytes, with a recipient's values in place of the slots' marks."""
    size = len(html.encode("utf-8", "replace"))
    for mark in MARKER.finditer(html):
        # Any other mark is a merge value: a reader's name, organisation, country or role.
        size += SLOT_BYTES.get(mark[1], MERGE_BYTES) - len(mark[0].encode())
    return size


def check_rendering(error: RenderingError, *, locale: str) -> Finding:
    """The finding for an edition that can't be rendered: an item's address, or a fault in the theme."""
    if isinstance(error, RefusedAddressError):
        return Finding(
            check="link-malformed",
            severity=Severity.ERROR,
            message=message(
                gettext_noop("A letter can't carry the address “{url}”. Write a whole one that begins with https://."),
                url=error.url[:200],
            ),
            locale=locale,
            item_key=error.item_key,
        )
    if error.template:
        return Place(locale, None, "theme").finding(
            "theme-fault",
            Severity.ERROR,
            gettext_noop("The theme has a fault in {template}, line {line}: {problem}."),
            template=error.template,
            line=error.line,
            problem=error.problem,
        )
    return Place(locale).finding(
        "rendering",
        Severity.ERROR,
        gettext_noop("The letter can't be made: {problem}."),
        problem=error.problem,
    )


def check_theme(theme: Theme, *, locale: str = "") -> list[Finding]:
    """One error for each pair of colours that is too faint to read (WCAG 2.2, level AA), in light and in dark."""
    findings = []
    for palette, text in (
        (theme.light, gettext_noop("In the theme, {text} on {ground} is too faint to read. Choose stronger colours.")),
        (
            theme.dark,
            gettext_noop("In the theme's dark colours, {text} on {ground} is too faint to read. Choose stronger ones."),
        ),
    ):
        for one, other in palette.faint_pairs():
            values = (f"{one} {getattr(palette, one)}", f"{other} {getattr(palette, other)}")
            findings.append(
                Place(locale, None, "theme").finding(
                    "contrast" if palette is theme.light else "contrast-dark",
                    Severity.ERROR,
                    text,
                    text=values[0],
                    ground=values[1],
                )
            )
    return findings


def _label(variant: VariantFacts) -> Message:
    if variant.label:
        return message(gettext_noop("“{label}”"), label=variant.label)
    if variant.segments:
        return message(gettext_noop("“{label}”"), label=", ".join(sorted(variant.segments)))
    return message(gettext_noop("everyone"))


def _readers(variant: VariantFacts) -> Iterator[Finding]:
    where = Place(variant.locale, None, "variants")
    if not variant.items and variant.recipients != 0:
        yield where.finding(
            "variant-empty",
            Severity.ERROR,
            gettext_noop("The letter for {variant} has no items. Give these readers something, or leave them out."),
            variant=_label(variant),
        )
    if variant.recipients == 0 and variant.segments:
        yield where.finding(
            "variant-nobody",
            Severity.NOTE,
            gettext_noop("Nobody receives the letter for {variant}: no reader is in these segments."),
            variant=_label(variant),
        )


def _size(variant: VariantFacts) -> Iterator[Finding]:
    size = html_bytes(variant.rendered.html) if variant.rendered else 0
    if size <= NEARLY_CLIPPED:
        return
    where = Place(variant.locale, None, "variants")
    if size > CLIPPED:
        yield where.finding(
            "size",
            Severity.ERROR,
            gettext_noop(
                "The letter for {variant} has {size} KB; Gmail cuts it after {most} KB, the unsubscribe link with the "
                "rest. Shorten or remove items."
            ),
            variant=_label(variant),
            size=-(-size // 1024),
            most=CLIPPED // 1024,
        )
    else:
        yield where.finding(
            "size-near",
            Severity.WARNING,
            gettext_noop("The letter for {variant} has {size} KB; Gmail cuts it after {most} KB. Don't add much more."),
            variant=_label(variant),
            size=size // 1024,
            most=CLIPPED // 1024,
        )


def _headings(variant: VariantFacts) -> Iterator[Finding]:
    levels = [int(level) for level in _HEADING.findall(variant.rendered.html)] if variant.rendered else []
    where = Place(variant.locale, None, "theme")
    if levels.count(1) != 1:
        yield where.finding(
            "heading-first",
            Severity.WARNING,
            gettext_noop(
                "The letter has {count} headings of the first level; it wants exactly one. Correct the theme."
            ),
            count=levels.count(1),
        )
    for before, level in pairwise(levels):
        if level > before + 1:
            yield where.finding(
                "heading-order",
                Severity.WARNING,
                gettext_noop(
                    "In the letter, a heading of level {level} follows one of level {before}. Correct the theme."
                ),
                level=level,
                before=before,
            )
            break
