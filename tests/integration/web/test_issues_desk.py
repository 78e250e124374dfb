"""Issues on the desk: what is shown, who may approve and send, and that one confirmation makes one dispatch."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry, PageLogEntry

from composer.issues import issue_of
from composer.models import Approval, BulletinPage, EditionPage
from dispatch.control import cancel_dispatch
from dispatch.models import Dispatch
from subscribers.models import Suppression
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


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The dispatches that were rung for, and that none was inside a transaction of the view."""
    ids: list[int] = []

    def ring(dispatch_id: int) -> bool:
        assert not connection.savepoint_ids
        ids.append(dispatch_id)
        return True

    monkeypatch.setattr("web.desk.sending.ring", ring)
    return ids


def login(client: Client, *permissions: str) -> Client:
    """Sign in somebody who may enter the desk and has only these permissions."""
    user = make_user("limited", superuser=False)
    for name in ("wagtailadmin.access_admin", *permissions):
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(user)
    return client


def ready(*contents: Any, people: int = 2) -> tuple[BulletinPage, UUID]:
    """A bulletin with readers, a segment of all, and an approved issue."""
    bulletin = make_bulletin()
    for _person in range(people):
        make_subscriber(bulletin)
    make_segment()
    key = make_issue(bulletin, *contents)
    approve(key)
    return bulletin, key


def confirmation(page: str) -> dict[str, str]:
    """The hidden fields of the form that the send page shows."""
    return dict(
        re.findall(r'<input type="hidden" name="(segment|digest|audience|size|request_key)" value="([^"]*)"', page)
    )


def text(response: Any) -> str:
    return str(response.content.decode())


def edit(key: UUID, title: str = "Changed") -> None:
    page = edition_of(key)
    page.title = title
    page.save_revision()


# The list


def test_the_list_shows_each_issue_once_with_its_languages(desk: Client) -> None:
    make_issue(make_bulletin(), make_content("en", title="One issue"), make_content("zh-hans", title="一期"))
    page = text(desk.get(reverse("circular_issues")))
    assert page.count("One issue") == 1
    assert "简体中文" in page
    assert "Not approved" in page


def test_the_list_says_approved_then_changed_since(desk: Client) -> None:
    _bulletin, key = ready()
    assert "Approved" in text(desk.get(reverse("circular_issues")))
    edit(key)
    page = text(desk.get(reverse("circular_issues")))
    assert "Changed since approval" in page
    assert "changed since approval" in page


def test_the_list_knows_that_saving_the_same_again_changes_nothing(desk: Client) -> None:
    _bulletin, key = ready()
    edition_of(key).save_revision()
    assert "Changed since approval" not in text(desk.get(reverse("circular_issues")))


def test_the_list_knows_that_the_bulletins_masthead_changed(desk: Client) -> None:
    bulletin, _key = ready()
    bulletin.tagline = "A new line under the name"
    bulletin.save_revision().publish()
    assert "Changed since approval" in text(desk.get(reverse("circular_issues")))


def test_the_list_takes_as_many_queries_for_five_issues_as_for_one(
    desk: Client, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    bulletin = make_bulletin()
    approve(make_issue(bulletin))
    desk.get(reverse("circular_issues"))
    with django_assert_max_num_queries(60) as first:
        desk.get(reverse("circular_issues"))
    for _issue in range(4):
        approve(make_issue(bulletin))
    with django_assert_num_queries(len(first)):
        desk.get(reverse("circular_issues"))


def test_the_list_finds_by_title_and_says_when_it_finds_nothing(desk: Client) -> None:
    bulletin = make_bulletin()
    make_issue(bulletin, make_content(title="About cities"))
    make_issue(bulletin, make_content(title="About farms"))
    page = text(desk.get(reverse("circular_issues"), {"q": "cities"}))
    assert "About cities" in page
    assert "About farms" not in page
    assert "No issue’s title" in text(desk.get(reverse("circular_issues"), {"q": "rockets"})).replace("'", "’")


# An issue


def test_an_issue_shows_its_editions_and_what_is_left_to_check_with_a_link_to_the_item(desk: Client) -> None:
    item = dataclasses.replace(make_item("Doubtful"), notes=("Is this the date?",))
    key = make_issue(make_bulletin(), make_content("en", item))
    page = text(desk.get(reverse("circular_issue", args=[key])))
    assert "Is this the date?" in page
    assert f"{reverse('wagtailadmin_pages:edit', args=[edition_of(key).pk])}#block-{item.key}-section" in page


def test_an_unknown_issue_is_not_found(desk: Client) -> None:
    assert desk.get(reverse("circular_issue", args=[uuid4()]), follow=True).status_code == 404


def test_the_editor_of_an_edition_leads_to_its_issue(desk: Client) -> None:
    key = make_issue(make_bulletin())
    page = text(desk.get(reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk])))
    assert page.count(reverse("circular_issue", args=[key])) >= 2


def test_looking_changes_nothing(desk: Client) -> None:
    _bulletin, key = ready()
    before = (Approval.objects.count(), Dispatch.objects.count(), edition_of(key).revisions.count())
    for name in ("circular_issue", "circular_issue_preview", "circular_issue_send"):
        assert desk.get(reverse(name, args=[key]), {"segment": "everyone"}).status_code == 200
    assert desk.get(reverse("circular_issue_approve", args=[key])).status_code == 405
    assert (Approval.objects.count(), Dispatch.objects.count(), edition_of(key).revisions.count()) == before


# Approving


def test_approving_binds_the_content_that_was_shown(desk: Client) -> None:
    key = make_issue(make_bulletin())
    page = text(desk.get(reverse("circular_issue", args=[key])))
    digest = confirmation(page)["digest"]
    desk.post(reverse("circular_issue_approve", args=[key]), {"digest": digest})
    assert Approval.objects.get().digest == issue_of(key).digest()
    assert PageLogEntry.objects.filter(action="circular.approve", page=edition_of(key).pk).exists()


def test_approving_what_was_changed_meanwhile_is_refused(desk: Client) -> None:
    key = make_issue(make_bulletin())
    digest = issue_of(key).digest()
    edit(key)
    response = desk.post(reverse("circular_issue_approve", args=[key]), {"digest": digest}, follow=True)
    assert "was changed after you opened this page" in text(response)
    assert not Approval.objects.exists()


def test_an_edit_voids_the_approval_and_hides_the_send_button(desk: Client) -> None:
    _bulletin, key = ready()
    send = reverse("circular_issue_send", args=[key])
    assert send in text(desk.get(reverse("circular_issue", args=[key])))
    edit(key)
    page = text(desk.get(reverse("circular_issue", args=[key])))
    assert send not in page
    assert "Changed since approval" in page
    assert "/revisions/compare/" in page


def test_without_the_permission_there_is_no_button_and_a_post_gets_403(client: Client) -> None:
    _bulletin, key = ready()
    digest = issue_of(key).digest()
    Approval.objects.all().delete()
    login(client, "dispatch.add_dispatch")
    url = reverse("circular_issue_approve", args=[key])
    assert url not in text(client.get(reverse("circular_issue", args=[key])))
    assert client.post(url, {"digest": digest}).status_code == 403
    assert not Approval.objects.exists()


def test_somebody_without_any_page_sees_no_issues(client: Client) -> None:
    key = make_issue(make_bulletin())
    login(client)
    assert client.get(reverse("circular_issues")).status_code == 403
    assert client.get(reverse("circular_issue", args=[key])).status_code == 403


# Sending


def test_choosing_an_audience_shows_who_gets_what(desk: Client) -> None:
    content = make_content("en", make_item("For all"), make_item("For leads", audience="leads"))
    make_segment("leads", {"field": "role", "in": ["programme-lead"]}, name="Programme leads")
    bulletin, key = ready(content, people=3)
    make_subscriber(bulletin, role="programme-lead")
    gone = make_subscriber(bulletin)
    Suppression.objects.create(address_hash=gone.address_hash)
    make_subscriber()  # doesn't take the bulletin
    response = desk.get(reverse("circular_issue_send", args=[key]), {"segment": "everyone"})
    facts = response.context["facts"]
    assert (facts.matched, facts.total, facts.letters, facts.suppressed) == (6, 5, 4, 1)
    assert facts.not_taking == 1
    assert [(line.size, line.audiences) for line in facts.variants] == [(4, ()), (1, ("Programme leads",))]
    assert "Send 4 letters now" in text(response)
    assert not Dispatch.objects.exists()


def test_a_variant_without_items_is_warned_of_and_counted_out(desk: Client) -> None:
    make_segment("leads", {"field": "role", "in": ["programme-lead"]})
    bulletin, key = ready(make_content("en", make_item("For leads", audience="leads")), people=3)
    make_subscriber(bulletin, role="programme-lead")
    response = desk.get(reverse("circular_issue_send", args=[key]), {"segment": "everyone"})
    assert (response.context["facts"].letters, response.context["facts"].without_items) == (1, 3)
    assert "they get no letter" in text(response)


def test_sending_makes_a_dispatch_publishes_the_editions_rings_and_is_logged(desk: Client, rung: list[int]) -> None:
    _bulletin, key = ready(make_content("en"), make_content("zh-hans", title="一期"))
    url = reverse("circular_issue_send", args=[key])
    fields = confirmation(text(desk.get(url, {"segment": "everyone"})))
    response = desk.post(url, fields)
    dispatch = Dispatch.objects.get()
    assert response["Location"] == reverse("circular_dispatch", args=[dispatch.pk])
    assert (dispatch.issue_key, dispatch.audience_size, dispatch.request_key) == (key, 2, UUID(fields["request_key"]))
    assert rung == [dispatch.pk]
    assert EditionPage.objects.filter(translation_key=key, live=True).count() == 2
    entry = ModelLogEntry.objects.get(action="circular.dispatch.plan")
    assert entry.object_id == str(dispatch.pk)
    assert "@" not in str(entry.data)


def test_a_second_post_of_the_same_confirmation_makes_no_second_dispatch(desk: Client) -> None:
    _bulletin, key = ready()
    url = reverse("circular_issue_send", args=[key])
    fields = confirmation(text(desk.get(url, {"segment": "everyone"})))
    first, second = desk.post(url, fields), desk.post(url, fields)
    assert first["Location"] == second["Location"]
    assert Dispatch.objects.count() == 1
    assert ModelLogEntry.objects.filter(action="circular.dispatch.plan").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_the_same_moment_make_one_dispatch(desk: Client) -> None:
    _bulletin, key = ready(people=30)
    url = reverse("circular_issue_send", args=[key])
    fields = confirmation(text(desk.get(url, {"segment": "everyone"})))

    def post(_number: int) -> str:
        client = Client()
        client.cookies = desk.cookies
        try:
            return str(client.post(url, fields)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        ends = set(pool.map(post, range(2)))
    assert ends == {reverse("circular_dispatch", args=[Dispatch.objects.get().pk])}


def test_an_edit_after_the_page_was_shown_stops_the_sending(desk: Client, rung: list[int]) -> None:
    _bulletin, key = ready()
    url = reverse("circular_issue_send", args=[key])
    fields = confirmation(text(desk.get(url, {"segment": "everyone"})))
    edit(key)
    response = desk.post(url, fields)
    assert response.status_code == 409
    assert "has changes that nobody has approved" in text(response)
    assert not Dispatch.objects.exists()
    assert not rung


def test_content_approved_anew_after_the_page_was_shown_is_not_sent_unseen(desk: Client) -> None:
    _bulletin, key = ready()
    url = reverse("circular_issue_send", args=[key])
    fields = confirmation(text(desk.get(url, {"segment": "everyone"})))
    edit(key)
    approve(key)
    response = desk.post(url, fields)
    assert response.status_code == 409
    assert "approved anew" in text(response)
    assert not Dispatch.objects.exists()


def test_a_refused_plan_is_said_on_the_same_page_and_changes_nothing(desk: Client, rung: list[int]) -> None:
    _bulletin, key = ready(people=0)
    fields = {"segment": "everyone", "digest": issue_of(key).digest(), "request_key": str(uuid4())}
    response = desk.post(reverse("circular_issue_send", args=[key]), fields)
    assert response.status_code == 409
    assert "Nobody in “Everyone” is to get this issue" in text(response)
    assert not Dispatch.objects.exists()
    assert not edition_of(key).live
    assert not rung


def test_a_second_dispatch_of_an_issue_waits_for_the_first(desk: Client) -> None:
    bulletin, key = ready()
    url = reverse("circular_issue_send", args=[key])
    desk.post(url, confirmation(text(desk.get(url, {"segment": "everyone"}))))
    make_subscriber(bulletin)
    page = text(desk.get(url, {"segment": "everyone"}))
    assert "is being sent to" in page
    assert "request_key" not in page
    fields = {"segment": "everyone", "digest": issue_of(key).digest(), "request_key": str(uuid4())}
    assert "is being sent already" in text(desk.post(url, fields))
    cancel_dispatch(Dispatch.objects.get().pk)
    assert "request_key" in text(desk.get(url, {"segment": "everyone"}))


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 400), ({"request_key": "x"}, 400), ({"request_key": str(uuid4()), "segment": "no-such"}, 409)],
)
def test_a_broken_confirmation_makes_nothing(desk: Client, fields: dict[str, str], status: int) -> None:
    _bulletin, key = ready()
    response = desk.post(reverse("circular_issue_send", args=[key]), fields)
    assert response.status_code == status
    assert not Dispatch.objects.exists()


def test_an_unapproved_issue_has_no_form_to_send_it(desk: Client) -> None:
    make_segment()
    key = make_issue(make_bulletin())
    page = text(desk.get(reverse("circular_issue_send", args=[key]), {"segment": "everyone"}))
    assert "has changes that nobody has approved" in page
    assert "request_key" not in page


def test_who_may_only_approve_cannot_send(client: Client) -> None:
    _bulletin, key = ready()
    login(client, "composer.add_approval")
    url = reverse("circular_issue_send", args=[key])
    assert url not in text(client.get(reverse("circular_issue", args=[key])))
    fields = {"segment": "everyone", "digest": issue_of(key).digest(), "request_key": str(uuid4())}
    assert client.post(url, fields).status_code == 403
    assert client.get(url).status_code == 403
    assert not Dispatch.objects.exists()


def test_who_may_send_needs_no_other_permission(client: Client) -> None:
    _bulletin, key = ready()
    login(client, "dispatch.add_dispatch")
    url = reverse("circular_issue_send", args=[key])
    response = client.post(url, confirmation(text(client.get(url, {"segment": "everyone"}))), follow=True)
    assert response.status_code == 200
    assert Dispatch.objects.get().planned_by is not None
    assert edition_of(key).live


def test_a_group_can_be_given_the_four_permissions(desk: Client) -> None:
    names = {"add_approval", "add_dispatch", "change_dispatch", "view_dispatch"}
    shown = text(desk.get(reverse("wagtailusers_groups:add")))
    for permission in Permission.objects.filter(codename__in=names):
        assert f'value="{permission.pk}"' in shown
