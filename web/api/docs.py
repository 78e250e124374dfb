"""The API's page for people: the description, laid out by the server, with nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from subscribers.keys import Scope
from web.api.problems import KINDS


class PlainDocs(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema()
        groups: dict[str, list[dict[str, Any]]] = {}
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                line = _operation(path, method, operation, schema["components"]["schemas"])
                groups.setdefault(operation["tags"][0], []).append(line)
        context = {
            "language": "en",
            "api": api,
            "base": settings.BASE_URL,
            "schema_url": self.get_openapi_url(api, kwargs),
            "groups": [{"name": name, "operations": lines} for name, lines in groups.items()],
            "scopes": [{"code": scope.value, "name": scope.label} for scope in Scope],
            "problems": [{"status": code, "name": name, "title": title} for code, (name, title) in KINDS.items()],
        }
        return render(request, "web/api/docs.html", context)


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    reply = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    description, _blank, _scope = operation["description"].rpartition("\n\n")
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": description.split("\n\n")[0],
        "more": description.split("\n\n")[1:],
        "scope": operation["x-scope"],
        "parameters": [
            {
                "name": each["name"],
                "in": each["in"],
                "type": _type(each["schema"], schemas),
                "description": each.get("description") or each["schema"].get("description", ""),
            }
            for each in operation["parameters"]
        ],
        "body": _fields(body, schemas),
        "reply": _fields(reply, schemas),
        "codes": [code for code in operation["responses"] if code != "200"],
    }


def _fields(schema: dict[str, Any] | None, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an object in one flat list; those of an object within it are indented."""
    found = _resolved(schema, schemas)
    lines: list[dict[str, Any]] = []
    _add_fields(found, schemas, lines, depth=0)
    return lines


def _add_fields(schema: dict[str, Any], schemas: dict[str, Any], lines: list[dict[str, Any]], *, depth: int) -> None:
    required = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        description = part.get("description") or _resolved(part, schemas).get("description", "")
        lines.append(
            {
                "name": name,
                "depth": depth,
                "type": _type(part, schemas),
                "needed": name in required,
                "description": description if "$ref" not in part else part.get("description", description),
            }
        )
        inner = _inner(part, schemas)
        if inner and depth < 3:
            _add_fields(inner, schemas, lines, depth=depth + 1)


def _inner(part: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The object that a field is, or is a list of; a rule is left to its own schema."""
    for each in [part, part.get("items", {}), *part.get("anyOf", [])]:
        if each.get("$ref", "").endswith("/Rule"):
            return {}
        found = _resolved(each, schemas)
        if "properties" in found:
            return found
    return {}


def _resolved(schema: dict[str, Any] | None, schemas: dict[str, Any]) -> dict[str, Any]:
    if schema and "$ref" in schema:
        return dict(schemas.get(schema["$ref"].rsplit("/", 1)[-1], {}))
    return schema or {}


def _type(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """What a field may be, in words: of a choice its values, of an object its name."""
    if "$ref" in schema:
        found = _resolved(schema, schemas)
        return _type(found, schemas) if "enum" in found else str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return ", or ".join(dict.fromkeys(_type(each, schemas) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"]) or "empty"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), schemas)}"
    return str(schema.get("format") or schema.get("type", "any"))
