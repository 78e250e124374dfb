"""Editions of an issue: translating with wagtail-localize, and how each language stands."""

from __future__ import annotations

import dataclasses
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import polib  # type: ignore[import-untyped]  # it has none
import pytest
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Locale
from wagtail_localize.models import (
    OverridableSegment,
    SegmentOverride,
    StringSegment,
    StringTranslation,
    Translation,
    TranslationSource,
)
from wagtail_localize.operations import translate_object

from composer.content import (
    Bullets,
    Call,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Imprint,
    Item,
    ItemList,
    Lead,
    Masthead,
    Paragraph,
    Partner,
    Partners,
    Picture,
    Quote,
    Section,
    Source,
    Span,
    Story,
)
from composer.drafts import save_edition
from composer.editions import OWN_FIELDS, Standing, State, changed, item_key, standings
from composer.issues import issue_of
from tests.factories import edition_of, make_bulletin, make_content, make_issue, make_item

pytestmark = pytest.mark.django_db

PICTURE = Picture(url="picture", alt="Green roofs", width=640, height=480)
BODY = (
    Paragraph((Span("Read "), Span("the report", href="https://www.example.org/report"), Span("."))),
    Bullets(((Span("One"),), (Span("Two"),))),
)


def items() -> tuple[Item, ...]:
    """One item of every kind, with everything that it can have."""

    def common(heading: str) -> dict[str, Any]:
        return {
            "key": str(uuid4()),
            "heading": heading,
            "body": BODY,
            "source": Source("The network", "https://www.example.org/source", date(2026, 5, 1), "CC BY 4.0"),
            "topics": ("SDG 12.7",),
            "notes": ("Is this right?",),
        }

    link: dict[str, Any] = {"button": "Sign up", "url": "https://www.example.org/button"}
    return (
        Lead(**common("The lead")),
        Story(**common("A story"), picture=PICTURE, picture_place="left"),
        Story(**common("Without a picture")),
        Story(**common("The left half"), picture=PICTURE, half=True),
        Story(**common("The right half"), half=True),
        ItemList(**common("A list"), entries=((Span("First"),), (Span("Second"),))),
        Quote(**common("A quote"), speaker="A speaker"),
        Figures(**common("Key figures"), entries=(Figure("12.5 %", "of all tenders"), Figure("3", "cities"))),
        Event(
            **common("An event"), **link, day=date(2026, 6, 2), start=time(9, 30), zone="Asia/Shanghai", place="Xi'an"
        ),
        Call(**common("A call"), **link, deadline=date(2026, 6, 30)),
        Guide(**common("A guide"), **link, cover=PICTURE, details="2026, 40 pages"),
        Partners(**common("Partners"), entries=(Partner("A partner", "https://partner.example.org", PICTURE),)),
        Contents(**common("In this issue")),
        Divider(key=str(uuid4())),
        Imprint(**common("Imprint")),
    )


@pytest.fixture
def issue(settings: Any, tmp_path: Any) -> UUID:
    """A full English issue of a bulletin in English, Chinese and French."""
    settings.MEDIA_ROOT = tmp_path
    bulletin = make_bulletin("en", "zh-hans", "fr", fallback="en, zh-hans, fr")
    image = get_image_model().objects.create(title="Roofs", file=get_test_image_file())
    content = EditionContent(
        locale="en",
        masthead=Masthead(bulletin.title),
        title="The first issue",
        subject="A subject",
        preheader="A preheader",
        number="No. 1",
        published=date(2026, 5, 4),
        sections=(Section("News", items()), Section("Short", (Lead(key=str(uuid4()), heading="At the end"),))),
    )
    page = save_edition(content, bulletin=bulletin, pictures={"picture": image})
    return page.translation_key


def locale(code: str) -> Locale:
    return Locale.objects.get(language_code=code)


def translate(key: UUID, code: str = "zh-hans") -> Translation:
    page = edition_of(key)
    translate_object(page, [locale(code)])
    return Translation.objects.get(source__object_id=key, target_locale=locale(code))


def fill_in(translation: Translation, mark: str = "译", only: int | None = None) -> None:
    """A made-up translation of every text."""
    segments = StringSegment.objects.filter(source=translation.source).select_related("string")
    for segment in segments[:only]:
        StringTranslation.objects.update_or_create(
            translation_of=segment.string,
            locale=translation.target_locale,
            context=segment.context,
            defaults={"data": f"{mark}{segment.string.data}", "has_error": False},
        )


# Translating


@pytest.mark.parametrize("code", ["zh-hans", "fr"])
def test_an_issue_with_every_kind_of_item_is_translated_with_the_same_keys(issue: UUID, code: str) -> None:
    translation = translate(issue, code)
    fill_in(translation)
    translation.save_target(publish=False)
    found = issue_of(issue).editions
    source, target = found["en"].content, found[code].content
    assert [item.key for item in target.items()] == [item.key for item in source.items()]
    assert [item.kind for item in target.items()] == [item.kind for item in source.items()]
    assert all(item.heading.startswith("译") for item in target.items() if item.heading)
    assert not found[code].page.live


def test_a_translator_is_asked_for_what_a_reader_reads(issue: UUID) -> None:
    translation = translate(issue)
    asked = set(StringSegment.objects.filter(source=translation.source).values_list("string__data", flat=True))
    for text in (
        "A speaker",
        "of all tenders",
        "Xi'an",
        "Sign up",
        "2026, 40 pages",
        "A partner",
        "Green roofs",
        "First",
    ):
        assert text in asked, text
    for text in ("Is this right?", "SDG 12.7", "Asia/Shanghai", "left", "https://www.example.org/button"):
        assert text not in asked, text


def test_links_can_be_other_ones_in_a_translation(issue: UUID) -> None:
    translation = translate(issue)
    links = OverridableSegment.objects.filter(source=translation.source)
    button = next(link for link in links if link.data == "https://www.example.org/button")
    SegmentOverride.objects.create(
        locale=translation.target_locale,
        context=button.context,
        data_json='"https://www.example.org/zh"',
        has_error=False,
    )
    translation.save_target(publish=False)
    urls = [getattr(item, "url", "") for item in issue_of(issue).editions["zh-hans"].content.items()]
    assert urls.count("https://www.example.org/zh") == 1
    assert urls.count("https://www.example.org/button") == 2


def test_dates_audiences_and_pictures_come_from_the_source(issue: UUID) -> None:
    translation = translate(issue)
    fill_in(translation)
    translation.save_target(publish=False)
    found = issue_of(issue).editions
    for one, other in zip(found["en"].content.items(), found["zh-hans"].content.items(), strict=True):
        assert (one.audience, one.topics, one.notes) == (other.audience, other.topics, other.notes)
        for name in ("day", "start", "zone", "deadline", "picture_place"):
            assert getattr(one, name, None) == getattr(other, name, None)
        picture = getattr(one, "picture", None)
        if picture is not None:
            translated = getattr(other, "picture", None)
            assert translated is not None
            assert (translated.url, translated.alt) == (picture.url, f"译{picture.alt}")


def test_translations_go_out_and_come_back_as_a_po_file(issue: UUID) -> None:
    translation = translate(issue, "fr")
    po = polib.pofile(str(translation.export_po()))
    for entry in po:
        entry.msgstr = f"[fr] {entry.msgid}"
    assert translation.import_po(polib.pofile(str(po))) == []
    translation.save_target(publish=False)
    content = issue_of(issue).editions["fr"].content
    assert content.subject == "[fr] A subject"
    assert standing(issue, "fr").state == State.COMPLETE


def test_a_chinese_issue_is_translated_into_english_though_its_slug_is_chinese() -> None:
    bulletin = make_bulletin("zh-hans", "en")
    content = dataclasses.replace(make_content("zh-hans", title="绿色采购"), number="第三期")
    key = save_edition(content, bulletin=bulletin).translation_key
    translate_object(edition_of(key, "zh-hans"), [locale("en")])
    assert set(issue_of(key).editions) == {"zh-hans", "en"}
    assert standing(key, "en").source == "zh-hans"


def test_translating_a_live_issue_publishes_nothing(issue: UUID) -> None:
    edition_of(issue).save_revision().publish()
    translate(issue)
    assert not edition_of(issue, "zh-hans").live


# How a language stands


def standing(key: UUID, code: str) -> Standing:
    return next(each for each in standings(issue_of(key)) if each.locale == code)


def states(key: UUID) -> dict[str, str]:
    return {each.locale: each.state.value for each in standings(issue_of(key))}


def edit_item(key: UUID, code: str = "en", *, heading: str = "Another heading") -> str:
    """Change the heading of the first item; its key."""
    page = edition_of(key, code).get_latest_revision_as_object()
    raw = list(page.body.raw_data)
    item = raw[0]["value"]["items"][0]
    item["value"]["heading"] = heading
    page.body = page.body.stream_block.to_python(raw)
    page.save_revision()
    return str(item["id"])


def test_languages_without_an_edition_are_missing_in_the_order_of_the_bulletin(issue: UUID) -> None:
    assert list(states(issue).items()) == [("en", "complete"), ("zh-hans", "missing"), ("fr", "missing")]


def test_a_language_without_the_bulletins_page_says_so() -> None:
    key = make_issue(make_bulletin("en", fallback="en, fr"))
    assert not standing(key, "fr").bulletin_exists


def test_a_translation_is_incomplete_until_every_text_is_translated(issue: UUID) -> None:
    translation = translate(issue)
    fill_in(translation, only=3)
    found = standing(issue, "zh-hans")
    assert (found.state, found.done) == (State.INCOMPLETE, 3)
    assert found.total > 20
    assert set(found.untranslated) <= {item.key for item in issue_of(issue).editions["en"].content.items()} | {
        OWN_FIELDS
    }
    fill_in(translation)
    assert standing(issue, "zh-hans").state == State.STALE
    assert standing(issue, "zh-hans").unsaved
    translation.save_target(publish=False)
    assert standing(issue, "zh-hans").state == State.COMPLETE


def test_a_text_left_in_a_pair_names_its_half(issue: UUID) -> None:
    translation = translate(issue)
    fill_in(translation)
    half = next(item for item in issue_of(issue).editions["en"].content.items() if item.heading == "The right half")
    StringTranslation.objects.filter(translation_of__data="The right half").delete()
    assert standing(issue, "zh-hans").untranslated == (half.key,)
    assert translation.pk == standing(issue, "zh-hans").translation


def test_a_translation_is_stale_once_its_source_changed_and_current_when_taken_over(issue: UUID) -> None:
    translation = translate(issue)
    fill_in(translation)
    translation.save_target(publish=False)
    key = edit_item(issue)
    found = standing(issue, "zh-hans")
    assert (found.state, found.stale) == (State.STALE, (key,))
    TranslationSource.update_or_create_from_instance(edition_of(issue).get_latest_revision_as_object())
    assert standing(issue, "zh-hans").untranslated == (key,)
    fill_in(translation)
    translation.save_target(publish=False)
    assert states(issue)["zh-hans"] == "complete"


def test_an_edition_written_by_hand_lacks_what_the_source_has_more_of() -> None:
    first, second, third = make_item("One"), make_item("Two"), make_item("Three")
    key = make_issue(make_bulletin(), make_content("en", first, second, third), make_content("zh-hans", first))
    found = standing(key, "zh-hans")
    assert (found.state, found.lacking, found.short) == (State.INCOMPLETE, (second.key, third.key), ())


def test_editions_with_items_of_their_own_are_compared_by_number() -> None:
    own = make_content("zh-hans", make_item("一"))
    key = make_issue(make_bulletin(), make_content("en", make_item("One"), make_item("Two")), own)
    assert standing(key, "zh-hans").short == (("News", 1),)
    whole = make_issue(make_bulletin(slug="other"), make_content("en", make_item("One")), own)
    assert states(whole) == {"en": "complete", "zh-hans": "complete"}


def test_an_edition_written_by_hand_is_stale_when_the_source_changed_after_it_was_saved() -> None:
    key = make_issue(make_bulletin(), make_content("en"), make_content("zh-hans", title="第一期"))
    assert states(key)["zh-hans"] == "complete"
    changed_key = edit_item(key)
    assert standing(key, "zh-hans").stale == (changed_key,)
    edition_of(key, "zh-hans").save_revision()
    assert states(key)["zh-hans"] == "complete"


def test_notes_to_check_make_no_edition_stale() -> None:
    item = make_item()
    before = make_content("en", item)
    assert changed(before, make_content("en", dataclasses.replace(item, notes=("Check it",)))) == ()


def test_an_edition_without_items_is_incomplete() -> None:
    empty = dataclasses.replace(make_content("en"), sections=())
    assert states(make_issue(make_bulletin("en"), empty))["en"] == "incomplete"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("body.s.items.i.heading", "i"),
        ("body.s.items.i.entries.e.label", "i"),
        ("body.s.items.i.stories.h.heading", "h"),
        ("body.s.heading", OWN_FIELDS),
        ("title", OWN_FIELDS),
    ],
)
def test_a_translators_text_belongs_to_an_item(path: str, key: str) -> None:
    assert item_key(path) == key
