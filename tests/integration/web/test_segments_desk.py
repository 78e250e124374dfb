"""Segments on the desk: conditions to a rule and back, who matches at once, and what can't be deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from subscribers.models import Role, Segment
from subscribers.rules import check_rule
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
from web.desk.audience_use import editions_for
from web.desk.conditions import FIELD_NAMES, Condition, SimpleRule, in_words, simple_rule
from web.desk.rule_form import as_text

LEAD = {"field": "role", "in": ["programme-lead"]}
AFRICA = {"field": "region", "in": ["002"]}
DEEP = {"all": [{"any": [LEAD, AFRICA]}, {"not": AFRICA}]}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def conditions(*rows: dict[str, Any], match: str = "all", **fields: Any) -> dict[str, Any]:
    """What the browser posts for a segment written as conditions."""
    posted: dict[str, Any] = {
        "name": "Some people",
        "slug": "some-people",
        "rule-mode": "conditions",
        "rule-match": match,
        "rule-text": "",
        "conditions-TOTAL_FORMS": len(rows),
        "conditions-INITIAL_FORMS": 0,
    }
    for number, row in enumerate(rows):
        posted |= {f"conditions-{number}-{name}": value for name, value in row.items()}
    return posted | fields


def as_json(text: str, **fields: Any) -> dict[str, Any]:
    return conditions(**{"rule-mode": "json", "rule-text": text}, **fields)


# The shape of a rule


FIELD = st.sampled_from(sorted(FIELD_NAMES))
CONDITIONS = st.builds(
    Condition, FIELD, st.lists(st.sampled_from(["a", "b", "采购"]), min_size=1, max_size=3).map(tuple), st.booleans()
)


@given(st.builds(SimpleRule, st.sampled_from(["all", "any"]), st.lists(CONDITIONS, min_size=1, max_size=4).map(tuple)))
def test_conditions_survive_being_a_rule(rule: SimpleRule) -> None:
    assert simple_rule(rule.as_rule()) == rule
    assert json.loads(as_text(rule.as_rule())) == rule.as_rule()


@pytest.mark.parametrize(
    ("rule", "simple"),
    [
        ({"all": []}, SimpleRule("all", ())),
        (LEAD, SimpleRule("all", (Condition("role", ("programme-lead",)),))),
        ({"not": AFRICA}, SimpleRule("all", (Condition("region", ("002",), negated=True),))),
        ({"any": []}, None),
        (DEEP, None),
        ({"not": {"not": LEAD}}, None),
        ({"all": [{"all": []}]}, None),
    ],
)
def test_only_a_rule_of_one_level_is_shown_as_conditions(rule: dict[str, Any], simple: SimpleRule | None) -> None:
    check_rule(rule)
    assert simple_rule(rule) == simple
    assert json.loads(as_text(rule)) == rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"all": []}, "Every subscriber"),
        ({"all": [LEAD, {"not": AFRICA}]}, "Role is Programme lead and Region is not Africa"),
        ({"any": [LEAD, AFRICA]}, "Role is Programme lead or Region is Africa"),
        ({"field": "tier", "in": ["full", "unheard-of"]}, "Tier of organisation is Full, unheard-of"),
        (DEEP, "An advanced rule"),
    ],
)
def test_a_rule_in_words(rule: dict[str, Any], words: str) -> None:
    assert in_words(rule) == words


# Writing it


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("posted", "rule"),
    [
        (conditions(), {"all": []}),
        (conditions({"field": "role", "negated": "", "values_role": ["programme-lead"]}), {"all": [LEAD]}),
        (
            conditions(
                {"field": "region", "negated": "not", "values_region": ["002"], "values_role": ["partner"]},
                {"field": "role", "negated": "", "values_role": ["programme-lead"], "DELETE": ""},
                {"field": "tier", "negated": "", "DELETE": "1"},
                match="any",
            ),
            {"any": [{"not": AFRICA}, LEAD]},
        ),
        (as_json(json.dumps(DEEP)), DEEP),
    ],
)
def test_a_segment_is_written(desk: Client, posted: dict[str, Any], rule: dict[str, Any]) -> None:
    make_subscriber(country="KE", role=Role.PROGRAMME_LEAD)
    response = desk.post(reverse("circular_segments:add"), posted, follow=True)
    assert Segment.objects.get().rule == rule
    assert any(word in response.content.decode() for word in ("1 subscriber matches.", "0 subscribers match."))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("posted", "says"),
    [
        (conditions({"field": "role", "negated": "", "values_region": ["002"]}), "Choose at least one value."),
        (conditions({"field": "password", "values_role": ["x"]}), "not one of the available choices"),
        (conditions({"field": "country", "values_country": ["XX"]}), "no country has the code XX."),
        (conditions(match="any"), "Nobody meets one of no conditions"),
        (as_json(""), "This is not JSON: line 1, column 1"),
        (as_json('{"all": [}'), "This is not JSON: line 1, column 10"),
        (as_json('{"field": "email", "in": ["a"]}'), "there is no field &#x27;email&#x27;"),
        (as_json("[" * 60_000), "too large or too deep"),
        (as_json(json.dumps({"any": [LEAD] * 600})), "The rule is too large: at most 500 conditions"),
        (as_json('{"field": "role", "in": ["\\u0000"]}'), "a zero character"),
        (as_json('{"field": "role", "in": ["\\ud800"]}'), "half a character"),
        (conditions(name="Two\nlines"), "One line only"),
        (conditions(slug="采购"), "Enter a valid"),
        (conditions(slug="taken"), "already exists"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(desk: Client, posted: dict[str, Any], says: str) -> None:
    make_segment("taken")
    response = desk.post(reverse("circular_segments:add"), posted)
    assert response.status_code == 200
    assert says in response.content.decode()
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_the_short_name_stays_as_it_is(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]})
    url = reverse("circular_segments:edit", args=[segment.pk])
    page = desk.get(url).content.decode()
    assert "so it stays as it is" in page
    assert 'name="slug"' not in page
    desk.post(url, conditions(name="Renamed", slug="other"))
    segment.refresh_from_db()
    assert (segment.name, segment.slug, segment.rule) == ("Renamed", "leads", {"all": []})


@pytest.mark.django_db
def test_a_simple_rule_opens_as_conditions_and_a_deep_one_as_json(desk: Client) -> None:
    simple = make_segment("simple", {"any": [LEAD, {"field": "role", "in": ["a-role-of-old"]}]})
    editor = desk.get(reverse("circular_segments:edit", args=[simple.pk])).context["form"].editor
    assert (editor.mode, len(editor.conditions.forms)) == ("conditions", 2)
    page = desk.get(reverse("circular_segments:edit", args=[simple.pk])).content.decode()
    assert '<option value="a-role-of-old" selected>a-role-of-old</option>' in page
    deep = make_segment("deep", DEEP)
    editor = desk.get(reverse("circular_segments:edit", args=[deep.pk])).context["form"].editor
    assert editor.mode == "json"
    assert json.loads(editor.form["text"].value()) == DEEP


# Who matches


@pytest.mark.django_db
def test_who_matches_is_told_at_once(desk: Client) -> None:
    for number in range(12):
        make_subscriber(country="KE", name=f"Reader <{number}>")
    make_subscriber(country="FR", name="Somebody else")
    url = reverse("circular_segments:matching")
    answer = desk.post(url, conditions({"field": "region", "negated": "", "values_region": ["002"]})).json()
    assert (answer["count"], answer["total"], json.loads(answer["rule"])) == (12, 13, {"all": [AFRICA]})
    assert "12 subscribers match" in answer["html"]
    assert answer["html"].count("Reader &lt;") == 10
    assert "Somebody else" not in answer["html"]
    assert not Segment.objects.exists()


@pytest.mark.django_db
def test_a_rule_that_can_not_be_used_is_an_answer_too(desk: Client) -> None:
    answer = desk.post(reverse("circular_segments:matching"), as_json('{"field": "<b>", "in": []}')).json()
    assert "there is no field '<b>'" in answer["error"]
    assert "&lt;b&gt;" in answer["html"]


@pytest.mark.django_db
def test_matching_is_asked_by_post_and_by_those_who_may(client: Client) -> None:
    make_subscriber(name="Somebody")
    url = reverse("circular_segments:matching")
    user = make_user("helper", superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.post(url, conditions()).status_code == 302
    user.user_permissions.add(Permission.objects.get(codename="change_segment"))
    client.force_login(type(user).objects.get(pk=user.pk))
    assert client.get(url).status_code == 405
    answer = client.post(url, conditions()).json()
    assert answer["count"] == 1
    assert "Somebody" not in answer["html"]


# Deleting


@pytest.mark.django_db
def test_a_segment_that_an_item_is_for_is_not_deleted(desk: Client) -> None:
    segment = make_segment("leads", {"all": [LEAD]})
    make_segment("lead")
    issue = make_issue(make_bulletin(), make_content("en", make_item(audience="leads"), title="Issue for leads"))
    url = reverse("circular_segments:delete", args=[segment.pk])
    page = desk.get(url).content.decode()
    assert "can’t be deleted" in page or "can't be deleted" in page
    assert reverse("wagtailadmin_pages:edit", args=[edition_of(issue).pk]) in page
    assert "Issue for leads" in page
    assert desk.post(url).status_code == 409
    assert Segment.objects.filter(slug="leads").exists()
    assert editions_for("lead") == []


@pytest.mark.django_db
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
