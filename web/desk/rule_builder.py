"""What the rule builder in the browser is given: the fields, what may be asked of each, and every word it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscribers.rule_fields import Field, FieldType, fields
from subscribers.rules import AFFILIATION_FIELDS, Vocabulary
from web.desk.rule_form import Problem
from web.desk.rule_names import RuleNames
from web.desk.viewset import DESK_CSS

BUILDER_MEDIA = (
    forms.Media(
        js=[
            "circular/desk/listbox.js",
            "circular/desk/rule.js",
            "circular/desk/rule-values.js",
            "circular/desk/rule-parts.js",
            "circular/desk/rule-builder.js",
        ],
        css={"all": ["circular/desk/preview.css", "circular/desk/rule.css"]},
    )
    + DESK_CSS
)

_GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        gettext_lazy("In the network"),
        ("role", "programme", "organisation", "organisation_kind", "tier", "@affiliation"),
    ),
    (
        gettext_lazy("The person"),
        ("country", "region", "language", "name", "email", "external_id", "created", "suppressed"),
    ),
    (gettext_lazy("What they take and read"), ("bulletin", "frequency", "subscribed", "topic", "@engagement")),
)

_SPECIAL: Mapping[str, Any] = {
    "@affiliation": gettext_lazy("Affiliation"),
    "@engagement": gettext_lazy("Reading of issues"),
    "@segment": gettext_lazy("Another segment"),
}

_KINDS = {FieldType.CODES: "choice"}

# What the builder asks, with the contrary right after it where it can be said in one breath.
_ASKED = {
    "in": ("in", "!in"),
    "contains": ("contains", "!contains"),
    "starts": ("starts", "!starts"),
    "ends": ("ends", "!ends"),
    "is": ("is", "!is"),
    "known": ("known", "!known"),
}

_OPS: Mapping[str, Any] = {
    "in": gettext_lazy("is one of"),
    "!in": gettext_lazy("is none of"),
    "known": gettext_lazy("is known"),
    "!known": gettext_lazy("is not known"),
    "is": gettext_lazy("is exactly"),
    "!is": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "!contains": gettext_lazy("doesn’t contain"),
    "starts": gettext_lazy("begins with"),
    "!starts": gettext_lazy("doesn’t begin with"),
    "ends": gettext_lazy("ends with"),
    "!ends": gettext_lazy("doesn’t end with"),
    "least": gettext_lazy("is at least"),
    "most": gettext_lazy("is at most"),
    "before": gettext_lazy("before the day"),
    "from": gettext_lazy("on or after"),
    "within_days": gettext_lazy("within the last"),
    "older_days": gettext_lazy("at least so long ago"),
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
}


def builder_data(
    names: RuleNames, vocabulary: Vocabulary, *, own: str = "", problems: Iterable[Problem] = ()
) -> dict[str, Any]:
    """Plain data for the builder. `own`: the slug of the segment that is edited, which can't be part of itself."""
    known = fields(vocabulary)
    groups = [
        {"label": str(label), "fields": [_offered(name, known, names) for name in members]}
        for label, members in _GROUPS
    ]
    custom = [_offered(name, known, names) for name, field in known.items() if field.is_custom]
    if custom:
        groups.append({"label": _("Custom fields"), "fields": custom})
    segments = sorted(((slug, name) for slug, name in names.segments.items() if slug != own), key=lambda pair: pair[1])
    if segments:
        groups.append({"label": _("Segments"), "fields": [_offered("@segment", known, names)]})
    return {
        "groups": groups,
        "ops": {op: str(label) for op, label in _OPS.items()},
        "affiliation": list(AFFILIATION_FIELDS),
        "segments": segments,
        "bulletins": names.choices("bulletin"),
        "organisations": names.organisations,
        "organisationsUrl": reverse("circular_segments:organisations"),
        "problems": [{"path": problem.path, "text": problem.text} for problem in problems],
        "words": {key: str(word) for key, word in WORDS.items()},
    }


def _offered(name: str, known: Mapping[str, Field], names: RuleNames) -> dict[str, Any]:
    if name in _SPECIAL:
        return {"name": name, "label": str(_SPECIAL[name]), "kind": name.removeprefix("@")}
    field = known[name]
    offered: dict[str, Any] = {"name": name, "label": names.field(name), "ops": _asked(field)}
    offered["kind"] = _KINDS.get(field.type, str(field.type))
    if field.type is FieldType.CODES:
        offered |= {"search": True} if name == "organisation" else {"choices": names.choices(name)}
    return offered


def _asked(field: Field) -> list[str]:
    if field.type is FieldType.BOOLEAN:
        return ["yes", "no", *(_ASKED["known"] if "known" in field.ops else ())]
    return [asked for op in field.ops for asked in _ASKED.get(op, (op,))]


WORDS: Mapping[str, Any] = {
    "everyone_whom": gettext_lazy("Everyone of whom"),
    "all": gettext_lazy("all of these are true"),
    "any": gettext_lazy("at least one of these is true"),
    "none": gettext_lazy("none of these is true"),
    "and": gettext_lazy("and"),
    "or": gettext_lazy("or"),
    "nor": gettext_lazy("nor"),
    "group": gettext_lazy("Group"),
    "condition": gettext_lazy("Condition"),
    "how_group": gettext_lazy("How the group holds together"),
    "what": gettext_lazy("What"),
    "question": gettext_lazy("Question"),
    "value": gettext_lazy("Value"),
    "empty_all": gettext_lazy("No condition: every subscriber belongs to it."),
    "empty_any": gettext_lazy("No condition, and one would have to be true: nobody belongs to it."),
    "empty_none": gettext_lazy("No condition that could be true: every subscriber belongs to it."),
    "add_condition": gettext_lazy("Add a condition"),
    "add_group": gettext_lazy("Add a group"),
    "add_detail": gettext_lazy("Add a detail…"),
    "add_value": gettext_lazy("Search or choose…"),
    "search_organisation": gettext_lazy("Search by name…"),
    "no_match": gettext_lazy("Nothing is called that."),
    "remove": gettext_lazy("Remove"),
    "remove_detail": gettext_lazy("Remove this detail"),
    "up": gettext_lazy("Move up"),
    "down": gettext_lazy("Move down"),
    "drag": gettext_lazy("Drag to another place"),
    "duplicate": gettext_lazy("Duplicate"),
    "removed": gettext_lazy("Removed."),
    "undo": gettext_lazy("Undo"),
    "undone": gettext_lazy("It is back."),
    "moved": gettext_lazy("Moved: now {number} of {total}, {depth} deep."),
    "added": gettext_lazy("Added."),
    "duplicated": gettext_lazy("Duplicated."),
    "chosen": gettext_lazy("{name} added."),
    "taken_out": gettext_lazy("{name} removed."),
    "days": gettext_lazy("days"),
    "days_ago": gettext_lazy("days ago"),
    "utc": gettext_lazy("Days begin at midnight UTC."),
    "there_is": gettext_lazy("there is one"),
    "there_is_none": gettext_lazy("there is none"),
    "current": gettext_lazy("that holds now"),
    "past": gettext_lazy("that is past"),
    "either": gettext_lazy("now or past"),
    "with": gettext_lazy("with"),
    "engagement": gettext_lazy("{action} {how} the last {issues} issues of {bulletin}"),
    "action": gettext_lazy("What they did"),
    "opened": gettext_lazy("opened"),
    "clicked": gettext_lazy("clicked in"),
    "received": gettext_lazy("received"),
    "how_many": gettext_lazy("How many"),
    "how_none": gettext_lazy("none of"),
    "how_any": gettext_lazy("at least one of"),
    "how_all": gettext_lazy("every one of"),
    "issues": gettext_lazy("How many issues"),
    "bulletin": gettext_lazy("Bulletin"),
    "consent_opened": gettext_lazy(
        "Counts only people who received at least one of them and agree to having opens measured."
    ),
    "consent_clicked": gettext_lazy(
        "Counts only people who received at least one of them and agree to having clicks measured."
    ),
    "is_in": gettext_lazy("is in"),
    "is_not_in": gettext_lazy("is not in"),
    "choose": gettext_lazy("Choose…"),
    "gone": gettext_lazy("{name} (it is gone)"),
    "not_understood": gettext_lazy("A part that the builder doesn’t know. Remove it, or mend it in the JSON."),
    "choose_value": gettext_lazy("Choose at least one value."),
    "choose_detail": gettext_lazy("Add at least one detail."),
    "choose_segment": gettext_lazy("Choose a segment."),
    "choose_bulletin": gettext_lazy("Choose a bulletin."),
    "issues_number": gettext_lazy("Write a number of issues from 1 to 50."),
    "days_number": gettext_lazy("Write a number of days from 1 up."),
    "write_value": gettext_lazy("Fill this in."),
    "to_fill_one": gettext_lazy("One condition is still to be filled in, and left out of the count."),
    "to_fill": gettext_lazy("{count} conditions are still to be filled in, and left out of the count."),
    "not_json": gettext_lazy("The text is no JSON, so it can’t be shown as conditions: {problem}"),
    "cannot_count": gettext_lazy("Nobody can be counted until the rule is put right."),
    "counting": gettext_lazy("Counting…"),
    "slow": gettext_lazy("Counting takes a moment longer."),
    "stored": gettext_lazy("When it was last counted: {sentence}"),
}
