import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from composer.content import (
    ITEM_KINDS,
    Bullets,
    Call,
    Contents,
    EditionContent,
    Event,
    Figures,
    Guide,
    Imprint,
    Item,
    ItemList,
    Line,
    Partners,
    Picture,
    Quote,
    Span,
    plain_text,
)
from config.sample import canvas, draw_pictures, issue
from config.sample.issue import BULLETIN, sample_issue
from config.sample.segments import SEGMENTS

EDITIONS = sample_issue()
ENGLISH, CHINESE = EDITIONS["en"], EDITIONS["zh-hans"]
PAIRS = list(zip(ENGLISH.items(), CHINESE.items(), strict=True))
ITEMS = [*ENGLISH.items(), *CHINESE.items()]
PICTURES = Path(draw_pictures.__file__).parent / "pictures"


def test_the_issue_is_the_same_at_every_call() -> None:
    assert sample_issue() == EDITIONS


def test_the_editions_carry_their_own_words() -> None:
    for language, edition in EDITIONS.items():
        assert edition.locale == language
        assert edition.masthead == BULLETIN.words[language].masthead
        assert all((edition.title, edition.subject, edition.preheader, edition.number))
    assert ENGLISH.published == CHINESE.published


def test_both_editions_have_the_same_sections() -> None:
    assert [len(section.items) for section in ENGLISH.sections] == [len(section.items) for section in CHINESE.sections]
    assert [bool(section.heading) for section in ENGLISH.sections] == [False, True, True, True, True, True]
    assert [bool(section.heading) for section in CHINESE.sections] == [False, True, True, True, True, True]


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda item: item.key[:8])
def test_an_item_is_the_same_in_both_editions_but_for_its_words(english: Item, chinese: Item) -> None:
    assert (english.kind, english.key, english.audience) == (chinese.kind, chinese.key, chinese.audience)
    assert sorted(_links(english)) == sorted(_links(chinese))
    assert list(map(type, english.body)) == list(map(type, chinese.body))
    assert bool(english.heading) == bool(chinese.heading)
    if english.source and chinese.source:
        assert english.source.published == chinese.source.published
        assert english.source.licence == chinese.source.licence
    if isinstance(english, Call) and isinstance(chinese, Call):
        assert english.deadline == chinese.deadline
    if isinstance(english, ItemList) and isinstance(chinese, ItemList):
        assert len(english.entries) == len(chinese.entries)
    if isinstance(english, Event) and isinstance(chinese, Event):
        assert (english.day, english.start, english.zone) == (chinese.day, chinese.start, chinese.zone)
    assert english.topics == chinese.topics
    assert [shown.url for shown in _pictures(english)] == [shown.url for shown in _pictures(chinese)]


def test_keys_are_uuids_and_unique_within_an_edition() -> None:
    keys = [item.key for item in ENGLISH.items()]
    assert len(set(keys)) == len(keys) == 18
    assert all(str(uuid.UUID(key)) == key for key in keys)


def test_every_kind_of_item_occurs() -> None:
    counted = Counter(item.kind for item in ENGLISH.items())
    assert set(counted) == set(ITEM_KINDS) - {"divider"}
    assert counted["story"] == 7


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}-{item.key[:8]}")
def test_every_item_that_says_something_names_its_source(item: Item) -> None:
    if isinstance(item, Imprint | Contents | Partners):
        assert item.source is None
        return
    assert item.source is not None
    assert item.source.name
    assert item.source.url
    assert item.source.published is not None
    assert ENGLISH.published is not None
    assert item.source.published <= ENGLISH.published


def test_some_items_are_for_segments_that_the_sample_has() -> None:
    for edition in EDITIONS.values():
        named = sorted(item.audience for item in edition.items() if item.audience)
        assert named == ["members-in-africa", "national-focal-points", "not:national-focal-points"]
        assert edition.audiences() <= {segment.slug for segment in SEGMENTS}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}-{item.key[:8]}")
def test_no_link_leads_to_a_real_place(item: Item) -> None:
    for url in _links(item):
        parts = urlsplit(url)
        if parts.scheme == "picture":
            continue
        host = parts.path.partition("@")[2] if parts.scheme == "mailto" else parts.hostname or ""
        assert parts.scheme in {"https", "mailto"}
        assert host.endswith((".example", ".example.org", ".example.com", ".example.net"))


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
def test_the_typography_suits_the_language(edition: EditionContent) -> None:
    text = "\n".join(_words(edition))
    if edition.locale == "en":
        assert text.isascii() or not set(text) & set("—\"'，。")
    else:
        assert not set(text) & set(",;?!\"'()")


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}-{item.key[:8]}")
def test_every_picture_is_there_with_its_size_and_words(item: Item) -> None:
    for shown in _pictures(item):
        scheme, _, name = shown.url.partition(":")
        assert scheme == "picture"
        assert shown.alt
        logo = name in draw_pictures.LOGOS
        size = (draw_pictures.LOGO_WIDTH, draw_pictures.LOGO_HEIGHT) if logo else (canvas.WIDTH, canvas.HEIGHT)
        with Image.open(PICTURES / name) as picture:
            assert picture.size == (shown.width, shown.height) == size


def test_every_drawing_is_printed_once_and_weighs_little() -> None:
    drawn = draw_pictures.DRAWINGS.keys() | draw_pictures.LOGOS.keys()
    printed = [shown.url for item in ENGLISH.items() for shown in _pictures(item)]
    assert sorted(printed) == sorted(f"picture:{name}" for name in drawn)
    assert {path.name for path in PICTURES.iterdir()} == drawn
    assert all(path.stat().st_size < 120_000 for path in PICTURES.iterdir())


def test_the_bulletin_speaks_three_languages_and_falls_back_to_english() -> None:
    assert BULLETIN.slug == "sustainable-procurement"
    assert BULLETIN.fallback == ("en", "zh-hans")
    assert BULLETIN.words.keys() == {"en", "zh-hans", "fr"}
    for words in BULLETIN.words.values():
        masthead = words.masthead
        assert words.sender_name
        assert all((masthead.name, masthead.tagline, masthead.publisher, masthead.postal_address, masthead.reason))
    assert issue.BULLETIN.sender_address == "bulletin@circular.example"
    assert issue.BULLETIN.reply_to == "secretariat@circular.example"


def _lines(item: Item) -> Iterator[Line]:
    for block in item.body:
        if isinstance(block, Bullets):
            yield from block.entries
        else:
            yield block.spans
    if isinstance(item, ItemList):
        yield from item.entries


def _spans(item: Item) -> Iterator[Span]:
    for line in _lines(item):
        yield from line


def _pictures(item: Item) -> Iterator[Picture]:
    if isinstance(item, Partners):
        yield from (entry.logo for entry in item.entries if entry.logo)
    elif shown := getattr(item, "picture", None) or getattr(item, "cover", None):
        yield shown


def _links(item: Item) -> list[str]:
    links = [span.href for span in _spans(item) if span.href]
    if item.source:
        links.append(item.source.url)
    if isinstance(item, Call | Event | Guide):
        links.append(item.url)
    if isinstance(item, Partners):
        links += [entry.url for entry in item.entries]
    return links + [shown.url for shown in _pictures(item)]


def _words(edition: EditionContent) -> Iterator[str]:
    masthead = edition.masthead
    yield from (masthead.name, masthead.tagline, masthead.publisher, masthead.reason)
    yield from (edition.title, edition.subject, edition.preheader)
    for section in edition.sections:
        yield section.heading
        for item in section.items:
            yield item.heading
            yield from (plain_text(line) for line in _lines(item))
            if item.source:
                yield item.source.name
            if isinstance(item, Quote):
                yield item.speaker
            if isinstance(item, Call | Event | Guide):
                yield item.button
            if isinstance(item, Event):
                yield item.place
            if isinstance(item, Guide):
                yield item.details
            if isinstance(item, Figures):
                yield from (entry.label for entry in item.entries)
            yield from (shown.alt for shown in _pictures(item))
