"""Approving on the desk: asking, answering, inviting, and the languages of an issue with who gets which."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission, Locale, Page, PageLogEntry, TaskState
from wagtail_localize.models import Translation

from composer.asking import ask_for_approval, ask_for_changes, waiting
from composer.issues import issue_of
from composer.models import Approval, BulletinPage, Invitation, Review
from tests.factories import edition_of, make_bulletin, make_content, make_issue, make_subscriber, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> UUID:
    return make_issue(make_bulletin(), make_content("en"), make_content("zh-hans", title="第一期"))


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user("boss"))
    return client


def editor(name: str = "writer", *permissions: str) -> Any:
    """Somebody who may edit every page, and has these permissions besides."""
    user = make_user(name, superuser=False)
    group = Group.objects.create(name=name)
    for codename in ("add_page", "change_page"):
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.create(group=group, page=Page.get_first_root_node(), permission=permission)
    user.groups.add(group)
    for wanted in ("wagtailadmin.access_admin", *permissions):
        app, codename = wanted.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def page_of(client: Client, key: UUID) -> str:
    """The page's words, without markup between them."""
    words = re.sub(r"<[^>]+>", " ", text(client.get(reverse("circular_issue", args=[key]))))
    return re.sub(r"\s+", " ", words)


def post(client: Client, view: str, key: UUID, **data: Any) -> str:
    return text(client.post(reverse(view, args=[key]), data, follow=True))


# Asking and answering


def test_an_editor_asks_and_an_approver_finds_it_on_wagtails_home_page(desk: Client, key: UUID) -> None:
    post(signed_in(editor()), "circular_issue_ask", key)
    assert waiting(issue_of(key)) is not None
    home = text(desk.get(reverse("wagtailadmin_home")))
    assert "Awaiting your review" in home
    assert "The first issue" in home
    assert "Waits for an approval" in page_of(desk, key)


def test_wagtails_own_form_leads_to_the_issue_and_approves_all_of_it(desk: Client, key: UUID) -> None:
    ask_for_approval(key, user=editor())
    page = edition_of(key, "zh-hans")
    url = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", page.current_workflow_task_state.pk])
    form = desk.get(url, headers={"x-requested-with": "XMLHttpRequest"}).json()["html"]
    assert reverse("circular_issue", args=[key]) in form
    seen = re.search(r'name="seen" value="([^"]+)"', form)
    assert seen
    stale = desk.post(url, {"seen": f"{key}:0"}, headers={"x-requested-with": "XMLHttpRequest"})
    assert "changed meanwhile" in stale.json()["html"]
    assert not Approval.objects.exists()
    desk.post(url, {"seen": seen[1], "comment": ""}, headers={"x-requested-with": "XMLHttpRequest"})
    assert Approval.objects.get().digest == issue_of(key).digest()


def test_what_is_saved_in_the_same_step_is_not_approved_with_it_and_the_page_says_so(desk: Client, key: UUID) -> None:
    ask_for_approval(key, user=editor())
    url = reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk])
    seen = {"seen": f"{key}:{issue_of(key).digest()}", "comment": ""}
    form = {
        "title": "Changed in the same step",
        "slug": "changed",
        "body-count": "0",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "action-workflow-action": "true",
        "workflow-action-name": "approve",
        "workflow-action-extra-data": json.dumps(seen),
    }
    page = text(desk.post(url, form, follow=True))
    assert issue_of(key).editions["en"].content.title == "Changed in the same step"
    assert "was saved, but it is not approved" in page
    assert not Approval.objects.exists()
    assert waiting(issue_of(key)) is not None
    form["workflow-action-extra-data"] = json.dumps(seen | {"seen": f"{key}:{issue_of(key).digest()}"})
    assert "was saved, but it is not approved" not in text(desk.post(url, form, follow=True))
    assert Approval.objects.exists()


def test_who_may_not_edit_cannot_ask(client: Client, key: UUID) -> None:
    user = make_user("sender", superuser=False)
    for app, codename in (("wagtailadmin", "access_admin"), ("dispatch", "add_dispatch")):
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(user)
    assert "Only somebody who may edit" in post(client, "circular_issue_ask", key)
    assert waiting(issue_of(key)) is None
    assert "Only who asked" in post(client, "circular_issue_unask", key) or waiting(issue_of(key)) is None


def test_who_asked_takes_it_back_and_another_editor_cannot(key: UUID) -> None:
    one, other = signed_in(editor("one")), signed_in(editor("other"))
    post(one, "circular_issue_ask", key)
    assert "Only who asked" in post(other, "circular_issue_unask", key)
    assert waiting(issue_of(key)) is not None
    post(one, "circular_issue_unask", key)
    assert waiting(issue_of(key)) is None


def test_asking_for_changes_shows_the_words_on_the_page_and_above_the_editors(desk: Client, key: UUID) -> None:
    ask_for_approval(key, user=editor())
    post(desk, "circular_issue_changes", key, comment="<i>The date</i> is wrong")
    assert "Asked for changes boss" in page_of(desk, key)
    for locale in ("en", "zh-hans"):
        above = text(desk.get(reverse("wagtailadmin_pages:edit", args=[edition_of(key, locale).pk])))
        assert "boss asks for changes: &lt;i&gt;The date&lt;/i&gt; is wrong" in above
    edition_of(key).save_revision()
    again = text(desk.get(reverse("wagtailadmin_pages:edit", args=[edition_of(key).pk])))
    assert "boss asks for changes" not in again
    assert "about what is here now" in page_of(desk, key)


def test_changes_without_words_are_not_asked_for(desk: Client, key: UUID) -> None:
    assert "Say what should be changed" in post(desk, "circular_issue_changes", key, comment=" ")
    assert not Review.objects.exists()


def test_an_editor_may_neither_approve_nor_ask_for_changes(key: UUID) -> None:
    client = signed_in(editor())
    for name in ("circular_issue_approve", "circular_issue_changes"):
        response = client.post(reverse(name, args=[key]), {"digest": issue_of(key).digest(), "comment": "x"})
        assert response.status_code == 403
    assert not Approval.objects.exists()
    assert not Review.objects.exists()


def test_the_page_says_what_was_said_about_an_earlier_state(desk: Client, key: UUID) -> None:
    ask_for_changes(key, user=make_user("earlier"), comment="Look at the date")
    page = edition_of(key)
    page.title = "Changed"
    page.save_revision()
    assert "about an earlier state" in page_of(desk, key)


def test_four_eyes_tell_the_last_editor_that_another_must_approve(desk: Client, key: UUID) -> None:
    from django.contrib.auth import get_user_model

    BulletinPage.objects.update(four_eyes=True)
    boss = get_user_model().objects.get(username="boss")
    edition_of(key).save_revision(user=boss)
    assert "somebody else has to approve it" in page_of(desk, key)
    post(desk, "circular_issue_approve", key, digest=issue_of(key).digest())
    assert not Approval.objects.exists()


def test_nothing_changes_by_looking(desk: Client, key: UUID) -> None:
    for name in ("ask", "unask", "changes", "approve", "invite"):
        assert desk.get(reverse(f"circular_issue_{name}", args=[key])).status_code == 405
    assert not TaskState.objects.exists()


# Inviting


def invite(client: Client, key: UUID, **data: Any) -> str:
    data = {"name": "Ana", "email": "", "days": 14, "digest": issue_of(key).digest(), **data}
    return post(client, "circular_issue_invite", key, **data)


def test_an_invitation_shows_its_link_once(desk: Client, key: UUID) -> None:
    page = invite(desk, key)
    link = re.search(r'value="(http://testserver/review/[^"]+)"', page)
    assert link
    assert "/review/" not in page_of(desk, key)
    assert "The first issue" in text(Client().get(link[1]))
    assert not mail.outbox
    assert PageLogEntry.objects.filter(action="circular.invite").exists()
    assert "Ana" not in str(list(PageLogEntry.objects.filter(action="circular.invite").values_list("data")))


def test_an_invitation_with_an_address_is_mailed_from_the_bulletin(desk: Client, key: UUID) -> None:
    invite(desk, key, email="ana@partner.example")
    (message,) = mail.outbox
    assert message.to == ["Ana <ana@partner.example>"]
    assert "notes@bulletin.example" in message.from_email
    assert message.reply_to == ["boss@circular.example"]
    assert "The first issue" in message.subject
    link = re.search(r"http://testserver(/review/\S+)", str(message.body))
    assert link
    assert Client().get(link[1]).status_code == 200
    assert "Ana" in page_of(desk, key)


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "A\nBcc: b@c.example"}, {"email": "nobody"}, {"days": 0}, {"days": 400}, {"digest": "old"}],
)
def test_a_wrong_invitation_is_refused_with_the_reason(desk: Client, key: UUID, wrong: dict[str, Any]) -> None:
    page = invite(desk, key, **wrong)
    assert not Invitation.objects.exists()
    assert not mail.outbox
    assert "error" in page


def test_a_mail_server_that_is_away_leaves_the_link(desk: Client, key: UUID, settings: Any) -> None:
    settings.EMAIL_BACKEND = "config.mailing.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = invite(desk, key, email="ana@partner.example")
    assert "didn" in page
    assert "/review/" in page
    assert Invitation.objects.exists()


def test_a_withdrawn_invitation_is_said_so_and_its_link_is_dead(desk: Client, key: UUID) -> None:
    link = re.search(r'value="(http://testserver/review/[^"]+)"', invite(desk, key))
    assert link
    number = Invitation.objects.get().pk
    desk.post(reverse("circular_invitation_end", args=[key, number]))
    assert "Withdrawn" in page_of(desk, key)
    assert Client().get(link[1]).status_code == 404


# Languages


def test_the_page_shows_how_each_language_stands_and_who_gets_which(desk: Client, key: UUID) -> None:
    bulletin = BulletinPage.objects.get(locale__language_code="en")
    BulletinPage.objects.update(fallback="en, zh-hans, fr")
    for language, count in (("en", 3), ("zh-hans", 2), ("es", 2), ("fr", 1), ("zh-tw", 1)):
        for _person in range(count):
            make_subscriber(bulletin, language=language)
    page = page_of(desk, key)
    assert "3 readers of this language" in page
    assert "+ 2 who read español, by fallback" in page
    assert "+ 1 who read Français, by fallback" in page
    assert "3 readers of this language" in page  # Simplified and traditional Chinese are kin: 2 and 1
    assert "Missing" in page
    assert "1 readers get the edition in English instead" in page
    assert "The bulletin has no page in this language." in page


def test_who_gets_which_is_one_query(key: UUID, django_assert_num_queries: Any) -> None:
    from web.desk.readers import readers_of

    issue = issue_of(key)
    for language in ("en", "fr", "es"):
        make_subscriber(issue.bulletin, language=language)
    with django_assert_num_queries(1):
        lines = readers_of(issue.bulletin.translation_key, issue.editions, ["en"])
    assert {(line.language, line.locale) for line in lines} == {("en", "en"), ("fr", "en"), ("es", "en")}


def test_a_missing_language_leads_into_the_translation_of_the_source(desk: Client) -> None:
    key = make_issue(make_bulletin())
    page = edition_of(key)
    page.title = "Saved in a revision only"
    page.save_revision()
    shown = text(desk.get(reverse("circular_issue", args=[key])))
    link = re.search(r'href="([^"]+select_locale=zh-hans)"', shown)
    assert link
    form = text(desk.get(link[1]))
    assert "The bulletin has no page in these languages: Français" in form
    chosen = Locale.objects.get(language_code="zh-hans")
    assert desk.post(link[1], {"locales": [chosen.pk]}).status_code == 302
    assert issue_of(key).editions["zh-hans"].content.title == "Saved in a revision only"
    translation = Translation.objects.get()
    assert "0 of" in page_of(desk, key)
    assert desk.get(reverse("wagtailadmin_pages:edit", args=[translation.get_target_instance().pk])).status_code == 200


def test_a_language_without_the_bulletins_page_cannot_be_forced(desk: Client) -> None:
    key = make_issue(make_bulletin("en"))
    url = reverse("wagtail_localize:submit_page_translation", args=[edition_of(key).pk])
    assert desk.post(url, {"locales": [Locale.objects.get(language_code="fr").pk]}).status_code == 200
    assert set(issue_of(key).editions) == {"en"}
    assert BulletinPage.objects.count() == 1


def test_changes_of_the_source_are_taken_over_and_saved_from_the_issues_page(desk: Client) -> None:
    from wagtail_localize.operations import translate_object

    key = make_issue(make_bulletin())
    translate_object(edition_of(key), [Locale.objects.get(language_code="zh-hans")])
    number = Translation.objects.get().pk
    page = edition_of(key)
    page.title = page.draft_title = "Another title"
    page.save()
    page.save_revision()
    assert "Take over the changes" in page_of(desk, key)
    desk.post(reverse("circular_translation_take", args=[key, number]))
    assert "Take over the changes" not in page_of(desk, key)
    assert "Save the translated texts" in page_of(desk, key)
    desk.post(reverse("circular_translation_save", args=[key, number]))
    assert issue_of(key).editions["zh-hans"].content.title == "Another title"
    assert not edition_of(key, "zh-hans").live
