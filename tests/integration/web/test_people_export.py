"""Taking people out of the directory: what the list shows or a segment holds, by whoever may, and written down."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from subscribers.importing.runs import fields
from subscribers.models import Affiliation, CustomField, Interest, Organisation, Role, Subscriber, Topic
from tests.factories import make_bulletin, make_segment, make_subscriber, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def body(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def as_rows(response: Any) -> list[dict[str, str]]:
    data = body(response)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def as_sheet(response: Any) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(body(response)), read_only=True)
    return [tuple(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def listed(kind: str = "csv", query: str = "") -> str:
    return reverse("circular_people_export", args=[kind]) + query


def person() -> Subscriber:
    body = Organisation.objects.create(name="Ministry; of | Things", kind="government", country="KE", tier="full")
    CustomField.objects.create(key="seat", label="Seat", kind="boolean")
    ada = make_subscriber(
        make_bulletin(),
        email="ada@example.org",
        name="林静",
        country="CN",
        organisation=body,
        custom={"seat": True},
    )
    Affiliation.objects.create(
        subscriber=ada, role=Role.NETWORK_MEMBER, organisation=body, country="KE", since=date(2024, 1, 2)
    )
    Affiliation.objects.create(subscriber=ada, role=Role.PARTNER)
    Interest.objects.create(subscriber=ada, topic=Topic.objects.create(slug="repair", names={"en": "Repair"}))
    return ada


def test_a_row_has_all_that_the_directory_knows_of_a_person(desk: Client) -> None:
    person()
    (row,) = as_rows(desk.get(listed()))
    assert row["email"] == "ada@example.org"
    assert (row["name"], row["country"], row["organisation"]) == ("林静", "CN", "Ministry; of | Things")
    assert row["affiliations"].startswith(r"network-member |  | Ministry\; of \| Things | KE | 2024-01-02; partner")
    assert (row["topics"], row["custom.seat"]) == ("repair", "yes")
    assert row["subscriptions"] == "Procurement Notes: active"


def test_the_file_has_what_the_filtered_and_searched_list_shows(desk: Client) -> None:
    for name, country, language in (
        ("Ada", "KE", "en"),
        ("Adam", "KE", "fr"),
        ("Eve", "KE", "en"),
        ("Ada", "FR", "en"),
    ):
        make_subscriber(name=name, country=country, language=language)
    found = as_rows(desk.get(listed(query="?country=KE&language=en&q=ada")))
    assert [(row["name"], row["country"], row["language"]) for row in found] == [("Ada", "KE", "en")]
    assert len(as_rows(desk.get(listed()))) == 4


def test_the_file_is_named_with_the_date_and_no_cache_keeps_it(desk: Client) -> None:
    response = desk.get(listed("xlsx"))
    assert f"subscribers-{datetime.now(UTC):%Y-%m-%d}.xlsx" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    response.close()


def test_a_name_that_a_spreadsheet_would_take_for_a_formula_is_harmless(desk: Client) -> None:
    make_subscriber(name="=cmd|'/c calc'!A1", email="ada@example.org")
    (row,) = as_rows(desk.get(listed()))
    assert row["name"] == "'=cmd|'/c calc'!A1"
    header, values = as_sheet(desk.get(listed("xlsx")))
    assert values[header.index("name")] == "'=cmd|'/c calc'!A1"
    book = openpyxl.load_workbook(io.BytesIO(body(desk.get(listed("xlsx")))))
    assert book.worksheets[0].cell(2, header.index("name") + 1).data_type == "s"


def test_a_segment_is_exported_with_those_who_belong_to_it_now(desk: Client) -> None:
    make_subscriber(country="KE", email="in@example.org")
    make_subscriber(country="FR", email="out@example.org")
    segment = make_segment("kenya", {"field": "country", "in": ["KE"]}, name="Kenya & friends")
    response = desk.get(reverse("circular_segment_export", args=[segment.pk, "csv"]))
    assert "kenya-friends-" in response["Content-Disposition"]
    assert [row["email"] for row in as_rows(response)] == ["in@example.org"]
    entry = ModelLogEntry.objects.for_instance(segment).get(action="circular.people_export")
    assert entry.message == "Exported 1 subscriber as CSV"


def test_who_exported_how_many_stands_in_the_audit_log(desk: Client) -> None:
    make_subscriber(country="KE")
    make_subscriber(country="FR")
    body(desk.get(listed("csv", "?country=KE")))
    entry = ModelLogEntry.objects.get(action="circular.people_export")
    assert entry.user is not None
    assert entry.user.get_username() == "editor"
    assert entry.message == "Exported 1 subscriber as CSV (Country: Kenya)"
    assert entry.label == "Subscribers"


def test_asking_for_the_head_alone_exports_nothing(desk: Client) -> None:
    make_subscriber()
    assert desk.head(listed()).status_code == 200
    assert not ModelLogEntry.objects.filter(action="circular.people_export").exists()


def test_a_format_that_is_none_is_not_found(desk: Client) -> None:
    assert desk.get(listed("exe")).status_code == 404
    assert desk.get(reverse("circular_people_template", args=["pdf"])).status_code == 404


def test_filters_that_make_no_sense_export_nobody(desk: Client) -> None:
    make_subscriber()
    response = desk.get(listed(query="?country=Atlantis"))
    assert as_rows(response) == []


def test_one_exports_only_with_the_permission_to(client: Client) -> None:
    group = Group.objects.create(name="Readers")
    group.permissions.add(*Permission.objects.filter(codename__in=("access_admin", "view_subscriber", "view_segment")))
    user = make_user("reader", superuser=False)
    user.groups.add(group)
    segment = make_segment()
    client.force_login(user)
    addresses = [listed(), reverse("circular_segment_export", args=[segment.pk, "csv"])]
    assert [client.get(address).status_code for address in addresses] == [403, 403]
    assert listed() not in client.get(reverse("circular_subscribers:index")).content.decode()
    group.permissions.add(Permission.objects.get(codename="export_subscriber"))
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    assert listed() in client.get(reverse("circular_subscribers:index")).content.decode()


def test_the_list_and_a_segment_offer_their_files(desk: Client) -> None:
    make_subscriber(country="KE")
    segment = make_segment()
    page = desk.get(reverse("circular_subscribers:index") + "?country=KE").content.decode()
    assert listed("xlsx", "?country=KE") in page
    page = desk.get(reverse("circular_segments:inspect", args=[segment.pk])).content.decode()
    assert reverse("circular_segment_export", args=[segment.pk, "xlsx"]) in page


def test_thirty_people_cost_as_many_queries_as_two(desk: Client) -> None:
    for number in range(2):
        make_subscriber(role=Role.PARTNER, email=f"n{number}@example.org")
    desk.get(listed())  # what is looked up once in a process is known from here on
    with CaptureQueriesContext(connection) as of_two:
        assert len(as_rows(desk.get(listed()))) == 2
    for number in range(2, 30):
        make_subscriber(role=Role.PARTNER, email=f"n{number}@example.org")
    with CaptureQueriesContext(connection) as of_thirty:
        assert len(as_rows(desk.get(listed()))) == 30
    assert len(of_thirty) == len(of_two) > 0


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_has_a_column_for_every_field_and_nobody_in_it(desk: Client, kind: str) -> None:
    CustomField.objects.create(key="seat", label="Seat", kind="boolean")
    response = desk.get(reverse("circular_people_template", args=[kind]))
    rows = (
        as_sheet(response)
        if kind == "xlsx"
        else [tuple(row) for row in csv.reader(io.StringIO(body(response).decode("utf-8-sig")))]
    )
    assert len(rows) == 1
    assert len(rows[0]) == len(fields()) - 1  # all but the cell with every role in it
    assert rows[0][0] == "Address"
    assert "Seat" in rows[0]
