"""Two people, or one in two tabs, who do the same thing in the same moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from wagtail.log_actions import registry

from dispatch.models import Delivery, Dispatch
from tests.factories import approve, make_bulletin, make_dispatch, make_issue, make_segment, make_subscriber, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Each action in a thread and a database connection of its own, all begun together."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(actions)) as pool:
        return list(pool.map(run, actions))


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(make_user(name))
    return client


def test_send_clicked_twice_and_in_two_tabs_makes_one_dispatch() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    key = make_issue(bulletin)
    approve(key)
    address, same = reverse("circular_issue_send", args=[key]), str(uuid4())
    page = signed_in("somebody").get(address, {"segment": make_segment().slug}).content.decode()
    shown = dict(re.findall(r'<input type="hidden" name="(segment|digest|audience|size)" value="([^"]*)"', page))

    def send(client: Client, request_key: str) -> Callable[[], int]:
        posted = {**shown, "request_key": request_key}
        return lambda: client.post(address, posted).status_code

    codes = at_once(send(signed_in("one"), same), send(signed_in("two"), same), send(signed_in("three"), str(uuid4())))

    assert 302 in codes, codes
    assert set(codes) <= {302, 409}
    assert Dispatch.objects.count() == Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("action", "before", "after"), [("pause", "running", "paused"), ("resume", "paused", "running")]
)
def test_of_two_operators_at_once_one_wins_and_the_other_is_told(action: str, before: str, after: str) -> None:
    dispatch = make_dispatch(people=1)
    Dispatch.objects.update(state=before)
    address = reverse(f"circular_dispatch_{action}", args=[dispatch.pk])

    def do(client: Client) -> Callable[[], str]:
        return lambda: client.post(address, follow=True).content.decode()

    pages = at_once(do(signed_in("one")), do(signed_in("two")))

    assert Dispatch.objects.get().state == after
    assert sum("Nothing to do" in page for page in pages) == 1
    entries = registry.get_logs_for_instance(dispatch).filter(action=f"circular.dispatch.{action}")
    assert entries.count() == 1
