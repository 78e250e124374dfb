"""Reading a body: JSON as it is written down in RFC 8259, without what the database can't keep."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from web.api.problems import Problem


class CarefulParser(Parser):
    """Refuses NaN and infinities, the character NUL, halves of surrogate pairs, and nesting without end."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            body = json.loads(request.body.decode(), parse_constant=_no_number)
        except UnicodeDecodeError as error:
            raise Problem(400, "The body is not in UTF-8.") from error
        except RecursionError as error:
            raise Problem(400, "The body is nested too deep.") from error
        except ValueError as error:
            raise Problem(400, f"The body is not JSON: {error}.") from error
        _check(body)
        return body


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check(body: Any) -> None:
    left = [body]
    while left:
        match left.pop():
            case dict() as found:
                left.extend(found)
                left.extend(found.values())
            case list() as found:
                left.extend(found)
            case str() as text if "\0" in text or (not text.isascii() and _has_surrogates(text)):
                raise Problem(422, "A text has a character that can’t be kept: NUL, or half of a surrogate pair.")
            case float() as number if not isfinite(number):
                raise Problem(422, "A number is too large to be kept.")


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
