"""Who comes in, and how far: tokens, scopes, and how often a wrong key may be tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from subscribers.keys import Scope, digest_of, make_token, revoke, token_for
from subscribers.models import ApiToken
from web.api.api import api

pytestmark = pytest.mark.django_db

OPERATIONS = [
    (method.upper(), path, Scope(operation["x-scope"]))
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
    for method, operation in methods.items()
]
EXAMPLES = {
    "{external_id}": "C-1",
    "{bulletin}": "3f0e2b1a-0000-4000-8000-000000000000",
    "{slug}": "kenya",
    "{webhook_id}": "1",
}


def filled(path: str) -> str:
    for name, example in EXAMPLES.items():
        path = path.replace(name, example)
    return path


def test_there_are_operations_for_every_scope() -> None:
    assert {scope for _method, _path, scope in OPERATIONS} == set(Scope)


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
def test_every_operation_asks_for_its_scope_and_no_other_will_do(
    system_with: Any, method: str, path: str, scope: Scope
) -> None:
    others = system_with(*(each for each in Scope if each != scope))
    own = system_with(scope)

    refused, let_in = others(method, filled(path), {}), own(method, filled(path), {})

    assert (refused.status, refused.headers["Content-Type"]) == (403, "application/problem+json")
    assert refused.body["detail"] == f"This token doesn’t have the scope {scope.value}."
    assert let_in.status in {200, 404, 422}, let_in.body


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
def test_no_operation_answers_without_a_token_or_to_a_session(
    admin_client: Client, method: str, path: str, scope: Scope
) -> None:
    response = admin_client.generic(method, f"/api/v1{filled(path)}", b"{}", content_type="application/json")

    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("spoilt", ["", "crc_", "Bearer", "crc_" + "A" * 43, "crc_" + "é" * 43, "x" * 10_000])
def test_a_key_that_is_none_opens_nothing(system_with: Any, spoilt: str) -> None:
    response = Client().get("/api/v1/vocabulary", headers={"Authorization": f"Bearer {spoilt}"})

    assert response.status_code == 401


def test_a_token_that_is_revoked_or_over_opens_nothing(crm: Any) -> None:
    over = make_token(name="Over", scopes=list(Scope), expires_at=timezone.now() - timedelta(seconds=1), user=None)
    soon = make_token(name="Soon", scopes=list(Scope), expires_at=timezone.now() + timedelta(hours=1), user=None)

    assert token_for(over.key) is None
    assert token_for(soon.key) == soon.token
    assert crm("GET", "/vocabulary").status == 200
    assert revoke(ApiToken.objects.get(name="CRM").pk)
    assert not revoke(ApiToken.objects.get(name="CRM").pk)
    assert crm("GET", "/vocabulary").status == 401


def test_only_the_hash_of_a_key_is_kept_and_its_use_is_noted(crm: Any) -> None:
    crm("GET", "/vocabulary")

    token = ApiToken.objects.get()
    assert token.digest == digest_of(crm.key)
    assert crm.key not in str(vars(token))
    assert token.beginning == crm.key[:9]
    assert token.used_at is not None


def test_keys_tried_one_after_another_are_stopped_and_a_good_one_is_not(crm: Any) -> None:
    client = Client()
    codes = [
        client.get("/api/v1/vocabulary", headers={"Authorization": f"Bearer crc_{n:043d}"}).status_code
        for n in range(25)
    ]

    assert codes == [401] * 20 + [429] * 5
    last = client.get("/api/v1/vocabulary")
    assert int(last["Retry-After"]) in range(1, 61)
    assert crm("GET", "/vocabulary").status == 200


def test_a_token_makes_so_many_calls_a_minute_and_no_more(crm: Any, system_with: Any, settings: Any) -> None:
    settings.API_CALLS_A_MINUTE = 3

    codes = [crm("GET", "/vocabulary").status for _time in range(5)]

    assert codes == [200, 200, 200, 429, 429]
    assert system_with(*Scope)("GET", "/vocabulary").status == 200


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v2/people", "/api/v1/people/a/b/c"])
def test_an_address_that_is_none_is_a_problem_too(path: str) -> None:
    for response in (Client().get(path), Client(enforce_csrf_checks=True).post(path)):
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_no_cookie_comes_of_a_call(crm: Any) -> None:
    told = crm("PUT", "/people/C-1", {"email": "a@example.org"})

    assert told.status == 200
    assert "Set-Cookie" not in told.headers


def test_answers_are_in_one_language_whatever_a_program_says_it_prefers(crm: Any) -> None:
    told = crm("PUT", "/segments/s", {"name": "S", "rule": {"field": "wealth", "in": ["x"]}}, Accept_Language="zh-hans")

    assert told.body["detail"].startswith("the rule")


def test_the_page_for_people_shows_every_operation_and_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()

    for method, path, scope in OPERATIONS:
        assert f"/api/v1{path}" in page
        assert f">{method}</span>" in page
        assert scope.value in page
    assert "https://cdn" not in page
    assert "<script" not in page
