"""Sending later and in parts, on the desk: what a form says becomes a schedule, a sample, two subjects; and asks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from dispatch import schedules
from dispatch.claim import database_now
from dispatch.models import Delivery, Dispatch, Schedule
from dispatch.options import Sample
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_dispatch,
    make_issue,
    make_segment,
    make_subscriber,
    make_user,
)
from web.desk.ways import Ways, options_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    for module in ("web.desk.sending", "web.desk.schedules", "web.operations.waves", "web.operations.again"):
        monkeypatch.setattr(f"{module}.ring", lambda _dispatch_id: True)
    monkeypatch.setattr("dispatch.schedules.ring", lambda _dispatch_id: True)
    client.force_login(make_user())
    return client


@pytest.fixture
def issue() -> UUID:
    bulletin = make_bulletin("en")
    for _person in range(8):
        make_subscriber(bulletin, country="KE")
    key = make_issue(bulletin)
    approve(key)
    make_segment()
    return key


def confirmation(desk: Client, key: UUID) -> dict[str, str]:
    response = desk.get(reverse("circular_issue_send", args=[key]), {"segment": "everyone"})
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def sent(desk: Client, key: UUID, **said: str) -> Any:
    return desk.post(reverse("circular_issue_send", args=[key]), confirmation(desk, key) | said)


def later(**said: str) -> dict[str, str]:
    day = database_now() + timedelta(days=30)
    return {"when": "later", "day": f"{day:%Y-%m-%d}", "time": "09:30", "zone": "Africa/Nairobi", "grace": "15"} | said


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_time_makes_a_schedule_and_no_dispatch(desk: Client, issue: UUID) -> None:
    response = sent(desk, issue, **later())
    kept = Schedule.objects.get()
    assert response["Location"] == reverse("circular_schedule", args=[kept.pk])
    assert not Dispatch.objects.exists()
    assert (kept.at.hour, kept.at.minute) == (6, 30)
    assert (kept.time_zone, kept.grace, kept.state) == ("Africa/Nairobi", timedelta(minutes=15), "waiting")
    assert ModelLogEntry.objects.filter(action="circular.schedule.make").count() == 1
    page = text(desk.get(response["Location"]))
    assert "6:30" in page, "the time in UTC"
    assert "Kenya" not in page, "its zone is the schedule's own"


def test_no_two_fields_of_the_form_have_one_name(desk: Client, issue: UUID) -> None:
    page = text(desk.get(reverse("circular_issue_send", args=[issue]), {"segment": "everyone"}))
    form = page[page.index('class="circ-confirm"') :]
    named = re.findall(r'<(?:input(?! type="radio")|select)[^>]* name="([^"]+)"', form[: form.index("</form>")])
    assert {"size", "share", "day", "zone"} <= set(named)
    assert len(named) == len(set(named))


def test_a_second_click_makes_one_schedule(desk: Client, issue: UUID) -> None:
    fields = confirmation(desk, issue) | later()
    url = reverse("circular_issue_send", args=[issue])
    assert desk.post(url, fields)["Location"] == desk.post(url, fields)["Location"]
    assert Schedule.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"day": "2027-03-28", "time": "02:30", "zone": "Europe/Paris"}, "there is no 02:30 in Europe/Paris"),
        ({"zone": "Mars/Olympus"}, "There is no time zone “Mars/Olympus”"),
        ({"day": ""}, "Say the day and the time"),
        ({"day": "2020-01-01"}, "That time has passed"),
        ({"day": "2199-01-01"}, "more than a year"),
        ({"day": "9999-12-31", "time": "23:59", "zone": "America/New_York"}, "more than a year"),
        ({"day": "0001-01-01", "time": "00:00", "zone": "Asia/Shanghai"}, "That time has passed"),
        ({"when": "local", "day": "9999-12-31", "time": "23:59"}, "more than a year"),
        ({"when": "local", "day": "0001-01-01", "time": "00:00"}, "That time has passed"),
        ({"grace": "100000"}, "incomplete"),
        ({"when": "whenever"}, "incomplete"),
    ],
)
def test_a_time_that_can_not_be_is_refused_and_the_form_keeps_what_it_had(
    desk: Client, issue: UUID, said: dict[str, str], words: str
) -> None:
    response = sent(desk, issue, **later(**said))
    assert response.status_code == 409
    assert words in text(response)
    assert response.context["ways"].time == said.get("time", "09:30")
    assert not Schedule.objects.exists()
    assert not Dispatch.objects.exists()


def test_a_time_that_comes_twice_is_the_first_and_it_is_said(desk: Client, issue: UUID) -> None:
    year = database_now().year + (database_now().month >= 10)
    last = max(day for day in range(25, 32) if datetime(year, 10, day, tzinfo=UTC).weekday() == 6)
    said = later(day=f"{year}-10-{last}", time="02:30", zone="Europe/Paris")
    response = sent(desk, issue, **said)
    assert (Schedule.objects.get().at.hour, Schedule.objects.get().at.minute) == (0, 30)
    assert "twice on that day" in text(desk.get(response["Location"]))


def test_sending_now_a_scheduled_issue_replaces_its_schedule(desk: Client, issue: UUID) -> None:
    sent(desk, issue, **later())
    page = text(desk.get(reverse("circular_issue_send", args=[issue]), {"segment": "everyone"}))
    assert "replaces that schedule" in page
    sent(desk, issue)
    assert Schedule.objects.get().state == "cancelled"
    assert Dispatch.objects.count() == 1


def test_a_page_that_knew_of_no_schedule_sends_nothing_beside_it(desk: Client, issue: UUID) -> None:
    fields = confirmation(desk, issue)
    sent(desk, issue, **later())
    response = desk.post(reverse("circular_issue_send", args=[issue]), fields)
    assert response.status_code == 409
    assert "meanwhile" in text(response)
    assert not Dispatch.objects.exists()
    assert Schedule.objects.get().state == "waiting"


def test_the_issue_and_the_operators_page_show_what_waits_and_what_asks(desk: Client, issue: UUID) -> None:
    sent(desk, issue, **later())
    places = [reverse("circular_issue", args=[issue]), reverse("circular_operations")]
    for place in places:
        assert "Scheduled" in text(desk.get(place))
    Schedule.objects.update(at=database_now() - timedelta(days=1))
    schedules.start_due()
    for place in places:
        page = text(desk.get(place))
        assert "Asks" in page
        assert "restored from a backup" in page


def test_editing_a_scheduled_issue_warns_and_its_schedule_says_it_will_ask(desk: Client, issue: UUID) -> None:
    page = edition_of(issue)
    editor = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert "This issue is scheduled" not in text(desk.get(editor))
    sent(desk, issue, **later())
    assert "This issue is scheduled for" in text(desk.get(editor))
    page.title = "Changed"
    page.save_revision()
    for place in (
        reverse("circular_issue", args=[issue]),
        reverse("circular_schedule", args=[Schedule.objects.get().pk]),
    ):
        assert "it will ask instead of leaving" in text(desk.get(place))


def test_what_asks_is_sent_moved_or_cancelled_and_who_is_late_is_told(desk: Client, issue: UUID) -> None:
    sent(desk, issue, **later())
    kept = Schedule.objects.get()
    Schedule.objects.update(at=database_now() - timedelta(days=1))
    schedules.start_due()
    assert "did not leave, and will not by itself" in text(desk.get(reverse("circular_schedule", args=[kept.pk])))
    desk.post(reverse("circular_schedule_move", args=[kept.pk]), later(time="11:00"))
    kept.refresh_from_db()
    assert (kept.state, kept.at.hour) == ("waiting", 8)
    response = desk.post(reverse("circular_schedule_send", args=[kept.pk]))
    assert response["Location"] == reverse("circular_dispatch", args=[Dispatch.objects.get().pk])
    for action in ("send", "cancel", "move"):
        response = desk.post(reverse(f"circular_schedule_{action}", args=[kept.pk]), later(), follow=True)
        assert "Too late: it was already sent." in text(response)
    assert Dispatch.objects.count() == 1


def test_cancelling_a_schedule_sends_nothing(desk: Client, issue: UUID) -> None:
    sent(desk, issue, **later())
    kept = Schedule.objects.get()
    desk.post(reverse("circular_schedule_cancel", args=[kept.pk]))
    kept.refresh_from_db()
    assert kept.state == "cancelled"
    assert "Too late: it was already cancelled." in text(
        desk.post(reverse("circular_schedule_send", args=[kept.pk]), follow=True)
    )
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize("action", ["send", "move", "cancel"])
def test_getting_an_action_of_a_schedule_does_nothing(desk: Client, issue: UUID, action: str) -> None:
    sent(desk, issue, **later())
    kept = Schedule.objects.get()
    assert desk.get(reverse(f"circular_schedule_{action}", args=[kept.pk])).status_code == 405
    assert not Dispatch.objects.exists()


# At readers' own hours


def test_each_readers_own_hour_waits_for_those_in_the_east(desk: Client, issue: UUID) -> None:
    sent(desk, issue, **later(when="local", late="next-day"))
    kept = Schedule.objects.get()
    assert (kept.at.hour, kept.at.minute) == (20, 30), "half past nine in Tonga is on the day before in UTC"
    assert kept.options["local"]["late"] == "next-day"
    Schedule.objects.update(at=database_now())
    schedules.start_due()
    assert {(due.hour, due.minute) for due in Delivery.objects.values_list("due_at", flat=True) if due} == {(6, 30)}


def test_where_the_day_has_begun_in_the_east_it_is_planned_at_once(desk: Client, issue: UUID) -> None:
    soon = database_now() + timedelta(hours=6)
    sent(desk, issue, **later(when="local", day=f"{soon:%Y-%m-%d}", time=f"{soon:%H:%M}", zone="UTC"))
    assert not Schedule.objects.exists()
    assert Dispatch.objects.count() == 1


# A sample, and two subjects


def test_a_sample_is_shown_with_how_it_did_and_the_rest_is_sent_once(desk: Client, issue: UUID) -> None:
    sent(desk, issue, sample="sample", share="2", unit="letters")
    dispatch = Dispatch.objects.get()
    Delivery.objects.filter(wave=0).update(state="accepted", due_at=None)
    place = reverse("circular_dispatch", args=[dispatch.pk])
    page = text(desk.get(place))
    assert "Of 2 letters: 2 accepted" in page
    assert "Send the rest: 6 letters" in page
    assert "send or cancel the rest" in text(desk.get(reverse("circular_operations")))
    first = desk.post(reverse("circular_dispatch_open_rest", args=[dispatch.pk]), follow=True)
    second = desk.post(reverse("circular_dispatch_open_rest", args=[dispatch.pk]), follow=True)
    third = desk.post(reverse("circular_dispatch_cancel_rest", args=[dispatch.pk]), follow=True)
    assert "The rest leaves." in text(first)
    assert all("already sent on its way" in text(late) for late in (second, third))
    assert ModelLogEntry.objects.filter(action="circular.dispatch.open").count() == 1


def test_two_subjects_show_their_counts_and_a_person_chooses(desk: Client, issue: UUID) -> None:
    said = {"sample": "subjects", "share": "25", "unit": "percent", "subject-en": "Another one", "decide": "person"}
    response = sent(desk, issue, **said)
    assert response.status_code == 302, response.context["refused"]
    dispatch = Dispatch.objects.get()
    page = text(desk.get(reverse("circular_dispatch", args=[dispatch.pk])))
    assert "Another one" in page
    assert "Too few to tell" in page
    refused = desk.post(reverse("circular_dispatch_open_rest", args=[dispatch.pk]), follow=True)
    assert "Say which subject" in text(refused)
    desk.post(reverse("circular_dispatch_open_rest", args=[dispatch.pk]), {"winner": "b"})
    dispatch.refresh_from_db()
    assert (dispatch.winner, dispatch.wave) == ("b", 1)
    assert "chosen for the rest" in text(desk.get(reverse("circular_dispatch", args=[dispatch.pk])))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"share": "60"}, "number from 0.1 to 50"),
        ({"share": "many"}, "number from 0.1 to 50"),
        ({"share": "nan"}, "number from 0.1 to 50"),
        ({"share": "1,000"}, "number from 0.1 to 50"),
        ({"share": "٥"}, "number from 0.1 to 50"),
        ({"share": "1e1"}, "number from 0.1 to 50"),
        ({"unit": "letters", "share": "2.5"}, "whole number from 1 to 1,000,000"),
        ({"unit": "letters", "share": "1,00"}, "whole number from 1 to 1,000,000"),
        ({"unit": "letters", "share": "1.000,000"}, "whole number from 1 to 1,000,000"),
        ({"unit": "letters", "share": "٥"}, "whole number from 1 to 1,000,000"),
        ({"unit": "people"}, "incomplete"),
        ({"sample": "subjects"}, "incomplete"),
        ({"sample": "subjects", "subject-en": "The first issue"}, "are the same"),
        ({"sample": "subjects", "subject-en": "Other", "decide": "clicks", "wait": "0"}, "Hours to wait"),
    ],
)
def test_a_sample_that_can_not_be_is_refused(desk: Client, issue: UUID, said: dict[str, str], words: str) -> None:
    response = sent(desk, issue, **{"sample": "sample", "share": "5", "unit": "percent"} | said)
    assert (response.status_code, words in text(response)) == (409, True)
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize("said", ["1000", "1,000", "1.000", "1 000", "1\u00a0000", "1\u202f000"])
def test_a_thousand_letters_are_a_thousand_however_they_are_written(said: str) -> None:
    options = options_of(Ways(sample="sample", share=said, unit="letters"))
    assert options.sample == Sample(1000, "letters")


def test_a_share_and_hours_may_have_a_point_or_a_comma() -> None:
    options = options_of(Ways(sample="subjects", share="2,5", decide="clicks", wait="1.5", subjects={"en": "Other"}))
    assert (options.sample, options.decide_after) == (Sample(2.5), timedelta(hours=1.5))


def test_characters_that_no_database_keeps_do_no_harm(desk: Client, issue: UUID) -> None:
    place = reverse("circular_issue_send", args=[issue])
    assert desk.get(place, {"segment": "every\0one"}).status_code == 200
    assert desk.get(place, {"segment": "everyone", "without": "a\0"}).status_code == 200
    assert sent(desk, issue, **later(without="a\0")).status_code == 409
    assert sent(desk, issue, segment="\0").status_code == 409
    said = later(despite="a\0b", reason="be\0cause\x01", sample="subjects")
    assert sent(desk, issue, **said, **{"subject-en": "An\0other"}).status_code == 302
    kept = Schedule.objects.get().options
    assert kept["despite"] == {"findings": ["ab"], "reason": "because"}
    assert kept["subjects"] == {"en": "Another"}


def test_a_schedule_is_not_moved_to_the_end_of_the_calendar(desk: Client, issue: UUID) -> None:
    sent(desk, issue, **later())
    kept = Schedule.objects.get()
    for day, words in (("9999-12-31", "more than a year"), ("0001-01-01", "has passed")):
        said = later(day=day, time="00:30", zone="Pacific/Kiritimati" if day < "1" else "America/New_York")
        response = desk.post(reverse("circular_schedule_move", args=[kept.pk]), said)
        assert (response.status_code, words in text(response)) == (409, True)


def test_the_rest_of_a_paused_dispatch_leaves_when_it_is_resumed(desk: Client, issue: UUID) -> None:
    sent(desk, issue, sample="sample", share="2", unit="letters")
    dispatch = Dispatch.objects.get()
    Dispatch.objects.update(state="paused")
    page = text(desk.post(reverse("circular_dispatch_open_rest", args=[dispatch.pk]), follow=True))
    assert "The rest leaves when the dispatch is resumed." in page
    assert "The rest leaves." not in page


# After a dispatch


def test_those_who_failed_are_written_to_again_from_the_dispatchs_page(desk: Client) -> None:
    earlier = make_dispatch(people=3)
    Delivery.objects.update(state="accepted", due_at=None)
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(state="failed")
    Dispatch.objects.update(state="finished", finished_at=database_now())
    place = reverse("circular_dispatch_resend", args=[earlier.pk])
    assert place in text(desk.get(reverse("circular_dispatch", args=[earlier.pk])))
    page = desk.get(place)
    assert "Send 1 letter again" in text(page)
    response = desk.post(place, {"request_key": str(page.context["request_key"])})
    again = Dispatch.objects.latest("pk")
    assert response["Location"] == reverse("circular_dispatch", args=[again.pk])
    assert (again.kind, again.audience_size) == ("resend", 1)
    assert desk.post(place, {"request_key": "nothing"}).status_code == 400


def test_a_follow_up_says_that_they_get_it_a_second_time(desk: Client) -> None:
    bulletin = make_bulletin("en")
    make_subscriber(bulletin, consents=("open",))
    earlier = make_dispatch(bulletin, people=1)
    Delivery.objects.update(state="accepted", due_at=None)
    Dispatch.objects.update(state="finished", finished_at=database_now() - timedelta(days=3))
    place = reverse("circular_dispatch_follow_up", args=[earlier.pk])
    page = desk.get(place)
    assert "They get this issue a second time." in text(page)
    assert "Send 1 letter a second time" in text(page)
    fields = {"request_key": str(page.context["request_key"])}
    refused = desk.post(place, fields | {"subject-en": "The first issue"})
    assert (refused.status_code, "are the same" in text(refused)) == (409, True)
    desk.post(place, fields | {"subject-en": "Did you see this?"})
    assert Dispatch.objects.latest("pk").audience_size == 1
    assert Dispatch.objects.latest("pk").kind == "follow-up"


def test_the_refused_delivery_is_left_out_and_the_dispatch_runs_on(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.operations.actions.ring", lambda _dispatch_id: True)
    dispatch = make_dispatch(people=2)
    delivery = Delivery.objects.earliest("pk")
    Delivery.objects.filter(pk=delivery.pk).update(state="deferred", attempts=1)
    delivery.attempt_log.create(number=1, outcome="deferred", code=550, enhanced="5.7.1")
    Dispatch.objects.update(state="paused", state_reason="550 5.7.1")
    page = text(desk.get(reverse("circular_dispatch", args=[dispatch.pk])))
    assert f"The server refused delivery {delivery.pk}" in page
    assert "pauses again after one letter" in page
    desk.post(reverse("circular_dispatch_leave_out", args=[dispatch.pk]), {"delivery": delivery.pk})
    dispatch.refresh_from_db()
    delivery.refresh_from_db()
    assert (dispatch.state, delivery.state) == ("running", "failed")
    assert ModelLogEntry.objects.filter(action="circular.dispatch.leave-out").count() == 1
    late = desk.post(reverse("circular_dispatch_leave_out", args=[dispatch.pk]), {"delivery": "x"}, follow=True)
    assert "Nothing to do" in text(late)
