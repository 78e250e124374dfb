"""The same request twice, one after the other and at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from wagtail.models import ModelLogEntry

from subscribers.keys import Scope
from subscribers.models import ApiReply, ApiToken, Subscriber


def at_once(count: int, do: Callable[[int], Any]) -> list[Any]:
    barrier = Barrier(count)

    def run(number: int) -> Any:
        try:
            barrier.wait(timeout=20)
            return do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))


def batch(*numbers: int) -> dict[str, Any]:
    return {"people": [{"external_id": f"C-{n}", "email": f"p{n}@example.org", "name": f"P {n}"} for n in numbers]}


@pytest.mark.django_db
def test_a_key_of_a_request_brings_the_first_reply_again(crm: Any) -> None:
    first = crm("POST", "/people/batch", batch(1, 2), Idempotency_Key="k-1")
    again = crm("POST", "/people/batch", batch(1, 2), Idempotency_Key="k-1")

    assert (first.status, first.body["created"]) == (200, 2)
    assert again.body == first.body
    assert crm("POST", "/people/batch", batch(1, 2)).body["unchanged"] == 2


@pytest.mark.django_db
def test_a_key_of_another_request_is_refused(crm: Any, system_with: Any) -> None:
    crm("POST", "/people/batch", batch(1), Idempotency_Key="k-1")

    assert crm("POST", "/people/batch", batch(2), Idempotency_Key="k-1").status == 422
    assert not Subscriber.objects.filter(external_id="C-2").exists()
    assert system_with(*Scope)("POST", "/people/batch", batch(2), Idempotency_Key="k-1").status == 200


@pytest.mark.django_db
def test_a_request_that_could_not_be_read_keeps_no_key(crm: Any) -> None:
    assert crm("POST", "/people/batch", {"people": []}, Idempotency_Key="k-1").status == 422
    assert not ApiReply.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_equal_requests_with_one_key_are_done_once_and_answered_alike(crm: Any) -> None:
    told = at_once(4, lambda _number: crm("POST", "/people/batch", batch(1, 2, 3), Idempotency_Key="k-1"))

    assert {each.status for each in told} == {200}
    assert all(each.body == told[0].body for each in told)
    assert told[0].body["created"] == 3
    assert ModelLogEntry.objects.filter(action="circular.api").count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_same_new_person_at_the_same_moment_is_made_once(crm: Any) -> None:
    told = at_once(6, lambda _number: crm("PUT", "/people/C-1", {"email": "ada@example.org", "name": "Ada"}))

    assert sorted(each.body["outcome"] for each in told) == ["created"] + ["unchanged"] * 5
    assert Subscriber.objects.get().name == "Ada"


@pytest.mark.django_db(transaction=True)
def test_two_numbers_for_one_address_at_the_same_moment_make_one_person_and_one_conflict(crm: Any) -> None:
    told = at_once(2, lambda number: crm("PUT", f"/people/C-{number}", {"email": "ada@example.org"}))

    assert sorted(each.status for each in told) == [200, 409]
    assert Subscriber.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_batches_of_the_same_people_in_opposite_order_all_come_through(crm: Any) -> None:
    numbers = list(range(60))

    def send(number: int) -> Any:
        return crm("POST", "/people/batch", batch(*(numbers if number % 2 else reversed(numbers))))

    told = at_once(4, send)

    assert {each.status for each in told} == {200}
    assert sum(each.body["created"] for each in told) == 60
    assert {each.body["refused"] for each in told} == {0}
    assert Subscriber.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_one_organisation_at_the_same_moment_is_made_once(crm: Any) -> None:
    told = at_once(4, lambda _number: crm("PUT", "/organisations/O-1", {"name": "Ministry", "kind": "un"}))

    assert sorted(each.body["outcome"] for each in told) == ["created"] + ["unchanged"] * 3
    assert ApiToken.objects.get().used_at is not None
