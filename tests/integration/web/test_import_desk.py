"""“Import”: a draft from files or what was pasted, and nothing where it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission, PageLogEntry

from composer.extract import extract
from composer.importing.decoding import LARGEST_FILE
from composer.models import BulletinPage, EditionPage
from tests.factories import edition_of, make_bulletin, make_content, make_issue, make_user
from tests.unit.importing.told import Story, Told, as_slides, as_word

pytestmark = pytest.mark.django_db

TEXT = """A spring of tenders

NEWS

Kenya opens its first framework contract

The framework contract for repaired furniture runs for four years. It names a price for each repair.
Source: https://www.example.org/kenya

EVENTS

Workshop on repair clauses

The workshop takes place in Nairobi. It is open to all members of the network.
Source: https://www.example.org/workshop
"""


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def posted(bulletin: BulletinPage, /, **fields: Any) -> dict[str, Any]:
    return {"bulletin": str(bulletin.translation_key), "locale": "en", "text": ""} | fields


def upload(data: bytes, name: str = "issue.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/plain")


@pytest.mark.parametrize("as_file", [True, False])
def test_a_text_becomes_a_draft_and_the_editor_opens(desk: Client, as_file: bool) -> None:
    bulletin = make_bulletin()
    given = {"file": upload(TEXT.encode())} if as_file else {"text": TEXT}
    response = desk.post(reverse("circular_import"), posted(bulletin, **given))
    page = EditionPage.objects.get()
    assert response["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert (page.live, page.bulletin, page.locale.language_code) == (False, bulletin, "en")
    assert PageLogEntry.objects.filter(page=page.pk, action="wagtail.create").exists()
    editor = desk.get(response["Location"]).content.decode()
    assert "Imported as a draft: " in editor
    assert "Encoding: utf-8." in editor


def test_a_chinese_text_in_gb18030_goes_under_the_chinese_page(desk: Client) -> None:
    bulletin = make_bulletin()
    text = "绿色采购通讯\n\n新闻\n\n我们的网络在内罗毕召开会议\n\n会议讨论了政府采购和可持续消费的问题。\n来源：https://www.example.org/a\n"
    response = desk.post(
        reverse("circular_import"), posted(bulletin, locale="zh-hans", file=upload(text.encode("gb18030"))), follow=True
    )
    page = EditionPage.objects.get()
    assert page.locale.language_code == "zh-hans"
    assert page.bulletin.translation_key == bulletin.translation_key
    assert "Encoding: gb18030." in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Choose a file, or paste the text below."),
        ({"text": " \n "}, "Choose a file, or paste the text below."),
        ({"text": "kept words", "file": upload(b"x")}, "Give either files or a pasted text, not both."),
        ({"file": upload(b"PK\x03\x04rest", "issue.docx")}, "damaged and can&#x27;t be opened"),
        ({"file": upload(b"%PDF-1.7 rest")}, "is a PDF"),
        ({"file": upload(b"")}, "is empty"),
        ({"file": upload(b"x" * (LARGEST_FILE + 1))}, "text at most 5 MB"),
        ({"file": upload(b"\x81\xff\x00\x01")}, "zero bytes"),
        ({"text": TEXT, "locale": "fr"}, "has no page in “fr”"),
        ({"text": TEXT, "bulletin": "another"}, "not one of the available choices"),
    ],
)
def test_a_refusal_is_said_beside_its_field_and_nothing_is_changed(
    desk: Client, fields: dict[str, Any], says: str
) -> None:
    bulletin = make_bulletin()
    if fields.get("locale") == "fr":  # another bulletin is French, so the language can be chosen
        make_bulletin("fr", slug="autre", title="Autre lettre")
    before = EditionPage.objects.count()
    response = desk.post(reverse("circular_import"), posted(bulletin, **fields))
    page = response.content.decode()
    assert response.status_code == 200
    assert says in page
    assert "Nothing was imported, and nothing was changed." in page
    assert EditionPage.objects.count() == before


def test_what_was_pasted_is_kept_where_the_import_is_refused(desk: Client) -> None:
    bulletin = make_bulletin()
    make_bulletin("fr", slug="autre", title="Autre lettre")
    page = desk.post(reverse("circular_import"), posted(bulletin, locale="fr", text=TEXT)).content.decode()
    assert "It names a price for each repair." in page
    assert f'value="{bulletin.translation_key}" selected' in page


def test_without_a_bulletin_the_page_says_so(desk: Client) -> None:
    assert "There is no bulletin yet." in desk.get(reverse("circular_import")).content.decode()


def editor_of(bulletin: BulletinPage) -> Any:
    """Somebody who may add pages under this page of a bulletin, and nothing else."""
    group = Group.objects.create(name="Editors of one bulletin")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    GroupPagePermission.objects.create(group=group, page=bulletin, permission_type="add")
    user = make_user("helper", superuser=False)
    user.groups.add(group)
    return user


def test_one_imports_only_where_one_may_add_an_issue(client: Client) -> None:
    own = make_bulletin("en", "zh-hans")
    other = make_bulletin("en", slug="other", title="Another bulletin")
    client.force_login(editor_of(own))
    page = client.get(reverse("circular_import")).content.decode()
    assert "Procurement Notes" in page
    assert "Another bulletin" not in page
    assert client.post(reverse("circular_import"), posted(other, text=TEXT)).status_code == 200
    assert (
        "not one of the available choices"
        in client.post(reverse("circular_import"), posted(own, locale="zh-hans", text=TEXT)).content.decode()
    )
    assert not EditionPage.objects.exists()
    assert client.post(reverse("circular_import"), posted(own, text=TEXT)).status_code == 302
    assert EditionPage.objects.count() == 1


def test_another_language_of_the_same_bulletin_needs_its_own_permission(client: Client) -> None:
    own = make_bulletin("en", "zh-hans")
    user = editor_of(own)
    chinese = make_bulletin("zh-hans", slug="other", title="另一份通讯")
    GroupPagePermission.objects.create(group=user.groups.get(), page=chinese, permission_type="add")
    client.force_login(user)
    page = client.post(reverse("circular_import"), posted(own, locale="zh-hans", text=TEXT)).content.decode()
    assert "You may not add an issue of this bulletin in this language." in page
    assert "It names a price for each repair." in page
    assert not EditionPage.objects.exists()


def test_one_who_may_add_nowhere_sees_neither_page_nor_menu(client: Client) -> None:
    make_bulletin()
    user = make_user("helper", superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(reverse("circular_import"))["Location"] == reverse("wagtailadmin_home")
    assert client.post(reverse("circular_import"), {}).status_code == 302
    assert reverse("circular_import") not in client.get(reverse("wagtailadmin_home")).content.decode()


WORD = as_word(Told("From Word", (("News", (Story("Kenya repairs", ("A text.",)),)),)))
SLIDES = as_slides(Told("From slides", (("Events", (Story("Workshop", ("In Nairobi.",)),)),)))


def test_several_files_become_one_draft_in_their_order(desk: Client) -> None:
    bulletin = make_bulletin()
    files = [upload(WORD, "a.docx"), upload(SLIDES, "b.pptx"), upload(TEXT.encode(), "c.txt")]
    response = desk.post(reverse("circular_import"), posted(bulletin, file=files), follow=True)
    content = extract(EditionPage.objects.get().latest_revision.as_object())
    assert [section.heading for section in content.sections][:2] == ["News", "Events"]
    assert content.title == "From Word"
    assert "Imported as a draft: " in response.content.decode()


def test_each_bad_file_is_named_with_its_reason_and_nothing_is_made(desk: Client) -> None:
    bulletin = make_bulletin()
    files = [upload(WORD, "a.docx"), upload(b"%PDF-1.7 rubbish", "<b>.pdf"), upload(b"", "../../empty.docx")]
    page = desk.post(reverse("circular_import"), posted(bulletin, file=files)).content.decode()
    assert "b.pdf is damaged" in page
    assert "<li>empty.docx is empty" in page
    assert "2 files can&#x27;t be read." in page
    assert not EditionPage.objects.exists()


def test_files_are_added_to_the_chosen_edition_and_the_editor_opens(desk: Client) -> None:
    page = edition_of(make_issue(make_bulletin(), make_content()))
    address = f"{reverse('circular_import')}?edition={page.pk}"
    assert f'value="{page.pk}" selected' in desk.get(address).content.decode()
    given = {"target": "add", "edition": str(page.pk), "file": upload(WORD, "a.docx"), "text": ""}
    response = desk.post(reverse("circular_import"), given)
    assert response["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    content = extract(EditionPage.objects.get().latest_revision.as_object())
    assert [item.heading for item in content.items()] == ["A story", "Kenya repairs"]


def test_without_a_chosen_edition_the_form_asks_for_one(desk: Client) -> None:
    make_issue(make_bulletin())
    page = desk.post(reverse("circular_import"), {"target": "add", "text": TEXT}).content.decode()
    assert "Choose one." in page


def test_one_adds_only_to_editions_that_one_may_edit(client: Client) -> None:
    own = make_bulletin("en", "zh-hans")
    other = make_bulletin("en", slug="other", title="Another bulletin")
    theirs = edition_of(make_issue(other, make_content(title="Theirs")))
    user = editor_of(own)
    client.force_login(user)
    mine = edition_of(make_issue(own, make_content(title="Mine")))
    mine.owner = user
    mine.save()
    page = client.get(reverse("circular_import")).content.decode()
    assert "Mine" in page
    assert "Theirs" not in page
    given = {"target": "add", "edition": str(theirs.pk), "text": TEXT}
    assert "not one of the available choices" in client.post(reverse("circular_import"), given).content.decode()
    before = theirs.latest_revision_id
    theirs.refresh_from_db()
    assert theirs.latest_revision_id == before


def test_an_issue_that_is_out_is_not_offered(desk: Client) -> None:
    page = edition_of(make_issue(make_bulletin(), make_content(title="Went out")))
    page.get_latest_revision().publish()
    assert "Went out" not in desk.get(reverse("circular_import")).content.decode()


def test_a_paste_with_its_formatting_is_read_with_it(desk: Client) -> None:
    bulletin = make_bulletin()
    html = "<h2>One</h2><p>Text.</p><script>alert(1)</script><h2>Two</h2><p>More.</p>"
    desk.post(reverse("circular_import"), posted(bulletin, text="One Text. Two More.", html=html))
    content = extract(EditionPage.objects.get().latest_revision.as_object())
    assert [item.heading for item in content.items()] == ["One", "Two"]
