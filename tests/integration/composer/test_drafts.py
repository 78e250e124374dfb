"""Content to a page and back: nothing of it may change on the way, whatever kinds of items it has."""

from __future__ import annotations

from datetime import date, time
from io import BytesIO
from typing import Any

import pytest
from django.core.files.images import ImageFile
from PIL import Image as PillowImage
from wagtail.images import get_image_model

from composer.content import (
    ITEM_KINDS,
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
from composer.extract import extract
from tests.factories import make_bulletin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def make_image(title: str) -> Any:
    data = BytesIO()
    PillowImage.new("RGB", (40, 30), "teal").save(data, "PNG")
    return get_image_model().objects.create(title=title, file=ImageFile(data, name=f"{title}.png"))


def picture(name: str, *, alt: str = "Crates on a dock", decorative: bool = False) -> Picture:
    return Picture(f"file:{name}", alt, 40, 30, decorative)


COMMON: dict[str, Any] = {
    "body": (Paragraph((Span("Said "), Span("plainly", bold=True), Span("."))), Bullets(((Span("One"),),))),
    "source": Source("UNEP", "https://www.unep.org/x", date(2026, 3, 2), "CC BY 4.0"),
    "topics": ("SDG 12.7.1", "procurement"),
    "notes": ("Check the date.",),
}
ITEMS: tuple[Item, ...] = (
    Lead(key="k-lead", heading="Lead", **COMMON),
    Story(key="k-story", heading="Story", audience="members", picture=picture("a"), picture_place="right", **COMMON),
    Story(key="k-one", heading="One", half=True, picture=picture("b", alt="", decorative=True), **COMMON),
    Story(key="k-two", heading="Two", half=True, audience="not:members", **COMMON),
    Story(key="k-alone", heading="Alone", **COMMON),
    ItemList(key="k-list", heading="List", entries=((Span("first"),), (Span("second"),)), **COMMON),
    Quote(key="k-quote", speaker="A speaker", **COMMON),
    Figures(key="k-figures", entries=(Figure("12.5 %", "of purchases"), Figure("3", "pilots")), **COMMON),
    Event(
        key="k-event",
        day=date(2026, 4, 1),
        start=time(14, 30),
        last_day=date(2026, 4, 2),
        end=time(9, 0),
        zone="Asia/Shanghai",
        place="Beijing",
        button="Register",
        url="https://example.org/r",
        calendar=False,
        **COMMON,
    ),
    Call(key="k-call", button="Apply", url="https://example.org/c", deadline=date(2026, 5, 1), **COMMON),
    Guide(key="k-guide", cover=picture("a"), details="2026 · 64 pages", button="Read", url="https://e.org/g", **COMMON),
    Partners(
        key="k-partners",
        entries=(Partner("With logo", "https://p.org", picture("b", alt="With logo")), Partner("Without")),
        **COMMON,
    ),
    Contents(key="k-contents", heading="In this issue", **COMMON),
    Divider(key="k-divider", audience="members"),
    Imprint(key="k-imprint", **COMMON),
)


def test_every_kind_of_item_comes_back_from_its_page_as_it_was() -> None:
    assert {item.kind for item in ITEMS} == set(ITEM_KINDS)
    images = {"file:a": make_image("a"), "file:b": make_image("b")}
    content = EditionContent("en", Masthead("Notes"), "An issue", "An issue", sections=(Section("News", ITEMS),))

    page = save_edition(content, bulletin=make_bulletin("en"), pictures=images)
    back = extract(page.latest_revision.as_object())

    for before, after in zip(ITEMS, back.sections[0].items, strict=True):
        assert _comparable(after) == _comparable(before)


def _comparable(item: Item) -> dict[str, Any]:
    fields = {name: getattr(item, name) for name in type(item).__dataclass_fields__}
    for name in ("picture", "cover"):
        if fields.get(name) is not None:
            fields[name] = (fields[name].alt, fields[name].decorative, fields[name].width)
    if isinstance(item, Partners):
        fields["entries"] = [
            (each.name, each.url, each.logo and (each.logo.alt, each.logo.width)) for each in item.entries
        ]
    return fields


def test_halves_become_pairs_and_a_third_one_stands_alone() -> None:
    halves = tuple(Story(key=f"h{n}", heading=f"Half {n}", half=True, body=COMMON["body"]) for n in range(3))
    content = EditionContent("en", Masthead("Notes"), "An issue", "An issue", sections=(Section("News", halves),))
    page = save_edition(content, bulletin=make_bulletin("en"))

    kinds = [block.block_type for block in page.body[0].value["items"]]
    assert kinds == ["pair", "story"]
    keys = [item.key for item in extract(page).items()]
    assert keys == ["h0", "h1", "h2"]


def test_a_picture_that_nobody_described_has_no_words() -> None:
    image = make_image("DSC_0042")
    story = Story(key="s", heading="S", picture=Picture("file:a", "", 40, 30))
    content = EditionContent("en", Masthead("Notes"), "An issue", "An issue", sections=(Section("News", (story,)),))
    page = save_edition(content, bulletin=make_bulletin("en"), pictures={"file:a": image})
    (found,) = extract(page).items()
    assert isinstance(found, Story)
    assert found.picture is not None
    assert (found.picture.alt, found.picture.decorative) == ("", False)
