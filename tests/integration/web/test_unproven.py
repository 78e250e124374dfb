"""Forms without the proof that they come from our own page: what somebody sees then."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("path", ["/why/wrong", "/v/wrong", "/c/wrong/1", "/archive/"])
def test_a_post_where_nothing_is_posted_gets_the_neutral_page(strict: Client, path: str) -> None:
    answer = strict.post(path)

    assert answer.status_code == 404
    assert answer.content == strict.get("/why/wrong").content


@pytest.mark.parametrize("path", ["/desk/login/", "/review/wrong/"])
def test_a_form_that_was_open_for_too_long_says_what_to_do(strict: Client, path: str) -> None:
    answer = strict.post(path)

    assert answer.status_code == 403
    assert "Go back, load the page again, and send it once more." in answer.content.decode()
    assert "CSRF" not in answer.content.decode()
