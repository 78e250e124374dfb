"""Preflight finds every seeded defect where it is, finds nothing in clean issues, and its fixes mend what it found."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

import pytest

from composer.preflight.findings import Finding
from composer.preflight.fixes import apply_fix

from .clean import check, check_alone, clean_case
from .corpus import DEFECTS, Defect

by_name = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.check}: {defect.name}")


def test_clean_issues_have_no_findings() -> None:
    assert [(finding.locale, finding.sentence) for finding in check(clean_case())] == []


def test_the_corpus_holds_sixty_defects_of_different_names() -> None:
    names = Counter((defect.check, defect.name) for defect in DEFECTS)
    assert len(names) == len(DEFECTS) >= 60


@by_name
def test_a_seeded_defect_is_found_in_its_place_and_nothing_else_is(defect: Defect) -> None:
    findings = check(defect.change(clean_case()))

    assert (defect.check, defect.severity, defect.locale, defect.item_key) in [
        (finding.check, finding.severity, finding.locale, finding.item_key) for finding in findings
    ], [finding.sentence for finding in findings]
    assert {finding.check for finding in findings} <= {defect.check, *defect.also}
    for finding in findings:
        assert re.fullmatch(r"[A-Z].*[.?]", finding.sentence), "a sentence is whole"
        assert "{" not in finding.sentence.replace("{{", ""), "its values are filled in"


@by_name
def test_a_fix_removes_its_finding_and_adds_none(defect: Defect) -> None:
    case = defect.change(clean_case())
    for locale in case.contents:
        before = check_alone(case, locale)
        for finding in before:
            if finding.fix is not None:
                content = apply_fix(case.contents[locale], finding.fix)
                after = check_alone(dataclasses.replace(case, contents={locale: content}), locale)
                assert Counter(map(_told, after)) < Counter(map(_told, before))
                assert Counter(map(_told, after))[_told(finding)] < Counter(map(_told, before))[_told(finding)]


def _told(finding: Finding) -> tuple[str, str, str, str, str]:
    return finding.check, finding.locale, finding.item_key, finding.field, finding.sentence
