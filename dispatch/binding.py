"""What preflight's errors mean for sending: nothing that has one leaves, unless somebody answers for it by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from composer.preflight.findings import Finding, Severity
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen
from dispatch.models import Dispatch
from dispatch.readiness import findings_in

OVERRIDABLE = frozenset(
    {
        "alt-missing",
        "contrast",
        "contrast-dark",
        "link-dead",
        "link-text-other-host",
        "link-tracked",
        "size",
        "text-foreign-field",
        "text-mojibake",
        "text-placeholder",
    }
)
"""Errors that a person may know better about, or that spoil the letter and harm nobody else. All others would leave
readers with a letter that can't be made, can't be sent, tells of what is private, or has a gap where their name is."""

MOST_NAMED = 3
ACTION = "circular.dispatch.despite"


@dataclass(frozen=True, slots=True)
class Despite:
    """Somebody's word to send in spite of these findings, by id, and why."""

    findings: frozenset[str]
    reason: str

    def record(self, dispatch: Dispatch, findings: list[Finding], *, user: Any) -> None:
        """Write it into the audit log, each finding with its sentence."""
        told = [{"check": finding.check, "locale": finding.locale, "finding": finding.sentence} for finding in findings]
        log(instance=dispatch, action=ACTION, user=user, data={"reason": self.reason, "findings": told})


def hold_to_checks(frozen: Frozen, rule: dict[str, Any], despite: Despite | None = None) -> list[Finding]:
    """The errors that `despite` overrides; PlanRefused names the first of those that it doesn't."""
    errors = binding_errors(frozen, rule)
    answered = [finding for finding in errors if despite and is_overridable(finding) and finding.id in despite.findings]
    left = [finding for finding in errors if finding not in answered]
    if left:
        raise PlanRefused(_refusal(left))
    return answered


def binding_errors(frozen: Frozen, rule: dict[str, Any]) -> list[Finding]:
    """What keeps exactly this content from being sent to exactly this audience."""
    found = findings_in(frozen, rule=rule, only_audience=True)
    return [finding for finding in found if finding.severity is Severity.ERROR]


def is_overridable(finding: Finding) -> bool:
    return finding.check in OVERRIDABLE


def _refusal(errors: list[Finding]) -> str:
    count = ngettext(
        "The checks found %d error that has to be corrected first.",
        "The checks found %d errors that have to be corrected first.",
        len(errors),
    )
    rest = len(errors) - MOST_NAMED
    more = [ngettext("And %d more.", "And %d more.", rest) % rest] if rest > 0 else []
    return " ".join([count % len(errors), *(finding.message.said(_) for finding in errors[:MOST_NAMED]), *more])
