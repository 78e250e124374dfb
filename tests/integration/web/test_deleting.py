"""What was sent stays whole: its pages, and the pictures and documents of its letters, whoever asks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import ModelLogEntry

from composer.models import BulletinPage, EditionPage
from dispatch.models import Link, Variant
from tests.factories import edition_of, make_bulletin, make_issue, make_sent_issue, make_user

pytestmark = pytest.mark.django_db

KEPT_FILE = "is in a letter that was sent, so it has to stay as it is"
KEPT_PAGE = "so it can’t be deleted. Unpublish it to take it out of the archive."


@pytest.fixture
def bulletin(settings: Settings, tmp_path: Path) -> BulletinPage:
    settings.MEDIA_ROOT = tmp_path
    return make_bulletin("en")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user("root"))
    return client


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def sent_picture(bulletin: BulletinPage) -> Any:
    make_sent_issue(bulletin)
    picture = get_image_model().objects.create(title="Roofs", file=get_test_image_file())
    shown = picture.get_rendition("max-1200x2400")
    variant = Variant.objects.get()
    variant.html += f'<img src="http://testserver{shown.url}" alt="">'
    variant.save()
    return picture


@pytest.mark.parametrize(
    "address",
    [
        "/desk/images/{0}/delete/",
        "/desk/images/multiple/{0}/delete/",
        "/desk/bulk/wagtailimages/image/delete/?id={0}&next=/desk/images/",
    ],
)
def test_a_picture_of_a_sent_letter_is_not_deleted(desk: Client, bulletin: BulletinPage, address: str) -> None:
    picture = sent_picture(bulletin)

    answer = desk.post(address.format(picture.pk), follow=True)

    assert KEPT_FILE in words(answer)
    assert get_image_model().objects.filter(pk=picture.pk).exists()


def test_a_picture_of_a_sent_letter_is_not_replaced_but_may_be_described_anew(
    desk: Client, bulletin: BulletinPage
) -> None:
    picture = sent_picture(bulletin)
    address, before = f"/desk/images/{picture.pk}/", picture.file.name
    other = SimpleUploadedFile("other.png", get_test_image_file().file.getvalue(), "image/png")

    answer = desk.post(address, {"title": "Other", "file": other, "collection": picture.collection_id}, follow=True)
    assert KEPT_FILE in words(answer)
    picture.refresh_from_db()
    assert (picture.title, picture.file.name) == ("Roofs", before)

    desk.post(address, {"title": "Red roofs", "collection": picture.collection_id})
    picture.refresh_from_db()
    assert picture.title == "Red roofs"


def test_a_picture_that_no_letter_shows_is_deleted(desk: Client, bulletin: BulletinPage) -> None:
    sent_picture(bulletin)
    other = get_image_model().objects.create(title="Other", file=get_test_image_file("other.png"))
    other.get_rendition("max-1200x2400")

    assert desk.post(f"/desk/images/{other.pk}/delete/").status_code == 302

    assert [each.title for each in get_image_model().objects.all()] == ["Roofs"]


@pytest.mark.parametrize("address", ["/desk/images/{0}/delete/", "/desk/bulk/wagtailimages/image/delete/?id={0}"])
def test_the_audit_log_has_who_deleted_a_picture(desk: Client, bulletin: BulletinPage, address: str) -> None:
    picture = get_image_model().objects.create(title="Other", file=get_test_image_file("other.png"))

    desk.post(address.format(picture.pk))

    (entry,) = ModelLogEntry.objects.filter(action="wagtail.delete")
    assert (entry.label, entry.user.get_username(), entry.deleted) == ("Other", "root", True)


@pytest.mark.parametrize(
    "address", ["/desk/documents/delete/{0}/", "/desk/bulk/wagtaildocs/document/delete/?id={0}&next=/desk/documents/"]
)
def test_a_document_that_a_sent_letter_links_to_is_not_deleted(
    desk: Client, bulletin: BulletinPage, address: str
) -> None:
    make_sent_issue(bulletin)
    document = get_document_model().objects.create(title="Terms", file=ContentFile(b"terms", name="terms.txt"))
    Link.objects.create(variant=Variant.objects.get(), number=99, url=f"http://testserver{document.url}", item_key="")

    answer = desk.post(address.format(document.pk), follow=True)

    assert KEPT_FILE in words(answer)
    assert get_document_model().objects.filter(pk=document.pk).exists()


@pytest.mark.parametrize("what", ["the edition", "its bulletin"])
@pytest.mark.parametrize("address", ["/desk/pages/{0}/delete/", "/desk/bulk/wagtailcore/page/delete/?id={0}"])
def test_what_was_sent_is_not_deleted_even_by_an_administrator(
    desk: Client, bulletin: BulletinPage, address: str, what: str
) -> None:
    edition = edition_of(make_sent_issue(bulletin))
    page = edition if what == "the edition" else bulletin

    answer = desk.post(address.format(page.pk) + ("&" if "?" in address else "?") + "next=/desk/pages/", follow=True)

    assert KEPT_PAGE in words(answer)
    assert EditionPage.objects.filter(pk=edition.pk, live=True).exists()


def test_an_issue_that_was_sent_can_be_unpublished(desk: Client, bulletin: BulletinPage) -> None:
    edition = edition_of(make_sent_issue(bulletin))

    desk.post(f"/desk/pages/{edition.pk}/unpublish/")

    edition.refresh_from_db()
    assert not edition.live


def test_an_issue_that_was_never_sent_is_deleted(desk: Client, bulletin: BulletinPage) -> None:
    make_sent_issue(bulletin)
    draft = edition_of(make_issue(bulletin))

    assert desk.post(f"/desk/pages/{draft.pk}/delete/").status_code == 302

    assert not EditionPage.objects.filter(pk=draft.pk).exists()
