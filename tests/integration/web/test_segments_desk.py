"""Segments on the desk: a rule through the form and back, who matches at once, in words, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dispatch.models import Dispatch
from subscribers.models import CustomField, Organisation, Role, Segment, Topic
from subscribers.patience import TooSlow, patience
from subscribers.rule_fields import FieldType, fields
from subscribers.segments import vocabulary
from tests.factories import (
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
    make_user,
)
from web.desk.audience_use import editions_for, past_uses
from web.desk.rule_builder import WORDS, builder_data
from web.desk.rule_form import as_text, problems_of
from web.desk.rule_names import RuleNames
from web.desk.rule_words import Outline, in_words, outline

LEAD = {"field": "role", "in": ["programme-lead"]}
AFRICA = {"field": "region", "in": ["002"]}
DEEP = {"all": [{"any": [LEAD, AFRICA]}, {"not": AFRICA}, {"none": [{"all": [LEAD]}]}]}
BULLETIN = "11111111-2222-4333-8444-555555555555"
OPENED = {"engagement": "opened", "bulletin": BULLETIN, "issues": 3, "how_many": "none"}
HOLDS = {"affiliation": {"role": ["partner"], "country": ["KE", "FR"], "when": "any"}}

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def posted(rule: Any, **fields: Any) -> dict[str, Any]:
    """What the browser posts for a segment."""
    text = rule if isinstance(rule, str) else json.dumps(rule)
    return {"name": "Some people", "slug": "some-people", "description": "", "rule": text, **fields}


def a_network_with_everything() -> Organisation:
    """A custom field of each kind, a topic, an organisation and a segment, for rules to name."""
    for kind in ("text", "number", "date", "boolean", "choice"):
        CustomField.objects.create(key=f"a-{kind}", label=f"A {kind}", kind=kind, choices=["red", "green"])
    Topic.objects.create(slug="repair", names={"en": "Repair", "fr": "Réparation"})
    make_segment("everyone")
    return Organisation.objects.create(name="Ministry of Repair", kind="government")


def a_value(name: str, op: str, kind: FieldType, organisation: Organisation) -> Any:
    codes = {
        "role": "partner",
        "programme": "tourism",
        "country": "KE",
        "region": "002",
        "language": "fr",
        "organisation": str(organisation.pk),
        "organisation_kind": "government",
        "tier": "full",
        "topic": "repair",
        "bulletin": BULLETIN,
        "frequency": "weekly",
        "custom.a-choice": "red",
    }
    match op:
        case "in":
            return [codes[name]]
        case "known":
            return False
        case "before" | "from":
            return "2026-03-05"
        case "within_days" | "older_days":
            return 30
        case "is" if kind is FieldType.BOOLEAN:
            return True
        case "least" | "most":
            return 12.5
        case "is" if kind is FieldType.NUMBER:
            return 12
    return "采购 & <b>"


def every_condition(organisation: Organisation) -> list[dict[str, Any]]:
    known = fields(vocabulary())
    asked = [
        {"field": name, op: a_value(name, op, field.type, organisation)}
        for name, field in known.items()
        for op in field.ops
    ]
    engaged = [
        {**OPENED, "engagement": kind, "how_many": how_many}
        for kind in ("received", "opened", "clicked")
        for how_many in ("none", "any", "all")
    ]
    held = [{"affiliation": {"role": ["partner"], "when": when}} for when in ("current", "past", "any")]
    return [*asked, *engaged, *held, {"segment": "everyone"}]


# Writing it


def test_every_field_and_question_goes_through_the_form_and_back(desk: Client) -> None:
    conditions = every_condition(a_network_with_everything())
    assert len(conditions) > 60
    rule = {"all": [{"any": conditions}, {"none": [{"not": condition} for condition in conditions]}]}
    desk.post(reverse("circular_segments:add"), posted(rule))
    segment = Segment.objects.get(slug="some-people")
    assert segment.rule == rule
    page = desk.get(reverse("circular_segments:edit", args=[segment.pk]))
    assert json.loads(page.context["form"]["rule"].value()) == rule
    desk.post(reverse("circular_segments:edit", args=[segment.pk]), posted(page.context["form"]["rule"].value()))
    segment.refresh_from_db()
    assert segment.rule == rule


def test_the_builder_offers_every_field_with_every_question(desk: Client) -> None:
    organisation = a_network_with_everything()
    data = builder_data(RuleNames(), vocabulary())
    offered = {field["name"]: field for group in data["groups"] for field in group["fields"]}
    known = fields(vocabulary())
    assert set(offered) == {*known, "@affiliation", "@engagement", "@segment"}
    for name, field in known.items():
        plain = {"is" if op in ("yes", "no") else op.removeprefix("!") for op in offered[name]["ops"]}
        assert plain == set(field.ops)
        assert all(op in data["ops"] for op in offered[name]["ops"])
        if field.type is FieldType.CODES and name not in ("organisation", "bulletin"):
            assert a_value(name, "in", field.type, organisation)[0] in dict(offered[name]["choices"])
    assert data["words"].keys() == WORDS.keys()
    json.dumps(data)


def test_a_segment_is_not_offered_to_itself(desk: Client) -> None:
    make_segment("one")
    two = make_segment("two")
    page = desk.get(reverse("circular_segments:edit", args=[two.pk]))
    assert [slug for slug, _name in page.context["builder"]["segments"]] == ["one"]


def test_a_segment_is_written_counted_and_said(desk: Client) -> None:
    make_subscriber(country="KE", role=Role.PROGRAMME_LEAD)
    response = desk.post(
        reverse("circular_segments:add"), posted({"all": [LEAD]}, description="Who leads"), follow=True
    )
    segment = Segment.objects.get()
    assert (segment.rule, segment.description) == ({"all": [LEAD]}, "Who leads")
    assert (segment.count, segment.counted_at is not None) == (1, True)
    assert "1 subscriber matches." in response.content.decode()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (posted(""), "This field is required"),
        (posted("nothing"), "This is not JSON: line 1, column 1"),
        (posted('{"all": [}'), "This is not JSON: line 1, column 10"),
        (posted("[" * 60_000), "too large or too deep"),
        (posted("7"), "is not an object"),
        (posted({"field": "password", "in": ["a"]}), "There is no field “password”"),
        (posted({"field": "country", "in": ["XX"]}), "No country has the code XX."),
        (posted({"field": "country", "in": []}), "takes a list of 1 to 500 values"),
        (posted({"any": [LEAD] * 600}), "The rule is too large: at most 500 conditions"),
        (posted('{"field": "role", "in": ["\\u0000"]}'), "control characters"),
        (posted('{"field": "role", "in": ["\\ud800"]}'), "halves of characters"),
        (posted({"segment": "some-people"}), "part of itself"),
        (posted({"segment": "nowhere"}), "There is no segment “nowhere”"),
        (posted(LEAD, name="Two\nlines"), "One line only"),
        (posted(LEAD, slug="采购"), "Enter a valid"),
        (posted(LEAD, slug="taken"), "already exists"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(desk: Client, sent: dict[str, Any], says: str) -> None:
    make_segment("taken")
    response = desk.post(reverse("circular_segments:add"), sent)
    assert response.status_code == 200
    page = response.content.decode()
    assert says.casefold() in page.casefold()
    assert Segment.objects.count() == 1


def test_each_problem_stands_at_its_place(desk: Client) -> None:
    rule = {"all": [LEAD, {"any": [{"field": "x"}, AFRICA, {"not": {"field": "country", "in": []}}]}]}
    problems = problems_of(rule, vocabulary())
    assert [problem.path for problem in problems] == [(1, 0), (1, 2)]
    page = desk.post(reverse("circular_segments:add"), posted(rule))
    assert [each["path"] for each in page.context["builder"]["problems"]] == [(1, 0), (1, 2)]
    assert json.loads(page.context["form"]["rule"].value()) == rule


def test_segments_never_come_to_hold_themselves(desk: Client) -> None:
    first = make_segment("first")
    make_segment("second", {"all": [{"segment": "first"}]})
    url = reverse("circular_segments:edit", args=[first.pk])
    page = desk.post(url, posted({"all": [LEAD, {"segment": "second"}]}, slug="first"))
    assert [each["path"] for each in page.context["builder"]["problems"]] == [(1,)]
    first.refresh_from_db()
    assert first.rule == {"all": []}


def test_a_short_name_changes_only_while_nothing_uses_it(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]})
    url = reverse("circular_segments:edit", args=[segment.pk])
    desk.post(url, posted(LEAD, slug="leaders"))
    segment.refresh_from_db()
    assert segment.slug == "leaders"
    make_segment("both", {"any": [{"segment": "leaders"}]}, name="Both kinds")
    page = desk.post(url, posted(LEAD, slug="leads"))
    assert "Keep the short name “leaders”: it is used by “Both kinds”" in page.content.decode()
    segment.refresh_from_db()
    assert segment.slug == "leaders"


def test_a_copy_begins_with_the_rule_and_a_short_name_of_its_own(desk: Client) -> None:
    segment = make_segment("leads", DEEP, name="Leads")
    url = reverse("circular_segments:copy", args=[segment.pk])
    form = desk.get(url).context["form"]
    assert (form["name"].value(), form["slug"].value()) == ("Copy of Leads", "")
    assert json.loads(form["rule"].value()) == DEEP
    desk.post(url, posted(DEEP, slug="leads-too"))
    assert list(Segment.objects.order_by("slug").values_list("slug", flat=True)) == ["leads", "leads-too"]


# In words


def test_every_condition_has_words_of_its_own() -> None:
    conditions = every_condition(a_network_with_everything())
    names = RuleNames(*conditions)
    said = [in_words(condition, names) for condition in conditions]
    contrary = [in_words({"not": condition}, names) for condition in conditions]
    assert len(set(said + contrary)) == 2 * len(conditions)
    assert not [words for words in said + contrary if "%(" in words or "{" in words]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"all": []}, "Every subscriber"),
        ({"none": []}, "Every subscriber"),
        ({"any": []}, "Nobody"),
        ({"all": [LEAD, {"not": AFRICA}]}, "Role is Programme lead and Region is not Africa"),
        ({"any": [LEAD, AFRICA]}, "Role is Programme lead or Region is Africa"),
        ({"field": "tier", "in": ["full", "unheard-of"]}, "Tier of organisation is one of Full, unheard-of"),
        ({"not": {"field": "language", "in": ["fr", "en"]}}, "Language is none of Français, English"),
        ({"field": "suppressed", "is": False}, "Suppressed: no"),
        ({"field": "name", "known": False}, "Name is not known"),
        ({"field": "created", "within_days": 1}, "First recorded within the last 1 day"),
        (
            {"all": [LEAD, {"any": [AFRICA, {"none": [LEAD, AFRICA]}]}]},
            (
                "Role is Programme lead and (Region is Africa or "
                "none of this: (Role is Programme lead or Region is Africa))"
            ),
        ),
        (HOLDS, "Has an affiliation, now or past, with Role: Partner; Country: Kenya, France"),
        ({"not": {"segment": "gone"}}, "Is not in “gone”"),
        (OPENED, "Opened none of the last 3 issues of “A bulletin that was deleted (11111111…)”"),
    ],
)
def test_a_rule_in_words(rule: dict[str, Any], words: str) -> None:
    with translation.override("en"):
        assert in_words(rule, RuleNames(rule)) == words


def test_a_rule_of_several_levels_is_an_indented_list() -> None:
    found = outline({"all": [LEAD, {"none": [AFRICA, {"any": [LEAD]}]}]}, RuleNames())
    lead = Outline("Role is Programme lead")
    inner = Outline("None of these is true:", (Outline("Region is Africa"), lead))
    assert found == Outline("All of these are true:", (lead, inner))


def test_the_list_says_who_belongs_and_what_can_not_be_used_any_more(desk: Client) -> None:
    make_segment("good", DEEP)
    make_segment("bad", {"field": "custom.gone", "in": ["x"]})
    Segment.objects.filter(slug="good").update(count=1234567)
    page = desk.get(reverse("circular_segments:index")).content.decode()
    assert "Role is Programme lead or Region is Africa" in page
    assert "1,234,567" in page
    assert "This rule can’t be used any more" in page


@pytest.mark.parametrize(
    "rule", [{"all": []}, LEAD, {"not": AFRICA}, {"any": []}, DEEP, HOLDS, OPENED, {"segment": "s"}]
)
def test_a_rule_is_read_back_from_its_text(rule: dict[str, Any]) -> None:
    assert json.loads(as_text(rule)) == rule


# Who matches


def ask(desk: Client, rule: Any, **more: str) -> Any:
    text = rule if isinstance(rule, str) else json.dumps(rule)
    return desk.post(reverse("circular_segments:matching"), {"rule": text, **more}).json()


def test_who_matches_is_told_at_once(desk: Client) -> None:
    for number in range(12):
        make_subscriber(country="KE", name=f"Reader <{number}>")
    make_subscriber(country="FR", name="Somebody else")
    answer = ask(desk, {"all": [AFRICA]})
    assert (answer["count"], answer["total"]) == (12, 13)
    assert (answer["sentence"], answer["of"]) == ("12 subscribers match", "of 13")
    assert answer["html"].count("Reader &lt;") == 10
    assert "Somebody else" not in answer["html"]
    assert not Segment.objects.exists()


def test_a_rule_that_can_not_be_used_is_an_answer_too(desk: Client) -> None:
    answer = ask(desk, {"all": [{"field": "<b>", "in": []}]})
    assert answer["problems"][0]["path"] == [0]
    assert "&lt;b&gt;" in answer["html"]
    assert ask(desk, '{"all": [')["problems"][0]["path"] == []
    make_segment("mine", {"all": []})
    assert ask(desk, {"segment": "mine"}, of="mine")["problems"]


def test_a_count_that_takes_too_long_is_given_up_and_said(desk: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("web.desk.rule_matching.PATIENCE", 0.001)
    for number in range(30):
        make_subscriber(name=f"Reader {number}")
    slow = {"any": [{"field": "name", "contains": f"{letter}a"} for letter in "bcdefghijklmnopqrstuvwxyz"] * 15}
    answer = ask(desk, slow)
    assert "isn’t counted while you build it" in answer["slow"]
    monkeypatch.undo()
    assert ask(desk, {"all": []})["count"] == 30


def test_patience_ends_with_its_block() -> None:
    with connection.cursor() as cursor:
        with pytest.raises(TooSlow), patience(0.05):
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        with patience(3):
            cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
            left = cursor.fetchone()
            assert left is not None
            assert 1000 < left[0] <= 3000  # milliseconds: what is left of the three seconds
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


def test_matching_is_asked_by_post_and_by_those_who_may(client: Client) -> None:
    make_subscriber(name="Somebody")
    url = reverse("circular_segments:matching")
    user = make_user("helper", superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.post(url, {"rule": "{}"}).status_code == 302
    assert client.get(reverse("circular_segments:organisations")).status_code == 302
    user.user_permissions.add(Permission.objects.get(codename="change_segment"))
    client.force_login(type(user).objects.get(pk=user.pk))
    assert client.get(url).status_code == 405
    answer = ask(client, {"all": []})
    assert answer["count"] == 1
    assert "Somebody" not in answer["html"]


def test_organisations_are_searched_by_name(desk: Client) -> None:
    for number in range(30):
        Organisation.objects.create(name=f"Ministry {number:02}", kind="government", country="KE")
    body = Organisation.objects.create(name="Zebra <b>", kind="un")
    url = reverse("circular_segments:organisations")
    found = desk.get(url, {"q": "zEBRA"}).json()
    assert found == [{"value": str(body.pk), "name": "Zebra <b>", "detail": "United Nations"}]
    assert len(desk.get(url).json()) == 20
    assert desk.get(url, {"q": "\x00nothing%"}).json() == []


def test_the_page_names_the_organisations_of_the_rule(desk: Client) -> None:
    body = Organisation.objects.create(name="Zebra", kind="un")
    rule = {
        "any": [{"field": "organisation", "in": [str(body.pk), "999999"]}, {"affiliation": {"organisation": ["7"]}}]
    }
    segment = make_segment("zebras", rule)
    page = desk.get(reverse("circular_segments:edit", args=[segment.pk]))
    assert page.context["builder"]["organisations"] == {str(body.pk): "Zebra"}
    assert "Zebra, An organisation that was deleted (999999)" in in_words(rule, RuleNames(rule))


# Where it is used


def test_a_segment_that_an_item_is_for_is_not_deleted(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]})
    make_segment("lead")
    issue = make_issue(make_bulletin(), make_content("en", make_item(audience="leads"), title="Issue for leads"))
    url = reverse("circular_segments:delete", args=[segment.pk])
    page = desk.get(url).content.decode()
    assert "can&#x27;t be deleted" in page or "can't be deleted" in page
    assert reverse("wagtailadmin_pages:edit", args=[edition_of(issue).pk]) in page
    assert "Issue for leads" in page
    assert desk.post(url).status_code == 409
    assert Segment.objects.filter(slug="leads").exists()
    assert editions_for("lead") == []
    assert "Issue for leads" in desk.get(reverse("circular_segments:inspect", args=[segment.pk])).content.decode()


def test_a_segment_that_another_is_made_with_is_not_deleted(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]})
    make_segment("others", {"none": [{"not": {"segment": "leads"}}]}, name="The others")
    url = reverse("circular_segments:delete", args=[segment.pk])
    assert "The others" in desk.get(url).content.decode()
    assert desk.post(url).status_code == 409
    Segment.objects.filter(slug="others").delete()
    desk.post(url)
    assert not Segment.objects.exists()


def test_only_the_latest_revision_of_an_edition_counts(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]})
    issue = make_issue(make_bulletin(), make_content("en", make_item("leads and nothing else", audience="leads")))
    page = edition_of(issue)
    assert editions_for("leads") == [page]
    body = page.get_latest_revision_as_object().body
    body[0].value["items"][0].value["audience"] = ""
    page.body = body
    page.save_revision()
    assert editions_for("leads") == []
    desk.post(reverse("circular_segments:delete", args=[segment.pk]))
    assert not Segment.objects.exists()


def test_its_page_shows_what_a_dispatch_used_then(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]}, name="Leads")
    dispatch = Dispatch.objects.create(
        bulletin_key=UUID(BULLETIN),
        issue_key=UUID(BULLETIN),
        issue_title="Number 7",
        digest="0",
        audience_name="Leads",
        audience_rule=AFRICA,
        segments={"leads": {"name": "Leads of old", "rule": AFRICA, "size": 1234}},
        unknown_policy="hold",
        sender_address="a@example.org",
        sender_names={},
        list_name="B",
        list_slug="b",
        message_key=b"0",
    )
    Dispatch.objects.filter(pk=dispatch.pk).update(planned_at=datetime(2026, 3, 5, tzinfo=UTC))
    assert [(use.name, use.size) for use in past_uses("leads")] == [("Leads of old", 1234)]
    page = desk.get(reverse("circular_segments:inspect", args=[segment.pk])).content.decode()
    assert "Number 7" in page
    assert "1,234 people then" in page
    assert "Region is Africa" in page
    assert past_uses("lead") == []
