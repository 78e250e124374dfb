"""Subscriptions that another system states, asks for or ends; and addresses that it suppresses."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from wagtail.models import ModelLogEntry

from subscribers.addresses import address_hash
from subscribers.models import Consent, ConsentText, Subscription, Suppression, Wish
from subscribers.suppression import suppress
from subscribers.unsubscribe import unsubscribe
from tests.factories import make_bulletin, make_subscriber

pytestmark = pytest.mark.django_db

STATED = {"basis": "ticked the box on the membership form", "words": "Yes, write to me."}


@pytest.fixture
def path() -> str:
    make_subscriber(email="ada@example.org", external_id="C-1")
    return f"/people/C-1/subscriptions/{make_bulletin().translation_key}"


def test_a_stated_subscription_is_in_the_ledger_with_its_basis_and_words(crm: Any, path: str) -> None:
    first, again = crm("PUT", path, STATED), crm("PUT", path, STATED)

    assert (first.status, first.body["outcome"], first.body["state"]) == (200, "subscribed", "active"), first.body
    assert again.body["outcome"] == "unchanged"
    entry = Consent.objects.get()
    assert (entry.basis, entry.given, entry.source) == ("api", True, f"api: CRM: {STATED['basis']}")
    assert ConsentText.objects.get(hash=entry.text_hash).text == "Yes, write to me."
    assert ModelLogEntry.objects.filter(action="circular.api").count() == 1


def test_asking_leaves_a_wish_for_a_worker_once_a_day_and_no_consent(crm: Any, path: str) -> None:
    first, again = crm("PUT", path, {"double_opt_in": True}), crm("PUT", path, {"double_opt_in": True})

    assert [(told.body["outcome"], told.body["state"]) for told in (first, again)] == [
        ("asked", "pending"),
        ("unchanged", "pending"),
    ]
    wish = Wish.objects.get()
    assert (wish.kind, wish.email, wish.source) == ("subscribe", "ada@example.org", "api: CRM")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("given", [STATED, {"double_opt_in": True}])
def test_who_unsubscribed_is_never_brought_back(crm: Any, path: str, given: dict[str, Any]) -> None:
    crm("PUT", path, STATED)
    row = Subscription.objects.get()
    unsubscribe(
        subscriber_id=row.subscriber_id, bulletin_key=row.bulletin_key, basis=Consent.Basis.ONE_CLICK, source="link"
    )

    told = crm("PUT", path, given)

    assert (told.status, told.body["outcome"], told.body["state"]) == (200, "kept-unsubscribed", "unsubscribed")
    assert "Only they can" in told.body["detail"]
    assert not Wish.objects.exists()


@pytest.mark.parametrize("given", [STATED, {"double_opt_in": True}])
def test_a_suppressed_address_is_never_subscribed(crm: Any, path: str, given: dict[str, Any]) -> None:
    suppress(address_hash("ada@example.org"), Suppression.Reason.COMPLAINT)

    told = crm("PUT", path, given)

    assert (told.body["outcome"], told.body["state"]) == ("kept-suppressed", "")
    assert not Wish.objects.exists()
    assert not Subscription.objects.exists()


def test_ending_a_subscription_is_done_as_often_as_asked(crm: Any, path: str) -> None:
    crm("PUT", path, STATED)

    outcomes = [crm("DELETE", path).body["outcome"] for _time in range(2)]

    assert outcomes == ["unsubscribed", "unchanged"]
    assert Subscription.objects.get().state == "unsubscribed"
    assert Consent.objects.filter(given=False, basis="api").count() == 1


@pytest.mark.parametrize("given", [{}, {"basis": "  "}, {**STATED, "double_opt_in": True}, {"basis": "x" * 151}])
def test_a_subscription_needs_a_basis_or_to_be_asked_for(crm: Any, path: str, given: dict[str, Any]) -> None:
    assert crm("PUT", path, given).status == 422
    assert not Subscription.objects.exists()


def test_people_and_bulletins_that_there_are_not_are_not_found(crm: Any, path: str) -> None:
    assert crm("PUT", f"/people/C-1/subscriptions/{uuid4()}", STATED).status == 404
    assert crm("PUT", path.replace("C-1", "C-2"), STATED).status == 404
    assert crm("DELETE", path.replace("C-1", "C-2")).status == 404


def test_a_suppressed_address_keeps_its_first_reason_and_can_be_asked_about(crm: Any) -> None:
    first = crm("POST", "/suppressions", {"email": "Ada@example.org", "reason": "complaint", "note": "by phone"})
    again = crm("POST", "/suppressions", {"email": "ada@example.org"})

    assert (first.body, again.body) == (
        {"outcome": "added", "reason": "complaint"},
        {"outcome": "unchanged", "reason": "complaint"},
    )
    found = crm("POST", "/suppressions/lookup", {"email": "ada@example.org"}).body
    assert (found["suppressed"], found["reason"]) == (True, "complaint")
    assert crm("POST", "/suppressions/lookup", {"email": "bob@example.org"}).body["suppressed"] is False
    assert "ada@" not in str(ModelLogEntry.objects.values_list("label", "data"))


@pytest.mark.parametrize(
    "given",
    [
        {"email": "no address"},
        {"email": "a@example.org", "note": "was b@example.org"},
        {"email": "a@example.org", "reason": "erased"},
    ],
)
def test_a_suppression_that_cannot_be_kept_is_refused(crm: Any, given: dict[str, Any]) -> None:
    assert crm("POST", "/suppressions", given).status == 422
    assert not Suppression.objects.exists()
