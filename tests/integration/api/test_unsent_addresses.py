"""Addresses with letters before the @ that no transport carries, from another system."""

from __future__ import annotations

from typing import Any

import pytest

from subscribers.models import Subscriber
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db

JOSE = "josé@br.example.org"


def test_a_new_one_is_refused_with_the_reason(crm: Any) -> None:
    answer = crm("PUT", "/people/C-1", {"email": JOSE, "name": "José"})
    assert answer.status == 422
    assert "letters that we can’t send mail to yet" in str(answer.body)
    assert not Subscriber.objects.exists()


def test_one_that_is_there_is_found_and_kept_in_step(crm: Any) -> None:
    make_subscriber(email=JOSE)
    assert crm("POST", "/people/lookup", {"email": JOSE}).status == 200
    assert crm("PUT", "/people/C-1", {"email": JOSE, "name": "José"}).body["outcome"] == "changed"
