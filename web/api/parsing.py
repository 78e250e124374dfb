"""Reading a body: JSON as it is written down in RFC 8259, without what the database can't keep."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from web.api.problems import Problem


class CarefulParser(Parser):
    """Refuses NaN and infinities, keys given twice, the character NUL, halves of surrogate pairs, and nesting without
    end. The people of a batch are looked at by `shapes.Batch`, each by itself.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            body = json.loads(request.body.decode(), parse_constant=_no_number, object_pairs_hook=_object)
        except UnicodeDecodeError as error:
            raise Problem(400, "The body is not in UTF-8.") from error
        except RecursionError as error:
            raise Problem(400, "The body is nested too deep.") from error
        except ValueError as error:
            raise Problem(400, f"The body is not JSON: {error}.") from error
        problem = unkept({**body, "people": None} if _is_batch(body) else body)
        if problem:
            raise Problem(422, f"{problem}.")
        return body


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the key {json.dumps(twice[:60])} twice")
    return found


def _is_batch(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("people"), list)


def unkept(body: Any) -> str:
    """What of it the database couldn't keep, as a sentence without its full stop; empty where it could all."""
    left = [body]
    while left:
        match left.pop():
            case dict() as found:
                left.extend(found)
                left.extend(found.values())
            case list() as found:
                left.extend(found)
            case str() as text if "\0" in text or (not text.isascii() and _has_surrogates(text)):
                return "A text has a character that can’t be kept: NUL, or half of a surrogate pair"
            case float() as number if not isfinite(number):
                return "A number is too large to be kept"
    return ""


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
