"""People, kept in step by another system."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import date
from typing import Any

import pytest
from wagtail.models import ModelLogEntry

from subscribers.addresses import address_hash
from subscribers.models import (
    Affiliation,
    CustomField,
    Organisation,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)
from subscribers.suppression import suppress
from tests.factories import make_bulletin, make_subscriber

pytestmark = pytest.mark.django_db

MEMBER = {"role": "network-member"}
FOCAL = {"role": "national-focal-point", "country": "KE", "since": "2026-01-01"}


def test_somebody_new_is_added_and_the_same_again_changes_nothing(crm: Any) -> None:
    first = crm("PUT", "/people/C-1", {"email": "Ada@Example.org", "name": "Ada"})
    again = crm("PUT", "/people/C-1", {"email": "ada@example.org", "name": "Ada"})

    assert (first.status, first.body["outcome"]) == (200, "created"), first.body
    assert (again.status, again.body["outcome"], again.body["fields"]) == (200, "unchanged", [])
    assert Subscriber.objects.get(external_id="C-1").email == "ada@example.org"


def test_all_that_is_given_comes_back_as_it_was_given(crm: Any) -> None:
    body = Organisation.objects.create(name="Ministry", kind="government", external_id="O-1")
    for key, kind in (("level", "number"), ("joined", "date"), ("speaks", "boolean"), ("shirt", "choice")):
        CustomField.objects.create(key=key, label=key, kind=kind, choices=["S", "M"] if kind == "choice" else [])
    Topic.objects.create(slug="food", names={"en": "Food"})
    given = {
        "email": "ada@example.org",
        "name": "Ada 张",
        "language": "zh-hans",
        "country": "KE",
        "organisation": {"external_id": "O-1"},
        "custom": {"level": 3, "joined": "2026-03-05", "speaks": True, "shirt": "M"},
        "topics": ["food"],
        "affiliations": [{**FOCAL, "programme": "tourism", "organisation": {"id": body.pk}, "until": "2026-12-31"}],
    }

    assert crm("PUT", "/people/C-1", given).status == 200
    read = crm("GET", "/people/C-1").body

    named = {"id": body.pk, "external_id": "O-1", "name": "Ministry"}
    assert {name: read[name] for name in given} == {
        **given,
        "organisation": named,
        "affiliations": [{**given["affiliations"][0], "organisation": named}],  # type: ignore[index]
    }
    assert crm("PUT", "/people/C-1", given).body["outcome"] == "unchanged"


def test_what_is_left_out_stays_and_null_takes_out(crm: Any) -> None:
    body = Organisation.objects.create(name="Ministry", kind="government", external_id="O-1")
    CustomField.objects.create(key="level", label="Level", kind="number")
    CustomField.objects.create(key="note", label="Note", kind="text")
    crm(
        "PUT",
        "/people/C-1",
        {"email": "a@example.org", "name": "Ada", "organisation": {"id": body.pk}, "custom": {"level": 1, "note": "x"}},
    )

    told = crm("PUT", "/people/C-1", {"organisation": None, "custom": {"level": None}})

    assert told.body["fields"] == ["organisation", "custom"]
    person = Subscriber.objects.get()
    assert (person.name, person.organisation, person.custom) == ("Ada", None, {"note": "x"})


def test_affiliations_given_are_the_whole_set_unless_they_are_merged(crm: Any) -> None:
    crm("PUT", "/people/C-1", {"email": "a@example.org", "affiliations": [MEMBER, FOCAL]})

    crm("PUT", "/people/C-1", {"affiliations": [{"role": "partner"}], "merge_affiliations": True})
    merged = set(Affiliation.objects.values_list("role", flat=True))
    crm("PUT", "/people/C-1", {"affiliations": [{**FOCAL, "until": "2026-06-30"}]})

    assert merged == {"network-member", "national-focal-point", "partner"}
    held = Affiliation.objects.get()
    assert (held.role, held.until) == ("national-focal-point", date(2026, 6, 30))


def test_a_person_found_by_address_takes_the_number_and_keeps_what_they_take(crm: Any) -> None:
    person = make_subscriber(make_bulletin(), email="ada@example.org", name="Ada")

    told = crm("PUT", "/people/C-1", {"email": "ADA@example.org"})

    assert (told.body["outcome"], told.body["fields"], told.body["id"]) == ("changed", ["external_id"], person.pk)
    assert Subscription.objects.get().state == "active"


@pytest.mark.parametrize(
    ("path", "email", "where", "words"),
    [
        ("C-1", "b@example.org", "email", "The address belongs to another person here, who has number “C-2”"),
        ("C-1", "c@example.org", "email", "The address belongs to another person here, who has no number yet"),
        ("C-9", "a@example.org", "external_id", "The person with this address has the number “C-1” here"),
    ],
)
def test_a_number_and_an_address_of_different_people_conflict(
    crm: Any, path: str, email: str, where: str, words: str
) -> None:
    make_subscriber(email="a@example.org", external_id="C-1")
    make_subscriber(email="b@example.org", external_id="C-2")
    make_subscriber(email="c@example.org")

    told = crm("PUT", f"/people/{path}", {"email": email, "name": "Somebody else"})

    assert (told.status, told.headers["Content-Type"]) == (409, "application/problem+json")
    assert words in told.body["detail"]
    assert told.body["errors"][0]["where"] == where
    assert not Subscriber.objects.filter(name="Somebody else").exists()


@pytest.mark.parametrize(
    ("given", "where", "words"),
    [
        ({}, "email", "Nobody has the number “C-1”; to add them, give their email."),
        ({"email": "no address"}, "email", "@"),
        ({"email": "a@example.org", "name": "Two\nlines"}, "name", "One line only"),
        ({"email": "a@example.org", "nmae": "Ada"}, "nmae", "There is no such field"),
        ({"email": "a@example.org", "name": "A" * 201}, "name", "It takes at most 200 characters"),
        ({"email": "a@example.org", "custom": {"shirt": []}}, "custom › shirt", "It takes a text, a number, true or"),
        ({"email": "a@example.org", "custom": {"shirt": "S" * 501}}, "custom › shirt", "at most 500 characters"),
        ({"email": "a@example.org", "topics": ["food"] * 101}, "topics", "It takes at most 100"),
        ({"email": "a@example.org", "topics": ["fo od"]}, "topics › 1", "It takes a short name"),
        (
            {"email": "a@example.org", "affiliations": [{**MEMBER, "programme": "x"}]},
            "affiliations › 1 › programme",
            "one of 'public",
        ),
        (
            {"email": "a@example.org", "affiliations": [{**MEMBER, "since": "May"}]},
            "affiliations › 1 › since",
            "a day such as",
        ),
        ({"email": "a@example.org", "affiliations": [{}]}, "affiliations › 1 › role", "It is needed"),
        ({"email": "a@example.org", "country": "XX"}, "country", "ISO 3166-1"),
        ({"email": "a@example.org", "language": "English"}, "language", "such as en or zh-hans"),
        ({"email": "a@example.org", "topics": ["food"]}, "topics", "There is no topic “food”."),
        ({"email": "a@example.org", "custom": {"level": 1}}, "custom › level", "There is no custom field “level”."),
        ({"email": "a@example.org", "custom": {"shirt": "XL"}}, "custom › shirt", "“XL” is none of S, M."),
        ({"email": "a@example.org", "organisation": {"external_id": "O-9"}}, "organisation", "number “O-9”"),
        ({"email": "a@example.org", "organisation": {}}, "organisation", "external_id or"),
        ({"email": "a@example.org", "affiliations": [{"role": "king"}]}, "affiliations › 1 › role", "network-member"),
        ({"email": "a@example.org", "affiliations": [MEMBER, MEMBER]}, "affiliations › 2", "given twice"),
        (
            {"email": "a@example.org", "affiliations": [{**FOCAL, "until": "2025-01-01"}]},
            "affiliations › 1",
            "It ends before it begins.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place_and_nothing_is_kept(
    crm: Any, given: dict[str, Any], where: str, words: str
) -> None:
    CustomField.objects.create(key="shirt", label="Shirt", kind="choice", choices=["S", "M"])

    told = crm("PUT", "/people/C-1", given)

    assert (told.status, told.body["status"], told.headers["Content-Type"]) == (422, 422, "application/problem+json")
    assert told.body["type"] == "http://testserver/api/v1/docs#invalid"
    assert (told.body["errors"][0]["where"], words in told.body["errors"][0]["problem"]) == (where, True), told.body
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"custom": {"a": NaN}}', b"[" * 100_000, b'{"name": "\\ud800"}'])
def test_a_body_that_is_no_json_is_refused(crm: Any, body: bytes) -> None:
    assert crm("PUT", "/people/C-1", body).status in {400, 422}


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00x"])
def test_characters_that_the_database_cannot_keep_are_refused(crm: Any, text: str) -> None:
    told = crm("PUT", "/segments/s", f'{{"name": "S", "rule": {{"segment": "{text}"}}}}'.encode())

    assert (told.status, "can’t be kept" in told.body["detail"]) == (422, True)


def test_a_body_that_is_too_large_is_refused(crm: Any) -> None:
    told = crm("POST", "/people/batch", b" " * 3_000_000)

    assert (told.status, "send it in several parts" in told.body["detail"]) == (413, True)


def test_an_erased_address_is_not_taken_in_again(crm: Any) -> None:
    crm("PUT", "/people/C-1", {"email": "ada@example.org"})
    erased = crm("DELETE", "/people/C-1")

    told = crm("PUT", "/people/C-1", {"email": "ada@example.org"})
    other = crm("PUT", "/people/C-2", {"email": "bob@example.org"})
    moved = crm("PUT", "/people/C-2", {"email": "ada@example.org"})

    assert (erased.status, erased.body["outcome"]) == (200, "erased")
    assert (other.status, told.status, moved.status) == (200, 409, 409)
    assert "asked to be erased" in told.body["detail"]
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["bob@example.org"]


def test_erasing_leaves_the_hash_alone_and_a_second_time_finds_nobody(crm: Any) -> None:
    make_subscriber(make_bulletin(), email="ada@example.org", external_id="C-1")

    assert crm("DELETE", "/people/C-1").status == 200
    assert crm("DELETE", "/people/C-1").status == 404
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"
    entry = ModelLogEntry.objects.filter(action="circular.api").get()
    assert (entry.label, entry.message) == ("CRM", "Changed by the system “CRM”: erased a person")


def test_a_suppression_goes_with_the_person_to_a_new_address_but_a_bounce_does_not(crm: Any) -> None:
    for number, reason in ((1, "complaint"), (2, "hard-bounce")):
        crm("PUT", f"/people/C-{number}", {"email": f"old{number}@example.org"})
        suppress(address_hash(f"old{number}@example.org"), Suppression.Reason(reason))

    first, second = (crm("PUT", f"/people/C-{n}", {"email": f"new{n}@example.org"}).body for n in (1, 2))

    assert (first["suppressed"], second["suppressed"]) == ("complaint", "")


def test_a_person_who_is_suppressed_is_kept_in_step_and_the_answer_says_so(crm: Any) -> None:
    suppress(address_hash("ada@example.org"), Suppression.Reason.COMPLAINT)

    told = crm("PUT", "/people/C-1", {"email": "ada@example.org"})
    again = crm("PUT", "/people/C-1", {"email": "ada@example.org"})

    assert (told.body["outcome"], told.body["suppressed"]) == ("created", "complaint")
    assert (again.body["outcome"], again.body["suppressed"]) == ("unchanged", "complaint")


def test_a_batch_takes_in_each_person_as_a_whole_or_not_at_all(crm: Any) -> None:
    make_subscriber(email="same@example.org", external_id="C-3", name="Same")
    make_subscriber(email="old@example.org", external_id="C-4", name="Old")
    people = [
        {"external_id": "C-1", "email": "one@example.org"},
        {"external_id": "C-2", "email": "two@example.org", "name": "Two", "topics": ["no-such"]},
        {"external_id": "C-3", "email": "same@example.org", "name": "Same"},
        {"external_id": "C-4", "name": "New", "affiliations": [MEMBER]},
        {"external_id": "C-5", "email": "one@example.org"},
        {"external_id": "C-1", "name": "One again"},
    ]

    told = crm("POST", "/people/batch", {"people": people})

    assert told.status == 200, told.body
    assert [each["outcome"] for each in told.body["results"]] == [
        "created", "refused", "unchanged", "changed", "refused", "changed",
    ]  # fmt: skip
    assert {name: told.body[name] for name in ("created", "changed", "unchanged", "refused")} == {
        "created": 1,
        "changed": 2,
        "unchanged": 1,
        "refused": 2,
    }
    assert told.body["results"][1]["where"] == "topics"
    assert "has the number “C-1”" in told.body["results"][4]["problem"]
    assert not Subscriber.objects.filter(email="two@example.org").exists()
    assert Subscriber.objects.get(external_id="C-1").name == "One again"


ILL_FORMED: list[tuple[Any, str, str, str]] = [
    ({"external_id": "C-2", "affiliations": [{"role": "king"}]}, "C-2", "affiliations › 1 › role", "It takes one of"),
    ({"external_id": "C-2", "country": "ZZ"}, "C-2", "country", "ISO 3166-1"),
    ({"external_id": "C-2", "name": "Two\nlines"}, "C-2", "name", "One line only"),
    ({"external_id": "C-2", "name": "A" * 201}, "C-2", "name", "at most 200 characters"),
    ({"external_id": "C-2", "name": "\0"}, "C-2", "", "can’t be kept"),
    ({"external_id": "C-2", "nmae": "Two"}, "C-2", "nmae", "There is no such field"),
    ({"external_id": "C-2", "organisation": {}}, "C-2", "organisation", "external_id or by id"),
    ({"external_id": "C/2"}, "C/2", "external_id", "No slash"),
    ({"external_id": 2}, "", "external_id", "It takes a text"),
    ({"external_id": "two\nlines"}, "", "external_id", "no line breaks"),
    ({"email": "two@example.org"}, "", "external_id", "It is needed"),
    ("C-2", "", "", "It takes an object"),
    (None, "", "", "It takes an object"),
]


@pytest.mark.parametrize(("ill_formed", "number", "where", "words"), ILL_FORMED)
def test_somebody_ill_formed_in_a_batch_stops_no_other(
    crm: Any, ill_formed: Any, number: str, where: str, words: str
) -> None:
    people = [
        {"external_id": "C-1", "email": "one@example.org"},
        ill_formed,
        {"external_id": "C-3", "email": "three@example.org"},
    ]

    told = crm("POST", "/people/batch", {"people": people}, Idempotency_Key="k-1")
    again = crm("POST", "/people/batch", {"people": people}, Idempotency_Key="k-1")

    assert told.status == 200, told.body
    assert [each["outcome"] for each in told.body["results"]] == ["created", "refused", "created"]
    refused = told.body["results"][1]
    assert (refused["external_id"], refused["where"]) == (number, where)
    assert words in refused["problem"]
    assert refused["problem"].endswith(".")
    assert (told.body["created"], told.body["refused"]) == (2, 1)
    assert again.body == told.body
    assert set(Subscriber.objects.values_list("external_id", flat=True)) == {"C-1", "C-3"}


def test_a_batch_of_the_ill_formed_alone_is_answered_one_by_one(crm: Any) -> None:
    told = crm("POST", "/people/batch", {"people": [None, {"external_id": 2}]})

    assert (told.status, told.body["refused"]) == (200, 2)


@pytest.mark.parametrize("body", [{}, {"people": []}, {"people": {}}, {"people": None}, {"people": [{}], "x": 1}, []])
def test_what_is_no_batch_is_refused_as_a_whole(crm: Any, body: Any) -> None:
    assert crm("POST", "/people/batch", body).status == 422


@pytest.mark.parametrize("body", [b'{"email": "a@b.org", "email": "c@d.org"}', b'{"custom": {"a": 1, "a": 2}}'])
def test_a_key_given_twice_is_refused(crm: Any, body: bytes) -> None:
    told = crm("PUT", "/people/C-1", body)

    assert (told.status, told.headers["Content-Type"]) == (400, "application/problem+json")
    assert "twice" in told.body["detail"]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B00:01"]
)
def test_a_moment_that_has_no_year_in_utc_is_refused(crm: Any, moment: str) -> None:
    told = crm("GET", f"/people?changed_since={moment}")
    cursor = urlsafe_b64encode(f"{moment.replace('%2B', '+')} 1".encode()).decode().rstrip("=")
    after = crm("GET", f"/people?after={cursor}")

    assert (told.status, told.body["errors"][0]["where"]) == (422, "changed_since")
    assert (after.status, after.body["errors"][0]["where"]) == (422, "after")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59"])
def test_the_first_and_the_last_moments_can_be_asked_for(crm: Any, moment: str) -> None:
    assert crm("GET", f"/people?changed_since={moment}").status == 200


def test_the_first_and_the_last_days_can_be_held(crm: Any) -> None:
    held = {**MEMBER, "since": "0001-01-01", "until": "9999-12-31"}
    crm("PUT", "/people/C-1", {"email": "a@example.org", "affiliations": [held]})

    [read] = crm("GET", "/people/C-1").body["affiliations"]
    assert (read["since"], read["until"]) == ("0001-01-01", "9999-12-31")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("PATCH", "/people/C-1", 405, "DELETE, GET, PUT"),
        ("POST", "/people", 405, "GET"),
        ("GET", "/people/batch/", 404, None),
        ("GET", "/people/a%2Fb", 404, None),
        ("GET", "/people/../x", 404, None),
        ("PUT", "/people/", 404, None),
        ("GET", "/..", 404, None),
        ("GET", "/people/..", 422, None),
        ("GET", "/people/%0A", 422, None),
    ],
)
def test_what_is_no_address_or_takes_no_such_method_is_told_as_a_problem(
    crm: Any, method: str, path: str, status: int, allow: str | None
) -> None:
    told = crm(method, path)

    assert (told.status, told.headers["Content-Type"]) == (status, "application/problem+json")
    assert (told.body["status"], told.headers.get("Allow")) == (status, allow)


def test_what_was_refused_in_a_batch_leaves_no_trace_in_what_follows(crm: Any) -> None:
    make_subscriber(email="ada@example.org", external_id="C-1", name="Ada")

    people = [
        {"external_id": "C-1", "name": "Wrong", "topics": ["no-such"]},
        {"external_id": "C-1", "country": "KE"},
    ]
    crm("POST", "/people/batch", {"people": people})

    person = Subscriber.objects.get()
    assert (person.name, person.country) == ("Ada", "KE")


def test_a_batch_of_more_than_a_thousand_is_refused(crm: Any) -> None:
    people = [{"external_id": f"C-{number}"} for number in range(1001)]

    assert crm("POST", "/people/batch", {"people": people}).status == 422


def test_a_batch_costs_a_fixed_number_of_queries_where_nothing_changes(
    crm: Any, django_assert_max_num_queries: Any
) -> None:
    people = [{"external_id": f"C-{n}", "email": f"p{n}@example.org", "name": f"P {n}"} for n in range(200)]
    crm("POST", "/people/batch", {"people": people})

    with django_assert_max_num_queries(430):  # two for each savepoint, some for the rest
        told = crm("POST", "/people/batch", {"people": people})

    assert told.body["unchanged"] == 200


def test_pages_of_a_list_have_everybody_once_in_the_order_of_change(crm: Any) -> None:
    for number in range(7):
        crm("PUT", f"/people/C-{number}", {"email": f"p{number}@example.org"})
    crm("PUT", "/people/C-2", {"name": "Changed last"})

    found, after = [], None
    while True:
        told = crm("GET", "/people?limit=3" + (f"&after={after}" if after else ""))
        found += [person["external_id"] for person in told.body["people"]]
        after = told.body["next"]
        if after is None:
            break

    assert found == ["C-0", "C-1", "C-3", "C-4", "C-5", "C-6", "C-2"]


def test_a_list_can_be_of_those_who_changed_since_and_of_a_segment(crm: Any) -> None:
    crm("PUT", "/people/C-1", {"email": "a@example.org", "country": "KE"})
    middle = crm("GET", "/people/C-1").body["changed_at"].replace("+00:00", "Z")
    crm("PUT", "/people/C-2", {"email": "b@example.org", "country": "FR"})
    crm("PUT", "/segments/kenya", {"name": "Kenya", "rule": {"field": "country", "in": ["KE"]}})

    def numbers(query: str) -> list[str]:
        return [person["external_id"] for person in crm("GET", f"/people?{query}").body["people"]]

    assert numbers("segment=kenya") == ["C-1"]
    assert numbers(f"changed_since={middle}") == ["C-1", "C-2"]
    assert numbers("changed_since=2100-01-01T00:00:00Z") == []
    assert crm("GET", "/people?segment=nowhere").status == 404
    assert crm("GET", "/people?after=xyz").status == 422


def test_a_person_is_found_by_address(crm: Any) -> None:
    make_subscriber(email="ada@example.org", external_id="C-1")

    assert crm("POST", "/people/lookup", {"email": "ADA@example.org "}).body["external_id"] == "C-1"
    assert crm("POST", "/people/lookup", {"email": "bob@example.org"}).status == 404


def test_every_write_is_in_the_audit_log_with_the_name_of_the_token(crm: Any) -> None:
    crm("PUT", "/people/C-1", {"email": "a@example.org"})
    crm("PUT", "/people/C-1", {"name": "Ada"})
    crm("PUT", "/people/C-1", {"name": "Ada"})

    entries = [entry.message for entry in ModelLogEntry.objects.order_by("timestamp", "pk")]
    assert entries == ["Added by the system “CRM”", "Changed by the system “CRM”: name"]


def test_numbers_may_hold_what_people_put_into_them(crm: Any) -> None:
    for number in ("A%20%231", "%E5%BC%A0-1", "a@b", "%7B0F%7D"):
        assert crm("PUT", f"/people/{number}", {"email": f"x{abs(hash(number))}@example.org"}).status == 200, number
        assert crm("GET", f"/people/{number}").status == 200
