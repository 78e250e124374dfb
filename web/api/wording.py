"""What pydantic finds wrong, in words: a place without its own names for parts, and a sentence."""

from __future__ import annotations

from typing import Any

_SENTENCES = {
    "missing": "It is needed",
    "extra_forbidden": "There is no such field",
    "string_type": "It takes a text",
    "string_too_short": "It takes at least {min_length} characters",
    "string_too_long": "It takes at most {max_length} characters",
    "too_short": "It takes at least {min_length}",
    "too_long": "It takes at most {max_length}",
    "bool_type": "It takes true or false",
    "bool_parsing": "It takes true or false",
    "int_type": "It takes a whole number",
    "int_parsing": "It takes a whole number",
    "int_parsing_size": "The number is too large",
    "int_from_float": "It takes a whole number",
    "float_type": "It takes a number",
    "float_parsing": "It takes a number",
    "finite_number": "The number is too large",
    "greater_than_equal": "It takes {ge} or more",
    "less_than_equal": "It takes {le} or less",
    "list_type": "It takes a list",
    "dict_type": "It takes an object",
    "model_type": "It takes an object",
    "model_attributes_type": "It takes an object",
    "date_type": "It takes a day such as 2026-03-05",
    "date_parsing": "It takes a day such as 2026-03-05",
    "date_from_datetime_parsing": "It takes a day such as 2026-03-05",
    "date_from_datetime_inexact": "It takes a day such as 2026-03-05, without a time",
    "datetime_type": "It takes a moment such as 2026-03-05T08:00:00Z",
    "datetime_parsing": "It takes a moment such as 2026-03-05T08:00:00Z",
    "datetime_from_date_parsing": "It takes a moment such as 2026-03-05T08:00:00Z",
    "datetime_object_invalid": "It takes a moment such as 2026-03-05T08:00:00Z",
    "timezone_offset": "It takes a moment such as 2026-03-05T08:00:00Z",
    "uuid_type": "It takes a key such as 3f0e2b1a-0000-4000-8000-000000000000",
    "uuid_parsing": "It takes a key such as 3f0e2b1a-0000-4000-8000-000000000000",
    "enum": "It takes one of {expected}",
    "literal_error": "It takes one of {expected}",
}
"""By pydantic's name for what is wrong; in braces what it says of it."""

_PATTERNS = {
    r"^[^/\x00-\x1f\x7f]+$": "No slash, no line breaks or control characters",
    r"^([A-Z]{2})?$": "It takes a country’s code of ISO 3166-1, such as KE",
    r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$": "It takes a language’s code, such as en or zh-hans",
    r"^[-a-zA-Z0-9_]+$": "It takes a short name: letters of English, digits, hyphens, underscores",
    r"^[A-Za-z0-9_-]+$": "It takes what the page before gave as “next”",
    r"^[!-~]+$": "It takes letters of English, digits and signs, without spaces",
}


_ONE_OF_SEVERAL = "constrained-str"  # pydantic's name for the text among what a custom field may hold
_NO_PLACES = (_ONE_OF_SEVERAL, "str-enum[", "literal[", "[key]")


def sentence_of(error: dict[str, Any]) -> str:
    """What is wrong, as a sentence without its full stop."""
    kind, about = str(error.get("type", "")), error.get("ctx") or {}
    if kind == "string_type" and error.get("loc", ("",))[-1] == _ONE_OF_SEVERAL:
        return "It takes a text, a number, true or false, or null"
    if kind == "string_pattern_mismatch" and about.get("pattern") in _PATTERNS:
        return _PATTERNS[about["pattern"]]
    if kind in {"too_short", "too_long"} and about.get("field_type") == "Value":  # a text
        kind = f"string_{kind}"
    if kind in _SENTENCES:
        try:
            return _SENTENCES[kind].format_map(about)
        except KeyError:
            pass
    return str(error.get("msg", "")).removeprefix("Value error, ").rstrip(".") or "It can’t be used"


def place_of(path: tuple[Any, ...]) -> str:
    """“affiliations › 2 › role”: lists are counted from one; of what may be several things, without which."""
    if path[:1] == ("custom",):
        path = path[:2]
    elif path and str(path[-1]).startswith(_NO_PLACES):
        path = path[:-1]
    return " › ".join(str(part + 1) if isinstance(part, int) else str(part) for part in path)
