"""The form field of a segment's rule: JSON in a text area, over which the browser lays a builder for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscribers.rules import DEEPEST, BadRule, Vocabulary, check_rule
from web.desk.rule_names import Rule

LONGEST_TEXT = 100_000  # characters of JSON: far more than 500 conditions need
EVERYONE: Rule = {"all": []}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one part of a rule. `path`: the part's place, as numbers from the outermost group inwards."""

    path: tuple[int, ...]
    text: str


class RuleField(forms.CharField):
    """A rule as JSON. Its value is plain data, not yet known to be a sound rule."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_TEXT, strip=True, **kwargs)
        self.widget.attrs |= {"rows": 14, "spellcheck": "false", "class": "circular-rule"}

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else as_text(value)

    def clean(self, value: Any) -> Any:
        try:
            return read_json(super().clean(value))
        except BadRule as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(read_json(data or "") != initial)
        except BadRule:
            return True


def rule_field() -> RuleField:
    return RuleField(
        label=gettext_lazy("Rule"),
        help_text=gettext_lazy(
            "The rule as plain data: groups {“all”: [rules]}, {“any”: [rules]} or {“none”: [rules]}, within which "
            "stand conditions such as {“field”: “language”, “in”: [“fr”]} and further groups."
        ),
    )


def read_json(text: str) -> Any:
    """What the JSON says; BadRule where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_each_key_once)
    except BadRule:  # which is a ValueError too
        raise
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno, "problem": error.msg}
        raise BadRule(_("This is not JSON: line %(line)d, column %(column)d: %(problem)s.") % where) from error
    except (ValueError, RecursionError) as error:  # a number of 10^4 digits; brackets without end
        raise BadRule(_("This JSON is too large or too deep to be a rule.")) from error


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON takes the last of two: part of the rule would be gone without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadRule(_("“%s” stands twice in the same braces.") % twice[:60])
    return found


def problems_of(rule: Any, vocabulary: Vocabulary, *, of: str = "") -> list[Problem]:
    """Everything that is wrong with a rule, each at its place; none where it is sound.

    `of`: the slug of the segment that has this rule.
    """
    found = list(_problems(rule, vocabulary, of, ()))
    if found:
        return found
    try:
        check_rule(rule, vocabulary, of=of)
    except BadRule as error:
        return [Problem((), str(error))]
    return []


def _problems(rule: Any, vocabulary: Vocabulary, of: str, path: tuple[int, ...]) -> Iterator[Problem]:
    if len(path) > DEEPEST:
        return  # the whole is checked for this
    match rule:
        case {"not": part} if len(rule) == 1:
            yield from _problems(part, vocabulary, of, path)
        case {"all": list() as parts} | {"any": list() as parts} | {"none": list() as parts} if len(rule) == 1:
            for number, part in enumerate(parts):
                yield from _problems(part, vocabulary, of, (*path, number))
        case _:
            try:
                check_rule(rule, vocabulary, of=of)
            except BadRule as error:
                yield Problem(path, _without_place(str(error)))


def _without_place(message: str) -> str:
    """A message about a rule that stands alone, without the place that it names at its beginning."""
    place, separator, problem = message.partition(": ")
    if not separator or not (place == _("the rule") or place.startswith(_("the rule") + " › ")):
        return message
    return problem[:1].upper() + problem[1:]


def as_text(rule: Any, indent: str = "") -> str:
    """The rule as JSON to be read: a line for each condition."""
    match rule:
        case {"all": [_part, *_more] as parts} | {"any": [_part, *_more] as parts} | {"none": [_part, *_more] as parts}:
            inner = indent + "  "
            listed = f",\n{inner}".join(as_text(part, inner) for part in parts)
            return f'{{"{next(iter(rule))}": [\n{inner}{listed}\n{indent}]}}'
        case {"not": part}:
            return f'{{"not": {as_text(part, indent)}}}'
    return json.dumps(rule, ensure_ascii=False)
