"""Looking at a letter as somebody: what each reader sees, what is said of them, and that no page of it is alive."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail.admin.models import FormState

from composer.content import EditionContent, Masthead
from composer.models import BulletinPage
from subscribers.models import Role, Subscription, Suppression
from subscribers.suppression import suppress
from tests.factories import (
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
    make_user,
)

pytestmark = pytest.mark.django_db

LEADS = {"field": "role", "in": ["programme-lead"]}
EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
MODES = ("letter", "text", "web")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def bulletin() -> BulletinPage:
    return make_bulletin()


def looked(client: Client, key: UUID, **query: Any) -> dict[str, Any]:
    """What the toolbar gets for these choices."""
    response = client.get(reverse("circular_issue_preview", args=[key]), query, headers={"Accept": "application/json"})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def two_editions() -> tuple[EditionContent, EditionContent]:
    return (
        make_content("en", make_item("For all"), make_item("For leads", audience="leads"), title="An issue"),
        make_content("zh-hans", make_item("给大家"), make_item("给负责人", audience="leads"), title="一期"),
    )


@pytest.fixture
def key(bulletin: BulletinPage) -> UUID:
    make_segment("leads", LEADS, "Programme leads")
    return make_issue(bulletin, *two_editions())


# Archetypes


@pytest.mark.parametrize(
    ("reader", "sees"),
    [("", {"For all"}), ("leads", {"For all", "For leads"}), ("*", {"For all", "For leads"}), ("strange", {"For all"})],
)
def test_an_archetype_sees_its_items(desk: Client, key: UUID, reader: str, sees: set[str]) -> None:
    html = looked(desk, key, reader=reader)["html"]
    assert {heading for heading in ("For all", "For leads") if heading in html} == sees


def test_each_language_can_be_looked_at(desk: Client, key: UUID) -> None:
    assert "给大家" in looked(desk, key, locale="zh-hans")["html"]
    assert "For all" in looked(desk, key, locale="en")["html"]


def test_all_items_together_are_said_to_be_nobodys_letter(desk: Client, key: UUID) -> None:
    answer = looked(desk, key, reader="*")
    assert (answer["tone"], "Nobody" in answer["says"]) == ("warn", True)


def test_who_would_get_no_letter_is_told_so(desk: Client, bulletin: BulletinPage) -> None:
    make_segment("leads", LEADS)
    key = make_issue(bulletin, make_content("en", make_item("For leads", audience="leads")))
    answer = looked(desk, key)
    assert answer["tone"] == "bad"
    assert "no letter" in answer["html"]
    assert "For leads" not in answer["html"]


def test_an_address_that_no_letter_may_carry_is_a_sentence(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", make_item(url="javascript:alert(1)")))
    answer = looked(desk, key)
    assert "javascript:" not in re.sub(r"<pre>.*</pre>", "", answer["html"])


# Real subscribers


def test_a_subscriber_sees_their_language_their_items_and_their_name(desk: Client, bulletin: BulletinPage) -> None:
    make_segment("leads", LEADS, "Programme leads")
    items = (make_item("For all", text="Dear {{name|friend}}"), make_item("给负责人", audience="leads"))
    key = make_issue(bulletin, make_content("en"), make_content("zh-hans", *items))
    person = make_subscriber(bulletin, name="王小明", language="zh", role=Role.PROGRAMME_LEAD)
    answer = looked(desk, key, reader=f"@{person.pk}")
    assert (answer["locale"], answer["tone"]) == ("zh-hans", "good")
    assert "Dear 王小明" in answer["html"]
    assert "给负责人" in answer["html"]
    assert "Programme leads" in answer["says"]


def test_a_subscriber_outside_an_audience_sees_nothing_of_it(desk: Client, bulletin: BulletinPage, key: UUID) -> None:
    person = make_subscriber(bulletin, role=Role.PARTNER)
    for mode in MODES:
        assert "For leads" not in looked(desk, key, reader=f"@{person.pk}", mode=mode)["html"]


def test_another_language_than_theirs_is_said_to_be_another(desk: Client, bulletin: BulletinPage, key: UUID) -> None:
    person = make_subscriber(bulletin, language="en")
    answer = looked(desk, key, reader=f"@{person.pk}", locale="zh-hans")
    assert (answer["tone"], "English" in answer["says"]) == ("warn", True)


def test_who_doesnt_take_the_bulletin_gets_no_letter(desk: Client, key: UUID) -> None:
    answer = looked(desk, key, reader=f"@{make_subscriber().pk}")
    assert (answer["tone"], "doesn't take this bulletin" in answer["says"].replace("’", "'")) == ("bad", True)


@pytest.mark.parametrize("state", [Subscription.State.PENDING, Subscription.State.UNSUBSCRIBED])
def test_who_may_not_be_written_to_yet_or_any_more_gets_no_letter(
    desk: Client, bulletin: BulletinPage, key: UUID, state: str
) -> None:
    person = make_subscriber(bulletin)
    Subscription.objects.filter(subscriber=person).update(state=state)
    assert looked(desk, key, reader=f"@{person.pk}")["tone"] == "bad"


def test_a_suppressed_subscriber_gets_no_letter(desk: Client, bulletin: BulletinPage, key: UUID) -> None:
    person = make_subscriber(bulletin)
    suppress(person.address_hash, Suppression.Reason.COMPLAINT)
    answer = looked(desk, key, reader=f"@{person.pk}")
    assert (answer["tone"], "suppressed" in answer["says"]) == ("bad", True)


def test_a_value_that_is_missing_without_a_fallback_is_named(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", make_item(text="From {{country}}")))
    answer = looked(desk, key, reader=f"@{make_subscriber(bulletin).pk}")
    assert (answer["tone"], "country" in answer["says"]) == ("bad", True)


def test_a_subscriber_who_is_gone_is_said_to_be(desk: Client, key: UUID) -> None:
    assert "any more" in looked(desk, key, reader="@999999")["html"]
    assert looked(desk, key, reader="@" + "9" * 30)["tone"] == "bad"


# Forms


def test_dark_is_shown_whatever_the_browser_prefers(desk: Client, key: UUID) -> None:
    light, dark = looked(desk, key)["html"], looked(desk, key, dark="1")["html"]
    assert "prefers-color-scheme" not in light + dark
    assert light != dark


def test_plain_text_is_the_letters_text(desk: Client, key: UUID) -> None:
    assert re.search(r"<pre>.*For all", looked(desk, key, mode="text")["html"], re.DOTALL)


@pytest.mark.parametrize("reader", ["", "leads", "*"])
def test_the_web_page_holds_only_what_is_for_everyone(desk: Client, key: UUID, reader: str) -> None:
    answer = looked(desk, key, reader=reader, mode="web")
    assert "For all" in answer["html"]
    assert "For leads" not in answer["html"]
    assert "everyone" in answer["says"]


# Inert: row 39


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pictures", ["", "off"])
def test_nothing_that_is_written_comes_alive(desk: Client, bulletin: BulletinPage, mode: str, pictures: str) -> None:
    content = make_content("en", make_item(EVIL, text=f"Dear {{{{name}}}} {EVIL}"), title=EVIL)
    key = make_issue(bulletin, content)
    person = make_subscriber(bulletin, name=EVIL)
    for reader in ("", "*", f"@{person.pk}"):
        query = {"reader": reader, "mode": mode, "pictures": pictures}
        html = looked(desk, key, **query)["html"]
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        response = desk.get(reverse("circular_issue_preview", args=[key]), query)
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "script-src" not in response["Content-Security-Policy"]


def test_evil_names_are_inert_in_the_toolbar_and_the_test_form(desk: Client, bulletin: BulletinPage) -> None:
    make_segment("leads", LEADS, EVIL)
    key = make_issue(bulletin, make_content("en", make_item(EVIL, audience="leads"), title=EVIL))
    person = make_subscriber(bulletin, name=EVIL)
    pages = (
        reverse("circular_issue", args=[key]),
        reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk]),
        reverse("circular_issue_test", args=[key]) + f"?reader=@{person.pk}",
    )
    for address in pages:
        page = desk.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_page_that_loads_no_pictures_may_load_none(desk: Client, key: UUID) -> None:
    response = desk.get(reverse("circular_issue_preview", args=[key]), {"pictures": "off"})
    assert "img-src 'none'" in response["Content-Security-Policy"]


# Who may


def login(client: Client, *permissions: str) -> None:
    user = make_user("limited", superuser=False)
    for name in ("wagtailadmin.access_admin", *permissions):
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(user)


def test_subscribers_are_found_by_words_of_name_or_address(desk: Client) -> None:
    person = make_subscriber(name="Ada Quill", email="quill@press.example")
    make_subscriber(name="Ben Reed")
    for query in ("quill ada", "PRESS", "ada press"):
        found = desk.get(reverse("circular_readers"), {"q": query}).json()["readers"]
        assert [each["choice"] for each in found] == [f"@{person.pk}"]
    assert desk.get(reverse("circular_readers"), {"q": " "}).json() == {"readers": []}


def test_who_may_not_see_subscribers_finds_none_and_looks_as_none(
    client: Client, bulletin: BulletinPage, key: UUID
) -> None:
    person = make_subscriber(bulletin, name="Ada Quill")
    login(client, "composer.add_approval")
    assert client.get(reverse("circular_readers"), {"q": "Ada"}).status_code == 403
    answer = looked(client, key, reader=f"@{person.pk}")
    assert "Quill" not in str(answer)
    assert answer["tone"] == "bad"
    assert "A subscriber…" not in client.get(reverse("circular_issue", args=[key])).content.decode()


def test_who_sees_no_issue_sees_no_preview(client: Client, key: UUID) -> None:
    login(client)
    assert client.get(reverse("circular_issue_preview", args=[key])).status_code == 403


# In the editor


def form_of(title: str, heading: str, **fields: Any) -> str:
    """An editor's form with one section and one story, as the browser sends it."""
    story = "body-0-value-items-0"
    data = {
        "title": title,
        "slug": "the-first-issue",
        "body-count": 1,
        "body-0-deleted": "",
        "body-0-order": 0,
        "body-0-type": "section",
        "body-0-id": "",
        "body-0-value-heading": "News",
        "body-0-value-items-count": 1,
        f"{story}-deleted": "",
        f"{story}-order": 0,
        f"{story}-type": "story",
        f"{story}-id": "",
        f"{story}-value-heading": heading,
        f"{story}-value-body": "null",
        f"{story}-value-picture_place": "above",
        "comments-TOTAL_FORMS": 0,
        "comments-INITIAL_FORMS": 0,
        **fields,
    }
    return urlencode(data)


def post(client: Client, address: str, body: str) -> Any:
    return client.post(address, body, content_type="application/x-www-form-urlencoded")


def test_the_editor_sees_what_stands_in_the_form_and_nothing_is_saved(desk: Client, key: UUID) -> None:
    page = edition_of(key)
    before = page.revisions.count()
    answer = post(desk, reverse("circular_live_preview", args=[page.pk]), form_of("New title", "Just typed")).json()
    assert answer["is_valid"]
    assert "Just typed" in answer["html"]
    assert answer["subject"] == "New title"
    assert (edition_of(key).title, page.revisions.count()) == ("An issue", before)


def test_the_editors_preview_in_a_tab_of_its_own_is_of_the_same_form(desk: Client, key: UUID) -> None:
    address = reverse("circular_live_preview", args=[edition_of(key).pk])
    post(desk, address, form_of("New title", "Just typed"))
    response = desk.get(address, {"mode": "text"})
    assert "Just typed" in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_the_editor_sees_the_other_languages_as_they_were_saved(desk: Client, key: UUID) -> None:
    address = reverse("circular_live_preview", args=[edition_of(key).pk])
    answer = post(desk, f"{address}?locale=zh-hans", form_of("New title", "Just typed")).json()
    assert "给大家" in answer["html"]
    assert "Just typed" not in answer["html"]


def test_an_audience_that_was_just_chosen_is_offered_as_a_reader(desk: Client, key: UUID) -> None:
    make_segment("press", {"all": []}, "The press")
    body = form_of("A title", "A story", **{"body-0-value-items-0-value-audience": "press"})
    answer = post(desk, reverse("circular_live_preview", args=[edition_of(key).pk]), body).json()
    assert ["press", "The press"] in answer["readers"]
    assert answer["tone"] == "bad"  # nobody in particular sees nothing of it


def test_a_new_issue_is_seen_before_it_is_saved(desk: Client, bulletin: BulletinPage) -> None:
    address = reverse("circular_live_preview_new", args=[bulletin.pk])
    answer = post(desk, address, form_of("A new issue", "Just typed")).json()
    assert "Just typed" in answer["html"]
    for mode in MODES:
        assert "Just typed" in post(desk, f"{address}?mode={mode}", form_of("A new issue", "Just typed")).json()["html"]


def test_a_form_with_an_error_keeps_the_letter_that_was_there(desk: Client, key: UUID) -> None:
    body = form_of("A title", "A story", **{"body-0-value-items-0-value-source-url": "no address"})
    answer = post(desk, reverse("circular_live_preview", args=[edition_of(key).pk]), body).json()
    assert not answer["is_valid"]
    assert "html" not in answer


def test_who_may_not_edit_the_page_has_no_live_preview(client: Client, key: UUID) -> None:
    login(client, "composer.add_approval")
    address = reverse("circular_live_preview", args=[edition_of(key).pk])
    assert post(client, address, form_of("A title", "A story")).status_code in {302, 403}
    assert not FormState.objects.exists()


def test_the_names_of_segments_are_asked_for_once_however_many_items_there_are(
    desk: Client, key: UUID, django_assert_max_num_queries: Any
) -> None:
    address = reverse("circular_live_preview", args=[edition_of(key).pk])
    post(desk, address, form_of("A title", "A story"))
    with django_assert_max_num_queries(45):
        post(desk, address, form_of("A title", "A story"))


def test_the_editor_of_a_page_that_is_no_edition_keeps_wagtails_preview(desk: Client, bulletin: BulletinPage) -> None:
    page = desk.get(reverse("wagtailadmin_pages:edit", args=[bulletin.pk])).content.decode()
    assert "data-circ-look" not in page


def test_the_form_of_a_new_issue_has_the_preview_too(desk: Client, bulletin: BulletinPage) -> None:
    page = desk.get(reverse("wagtailadmin_pages:add", args=["composer", "editionpage", bulletin.pk]))
    assert reverse("circular_live_preview_new", args=[bulletin.pk]) in page.content.decode()


def test_an_edition_without_items_is_begun_and_not_refused(client: Client) -> None:
    client.force_login(make_user())
    key = make_issue(make_bulletin("en"), EditionContent("en", Masthead("Notes"), "An issue", "An issue"))
    page = client.get(reverse("circular_issue_preview", args=[key])).content.decode()
    assert "Nothing is written yet" in page
