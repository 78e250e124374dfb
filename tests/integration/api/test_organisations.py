"""Organisations, kept in step by another system."""

from __future__ import annotations

from typing import Any

import pytest

from subscribers.models import Organisation

pytestmark = pytest.mark.django_db

MINISTRY = {"name": "Ministry of Trade", "kind": "government", "country": "KE", "tier": "full"}


def test_an_organisation_is_added_and_the_same_again_changes_nothing(crm: Any) -> None:
    first, again = crm("PUT", "/organisations/O-1", MINISTRY), crm("PUT", "/organisations/O-1", MINISTRY)
    changed = crm("PUT", "/organisations/O-1", {"tier": ""})

    assert [told.body["outcome"] for told in (first, again, changed)] == ["created", "unchanged", "changed"]
    assert changed.body["fields"] == ["tier"]
    assert crm("GET", "/organisations/O-1").body == {
        **MINISTRY,
        "tier": "",
        "external_id": "O-1",
        "id": Organisation.objects.get().pk,
    }


def test_a_namesake_without_a_number_takes_it_where_it_is_the_only_one(crm: Any) -> None:
    Organisation.objects.create(name="ministry of trade", kind="business")
    for _time in range(2):
        Organisation.objects.create(name="Council", kind="un")

    taken = crm("PUT", "/organisations/O-1", MINISTRY)
    new = crm("PUT", "/organisations/O-2", {"name": "Council", "kind": "un"})

    assert (taken.body["outcome"], new.body["outcome"]) == ("changed", "created")
    assert Organisation.objects.get(external_id="O-1").kind == "government"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "give its name and kind"),
        ({"name": "X"}, "give its kind"),
        ({"name": "X", "kind": "sect"}, "kind: It takes one of"),
        ({"name": "A\nB", "kind": "un"}, "One line only"),
        ({"name": "X", "kind": "un", "country": "ZZ"}, "ISO 3166-1"),
    ],
)
def test_what_cannot_be_used_is_refused(crm: Any, given: dict[str, Any], words: str) -> None:
    told = crm("PUT", "/organisations/O-1", given)

    assert (told.status, words in told.body["detail"]) == (422, True), told.body
    assert not Organisation.objects.exists()


def test_a_list_goes_on_where_the_page_before_ended(crm: Any) -> None:
    for number in range(5):
        crm("PUT", f"/organisations/O-{number}", {"name": f"Body {number}", "kind": "un"})

    first = crm("GET", "/organisations?limit=3").body
    second = crm("GET", f"/organisations?limit=3&after={first['next']}").body

    names = [body["external_id"] for page in (first, second) for body in page["organisations"]]
    assert (names, second["next"]) == ([f"O-{number}" for number in range(5)], None)
    assert crm("GET", "/organisations/O-9").status == 404
