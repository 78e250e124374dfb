"""“Sign-up form” on the desk: what is copied from it works on another site."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from composer.models import BulletinPage
from subscribers.models import Wish
from tests.factories import make_bulletin, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin() -> BulletinPage:
    return make_bulletin("en", "zh-hans", publisher='The "Network" <b>')


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def shown(desk: Client, bulletin: BulletinPage) -> str:
    answer = desk.get(f"/desk/bulletins/{bulletin.translation_key}/sign-up/")
    assert answer.status_code == 200
    return answer.content.decode()


def copied(page: str, field: str) -> str:
    found = re.search(rf'<textarea id="{field}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("code", ["en", "zh-hans"])
def test_the_plain_form_signs_people_up_from_another_site(desk: Client, bulletin: BulletinPage, code: str) -> None:
    form = copied(shown(desk, bulletin), f"form-{code}")
    assert "The &quot;Network&quot; &lt;b&gt;" in form
    action = re.search(r'action="http://testserver([^"]+)"', form)
    assert action
    fields: dict[str, Any] = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form))
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(
        action[1], {**fields, "email": "ada@example.org"}, headers={"origin": "https://other.example"}
    )
    assert answer.status_code == 200
    assert (Wish.objects.get().email, Wish.objects.get().language) == ("ada@example.org", code)


def test_a_form_copied_before_the_words_changed_shows_the_new_ones_first(desk: Client, bulletin: BulletinPage) -> None:
    form = copied(shown(desk, bulletin), "form-en")
    fields: dict[str, Any] = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form))
    BulletinPage.objects.update(publisher="Another network")
    path = f"/subscribe/{bulletin.translation_key}/"
    answer = Client().post(path, {**fields, "email": "ada@example.org"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "from Another network by mail" in page
    assert 'value="ada@example.org"' in page
    assert not Wish.objects.exists()


def test_the_frame_shows_the_form_in_its_language(desk: Client, bulletin: BulletinPage) -> None:
    frame = copied(shown(desk, bulletin), "frame-zh-hans")
    found = re.search(r'src="http://testserver([^"]+)"', frame)
    assert found
    answer = Client().get(found[1], headers={"accept-language": "fr"})
    assert '<html lang="zh-hans">' in answer.content.decode()
    assert "X-Frame-Options" not in answer


@pytest.mark.parametrize("field", ["form-en", "form-zh-hans", "frame-en", "frame-zh-hans"])
def test_what_is_copied_reads_rightly_whatever_the_other_page_is_encoded_in(
    desk: Client, bulletin: BulletinPage, field: str
) -> None:
    code = copied(shown(desk, bulletin), field)
    assert code.isascii()
    assert {"form-en": "“Procurement Notes”", "frame-en": "Procurement Notes"}.get(field, "采购通讯") in unescape(code)
    assert ('accept-charset="utf-8"' in code) == field.startswith("form")


def test_the_framed_form_has_one_script_and_no_other_page_may_have_any(bulletin: BulletinPage) -> None:
    path = f"/subscribe/{bulletin.translation_key}/"
    framed, page = Client().get(f"{path}embed"), Client().get(path)
    assert re.findall(r'<script src="([^"]+)"', framed.content.decode()) == ["/static/web/framed.js"]
    assert "script-src 'self'" in framed["Content-Security-Policy"]
    assert "<script" not in page.content.decode()
    assert "script-src" not in page["Content-Security-Policy"]


def test_a_closed_bulletin_has_no_form_to_copy(desk: Client) -> None:
    page = shown(desk, make_bulletin(sign_up="closed"))
    assert "Nobody can sign up" in page
    assert "<textarea" not in page


def test_the_bulletins_page_on_the_desk_leads_to_it(desk: Client, bulletin: BulletinPage) -> None:
    path = f"/desk/bulletins/{bulletin.translation_key}/sign-up/"
    assert path in desk.get(f"/desk/pages/{bulletin.pk}/").content.decode()
    assert path not in desk.get(f"/desk/pages/{bulletin.get_parent().pk}/edit/").content.decode()


def test_the_public_page_leads_to_the_form_while_it_is_open(client: Client, bulletin: BulletinPage) -> None:
    path = f"/subscribe/{bulletin.translation_key}/?lang=en"
    assert path in client.get("/en/notes/").content.decode()
    BulletinPage.objects.update(sign_up="closed")
    assert path not in client.get("/en/notes/").content.decode()
