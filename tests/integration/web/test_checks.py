"""“Checks” on the desk: the panel of an issue, its fixes, its links, the editor's panel, and the way to send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import registry

from composer.content import Imprint, Paragraph, Source, Span, Story
from composer.issues import issue_of
from composer.linkchecks import is_awaited, want
from composer.models import BulletinPage, LinkCheck
from composer.preflight.facts import LinkStatus
from dispatch.models import Dispatch
from dispatch.readiness import findings_of
from tests.factories import (
    approve,
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

TRACKED = "https://em.example/t/y-l-uktltkd-iytjiuiydl-y/"
COUNTED = "https://www.example.org/story?utm_source=letter&a=1"


@pytest.fixture
def bulletin() -> BulletinPage:
    return make_bulletin("en")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def panel(client: Client, key: UUID) -> BeautifulSoup:
    response = client.get(reverse("circular_issue_checks", args=[key]), {"fragment": "1"})
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def finding(key: UUID, check: str) -> str:
    return next(each.id for each in findings_of(issue_of(key), rendered=False) if each.check == check)


def act(client: Client, name: str, key: UUID, **fields: Any) -> str:
    """POST and follow; the words of the page that answers."""
    response = client.post(reverse(name, args=[key]), fields, follow=True)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def linked(tag: BeautifulSoup | Tag, words: str) -> str:
    link = next(each for each in tag.find_all("a") if words in each.get_text())
    return str(link["href"])


def counted(heading: str = "Counted", key: str = "") -> Story:
    body = (Paragraph((Span("Read "), Span("the story", href=COUNTED))),)
    return Story(key=key or str(uuid4()), heading=heading, body=body, source=Source(name="The network"))


def test_a_clean_issue_says_what_was_checked(desk: Client, bulletin: BulletinPage) -> None:
    items = [make_item(f"Story {number}", url=f"https://www.example.org/{number}") for number in range(3)]
    imprint = Imprint(key=str(uuid4()), heading="", body=(Paragraph((Span("Made by the secretariat."),)),))
    BulletinPage.objects.update(fallback="en")
    key = make_issue(bulletin, make_content("en", *items, imprint))
    words = panel(desk, key).get_text(" ", strip=True)
    assert "Nothing found" in words
    assert "the texts, links, pictures, dates, sources and merge values of 4 items" in words


def test_a_finding_names_its_item_and_leads_to_its_block(desk: Client, bulletin: BulletinPage) -> None:
    item = make_item("With a counter", url=TRACKED)
    key = make_issue(bulletin, make_content("en", item))
    found = panel(desk, key)
    edit = reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk])
    assert linked(found, "With a counter") == f"{edit}#block-{item.key}-section"
    assert found.select_one('.circ-finding[data-severity="error"]')


def test_a_finding_of_the_envelope_leads_to_its_field_and_one_of_the_bulletin_to_the_bulletin(
    desk: Client, bulletin: BulletinPage
) -> None:
    BulletinPage.objects.update(reason="")
    key = make_issue(bulletin, replace(make_content(), subject="READ THIS NOW!!"))
    hrefs = [str(link["href"]) for link in panel(desk, key).select(".circ-finding a")]
    assert reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk]) + "#id_subject" in hrefs
    assert reverse("wagtailadmin_pages:edit", args=[bulletin.pk]) + "#id_reason" in hrefs


def test_the_sentences_are_escaped(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", make_item("<script>alert(1)</script>", url=TRACKED)))
    assert panel(desk, key).find("script") is None


def test_one_click_mends_a_finding_and_offers_the_way_back(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", counted()))
    before = edition_of(key).latest_revision_id
    words = act(desk, "circular_issue_fix", key, finding=finding(key, "link-parameters"))
    assert "Corrected in" in words
    assert "What changed" in words
    assert "Go back to before" in words
    page = edition_of(key)
    assert page.latest_revision_id != before
    (item,) = issue_of(key).editions["en"].content.items()
    assert item.body[0].spans[1].href == "https://www.example.org/story?a=1"  # type: ignore[union-attr]
    assert registry.get_logs_for_instance(page).filter(action="circular.fix").count() == 1
    compare = reverse("wagtailadmin_pages:revisions_compare", args=[page.pk, before, page.latest_revision_id])
    assert desk.get(compare).status_code == 200


def test_all_findings_of_a_kind_are_mended_together(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", *(counted(f"Counted {number}") for number in range(4))))
    found = panel(desk, key)
    (button,) = (each for each in found.find_all("button") if "All 4 of this kind" in each.get_text())
    form = button.find_parent("form")
    assert isinstance(form, Tag)
    ids = [str(field["value"]) for field in form.select('input[name="finding"]')]
    words = act(desk, "circular_issue_fix", key, finding=ids)
    assert "4 corrections" in words
    assert "link-parameters" not in {each.check for each in findings_of(issue_of(key), rendered=False)}


def test_a_finding_that_is_gone_changes_nothing(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", counted()))
    wanted = finding(key, "link-parameters")
    act(desk, "circular_issue_fix", key, finding=wanted)
    revision = edition_of(key).latest_revision_id
    assert "isn't there any more" in act(desk, "circular_issue_fix", key, finding=wanted)
    assert edition_of(key).latest_revision_id == revision


def test_who_may_not_edit_is_offered_no_fix_and_makes_none(client: Client, bulletin: BulletinPage) -> None:
    guest = make_user("approver", superuser=False)
    guest.user_permissions.add(
        *Permission.objects.filter(codename__in=["add_approval", "access_admin"]),
    )
    client.force_login(guest)
    key = make_issue(bulletin, make_content("en", counted()))
    assert not [each for each in panel(client, key).find_all("button") if "Take them out" in each.get_text()]
    wanted = {"finding": finding(key, "link-parameters")}
    assert client.post(reverse("circular_issue_fix", args=[key]), wanted).status_code == 403
    assert finding(key, "link-parameters") == wanted["finding"]


def test_a_look_asks_for_no_link_and_a_post_asks_for_all(desk: Client, bulletin: BulletinPage) -> None:
    url = "https://news.test/story"
    key = make_issue(bulletin, make_content("en", make_item(url=url)))
    found = panel(desk, key)
    assert not LinkCheck.objects.exists()
    assert "0 of 1 link tried" in found.get_text(" ", strip=True)
    act(desk, "circular_issue_check_links", key)
    assert is_awaited(url)
    assert panel(desk, key).select_one("[data-circ-found]")["data-waiting"] == "1"  # type: ignore[index]


def test_the_panel_says_how_far_the_links_are(desk: Client, bulletin: BulletinPage) -> None:
    urls = [f"https://news.test/{number}" for number in range(3)]
    key = make_issue(bulletin, make_content("en", *(make_item(url, url=url) for url in urls)))
    want(urls)
    LinkCheck.objects.filter(url=urls[0]).update(status=LinkStatus.OK, wanted_at=None, checked_at=timezone.now())
    assert "1 of 3 links tried" in panel(desk, key).get_text(" ", strip=True)


def test_asking_where_a_tracked_link_leads_says_what_it_costs_and_follows_only_that_one(
    desk: Client, bulletin: BulletinPage
) -> None:
    key = make_issue(bulletin, make_content("en", make_item(url=TRACKED)))
    found = panel(desk, key).get_text(" ", strip=True)
    assert "Ask where it leads" in found
    assert "counts it as a click" in found
    act(desk, "circular_issue_follow", key, finding=finding(key, "link-tracked"))
    row = LinkCheck.objects.get()
    assert (row.url, row.follow, row.wanted_at is not None) == (TRACKED, True, True)
    assert "It is being asked" in panel(desk, key).get_text(" ", strip=True)
    assert "isn't there any more" in act(desk, "circular_issue_follow", key, finding="0123456789abcdef")
    assert LinkCheck.objects.count() == 1


def form_of(desk: Client, key: UUID, **changes: str) -> dict[str, str]:
    """The editor's form as a browser would post it."""
    page = desk.get(reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk]))
    soup = BeautifulSoup(page.content, "html.parser")
    form = soup.select_one("form[data-edit-form]")
    assert form is not None
    fields = {
        str(each["name"]): str(each.get("value", ""))
        for each in form.select("input[name]:not([type=radio]), input[checked]")
    }
    return fields | {"body-count": "0", "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"} | changes


def test_the_editors_panel_checks_what_stands_in_the_form_and_keeps_nothing(
    desk: Client, bulletin: BulletinPage
) -> None:
    key = make_issue(bulletin)
    page = edition_of(key)
    revision = page.latest_revision_id
    fields = form_of(desk, key, title="The first issue", subject="READ THIS NOW!!")
    answer = desk.post(reverse("circular_form_checks", args=[page.pk]), fields).json()
    assert answer["errors"] >= 1, "an edition without items"
    found = BeautifulSoup(answer["panel"], "html.parser")
    assert "#id_subject" in [str(link["href"]) for link in found.select("a")]
    assert not found.select("form"), "a fix of what is saved would overwrite what is not"
    assert edition_of(key).latest_revision_id == revision


def test_the_editors_panel_takes_the_place_of_wagtails_checks(desk: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin)
    for page, ours in ((edition_of(key), True), (bulletin, False)):
        answer = desk.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
        soup = BeautifulSoup(answer.content, "html.parser")
        assert bool(soup.select('[data-side-panel="checks"] [data-circ-form-checks]')) is ours
        assert bool(soup.select("#checker-axe-configuration")) is not ours


def test_an_error_takes_the_send_button_away_and_an_answer_for_it_brings_it_back(
    desk: Client, bulletin: BulletinPage
) -> None:
    make_subscriber(bulletin)
    make_segment()
    key = make_issue(bulletin, make_content("en", make_item("With a counter", url=TRACKED)))
    approve(key)
    url = reverse("circular_issue_send", args=[key])
    page = BeautifulSoup(desk.get(url, {"segment": "everyone"}).content, "html.parser")
    assert "1 error that keeps this from being sent" in page.get_text(" ", strip=True)
    form = page.select_one("form.circ-confirm")
    assert form is not None
    fields = {
        str(each["name"]): str(each.get("value", ""))
        for each in form.select("input[name]:not([type=radio]), input[checked]")
    }
    refused = desk.post(url, fields)
    assert refused.status_code == 409
    assert "Say why" in refused.content.decode()
    assert not Dispatch.objects.exists()
    bare = {name: value for name, value in fields.items() if name not in {"despite", "reason"}}
    assert desk.post(url, bare).status_code == 409
    desk.post(url, fields | {"reason": "The page behind it is gone, the story stands."})
    dispatch = Dispatch.objects.get()
    (entry,) = registry.get_logs_for_instance(dispatch).filter(action="circular.dispatch.despite")
    assert entry.data["reason"].startswith("The page behind it")


def test_an_error_that_nobody_can_answer_for_leaves_no_button(desk: Client, bulletin: BulletinPage) -> None:
    make_subscriber(bulletin)
    make_segment()
    key = make_issue(bulletin, make_content("en", make_item(url="http://192.168.1.1/story")))
    approve(key)
    page = desk.get(reverse("circular_issue_send", args=[key]), {"segment": "everyone"})
    assert "circ-confirm" not in page.content.decode()
    assert "and have the issue approved again" in page.content.decode()


@pytest.mark.parametrize("name", ["circular_issue_checks", "circular_issue_fix", "circular_issue_check_links"])
def test_strangers_see_and_change_nothing(client: Client, bulletin: BulletinPage, name: str) -> None:
    key = make_issue(bulletin)
    method = client.get if name.endswith("checks") else client.post
    assert "login" in method(reverse(name, args=[key])).headers["Location"]


def test_who_may_change_nothing_asks_for_no_links_and_corrects_nothing(client: Client, bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", counted()))
    operator = make_user("operator", superuser=False)
    operator.groups.add(Group.objects.get(name="Operators"))
    client.force_login(operator)
    found = panel(client, key)
    assert not found.select("form")
    assert found.select_one("[data-due=no]")

    for name in ("circular_issue_check_links", "circular_issue_fix", "circular_issue_follow"):
        answer = client.post(reverse(name, args=[key]), {"finding": finding(key, "link-parameters")})
        assert answer.status_code == 403
    assert not LinkCheck.objects.exists()
