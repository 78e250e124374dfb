"""The address of an event's entry for a calendar."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import icalendar
import pytest
from django.test import Client

from composer.content import Event
from tests.factories import approve, edition_of, make_bulletin, make_content, make_issue, make_item

pytestmark = pytest.mark.django_db


def make_event(heading: str = "Open day", **fields: Any) -> Event:
    given: dict[str, Any] = {"key": str(uuid4()), "day": date(2026, 4, 14), "start": time(14), "zone": "Europe/Paris"}
    return Event(**{**given, "heading": heading, **fields})


def entry_path(event: Event) -> str:
    return f"/calendar/{event.key}.ics"


def approved(event: Event, *others: Any) -> UUID:
    key = make_issue(make_bulletin(), make_content("en", make_item(), event), *others)
    approve(key)
    return key


def summary(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    [entry] = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    return str(entry["summary"])


def test_an_approved_event_is_an_entry_for_a_calendar(client: Client) -> None:
    event = make_event()
    approved(event)
    response = client.get(entry_path(event))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="open-day.ics"'
    assert b"TZID=Europe/Paris:20260414T140000" in response.content
    assert f"UID:{event.key}@testserver".encode() in response.content.replace(b"\r\n ", b"")
    assert client.get(entry_path(event)).content == response.content


def test_an_event_that_nobody_approved_is_not_given_out(client: Client) -> None:
    event = make_event()
    key = make_issue(make_bulletin(), make_content("en", event))
    edition_of(key).save_revision().publish()
    response = client.get(entry_path(event))
    assert response.status_code == 404
    assert "This link doesn’t work" in response.content.decode()


def test_an_edit_shows_in_the_entry_once_it_is_approved(client: Client) -> None:
    event = make_event("As approved")
    key = approved(event)
    page = edition_of(key)
    page.body[0].value["items"][1].value["heading"] = "Edited"
    page.save_revision().publish()
    assert summary(client, entry_path(event)) == "As approved"
    approve(key)
    assert summary(client, entry_path(event)) == "Edited"


def test_an_event_that_was_taken_out_stays_for_those_who_have_the_letter(client: Client) -> None:
    event = make_event()
    key = approved(event)
    page = edition_of(key)
    page.body = page.body.stream_block.to_python([])
    page.save_revision()
    approve(key)
    assert summary(client, entry_path(event)) == "Open day"


def test_the_entry_speaks_the_language_of_the_address_else_the_readers(client: Client) -> None:
    event = make_event()
    chinese = make_event("开放日", key=event.key)
    approved(event, make_content("zh-hans", chinese))
    assert summary(client, entry_path(event), **{"accept-language": "zh-CN"}) == "开放日"
    assert summary(client, entry_path(event) + "?lang=en", **{"accept-language": "zh-CN"}) == "Open day"
    assert summary(client, entry_path(event) + "?lang=xx", **{"accept-language": "fr"}) == "Open day"


def test_who_knows_the_key_may_read_an_event_for_an_audience(client: Client) -> None:
    event = make_event(audience="members")
    approved(event)
    assert summary(client, entry_path(event)) == "Open day"


@pytest.mark.parametrize("fields", [{"calendar": False}])
def test_an_event_without_the_offer_has_no_entry(client: Client, fields: dict[str, Any]) -> None:
    event = make_event(**fields)
    approved(event)
    assert client.get(entry_path(event)).status_code == 404


def test_any_other_key_gets_the_neutral_page(client: Client) -> None:
    story = make_item()
    approved(make_event(), make_content("zh-hans", story))
    for key in (story.key, uuid4()):
        response = client.get(f"/calendar/{key}.ics")
        assert response.status_code == 404
        assert "This link doesn’t work" in response.content.decode()
    assert client.get("/calendar/nonsense.ics").status_code == 404
    assert client.post(f"/calendar/{story.key}.ics").status_code == 405
