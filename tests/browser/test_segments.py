"""A segment built by clicks and by keys, counted as it grows, saved, opened again, and used at Send."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from config.sample.issue import BULLETIN, sample_issue

pytestmark = pytest.mark.browser

BULLETIN_NAME = BULLETIN.words["en"].masthead.name
NARROWEST = 320  # CSS pixels: the smallest phone that WCAG 1.4.10 asks for
KEY = "11111111-2222-4333-8444-555555555555"
LEAD = {"field": "role", "in": ["programme-lead"]}
AFRICA = {"field": "region", "in": ["002"]}


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


@pytest.fixture
def builder(desk: Page, house: House) -> Page:
    """The form of a new segment, its first count there."""
    desk.goto(f"{house.base_url}/desk/network/segments/new/")
    expect(count(desk)).to_contain_text("match")
    return desk


def count(page: Page) -> Locator:
    return page.locator(".circ-rule__count")


def condition(page: Page, number: str) -> Locator:
    return page.get_by_role("group", name=f"Condition {number}", exact=True)


def group(page: Page, number: str) -> Locator:
    return page.get_by_role("group", name=f"Group {number}", exact=True)


def add(page: Page, within: Locator, number: str, field: str) -> Locator:
    """A condition at the end of a group, asking for a field."""
    within.get_by_role("button", name="Add a condition").last.click()
    made = condition(page, number)
    made.get_by_label("What", exact=True).select_option(label=field)
    return condition(page, number)


def choose(within: Locator, field: str, *names: str) -> None:
    """Values by typing a part of each and Enter."""
    box = within.get_by_role("combobox", name=field, exact=True)
    for name in names:
        box.fill(name[:5])
        expect(box).to_have_attribute("aria-expanded", "true")
        box.press("Enter")
        expect(within.get_by_role("button", name=f"Remove: {name}")).to_be_visible()


def rule_of(page: Page) -> Any:
    return json.loads(page.locator("textarea[name=rule]").input_value())


def test_focal_points_who_open_nothing_are_found_by_clicks_and_left_out_at_send(builder: Page, house: House) -> None:
    page = builder
    page.locator("#id_name").fill("Silent focal points")
    everyone = page.get_by_role("group", name="Everyone of whom", exact=True)
    choose(add(page, everyone, "1", "Role"), "Role", "National focal point")
    expect(count(page)).to_contain_text(re.compile(r"^\d+ subscribers match"))
    focal = count(page).inner_text()
    everyone.get_by_role("button", name="Add a group").click()
    expect(group(page, "2").get_by_label("How the group holds together")).to_have_value("any")
    first = condition(page, "2.1")
    first.get_by_label("What", exact=True).select_option(label="Region")
    choose(condition(page, "2.1"), "Region", "Africa")
    choose(add(page, group(page, "2"), "2.2", "Region"), "Region", "Asia")
    expect(count(page)).not_to_have_text(focal)
    choose(add(page, everyone, "3", "Language"), "Language", "Français")
    reading = add(page, everyone, "4", "Reading of issues")
    expect(reading.get_by_label("How many issues")).to_have_value("3")
    expect(reading.get_by_label("Bulletin", exact=True).locator("option:checked")).to_have_text(BULLETIN_NAME)
    expect(count(page)).to_contain_text("of 5")
    rule = rule_of(page)
    assert [next(iter(part)) for part in rule["all"]] == ["field", "any", "field", "engagement"]
    assert rule["all"][1]["any"] == [AFRICA, {"field": "region", "in": ["142"]}]

    page.get_by_role("button", name="Create").click()
    expect(page.locator(".messages .success")).to_contain_text(re.compile(r"\d+ subscribers? match"))
    page.get_by_role("link", name="Silent focal points", exact=True).first.click()
    expect(count(page)).to_contain_text("match")
    assert rule_of(page) == rule
    expect(condition(page, "2.2").get_by_role("button", name="Remove: Asia")).to_be_visible()

    page.goto(f"{house.base_url}/desk/issues/")
    page.get_by_role("link", name=sample_issue()["en"].title).first.click()
    page.goto(f"{page.url}send/?segment=everyone")
    page.get_by_text("Leave some of them out…").click()
    page.locator("input[name=without][value=national-focal-points]").check()
    page.locator("input[name=without][value=silent-focal-points]").check()
    page.get_by_role("button", name="Leave them out").click()
    left_out = page.get_by_role("row", name="also in a segment that is left out")
    expect(left_out).to_contain_text(re.compile(r"−\d+"))
    expect(page).to_have_url(re.compile("without=national-focal-points&without=silent-focal-points"))


def test_the_rule_is_built_by_keys_alone(builder: Page) -> None:
    page = builder
    page.get_by_role("button", name="Add a condition").press("Enter")
    expect(condition(page, "1").get_by_label("What", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("lead")
    page.keyboard.press("ArrowDown")  # the one that was found, and round to itself
    page.keyboard.press("Enter")
    assert rule_of(page) == {"all": [LEAD]}
    page.keyboard.press("Backspace")
    assert rule_of(page) == {"all": [{"field": "role", "in": []}]}
    page.get_by_role("button", name="Add a group").last.press("Enter")
    expect(condition(page, "2.1").get_by_label("What", exact=True)).to_be_focused()
    up = group(page, "2").get_by_role("button", name="Move up").last
    up.press("Enter")  # out of the group
    expect(condition(page, "2").get_by_role("button", name="Move up")).to_be_focused()
    assert rule_of(page) == {"all": [{"field": "role", "in": []}, {"field": "role", "in": []}, {"any": []}]}
    condition(page, "2").get_by_role("button", name="Move down").press("Enter")  # and in again
    expect(page.locator(".circ-rule__told")).to_contain_text("Moved")
    assert rule_of(page)["all"][1] == {"any": [{"field": "role", "in": []}]}
    group(page, "2").get_by_role("button", name="Remove", exact=True).first.press("Enter")
    assert rule_of(page) == {"all": [{"field": "role", "in": []}]}
    page.get_by_role("button", name="Undo").press("Enter")
    assert rule_of(page)["all"][1] == {"any": [{"field": "role", "in": []}]}


def test_what_is_missing_is_said_where_it_is_and_nothing_is_lost(builder: Page) -> None:
    page = builder
    page.locator("#id_name").fill("Half of it")
    page.get_by_role("button", name="Add a condition").click()
    expect(count(page)).to_contain_text("One condition is still to be filled in")
    page.get_by_role("button", name="Create").click()
    expect(condition(page, "1").get_by_text("Choose at least one value.")).to_be_visible()
    expect(condition(page, "1").get_by_role("combobox", name="Role", exact=True)).to_be_focused()
    choose(condition(page, "1"), "Role", "Partner")
    expect(condition(page, "1").get_by_text("Choose at least one value.")).to_be_hidden()
    page.get_by_role("button", name="Advanced (JSON)").click()
    text = page.locator("textarea[name=rule]")
    text.fill('{"all": [')
    page.get_by_role("button", name="Conditions", exact=True).click()
    expect(page.locator(".circ-rule__told")).to_contain_text("The text is no JSON")
    text.fill(json.dumps({"any": [LEAD, {"all": [{"field": "country", "in": ["XX"]}]}]}))
    page.get_by_role("button", name="Conditions", exact=True).click()
    expect(condition(page, "2.1").get_by_text("No country has the code XX.")).to_be_visible()
    page.get_by_role("button", name="Create").click()
    expect(condition(page, "2.1").get_by_text("No country has the code XX.")).to_be_visible()
    expect(condition(page, "1").get_by_role("button", name="Remove: Programme lead")).to_be_visible()


def test_parts_are_dragged_to_another_place(builder: Page) -> None:
    page = builder
    write(page, {"all": [LEAD, {"any": [AFRICA]}]})
    condition(page, "1").locator("[data-handle]").drag_to(condition(page, "2.1"), target_position={"x": 80, "y": 4})
    assert rule_of(page) == {"all": [{"any": [LEAD, AFRICA]}]}
    condition(page, "1.2").get_by_role("button", name="Duplicate").click()
    assert rule_of(page) == {"all": [{"any": [LEAD, AFRICA, AFRICA]}]}


def write(page: Page, rule: Any) -> None:
    page.get_by_role("button", name="Advanced (JSON)").click()
    page.locator("textarea[name=rule]").fill(json.dumps(rule))
    page.get_by_role("button", name="Conditions", exact=True).click()


def conditions_of_every_kind(page: Page) -> list[dict[str, Any]]:
    """Every field with every question that the builder offers, as plain data."""
    data = json.loads(page.locator("#circular-rule-data").text_content() or "")
    made: list[dict[str, Any]] = []
    for field in (each for part in data["groups"] for each in part["fields"]):
        for op in {each.removeprefix("!") for each in field.get("ops", ())}:
            name = field["name"]
            if op in ("yes", "no", "known"):
                made.append({"field": name, "known" if op == "known" else "is": op == "yes"})
            elif op == "in":
                made.append({"field": name, "in": [value for value, _label in field.get("choices", [])[:2]] or ["7"]})
            elif op.endswith("_days"):
                made.append({"field": name, op: 30})
            else:
                made.append(
                    {"field": name, op: {"date": "2026-03-05", "number": 12.5}.get(field["kind"], "采购 & <b>")}
                )
    for action in ("received", "opened", "clicked"):
        made += [
            {"engagement": action, "bulletin": KEY, "issues": 5, "how_many": many} for many in ("none", "any", "all")
        ]
    made += [
        {"affiliation": {"role": ["partner"], "country": ["KE"], "when": when}} for when in ("current", "past", "any")
    ]
    return [*made, {"segment": "everyone"}]


def test_every_rule_that_is_read_is_written_as_it_was(builder: Page) -> None:
    conditions = conditions_of_every_kind(builder)
    assert len(conditions) > 40
    plain = [part for part in conditions if "engagement" not in part and not part.keys() & {"known", "before", "from"}]
    negated = [{"not": part} for part in plain if not part.keys() & {"least", "most", "within_days", "older_days"}]
    negated = [part for part in negated if not isinstance(part["not"].get("is"), bool)]
    rule = {"all": [{"any": conditions}, {"none": negated}, {"all": []}]}
    write(builder, rule)
    read = "rule => CircularRule.write(CircularRule.read(rule, name => kinds.get(name)))"
    kinds = (
        "const data = JSON.parse(document.getElementById('circular-rule-data').textContent);"
        "const kinds = new Map(data.groups.flatMap(part => part.fields.map(field => [field.name, field.kind])));"
    )
    assert builder.evaluate(f"rule => {{ {kinds} return ({read})(rule); }}", rule) == rule
    strange = [{"not": {"all": [LEAD]}}, {"not": {"none": [LEAD]}}, {"not": {"not": LEAD}}, {"field": "x", "is": 1}, 7]
    said = [{"none": [{"all": [LEAD]}]}, {"any": [LEAD]}, {"none": [{"not": LEAD}]}, {"field": "x", "is": 1}, 7]
    assert builder.evaluate(f"rules => {{ {kinds} return rules.map({read}); }}", strange) == said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_from_building_a_rule(builder: Page, scheme: Any) -> None:
    """No violation that axe can find, and nothing runs off the smallest phone."""
    page = builder
    page.emulate_media(color_scheme=scheme)
    deep = {"all": [LEAD, {"any": [AFRICA, {"none": [LEAD, {"segment": "everyone"}]}]}, {"field": "name", "is": "x"}]}
    opened = {"engagement": "opened", "bulletin": KEY, "issues": 3, "how_many": "none"}
    write(page, {"all": [deep, {"affiliation": {"role": ["partner"], "country": ["KE"]}}, opened]})
    found: Any = Axe().run(page, context="#main")
    assert not [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found.response["violations"]]
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    expect(condition(page, "1.1").get_by_role("button", name="Duplicate")).to_be_visible()
    assert page.evaluate("document.querySelector('#main').scrollWidth <= window.innerWidth")
