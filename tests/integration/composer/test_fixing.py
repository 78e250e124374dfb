"""A finding's fix, made in the blocks that the desk stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from wagtail.log_actions import registry
from wagtail.models import Locale
from wagtail_localize.models import Translation, TranslationSource

from composer.content import (
    Bullets,
    Call,
    Divider,
    EditionContent,
    Figure,
    Figures,
    Item,
    ItemList,
    Paragraph,
    Partner,
    Partners,
    Section,
    Source,
    Span,
    Story,
)
from composer.fixing import FixRefused, fix_findings, is_fixable
from composer.issues import issue_of
from composer.preflight.findings import Finding, Fix, FixKind, Severity, message
from composer.preflight.fixes import apply_fix
from tests.factories import edition_of, make_bulletin, make_content, make_issue, make_user

pytestmark = pytest.mark.django_db

COUNTED = "https://www.example.org/story?a=1&utm_source=letter&b=2"
CLEAN = "https://www.example.org/story?a=1&b=2"


def issue_with(*items: Item, **fields: Any) -> UUID:
    return make_issue(make_bulletin("en"), replace(make_content("en", *items), **fields))


def content_of(key: UUID) -> EditionContent:
    return issue_of(key).editions["en"].content


def finding(kind: FixKind, item: Item | None = None, *, field: str = "", old: str = "", new: str = "") -> Finding:
    key = item.key if item else ""
    fix = Fix(kind=kind, item_key=key, field=field, old=old, new=new)
    return Finding(
        check="some-check",
        severity=Severity.WARNING,
        message=message("Look at it."),
        item_key=key,
        field=field,
        fix=fix,
    )


def story(*spans: Span, **fields: Any) -> Story:
    return Story(**{"key": str(uuid4()), "heading": "A story", "body": (Paragraph(spans),), **fields})


ITEMS: list[Item] = [
    story(Span("Read "), Span("this", href=COUNTED), Span(" & that"), source=Source(name="Them", url=COUNTED)),
    ItemList(
        key=str(uuid4()),
        heading="A list",
        entries=((Span("One", href=COUNTED),), (Span("Two  <b>"), Span("x", bold=True))),
    ),
    Call(key=str(uuid4()), heading="A call", button="Answer", url=COUNTED, deadline=date(2026, 5, 1)),
    Partners(key=str(uuid4()), heading="", entries=(Partner("Them", COUNTED),)),
    story(Span("The half", href=COUNTED), half=True, heading="Left"),
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind} {item.heading}")
def test_an_address_is_replaced_wherever_the_item_has_it_as_the_pure_fix_does(item: Item) -> None:
    items = (item, story(Span("Right"), half=True, heading="Right")) if getattr(item, "half", False) else (item,)
    key = issue_with(*items)
    before = content_of(key)
    wanted = finding(FixKind.STRIP_PARAMETERS, item, old=COUNTED, new=CLEAN)
    assert wanted.fix
    fix_findings(edition_of(key), [wanted], user=make_user())
    after = content_of(key)
    assert after == apply_fix(before, wanted.fix)
    assert after != before


@pytest.mark.parametrize(
    ("item", "field", "old", "new"),
    [
        (story(Span("Wait, what ?"), Span(" Bold & ?", bold=True)), "body", " ?", "?"),
        (story(Span("Fine."), heading="Ends with a stop."), "heading", "Ends with a stop.", "Ends with a stop"),
        (story(Span("Fine."), source=Source(name="The  network", licence="CC BY  4.0")), "source", "  ", " "),
        (
            ItemList(key=str(uuid4()), heading="", entries=((Span("a ,b"),), (Span("c ,d"),))),
            "entries",
            " ,",
            ",",
        ),
        (Figures(key=str(uuid4()), entries=(Figure("1 ,5", "of it ,all"),)), "entries", " ,", ","),
        (
            story(Span("x"), body=(Bullets(((Span("one ;"),), (Span("two ;", italic=True),))),)),
            "body",
            " ;",
            ";",
        ),
    ],
)
def test_a_text_is_replaced_in_its_field_as_the_pure_fix_does(item: Item, field: str, old: str, new: str) -> None:
    key = issue_with(item)
    before = content_of(key)
    wanted = finding(FixKind.REPLACE_TEXT, item, field=field, old=old, new=new)
    assert wanted.fix
    fix_findings(edition_of(key), [wanted], user=make_user())
    after = content_of(key)
    assert after == apply_fix(before, wanted.fix)
    assert after != before


def test_words_in_rich_text_change_and_its_markup_and_entities_stay() -> None:
    item = story(Span("x"))
    key = issue_with(item)
    page = edition_of(key)
    sections = list(page.get_latest_revision_as_object().body.raw_data)
    stored = '<p data-block-key="k1">A &lt;b&gt; ,<br/>and&nbsp;<a linktype="page" id="3">a page</a> ,too</p>'
    sections[0]["value"]["items"][0]["value"]["body"] = stored
    page.body = page.body.stream_block.to_python(sections)
    page.save_revision()
    fix_findings(page, [finding(FixKind.REPLACE_TEXT, item, field="body", old=" ,", new=",")], user=make_user())
    raw = edition_of(key).get_latest_revision_as_object().body.raw_data[0]["value"]["items"][0]["value"]["body"]
    assert raw == stored.replace(" ,", ",")


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [("preheader", "In short", ""), ("subject", "Now!!", "Now!"), ("title", "The first  issue", "The first issue")],
)
def test_the_editions_own_fields_are_mended(field: str, old: str, new: str) -> None:
    key = issue_with(title="The first  issue", subject="Now!!", preheader="In short")
    fix_findings(edition_of(key), [finding(FixKind.REPLACE_TEXT, field=field, old=old, new=new)], user=make_user())
    assert getattr(content_of(key), field) == new


def test_a_subject_that_is_the_title_gets_words_of_its_own() -> None:
    key = issue_with(title="Now!!", subject="Now!!")
    wanted = finding(FixKind.REPLACE_TEXT, field="subject", old="!!", new="!")
    fix_findings(edition_of(key), [wanted], user=make_user())
    assert (content_of(key).subject, content_of(key).title) == ("Now!", "Now!!")


def test_a_sections_heading_is_mended() -> None:
    content = replace(make_content(), sections=(Section("News  today", (story(Span("x")),)),))
    key = make_issue(make_bulletin("en"), content)
    fix_findings(edition_of(key), [finding(FixKind.REPLACE_TEXT, field="section", old="  ", new=" ")], user=make_user())
    assert content_of(key).sections[0].heading == "News today"


def test_an_item_is_removed_and_the_other_half_of_a_pair_takes_the_whole_width() -> None:
    divider = Divider(key=str(uuid4()))
    left, right = story(Span("l"), half=True, heading="Left"), story(Span("r"), half=True, heading="Right")
    key = issue_with(divider, left, right)
    fixes = [finding(FixKind.REMOVE_ITEM, divider), finding(FixKind.REMOVE_ITEM, left)]
    assert fix_findings(edition_of(key), fixes, user=make_user()).count == 2
    (left_over,) = content_of(key).items()
    assert isinstance(left_over, Story)
    assert (left_over.heading, left_over.half, left_over.key) == ("Right", False, right.key)


def test_a_half_that_stands_alone_takes_the_whole_width() -> None:
    item = story(Span("x"), half=True)
    key = issue_with(item)
    page = edition_of(key)
    (section,) = page.get_latest_revision_as_object().body.raw_data
    value = {**section["value"]["items"][0]["value"]}
    pair = {
        "type": "pair",
        "value": {"stories": [{"type": "item", "value": value, "id": item.key}]},
        "id": str(uuid4()),
    }
    raw = {**section, "value": {**section["value"], "items": [pair]}}
    page.body = page.body.stream_block.to_python([raw])
    page.save_revision(clean=False)
    assert next(content_of(key).items()).half  # type: ignore[attr-defined]
    fix_findings(edition_of(key), [finding(FixKind.SET_WHOLE, item, field="half")], user=make_user())
    (whole,) = content_of(key).items()
    assert isinstance(whole, Story)
    assert (whole.half, whole.key) == (False, item.key)


def test_many_findings_make_one_revision_and_one_entry_in_the_log() -> None:
    one, two = story(Span("a", href=COUNTED)), story(Span("b", href=COUNTED))
    key = issue_with(one, two)
    page = edition_of(key)
    user = make_user()
    fixes = [finding(FixKind.STRIP_PARAMETERS, item, old=COUNTED, new=CLEAN) for item in (one, two)]
    fixed = fix_findings(page, fixes, user=user)
    page.refresh_from_db()
    assert (fixed.count, fixed.after) == (2, page.latest_revision_id)
    assert fixed.before not in (None, fixed.after)
    (entry,) = registry.get_logs_for_instance(page).filter(action="circular.fix")
    assert (entry.user, len(entry.data["findings"])) == (user, 2)


def test_a_text_that_changed_meanwhile_is_left_alone() -> None:
    item = story(Span("x"))
    key = issue_with(item)
    revision = edition_of(key).latest_revision_id
    wanted = finding(FixKind.REPLACE_URL, item, old="https://gone.example/", new=CLEAN)
    with pytest.raises(FixRefused, match="Nothing was changed"):
        fix_findings(edition_of(key), [wanted], user=make_user())
    assert edition_of(key).latest_revision_id == revision


def test_nobody_mends_what_they_may_not_edit_or_what_somebody_locked() -> None:
    item = story(Span("x", href=COUNTED))
    key = issue_with(item)
    wanted = finding(FixKind.STRIP_PARAMETERS, item, old=COUNTED, new=CLEAN)
    with pytest.raises(FixRefused, match="may not edit"):
        fix_findings(edition_of(key), [wanted], user=make_user("guest", superuser=False))
    page = edition_of(key)
    page.locked, page.locked_by = True, make_user("other")
    page.save(update_fields=["locked", "locked_by"])
    with pytest.raises(FixRefused, match="locked"):
        fix_findings(page, [wanted], user=make_user())


def test_an_edition_made_from_a_translation_is_mended_in_the_translation() -> None:
    item = story(Span("x", href=COUNTED))
    bulletin = make_bulletin("en", "zh-hans")
    key = make_issue(bulletin, make_content("en", item))
    source, _made = TranslationSource.get_or_create_from_instance(edition_of(key))
    translation = Translation.objects.create(source=source, target_locale=Locale.objects.get(language_code="zh-hans"))
    translation.save_target(publish=False)
    wanted = finding(FixKind.STRIP_PARAMETERS, item, old=COUNTED, new=CLEAN)
    with pytest.raises(FixRefused, match="made from its translation"):
        fix_findings(edition_of(key, "zh-hans"), [wanted], user=make_user())


def test_what_stands_on_the_bulletins_page_is_not_mended_in_an_edition() -> None:
    assert not is_fixable(finding(FixKind.REPLACE_TEXT, field="postal_address", old="a", new="b"))
    assert is_fixable(finding(FixKind.REPLACE_TEXT, field="subject", old="a", new="b"))
