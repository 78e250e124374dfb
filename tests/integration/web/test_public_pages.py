"""What anybody sees without an account: the archive, the way out, and the pages for what isn't there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polib  # type: ignore[import-untyped]
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from composer.models import BulletinPage
from dispatch.models import Delivery, Event
from dispatch.tokens import Purpose, make_token
from subscribers.models import Consent, Subscription
from tests.factories import make_bulletin, make_content, make_dispatch, make_sent_issue

CATALOGUES = Path(__file__).parents[3] / "config" / "locale"
PLACE = re.compile(r"%(?:\(\w+\))?[sd]")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def middleware(settings: Settings) -> None:
    settings.MIDDLEWARE = [
        name.replace("django.middleware.locale.LocaleMiddleware", "web.languages.ReaderLanguageMiddleware")
        for name in settings.MIDDLEWARE
    ]


def publish(bulletin: BulletinPage, number: int, *, preheader: str = "") -> None:
    """An issue in the bulletin's English archive."""
    content = make_content(title=f"Issue {number}")
    make_sent_issue(
        bulletin, replace(content, number=f"No. {number}", published=date(2026, 3, number), preheader=preheader)
    )


@pytest.fixture
def way_out() -> tuple[str, Subscription]:
    """The path of an unsubscribe link, and the subscription that it ends."""
    delivery = Delivery.objects.get(dispatch=make_dispatch(people=1))
    subscription = Subscription.objects.get(subscriber=delivery.subscriber_id)
    return f"/u/{make_token(Purpose.UNSUBSCRIBE, delivery.pk)}", subscription


@pytest.mark.django_db
def test_the_front_page_leads_to_the_readers_language(client: Client) -> None:
    answer = client.get("/", headers={"accept-language": "zh-CN"})
    assert (answer.status_code, answer["Location"]) == (302, "/zh-hans/")


@pytest.mark.django_db
def test_the_archive_names_each_bulletin_with_its_latest_issues(client: Client) -> None:
    bulletin = make_bulletin("en", "zh-hans", tagline="For <those> who buy")
    for number in range(1, 8):
        publish(bulletin, number, preheader="Three stories")
    page = client.get("/en/").content.decode()
    assert '<html lang="en">' in page
    assert "For &lt;those&gt; who buy" in page
    assert page.index("Issue 7") < page.index("Issue 3")
    assert "Issue 2" not in page
    assert "All 7 issues" in page
    assert '<time datetime="2026-03-07">7 March 2026</time>' in page
    assert "Three stories" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "lang", "says"),
    [
        ("/en/", "en", "No issue has been published in this language yet."),
        ("/zh-hans/", "zh-hans", "尚无以此语言发布的通讯。"),
        ("/fr/", "fr", "Il n’y a pas encore de bulletin dans cette langue."),
        ("/zh-hans/notes/", "zh-hans", "尚无以此语言发布的通讯。"),
    ],
)
def test_an_archive_with_nothing_in_it_says_so_in_its_language(client: Client, path: str, lang: str, says: str) -> None:
    make_bulletin("en", "zh-hans")
    page = client.get(path, headers={"accept-language": "en"}).content.decode()
    assert f'<html lang="{lang}">' in page
    assert says in page


@pytest.mark.django_db
def test_a_bulletin_lists_its_issues_and_its_other_languages(client: Client) -> None:
    bulletin = make_bulletin("en", "zh-hans", publisher="The Network")
    publish(bulletin, 1)
    publish(bulletin, 2)
    page = client.get("/en/notes/").content.decode()
    assert page.index("Issue 2") < page.index("Issue 1")
    assert "No. 2" in page
    assert 'href="/zh-hans/notes/" hreflang="zh-hans" lang="zh-hans">简体中文</a>' in page
    assert 'hreflang="fr"' not in page
    assert "The Network" in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/en/", "/en/notes/"])
def test_public_pages_load_nothing_from_elsewhere(client: Client, path: str) -> None:
    publish(make_bulletin(), 1)
    page = client.get(path).content.decode()
    assert "<script" not in page
    assert [address for address in re.findall(r'(?:src|href)="([^"]*)"', page) if "//" in address] == []


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_way_out_changes_nothing(client: Client, way_out: tuple[str, Subscription], method: str) -> None:
    path, subscription = way_out
    response = getattr(client, method)(path)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    subscription.refresh_from_db()
    assert subscription.state == "active"
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_the_way_out_has_a_button_that_posts_what_a_mail_program_would(
    client: Client, way_out: tuple[str, Subscription]
) -> None:
    page = client.get(way_out[0]).content.decode()
    assert "Procurement Notes" in page
    assert '<form method="post">' in page
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page


@pytest.mark.django_db
def test_a_post_unsubscribes_at_once_without_cookies_or_redirect(way_out: tuple[str, Subscription]) -> None:
    path, subscription = way_out
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        response = strict.post(path, ONE_CLICK)
        assert response.status_code == 200
        assert "You are unsubscribed" in response.content.decode()
    assert not strict.cookies
    subscription.refresh_from_db()
    assert subscription.state == "unsubscribed"
    assert Event.objects.filter(kind="unsubscribe").count() == 1
    assert Consent.objects.filter(purpose="mail", given=False).count() == 1
    assert "You are unsubscribed" in strict.get(path).content.decode()


@pytest.mark.django_db
def test_the_way_out_speaks_the_letters_language_not_the_browsers(client: Client) -> None:
    bulletin = make_bulletin("en", "zh-hans")
    dispatch = make_dispatch(bulletin, people=1, contents=(make_content("zh-hans", title="第一期"),))
    delivery = Delivery.objects.get(dispatch=dispatch)
    path = f"/u/{make_token(Purpose.UNSUBSCRIBE, delivery.pk)}"
    page = client.get(path, headers={"accept-language": "fr"}).content.decode()
    assert '<html lang="zh-hans">' in page
    assert "采购通讯" in page
    assert "要退订本通讯吗" in page
    assert "您已退订" in client.post(path, ONE_CLICK, headers={"accept-language": "fr"}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_every_unusable_token_gets_the_same_page(
    client: Client, way_out: tuple[str, Subscription], middleware: None, method: str
) -> None:
    path, subscription = way_out
    number = Delivery.objects.get(subscriber=subscription.subscriber_id).pk
    forged = path[:-1] + ("A" if path[-1] != "A" else "Q")
    others = [make_token(Purpose.CLICK, number), make_token(Purpose.UNSUBSCRIBE, number + 1_000), "x", "%00", "é" * 27]
    answers = [getattr(client, method)(address) for address in (forged, *(f"/u/{other}" for other in others))]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    subscription.refresh_from_db()
    assert subscription.state == "active"


@pytest.mark.django_db
def test_a_page_without_its_language_is_still_found_under_it(client: Client, middleware: None) -> None:
    make_bulletin()
    assert client.get("/notes/", headers={"accept-language": "zh-CN"})["Location"] == "/zh-hans/notes/"


@pytest.mark.django_db
def test_a_missing_page_says_so_in_its_language(client: Client) -> None:
    response = client.get("/fr/rien/")
    assert response.status_code == 404
    assert "Cette page n’existe pas" in response.content.decode()


def test_the_page_for_our_own_faults_leans_on_nothing() -> None:
    with translation.override("fr"):
        page = render_to_string("500.html")
    assert '<html lang="fr">' in page
    assert "Une erreur s’est produite" in page
    assert "href" not in page


@pytest.mark.parametrize("language", ["zh_Hans", "fr"])
def test_the_catalogue_is_whole_and_compiled(language: str) -> None:
    folder = CATALOGUES / language / "LC_MESSAGES"
    entries = polib.pofile(str(folder / "django.po"))
    compiled = {entry.msgid_with_context: entry for entry in polib.mofile(str(folder / "django.mo"))}
    for entry in entries:
        assert entry.translated(), f"{entry.msgid} has no translation"
        made = compiled[entry.msgid_with_context]
        assert (made.msgstr, made.msgstr_plural) == (entry.msgstr, entry.msgstr_plural), f"{entry.msgid}: run msgfmt"
        forms = [entry.msgstr] if entry.msgstr else list(entry.msgstr_plural.values())
        for place, text in enumerate(forms):
            fitting = [set(PLACE.findall(entry.msgid_plural or entry.msgid))]
            if place == 0 and len(forms) > 1:  # a singular may do without the number where the English does
                fitting.append(set(PLACE.findall(entry.msgid)))
            assert set(PLACE.findall(text)) in fitting, entry.msgid
