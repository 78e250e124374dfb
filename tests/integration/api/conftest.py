"""A client of the API: JSON in and out, with a token of all scopes unless a test says which."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from subscribers.keys import Scope, make_token


@dataclass(frozen=True)
class Told:
    """An answer of the API."""

    status: int
    body: Any
    headers: Any


@dataclass(frozen=True)
class System:
    """Another system with its key."""

    key: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        sent = {
            "Authorization": f"Bearer {self.key}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        # As a server does it: a fault of ours is a 500, not an exception in the test.
        response = Client(raise_request_exception=True).generic(
            method, f"/api/v1{path}", raw, content_type="application/json", headers=sent
        )
        return Told(response.status_code, json.loads(response.content or b"null"), response.headers)


@pytest.fixture
def system_with(db: None) -> Callable[..., System]:
    """`system_with(*scopes)` is a system whose token has those scopes."""

    def make(*scopes: Scope, name: str = "") -> System:
        name = name or f"System {len(made) + 1}"
        made.append(name)
        return System(make_token(name=name, scopes=list(scopes), expires_at=None, user=None).key)

    made: list[str] = []
    return make


@pytest.fixture
def crm(system_with: Callable[..., System]) -> System:
    """A system that may do everything."""
    return system_with(*Scope, name="CRM")
