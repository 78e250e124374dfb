"""The rule of a segment as a JSON Schema (draft 2020-12), for programs that write rules.

It says what a rule looks like. Which topics, custom fields and segments there are, and how large a rule may be with
all that it names, `subscribers.rules.check_rule` says.
"""

from __future__ import annotations

from typing import Any

from subscribers.rule_fields import (
    AFFILIATION_FIELDS,
    CUSTOM,
    DAY_PATTERN,
    FIELDS,
    LONGEST_TEXT,
    MOST_DAYS,
    MOST_VALUES,
    UUID_PATTERN,
    Field,
    FieldType,
)

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_DAY: Schema = {"type": "string", "format": "date", "pattern": f"^{DAY_PATTERN}$"}
_DAYS: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_DAYS}
_NUMBER: Schema = {"type": "number", "minimum": -(10**15), "maximum": 10**15}
_YES_NO: Schema = {"type": "boolean"}

_VALUES: dict[str, Schema] = {
    "contains": _TEXT,
    "starts": _TEXT,
    "ends": _TEXT,
    "before": _DAY,
    "from": _DAY,
    "within_days": _DAYS,
    "older_days": _DAYS,
    "least": _NUMBER,
    "most": _NUMBER,
    "known": _YES_NO,
}


def rule_schema(*, root: str = "#/$defs") -> Schema:
    """The schema of a rule; `root` is where its definitions will stand, if it becomes a part of another document."""
    rule: Schema = {"$ref": f"{root}/Rule"}
    rules: Schema = {"type": "array", "items": rule}
    conditions = [_condition(field, op) for field in FIELDS.values() for op in field.ops]
    return {
        "$ref": f"{root}/Rule",
        "$defs": {
            "Rule": {
                "title": "Rule",
                "description": "Whom a segment holds.",
                "oneOf": [
                    _object("Everyone whom all of them match", all=rules),
                    _object("Everyone whom one of them matches", any=rules),
                    _object("Everyone whom none of them matches", none=rules),
                    _object("Everyone whom it doesn't match", **{"not": rule}),
                    _object("Everyone in another segment", segment=_TEXT),
                    _affiliation(),
                    _engagement(),
                    *conditions,
                    *_custom_conditions(),
                ],
            }
        },
    }


def _condition(field: Field, op: str) -> Schema:
    return _object("", field={"const": field.name}, **{op: _value(field, op)})


def _value(field: Field, op: str) -> Schema:
    if op == "in":
        return _list(field)
    if op == "is":
        return _YES_NO if field.type is FieldType.BOOLEAN else _TEXT
    return _VALUES[op]


def _list(field: Field) -> Schema:
    code: Schema = dict(_TEXT)
    if field.codes is not None:
        code = {"enum": sorted(field.codes)}
    elif field.pattern:
        code["pattern"] = f"^{field.pattern}$"
    return {"type": "array", "items": code, "minItems": 1, "maxItems": MOST_VALUES}


def _custom_conditions() -> list[Schema]:
    name = {"type": "string", "pattern": "^" + CUSTOM.replace(".", r"\.") + "[a-zA-Z0-9_-]{1,40}$"}
    values = _VALUES | {
        "in": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": MOST_VALUES},
        "is": {"anyOf": [_TEXT, _NUMBER, _YES_NO]},
    }
    return [_object("", field=name, **{op: value}) for op, value in values.items()]


def _affiliation() -> Schema:
    keys = {name: _list(FIELDS[name]) for name in AFFILIATION_FIELDS}
    when = {"enum": ["current", "past", "any"], "default": "current"}
    inner = {
        "type": "object",
        "properties": {**keys, "when": when},
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in AFFILIATION_FIELDS],
    }
    return _object("Everyone who holds one affiliation that meets all the keys", affiliation=inner)


def _engagement() -> Schema:
    return _object(
        "What became of the last issues of a bulletin; opened and clicked only by consent",
        engagement={"enum": ["received", "opened", "clicked"]},
        bulletin={"type": "string", "format": "uuid", "pattern": f"^{UUID_PATTERN}$"},
        issues={"type": "integer", "minimum": 1, "maximum": 50},
        how_many={"enum": ["none", "any", "all"]},
    )


def _object(title: str, **properties: Schema) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"title": title, **schema} if title else schema
