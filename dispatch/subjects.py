"""Other subjects than the issue's own: a second one to try, or that of a follow-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from composer.content import EditionContent
from composer.preflight.findings import Severity
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.merge import FIELDS, find_merges, merges_in
from composer.rendering.printable import printable
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen
from dispatch.models import Variant
from dispatch.readiness import findings_in

LONGEST = int(Variant._meta.get_field("subject").max_length or 0)


def hold_to_subjects(frozen: Frozen, rule: dict[str, Any], subjects: Mapping[str, str]) -> None:
    """PlanRefused unless every edition has another subject than its own, and preflight has nothing against it."""
    if not subjects:
        return
    for locale, content in frozen.contents.items():
        subject = " ".join(subjects.get(locale, "").split())
        if not subject:
            raise PlanRefused(_("A second subject is missing for the edition “%s”.") % locale)
        if subject.casefold() == " ".join(content.subject.split()).casefold():
            raise PlanRefused(_("The two subjects of the edition “%s” are the same. Change one of them.") % locale)
        if len(subject) > LONGEST:
            raise PlanRefused(_("The second subject of the edition “%s” is too long.") % locale)
        if not _keeps_numbers(content, subject):
            raise PlanRefused(_("The second subject may hold the same merge values as the first, or none."))
    found = findings_in(frozen.with_subjects(subjects), rule=rule, rendered=False, only_audience=True)
    known = {finding.id for finding in findings_in(frozen, rule=rule, rendered=False, only_audience=True)}
    for finding in found:
        if finding.severity is Severity.ERROR and finding.id not in known:
            raise PlanRefused(_("The second subject can’t be used: %s") % finding.message.said(_))


def other_subject(content: EditionContent, rendered: Rendered, subject: str) -> str:
    """The second subject of a variant, with the marks of merge values as its letters have them.

    It may bear no merge value but those that keep the variant's numbers: the body is the same for both. Whoever plans
    has held it to that before (`hold_to_subjects`).
    """
    if not subject:
        return rendered.subject
    line = " ".join(subject.split())
    other = render_edition(replace(content, subject=line), base_url=settings.BASE_URL, tracked=True)
    if other.merges != rendered.merges and other.subject != line:
        raise PlanRefused(_("The second subject may hold the same merge values as the first, or none."))
    return other.subject


def _keeps_numbers(content: EditionContent, subject: str) -> bool:
    """Whether the letter's merge values have the same numbers under this subject, whichever items a reader sees."""
    if not any(merge.field in FIELDS for merge in find_merges(subject)):
        return True
    head = replace(content, sections=())  # what every variant begins with, and numbers first
    return merges_in(printable(head)) == merges_in(printable(replace(head, subject=subject)))
