"""Addresses with letters before the @ that no transport carries: refused at the doors, kept where they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from subscribers.models import Subscriber
from subscribers.rules import BadRule
from tests.factories import make_subscriber, make_user
from web.desk.rule_form import read_json

JOSE = "josé@br.example.org"


def posted(**fields: Any) -> dict[str, Any]:
    return {
        "language": "en",
        "country": "",
        "affiliations-TOTAL_FORMS": 0,
        "affiliations-INITIAL_FORMS": 0,
        **fields,
    }


@pytest.mark.django_db
def test_the_desk_refuses_a_new_one_and_keeps_one_that_is_there(client: Client) -> None:
    client.force_login(make_user())
    answer = client.post(reverse("circular_subscribers:add"), posted(email=JOSE, name="José"))
    assert "letters that we can’t send mail to yet" in answer.content.decode()
    assert not Subscriber.objects.exists()
    person = make_subscriber(email=JOSE)
    assert JOSE in client.get(reverse("circular_subscribers:inspect", args=[person.pk])).content.decode()


@pytest.mark.parametrize("text", ['{"all": [], "all": []}', '{"all": [{"field": "country", "in": ["KE"], "in": []}]}'])
def test_a_rule_with_a_key_given_twice_is_refused(text: str) -> None:
    with pytest.raises(BadRule, match="stands twice"):
        read_json(text)
