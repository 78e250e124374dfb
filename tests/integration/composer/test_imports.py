"""Files become a draft with pictures in the library, or more items of one; or nothing at all, with the reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from wagtail.images import get_image_model
from wagtail.models import PageLogEntry

from composer import imports
from composer.content import ItemList, Lead, Story, plain_text
from composer.extract import extract
from composer.importing import pictures as reading
from composer.importing.errors import ImportRefused
from composer.imports import MOST_FILES, Contribution, FilesRefused, add_files, import_files, import_text
from composer.models import EditionPage
from composer.rendering.edition import render_edition
from tests.factories import edition_of, make_bulletin, make_content, make_issue, make_user
from tests.unit.importing.told import Link, Told, as_page, as_slides, as_word
from tests.unit.importing.told import Story as Told_

pytestmark = pytest.mark.django_db

REPAIR = Told_(
    "Kenya repairs its desks",
    ("The contract names a price for each repair.", "Source: The network https://www.example.org/kenya"),
    ("one desk", "two chairs"),
    link=Link("the tender", "https://www.example.org/tender"),
    picture="A desk being repaired",
)
ISSUE = Told(
    "The issue of spring",
    (
        (
            "News",
            (REPAIR, Told_("A second story", ("Its text.",), picture="Again")),
        ),
    ),
)
OTHER = Told(
    "Another file", (("Events", (Told_("A workshop", ("In Nairobi.",), rows=(("Day", "Place"), ("1", "Nairobi"))),)),)
)


def contribution(name: str = "issue.docx", told: Told = ISSUE) -> Contribution:
    make = {"docx": as_word, "pptx": as_slides, "html": as_page}[name.rpartition(".")[2]]
    return Contribution(make(told), name)


def newest(page: EditionPage) -> EditionPage:
    page = EditionPage.objects.get(pk=page.pk)
    found: EditionPage = page.latest_revision.as_object()
    return found


def files_in_storage() -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {str(path) for path in root.rglob("*") if path.is_file()} if root.exists() else set()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.mark.parametrize("name", ["issue.docx", "issue.pptx", "issue.html"])
def test_a_file_becomes_a_draft_whose_letter_can_be_rendered(name: str) -> None:
    make_bulletin()
    made = import_text(contribution(name).data, name=name, bulletin_slug="notes", locale="en", user=make_user())
    page = newest(made.page)
    content = extract(page)
    assert content.title == "The issue of spring"
    assert [section.heading for section in content.sections] == ["News"]
    assert [item.heading for item in content.items()] == ["Kenya repairs its desks", "A second story"]
    first = next(content.items())
    assert isinstance(first, Story)
    assert first.picture is not None
    assert first.picture.alt == "A desk being repaired"
    assert first.source is not None
    assert (first.source.name, first.source.url) == ("The network", "https://www.example.org/kenya")
    assert "came from the file" in " ".join(first.notes)
    assert (
        "https://www.example.org/tender"
        in render_edition(content, base_url="https://bulletin.example", tracked=False).html
    )


def test_the_same_picture_is_one_in_the_library() -> None:
    make_bulletin()
    made = import_text(contribution().data, name="issue.docx", bulletin_slug="notes", locale="en")
    (image,) = get_image_model().objects.all()
    assert made.pictures == 1
    assert (image.width, image.height) == (40, 30)
    assert image.description == "A desk being repaired"
    assert default_storage.exists(image.file.name)
    assert [
        item.picture.alt for item in extract(newest(made.page)).items() if isinstance(item, Story) and item.picture
    ] == [
        "A desk being repaired",
        "Again",
    ]


def test_several_files_become_one_issue_in_their_order() -> None:
    make_bulletin()
    given = [
        contribution(),
        contribution("more.pptx", OTHER),
        Contribution(b"A text of its own.\n\nWith words.", "a.txt"),
    ]
    made = import_files(given, bulletin_slug="notes", locale="en")
    content = extract(newest(made.page))
    assert content.title == "The issue of spring"
    assert [section.heading for section in content.sections] == ["News", "Events", ""]
    assert sum(isinstance(item, Lead) for item in content.items()) == 0
    table = next(item for item in content.items() if isinstance(item, ItemList) and len(item.entries) == 2)
    assert [plain_text(entry) for entry in table.entries] == ["Day · Place", "1 · Nairobi"]
    assert (made.files, made.encoding) == (3, "utf-8")
    assert made.notes[0] == "The title and the subject were guessed: check both."
    assert not any("more.pptx: The title" in note for note in made.notes)


def test_the_same_file_twice_has_keys_of_its_own_each_time() -> None:
    make_bulletin()
    made = import_files([contribution(), contribution()], bulletin_slug="notes", locale="en")
    keys = [item.key for item in extract(newest(made.page)).items()]
    assert len(keys) == 4
    assert len(set(keys)) == 4


def test_one_bad_file_stops_all_and_every_bad_one_is_named() -> None:
    make_bulletin()
    given = [
        contribution(),
        Contribution(b"%PDF-1.7 rubbish", "broken.pdf"),
        Contribution(b"", "empty.txt"),
        contribution("more.pptx", OTHER),
    ]
    before = EditionPage.objects.count()
    with pytest.raises(FilesRefused) as refused:
        import_files(given, bulletin_slug="notes", locale="en")
    assert len(refused.value.refusals) == 2
    assert refused.value.refusals[0].startswith("broken.pdf is damaged")
    assert refused.value.refusals[1].startswith("empty.txt is empty")
    assert EditionPage.objects.count() == before
    assert not get_image_model().objects.exists()
    assert files_in_storage() == set()


def test_pictures_leave_nothing_behind_where_the_page_cannot_be_saved() -> None:
    bulletin = make_bulletin()
    key = make_issue(bulletin)
    page = edition_of(key)
    page.delete()  # somebody else was faster
    with pytest.raises(EditionPage.DoesNotExist):
        add_files([contribution()], page=page)
    assert not get_image_model().objects.exists()
    assert files_in_storage() == set()


def test_files_are_added_at_the_end_of_an_edition_and_nothing_else_changes() -> None:
    bulletin = make_bulletin()
    user = make_user()
    page = edition_of(make_issue(bulletin, make_content(), make_content("zh-hans")))
    page.subject = "A subject of its own"
    page.save_revision()
    before = extract(newest(page))
    chinese = edition_of(page.translation_key, "zh-hans").latest_revision_id
    made = add_files([contribution()], page=page, user=user)
    after = extract(newest(page))
    assert made.page.pk == page.pk
    assert after.sections[: len(before.sections)] == before.sections
    assert [section.heading for section in after.sections[len(before.sections) :]] == ["News"]
    assert (after.title, after.subject) == (before.title, before.subject)
    assert edition_of(page.translation_key, "zh-hans").latest_revision_id == chinese
    entry = PageLogEntry.objects.filter(page=page.pk, action="wagtail.edit").latest("timestamp")
    assert entry.user == user


def test_a_file_added_twice_has_keys_of_its_own() -> None:
    page = edition_of(make_issue(make_bulletin()))
    add_files([contribution()], page=page)
    add_files([contribution()], page=page)
    keys = [item.key for item in extract(newest(page)).items()]
    assert len(keys) == len(set(keys)) == 5


def test_a_file_without_words_or_pictures_is_refused() -> None:
    make_bulletin()
    with pytest.raises(ImportRefused, match=r"empty\.docx holds no text and no pictures"):
        import_text(as_word(Told("", ())), name="empty.docx", bulletin_slug="notes", locale="en")


def test_too_many_files_are_refused_before_any_is_read() -> None:
    make_bulletin()
    with pytest.raises(FilesRefused, match=f"There are {MOST_FILES + 1} files"):
        import_files([Contribution(b"x", "x.txt")] * (MOST_FILES + 1), bulletin_slug="notes", locale="en")


def test_files_after_those_that_took_too_long_are_named_and_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    make_bulletin()
    monkeypatch.setattr(imports, "LONGEST_READING", -1.0)
    with pytest.raises(FilesRefused, match=r"a\.docx was not read: the files before it took too long"):
        import_files([contribution("a.docx")], bulletin_slug="notes", locale="en")


def test_a_picture_that_the_library_refuses_is_noted(settings: Any) -> None:
    settings.WAGTAILIMAGES_EXTENSIONS = ["gif"]
    make_bulletin()
    made = import_text(contribution().data, name="issue.docx", bulletin_slug="notes", locale="en")
    first = next(extract(newest(made.page)).items())
    assert isinstance(first, Story)
    assert first.picture is None
    assert "Left out: the picture “image1.png”" in " ".join(first.notes)
    assert "“A desk being repaired”" in " ".join(first.notes)


def test_what_is_read_and_what_the_library_takes_have_the_same_limits() -> None:
    assert settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE == reading.LARGEST_PICTURE
    assert settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS == reading.MOST_PIXELS


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("# Title\n\n## A story\n\nIts *text*.\n\n## Another\n\nMore.", "A story"),
        ("A heading\n\nIts text. And more.", "A heading"),
    ],
)
def test_a_pasted_text_is_read_as_what_it_looks_like(text: str, heading: str) -> None:
    make_bulletin()
    made = import_files([Contribution(text.encode(), "the pasted text", ".txt")], bulletin_slug="notes", locale="en")
    assert heading in [item.heading for item in extract(newest(made.page)).items()]


def test_a_paste_from_a_page_keeps_its_formatting() -> None:
    make_bulletin()
    html = '<h2>One</h2><p>With <a href="https://example.org/">a link</a>.</p><h2>Two</h2><p>More.</p>'
    made = import_files([Contribution(html.encode(), "the pasted text", ".html")], bulletin_slug="notes", locale="en")
    items = list(extract(newest(made.page)).items())
    assert [item.heading for item in items] == ["One", "Two"]
    assert "https://example.org/" in repr(items[0].body)
