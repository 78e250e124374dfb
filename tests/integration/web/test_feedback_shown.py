"""What came back is shown where people look for it: on the dispatch's list, on the person's page, in the export."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from dispatch.feedback import Kind, Reading, digest_of, take
from dispatch.models import Delivery
from tests.factories import make_dispatch, make_user
from web.selfservice.held import all_of

pytestmark = pytest.mark.django_db


def bounced() -> Delivery:
    dispatch = make_dispatch(people=1)
    dispatch.deliveries.update(state="accepted", due_at=None)
    delivery = dispatch.deliveries.get()
    words = "550 5.1.1 <someone@ministry.example>: no such <b>user</b>"
    assert take(Reading(Kind.HARD, "5.1.1", words, digest_of("x"), "dsn"), delivery.pk)
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("page", ["dispatch", "person"])
def test_a_bounce_is_shown_with_its_code_and_the_servers_words(client: Client, page: str) -> None:
    delivery = bounced()
    client.force_login(make_user())
    address = (
        reverse("circular_dispatch_deliveries", args=[delivery.dispatch_id])
        if page == "dispatch"
        else reverse("circular_subscribers:inspect", args=[delivery.subscriber_id])
    )
    shown = client.get(address).content.decode()
    assert "Hard bounce" in shown
    assert "…@ministry.example&gt;: no such &lt;b&gt;user&lt;/b&gt;" in shown
    assert "someone@" not in shown


def test_the_export_of_what_is_held_has_it() -> None:
    delivery = bounced()
    assert delivery.subscriber is not None
    (entry,) = all_of(delivery.subscriber)["feedback"]
    assert (entry["kind"], entry["code"], entry["issue"]) == ("Hard bounce", "5.1.1", "The first issue")
