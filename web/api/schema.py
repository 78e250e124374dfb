"""The API's description: OpenAPI as ninja writes it, with the scopes, the problems and the rule of a segment put in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from subscribers.rules import rule_schema
from web.api.problems import CONTENT_TYPE, KINDS, in_words

PROBLEM: dict[str, Any] = {"$ref": "#/components/schemas/ProblemDetails"}
ALWAYS = (401, 403, 429)
COMPONENTS = "#/components/schemas"


class CircularAPI(NinjaAPI):
    """Ninja's, with a description that says what every operation answers, and problem details for every refusal."""

    @property
    def urls(self) -> Any:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = in_words(pattern.callback)
        return patterns, app, namespace

    def get_openapi_schema(self, **asked: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**asked)
        for path in schema["paths"].values():
            for operation in path.values():
                _complete(operation)
        _point_at_rule(schema["components"]["schemas"])
        schema["components"]["schemas"].update(_own_components())
        schema["components"]["securitySchemes"] = {
            "Token": {"type": "http", "scheme": "bearer", "description": "A token of the desk: crc_…"}
        }
        return schema


def _complete(operation: dict[str, Any]) -> None:
    scope = operation["x-scope"]
    operation["description"] = f"{operation.get('description', '').strip()}\n\nNeeds the scope `{scope}`.".strip()
    operation["security"] = [{"Token": [scope]}]
    replies = operation["responses"]
    codes = [*ALWAYS, 422] + ([400, 413] if "requestBody" in operation else [])
    for code in sorted({*codes, *(int(code) for code in replies if int(code) >= 400)}):
        replies.pop(code, None)
        replies[str(code)] = {"description": KINDS[code][1], "content": {CONTENT_TYPE: {"schema": PROBLEM}}}
    operation["responses"] = {str(code): reply for code, reply in replies.items()}


def _point_at_rule(part: Any) -> None:
    """Put the rule's own schema where an operation takes or gives one."""
    if isinstance(part, dict):
        if part.pop("x-rule", False):
            description = part.get("description", "")
            part.clear()
            part.update({"$ref": f"{COMPONENTS}/Rule", "description": description})
        for each in part.values():
            _point_at_rule(each)


@lru_cache
def _own_components() -> dict[str, Any]:
    from web.api.problems import ProblemDetails

    problem = ProblemDetails.model_json_schema(ref_template=f"{COMPONENTS}/{{model}}")
    return {
        **problem.pop("$defs", {}),
        "ProblemDetails": problem,
        **rule_schema(root=COMPONENTS)["$defs"],
    }
