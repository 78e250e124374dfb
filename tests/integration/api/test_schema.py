"""The API's description is true: what it promises is answered, and nothing that fits it breaks the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from subscribers.keys import Scope, make_token
from subscribers.models import CustomField, Topic
from tests.factories import make_bulletin, make_segment, make_subscriber

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6  # of what fits the description and of what doesn't, for each operation
SEED = 20261122


@pytest.mark.django_db(transaction=True)
def test_nothing_that_fits_the_description_or_nearly_fits_it_breaks_the_server(
    live_server: Any, settings_of_site: Any
) -> None:
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    schema.config.update(base_url=live_server.url)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    calls = 0
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @seed(SEED)
            @settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def answered(case: Any) -> None:
                nonlocal calls
                calls += 1
                case.call_and_validate(headers=settings_of_site, checks=CHECKS, timeout=20)

            answered()

    assert len(operations) == 20
    assert calls >= len(operations) * EXAMPLES


@pytest.fixture
def settings_of_site(settings: Any, transactional_db: None) -> dict[str, str]:
    """Something of everything to speak of, and a token that may do all as often as it likes."""
    settings.API_CALLS_A_MINUTE = 1_000_000
    settings.ALLOWED_HOSTS = ["*"]
    make_subscriber(make_bulletin(), external_id="C-1", role="network-member")
    CustomField.objects.create(key="level", label="Level", kind="number")
    Topic.objects.create(slug="food", names={"en": "Food"})
    make_segment()
    key = make_token(name="Schema", scopes=list(Scope), expires_at=None, user=None).key
    return {"Authorization": f"Bearer {key}"}


def test_the_description_is_open_to_all_and_says_the_scope_and_problems_of_each_operation(
    client: Client, db: None
) -> None:
    schema = json.loads(client.get("/api/v1/openapi.json").content)

    assert schema["openapi"].startswith("3.1")
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"Token": [operation["x-scope"]]}]
            assert {"401", "403", "422", "429"} <= operation["responses"].keys()
            assert operation["summary"]
            assert operation["description"].endswith(f"Needs the scope `{operation['x-scope']}`.")
            assert len(operation["description"]) > 45
    assert "oneOf" in schema["components"]["schemas"]["Rule"]
    assert schema["components"]["schemas"]["SegmentIn"]["properties"]["rule"]["$ref"].endswith("/Rule")
