"""A segment's rule in words: as one sentence for a list, and as an indented list for its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from web.desk.rule_names import Rule, RuleNames

LONGEST = 240  # characters of a sentence in a list

_PATTERNS: Mapping[str, Any] = {
    "in": gettext_lazy("%(field)s is one of %(value)s"),
    "not in": gettext_lazy("%(field)s is none of %(value)s"),
    "is": gettext_lazy("%(field)s is %(value)s"),
    "not is": gettext_lazy("%(field)s is not %(value)s"),
    "contains": gettext_lazy("%(field)s contains %(value)s"),
    "not contains": gettext_lazy("%(field)s doesn’t contain %(value)s"),
    "starts": gettext_lazy("%(field)s begins with %(value)s"),
    "not starts": gettext_lazy("%(field)s doesn’t begin with %(value)s"),
    "ends": gettext_lazy("%(field)s ends with %(value)s"),
    "not ends": gettext_lazy("%(field)s doesn’t end with %(value)s"),
    "least": gettext_lazy("%(field)s is at least %(value)s"),
    "most": gettext_lazy("%(field)s is at most %(value)s"),
    "before": gettext_lazy("%(field)s before %(value)s"),
    "from": gettext_lazy("%(field)s on or after %(value)s"),
    "within_days": gettext_lazy("%(field)s within the last %(value)s"),
    "older_days": gettext_lazy("%(field)s at least %(value)s ago"),
}

_HOLDS: Mapping[tuple[str, bool], Any] = {
    ("current", True): gettext_lazy("Has an affiliation that holds now, with %s"),
    ("past", True): gettext_lazy("Has an affiliation that is past, with %s"),
    ("any", True): gettext_lazy("Has an affiliation, now or past, with %s"),
    ("current", False): gettext_lazy("Has no affiliation that holds now with %s"),
    ("past", False): gettext_lazy("Has no affiliation that is past with %s"),
    ("any", False): gettext_lazy("Has no affiliation, now or past, with %s"),
}

_ENGAGED: Mapping[tuple[str, str], Any] = {
    ("opened", "none"): gettext_lazy("Opened none of the last %(issues)s of “%(bulletin)s”"),
    ("opened", "any"): gettext_lazy("Opened at least one of the last %(issues)s of “%(bulletin)s”"),
    ("opened", "all"): gettext_lazy("Opened every one of the last %(issues)s of “%(bulletin)s” that they received"),
    ("clicked", "none"): gettext_lazy("Clicked in none of the last %(issues)s of “%(bulletin)s”"),
    ("clicked", "any"): gettext_lazy("Clicked in at least one of the last %(issues)s of “%(bulletin)s”"),
    ("clicked", "all"): gettext_lazy("Clicked in every one of the last %(issues)s of “%(bulletin)s” they received"),
    ("received", "none"): gettext_lazy("Received none of the last %(issues)s of “%(bulletin)s”"),
    ("received", "any"): gettext_lazy("Received at least one of the last %(issues)s of “%(bulletin)s”"),
    ("received", "all"): gettext_lazy("Received every one of the last %(issues)s of “%(bulletin)s”"),
}

_HEADINGS: Mapping[str, Any] = {
    "all": gettext_lazy("All of these are true:"),
    "any": gettext_lazy("At least one of these is true:"),
    "none": gettext_lazy("None of these is true:"),
}


@dataclass(frozen=True, slots=True)
class Outline:
    """A condition, or the heading of a group with its parts below."""

    text: str
    parts: tuple[Outline, ...] = ()


def outline(rule: Rule, names: RuleNames) -> Outline:
    """A sound rule as nested lines."""
    match rule:
        case {"all": [only]} | {"any": [only]}:
            return outline(only, names)
        case {"all": list() as parts} | {"any": list() as parts} | {"none": list() as parts} if parts:
            heading = str(_HEADINGS[next(iter(rule))])
            return Outline(heading, tuple(outline(part, names) for part in parts))
        case {"not": part} if not _is_condition(part):
            return Outline(str(_HEADINGS["none"]), (outline(part, names),))
    return Outline(_in_words(rule, names, top=True))


def in_words(rule: Rule, names: RuleNames) -> str:
    """A sound rule as one sentence for a list, its end left off where it is very long."""
    words = _in_words(rule, names, top=True)
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def _in_words(rule: Rule, names: RuleNames, *, top: bool = False) -> str:
    match rule:
        case {"all": []} | {"none": []}:
            return _("Every subscriber")
        case {"any": []}:
            return _("Nobody")
        case {"all": [only]} | {"any": [only]}:
            return _in_words(only, names, top=top)
        case {"all": parts}:
            return _joined(parts, f" {_('and')} ", names, top=top)
        case {"any": parts}:
            return _joined(parts, f" {_('or')} ", names, top=top)
        case {"none": parts}:
            return _("none of this: (%s)") % _joined(parts, f" {_('or')} ", names, top=True)
        case {"not": part} if not _is_condition(part):
            return _("not (%s)") % _in_words(part, names, top=True)
        case {"not": part}:
            return _condition(part, names, negated=True)
    return _condition(rule, names, negated=False)


def _joined(parts: Sequence[Rule], joint: str, names: RuleNames, *, top: bool) -> str:
    words = joint.join(_in_words(part, names) for part in parts)
    return words if top else f"({words})"


def _is_condition(rule: Rule) -> bool:
    """Whether its contrary can be said in one breath."""
    return rule.keys().isdisjoint({"all", "any", "none", "not", "engagement", "known", "before", "from"})


def _condition(rule: Rule, names: RuleNames, *, negated: bool) -> str:
    match rule:
        case {"segment": slug}:
            pattern = _("Is not in “%s”") if negated else _("Is in “%s”")
            return pattern % names.segment(slug)
        case {"affiliation": dict() as keys}:
            when = keys.get("when", "current")
            details = [f"{names.field(key)}: {_values(key, keys[key], names)}" for key in keys if key != "when"]
            return str(_HOLDS[when, not negated]) % "; ".join(details)
        case {"engagement": action, "bulletin": bulletin, "issues": issues, "how_many": how_many}:
            count = ngettext("%d issue", "%d issues", issues) % issues
            return str(_ENGAGED[action, how_many]) % {"issues": count, "bulletin": names.bulletin(bulletin)}
        case {"field": field, **question}:
            op, value = next(iter(question.items()))
            return _asked(field, op, value, names, negated=negated)
    raise AssertionError(rule)  # a sound rule is nothing else


def _asked(field: str, op: str, value: Any, names: RuleNames, *, negated: bool) -> str:
    name = names.field(field)
    if isinstance(value, bool):
        return _yes_or_no(name, op, value != negated)
    if op == "in":
        op = "in" if len(value) > 1 else "is"
        value = _values(field, value, names)
    elif isinstance(value, str) and op not in ("before", "from"):
        value = f"“{value}”"
    else:
        value = _SPOKEN.get(op, str)(value)
    if negated and f"not {op}" not in _PATTERNS:
        return _("not (%s)") % (str(_PATTERNS[op]) % {"field": name, "value": value})
    return str(_PATTERNS[f"not {op}" if negated else op]) % {"field": name, "value": value}


def _yes_or_no(name: str, op: str, yes: bool) -> str:
    if op == "known":
        return (_("%s is known") if yes else _("%s is not known")) % name
    return (_("%s: yes") if yes else _("%s: no")) % name


def _values(field: str, values: Sequence[str], names: RuleNames) -> str:
    return ", ".join(names.value(field, value) for value in values)


def _days(value: int) -> str:
    return ngettext("%d day", "%d days", value) % value


def _day(value: str) -> str:
    return date_format(date.fromisoformat(value), "DATE_FORMAT")


_SPOKEN: Mapping[str, Callable[[Any], str]] = {
    "within_days": _days,
    "older_days": _days,
    "before": _day,
    "from": _day,
}
