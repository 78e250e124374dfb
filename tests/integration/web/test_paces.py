"""The paces on the desk: rules with their sentence, where each stands, and a rest ended by hand."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from dispatch.models import PaceRule, PaceState
from dispatch.pace import Limits, Standing
from dispatch.pacing import note_outcomes, take_grant
from tests.factories import make_dispatch, make_user
from web.operations.pace_words import limit_words, sent_words, standing_words

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
PACE = {
    "domain": "",
    "per_minute": "600",
    "connections": "",
    "per_day": "",
    "hours_from": "",
    "hours_until": "",
    "time_zone": "Europe/Paris",
    "warm_up_from": "",
    "warm_up_first": "",
    "warm_up_factor": "1.5",
}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def text_of(page: Any) -> str:
    return " ".join(unescape(page.content.decode()).split())


def test_a_pace_is_made_changed_and_deleted(desk: Client) -> None:
    desk.post(reverse("circular_pace_new"), {**PACE, "hours_from": "08:00", "hours_until": "18:00"})
    rule = PaceRule.objects.get()
    assert (rule.per_minute, rule.hours_from, rule.hours_until) == (600, time(8), time(18))
    page = text_of(desk.get(reverse("circular_paces")))
    assert "All letters" in page
    assert "At most 600 a minute. From 08:00 to 18:00 (Europe/Paris)." in page

    desk.post(reverse("circular_pace", args=[rule.pk]), {**PACE, "per_minute": "30"})
    assert "At most 30 a minute." in text_of(desk.get(reverse("circular_pace", args=[rule.pk])))

    assert "Yes, delete it" in text_of(desk.get(reverse("circular_pace_delete", args=[rule.pk])))
    desk.post(reverse("circular_pace_delete", args=[rule.pk]))
    assert not PaceRule.objects.exists()
    actions = ModelLogEntry.objects.order_by("timestamp").values_list("action", flat=True)
    assert list(actions) == ["wagtail.create", "wagtail.edit", "wagtail.delete"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("gmail.com", "gmail.com"),
        (" @GoogleMail.com ", "gmail.com"),
        ("bücher.example", "bücher.example"),
        ("xn--bcher-kva.example.", "bücher.example"),
        ("hotmail.com", "outlook.com"),
    ],
)
def test_a_domain_is_kept_as_readers_addresses_have_it(desk: Client, typed: str, kept: str) -> None:
    desk.post(reverse("circular_pace_new"), {**PACE, "domain": typed})
    assert PaceRule.objects.get().domain == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"per_minute": ""}, "Nothing is limited yet"),
        ({"per_minute": "0"}, "greater than or equal to 0.1"),
        ({"per_minute": "nan"}, "Enter a number"),
        ({"per_minute": "2000000"}, "less than or equal to 1000000"),
        ({"per_day": "-1"}, "greater than or equal to 1."),
        ({"per_day": "0"}, "greater than or equal to 1."),
        ({"warm_up_first": "-1"}, "greater than or equal to 1."),
        ({"domain": "gmail.com", "connections": "-1"}, "greater than or equal to 1."),
        ({"domain": "somebody@example.org"}, "is no domain"),
        ({"domain": "localhost"}, "is no domain"),
        ({"domain": "-.example"}, "is no domain"),
        ({"connections": "3"}, "Only for a receiving domain"),
        ({"hours_from": "08:00"}, "Both hours are needed"),
        ({"hours_from": "08:00", "hours_until": "08:00"}, "leave both empty"),
        ({"warm_up_from": "2026-03-02"}, "are both needed"),
        ({"warm_up_from": "2026-03-02", "warm_up_first": "200", "warm_up_factor": "1"}, "1.01"),
        ({"warm_up_from": "2026-03-02", "warm_up_first": "200", "warm_up_factor": "1000"}, "10"),
        ({"time_zone": "Mars/Olympus"}, "not one of the available choices"),
        ({"domain": "googlemail.com"}, "already exists"),
    ],
)
def test_a_pace_that_cannot_be_is_refused(desk: Client, given: dict[str, str], words: str) -> None:
    PaceRule.objects.create(domain="gmail.com", per_day=5)
    page = desk.post(reverse("circular_pace_new"), {**PACE, **given})
    assert page.status_code == 200
    assert words in text_of(page)
    assert PaceRule.objects.count() == 1


def test_a_domain_that_rests_is_shown_with_the_reason_and_can_be_tried_again_at_once(desk: Client) -> None:
    note_outcomes({}, {"gmail.com": "4.7.28"})
    page = text_of(desk.get(reverse("circular_paces")))
    assert "The server said: 4.7.28" in page
    assert "1 refusal in a row" in page
    assert "and googlemail.com" in page

    desk.post(reverse("circular_pace_end_rest"), {"domain": "gmail.com"})
    assert take_grant(1).closed == ()
    assert "Resting after refusals" not in text_of(desk.get(reverse("circular_paces")))
    assert ModelLogEntry.objects.get().action == "circular.pace.end_rest"
    again = desk.post(reverse("circular_pace_end_rest"), {"domain": "gmail.com"}, follow=True)
    assert "doesn’t rest any more" in text_of(again)


def test_a_rest_ends_under_any_name_of_the_family_and_is_logged(desk: Client) -> None:
    note_outcomes({}, {"gmail.com": "4.7.28"})
    page = desk.post(reverse("circular_pace_end_rest"), {"domain": "googlemail.com"}, follow=True)
    assert "The rest of “gmail.com” is over" in text_of(page)
    assert ModelLogEntry.objects.filter(action="circular.pace.end_rest").count() == 1
    page = desk.post(reverse("circular_pace_end_rest"), {"domain": "gmail.com\0"}, follow=True)
    assert "Nothing to do" in text_of(page)


def test_the_way_to_the_paces_is_shown_to_who_may_set_them(desk: Client, client: Client) -> None:
    dispatch = make_dispatch(people=1)
    places = [reverse("circular_operations"), reverse("circular_dispatch_domains", args=[dispatch.pk])]
    for place in places:
        assert reverse("circular_paces") in text_of(desk.get(place))
    sender = make_user("sender", superuser=False)
    names = ["view_dispatch", "access_admin"]
    sender.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(sender)
    for place in places:
        page = client.get(place)
        assert page.status_code == 200
        assert reverse("circular_paces") not in text_of(page)


def test_what_the_server_said_cannot_become_markup(desk: Client) -> None:
    note_outcomes({}, {"": "421 <script>alert(1)</script>"})
    assert b"<script>alert(1)" not in desk.get(reverse("circular_paces")).content


def test_the_form_says_in_a_sentence_what_it_would_allow_and_keeps_nothing(desk: Client) -> None:
    address = reverse("circular_pace_sentence")
    answer = desk.post(address, {**PACE, "domain": "googlemail.com", "per_day": "1200"}).json()
    assert answer["sentence"] == (
        "At most 600 a minute. At most 1,200 a day."
        " It holds for googlemail.com as well: the same servers take their mail."
    )
    assert desk.post(address, {**PACE, "per_minute": ""}).json() == {"sentence": ""}
    assert desk.post(address, {**PACE, "per_minute": "x"}).json() == {"sentence": ""}
    assert not PaceRule.objects.exists()


def test_a_rule_that_was_loosened_does_not_make_the_next_letter_wait_for_the_old_one(desk: Client) -> None:
    rule = PaceRule.objects.create(per_minute=0.1)
    assert take_grant(1).letters == 1
    assert take_grant(1).wait > 500
    desk.post(reverse("circular_pace", args=[rule.pk]), PACE)
    assert take_grant(1).wait < 1.2


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), "No limit."),
        (Limits(per_minute=0.5), "At most 0.5 a minute."),
        (Limits(connections=1), "At most 1 letter at a time."),
        (Limits(connections=4), "At most 4 letters at a time."),
        (
            Limits(hours_from=time(22), hours_until=time(6), time_zone="Asia/Shanghai"),
            "From 22:00 to 06:00 the next day (Asia/Shanghai).",
        ),
        (
            Limits(warm_up_from=NOON.date() - timedelta(days=2), warm_up_first=200),
            "Warm-up: 200 on March 2, 2026, then 1.5 times as many each day. Today at most 450.",
        ),
        (
            Limits(warm_up_from=NOON.date() + timedelta(days=1), warm_up_first=200),
            "Warm-up: 200 on March 5, 2026, then 1.5 times as many each day.",
        ),
        (
            Limits(per_day=400, warm_up_from=NOON.date() - timedelta(days=2), warm_up_first=200),
            "At most 400 a day. Warm-up: 200 on March 2, 2026, then 1.5 times as many each day. It is over.",
        ),
    ],
)
def test_a_rule_in_words(limits: Limits, words: str) -> None:
    assert limit_words(limits, now=NOON) == words


@pytest.mark.parametrize(
    ("limits", "standing", "tone", "words"),
    [
        (Limits(), Standing(), "open", "Letters may leave."),
        (Limits(), Standing(rests_until=NOON + timedelta(seconds=90)), "rests", "Rests until 12:01:30 (UTC)."),
        (Limits(), Standing(rests_until=NOON), "open", "Letters may leave."),
        (
            Limits(hours_from=time(8), hours_until=time(11), time_zone="Europe/Paris"),
            Standing(),
            "waits",
            "Outside its hours: letters leave again at 03/05/2026 08:00 (Europe/Paris).",
        ),
        (
            Limits(per_day=5),
            Standing(day=NOON.date(), sent=5),
            "waits",
            "Today’s sum is reached: letters leave again tomorrow.",
        ),
        (Limits(per_day=5), Standing(day=NOON.date() - timedelta(days=1), sent=5), "open", "Letters may leave."),
    ],
)
def test_where_a_rule_stands_in_words(limits: Limits, standing: Standing, tone: str, words: str) -> None:
    assert standing_words(limits, standing, now=NOON) == (tone, words)


def test_what_was_sent_yesterday_is_not_todays() -> None:
    limits = Limits(per_day=1000)
    assert sent_words(limits, Standing(day=NOON.date(), sent=12), now=NOON) == "12 of 1,000"
    assert sent_words(limits, Standing(day=NOON.date() - timedelta(days=1), sent=12), now=NOON) == "0 of 1,000"


def test_old_refusals_are_not_listed(desk: Client) -> None:
    PaceState.objects.create(domain="old.example", refusals=3, rests_until=timezone.now() - timedelta(hours=1))
    assert "old.example" not in text_of(desk.get(reverse("circular_paces")))
