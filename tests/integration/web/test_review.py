"""Somebody outside looks at an issue by a signed link: what is shown, what a word does, and what changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from composer.approval import NotApproved, standing_approval
from composer.issues import issue_of
from composer.models import Approval, BulletinPage, Invitation, Review
from composer.review import PER_HOUR, invite, make_token, withdraw
from tests.factories import edition_of, make_bulletin, make_content, make_issue, make_item, make_segment, make_user

pytestmark = pytest.mark.django_db

GUEST = "Ana <b>Guest</b>"


@pytest.fixture
def key() -> UUID:
    everyone, few = make_item("For all"), make_item("For leads", audience="leads")
    return make_issue(make_bulletin(), make_content("en", everyone, few), make_content("zh-hans", title="第一期"))


def host(*, may_approve: bool = True) -> Any:
    user = make_user("host", superuser=False)
    if may_approve:
        user.user_permissions.add(Permission.objects.get(codename="add_approval"))
    return user


def invited(key: UUID, *, user: Any = None, days: int = 14) -> Invitation:
    return invite(
        key,
        digest=issue_of(key).digest(),
        name=GUEST,
        email="",
        days=days,
        user=user or host(),
        now=timezone.now(),
    )


def address(invitation: Invitation) -> str:
    return reverse("review", args=[make_token(invitation)])


def text(response: Any) -> str:
    return str(response.content.decode())


def edit(key: UUID) -> None:
    page = edition_of(key)
    page.title = "Changed"
    page.save_revision()


def counted() -> tuple[int, ...]:
    return Approval.objects.count(), Review.objects.count(), Invitation.objects.filter(withdrawn_at=None).count()


# What is shown


def test_the_page_shows_every_edition_of_what_was_invited_and_no_later_edit(client: Client, key: UUID) -> None:
    make_segment("leads", name="Programme leads")
    url = address(invited(key))
    edit(key)
    page = text(client.get(url))
    assert "The first issue" in page
    assert "简体中文" in page
    assert "has changed since you were invited" in page
    letter = client.get(f"{url}en/")
    assert "The first issue" in text(letter)
    assert "Changed" not in text(letter)
    assert "For leads" in text(letter)
    assert "Only for Programme leads" in text(letter)
    assert "default-src 'none'" in letter["Content-Security-Policy"]
    assert "第一期" in text(client.get(f"{url}zh-hans/"))


@pytest.mark.parametrize(("language", "words"), [("en", "Your answer"), ("zh-hans", "第一期")])
def test_the_page_speaks_and_shows_the_browsers_language(client: Client, key: UUID, language: str, words: str) -> None:
    assert words in text(client.get(address(invited(key)), headers={"accept-language": language}))


def test_names_and_comments_are_only_text(client: Client, key: UUID) -> None:
    url = address(invited(key))
    client.post(url, {"verdict": "comment", "text": "<script>alert(1)</script>"})
    page = text(client.get(url))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>Guest" not in page
    client.force_login(make_user())
    desk = text(client.get(reverse("circular_issue", args=[key])))
    assert "&lt;script&gt;alert(1)" in desk
    assert "<script>alert" not in desk
    assert "<b>Guest" not in desk


def test_the_page_is_nobodys_to_keep_or_to_find(client: Client, key: UUID) -> None:
    response = client.get(address(invited(key)))
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


# Links that don't work


def test_every_unusable_link_gets_the_same_page_and_does_nothing(client: Client, key: UUID) -> None:
    good = invited(key)
    token = make_token(good)
    ended = invited(key, user=good.invited_by)
    Invitation.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    withdrawn = invited(key, user=good.invited_by)
    assert withdraw(withdrawn.pk, key=key, user=None, now=timezone.now())
    assert not withdraw(withdrawn.pk, key=key, user=None, now=timezone.now())
    gone = invited(key, user=good.invited_by)
    gone_token = make_token(gone)
    gone.delete()
    bad = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        str(good.pk),
        Signer(sep=".", salt="another.purpose").sign(str(good.pk)),
        make_token(ended),
        make_token(withdrawn),
        gone_token,
        "0.x",
        "a" * 500,
    ]
    before = counted()
    pages = set()
    for wrong in bad:
        for path in (reverse("review", args=[wrong]), reverse("review-letter", args=[wrong, "en"])):
            answer = client.get(path)
            assert answer.status_code == 404, wrong
            pages.add(text(answer))
        answer = client.post(reverse("review", args=[wrong]), {"verdict": "approve"})
        assert answer.status_code == 404
        pages.add(text(answer))
    assert len(pages) == 1
    assert counted() == before


def test_an_edition_that_was_not_invited_is_not_found(client: Client, key: UUID) -> None:
    assert client.get(address(invited(key)) + "fr/").status_code == 404


def test_a_deleted_issue_leaves_the_neutral_page(client: Client, key: UUID) -> None:
    url = address(invited(key))
    edition_of(key).delete()
    edition_of(key, "zh-hans").delete()
    assert client.get(url).status_code == 404
    assert client.post(url, {"verdict": "approve"}).status_code == 404


# What changes something


def test_looking_changes_nothing_whatever_the_query_says(client: Client, key: UUID) -> None:
    url = address(invited(key))
    before = counted()
    for path in (url, url + "en/"):
        for query in ({}, {"verdict": "approve", "said": "ok"}, {"verdict": "comment", "text": "words"}):
            assert client.get(path, query).status_code == 200
            assert client.head(path, query).status_code == 200
    for method in (client.put, client.delete, client.patch):
        assert method(url).status_code == 405
    assert client.post(url + "en/", {"verdict": "approve"}).status_code == 405
    assert counted() == before


def test_a_post_from_another_site_is_refused(key: UUID) -> None:
    strict = Client(enforce_csrf_checks=True)
    url = address(invited(key))
    assert strict.post(url, {"verdict": "approve"}).status_code == 403
    assert not Approval.objects.exists()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text(strict.get(url)))
    assert token
    assert strict.post(url, {"verdict": "approve", "csrfmiddlewaretoken": token[1]}).status_code == 302
    assert Approval.objects.exists()


def test_a_yes_is_an_approval_where_the_host_may_approve(client: Client, key: UUID) -> None:
    invitation = invited(key)
    page = text(client.post(address(invitation), {"verdict": "approve", "text": "Well done"}, follow=True))
    assert "You approved this" in page
    assert "may be sent" in page
    approval = standing_approval(issue_of(key))
    assert approval is not None
    assert (approval.outside, approval.approved_by) == (GUEST, invitation.invited_by)


def test_a_second_yes_changes_nothing(client: Client, key: UUID) -> None:
    url = address(invited(key))
    for _time in range(3):
        assert client.post(url, {"verdict": "approve"}).status_code == 302
    assert (Approval.objects.count(), Review.objects.count()) == (1, 1)


def test_a_yes_is_only_a_word_where_the_host_may_not_approve(client: Client, key: UUID) -> None:
    page = text(client.post(address(invited(key, user=host(may_approve=False))), {"verdict": "approve"}, follow=True))
    assert "has to confirm it" in page
    assert not Approval.objects.exists()
    assert Review.objects.get().verdict == "approve"
    client.force_login(make_user())
    assert "a word only" in text(client.get(reverse("circular_issue", args=[key])))


@pytest.mark.parametrize("lost", ["permission", "account"])
def test_a_host_who_may_not_approve_any_more_passes_nothing_on(client: Client, key: UUID, lost: str) -> None:
    user = host()
    url = address(invited(key, user=user))
    if lost == "permission":
        user.user_permissions.clear()
    else:
        user.is_active = False
        user.save()
    client.post(url, {"verdict": "approve"})
    assert not Approval.objects.exists()


def test_four_eyes_are_not_got_round_by_inviting_oneself(client: Client, key: UUID) -> None:
    BulletinPage.objects.update(four_eyes=True)
    user = host()
    edition_of(key).save_revision(user=user)
    client.post(address(invited(key, user=user)), {"verdict": "approve"})
    assert not Approval.objects.exists()
    assert Review.objects.get().verdict == "approve"


def test_what_has_changed_since_is_not_approved_but_can_be_commented(client: Client, key: UUID) -> None:
    url = address(invited(key))
    edit(key)
    answer = client.post(url, {"verdict": "approve", "text": "My words"})
    assert answer.status_code == 409
    assert "ask for a new link" in text(answer)
    assert "My words" in text(answer)
    assert counted()[:2] == (0, 0)
    assert client.post(url, {"verdict": "comment", "text": "My words"}).status_code == 302
    assert Review.objects.get().text == "My words"


def test_an_edit_after_the_yes_voids_it_and_the_page_says_so(client: Client, key: UUID) -> None:
    url = address(invited(key))
    client.post(url, {"verdict": "approve"})
    edit(key)
    assert standing_approval(issue_of(key)) is None
    assert "needs a new approval" in text(client.get(url))


def test_a_comment_is_kept_once_however_often_it_is_posted(client: Client, key: UUID) -> None:
    url = address(invited(key))
    for _time in range(2):
        client.post(url, {"verdict": "comment", "text": "  The date is wrong.\x00 "})
    assert [review.text for review in Review.objects.all()] == ["The date is wrong."]
    client.post(url, {"verdict": "comment", "text": "And the place."})
    assert Review.objects.count() == 2
    assert "The date is wrong." in text(client.get(url))
    assert not Approval.objects.exists()


@pytest.mark.parametrize("data", [{"verdict": "comment", "text": " "}, {"verdict": "send"}, {}])
def test_an_answer_that_says_nothing_is_asked_for_again(client: Client, key: UUID, data: dict[str, str]) -> None:
    assert client.post(address(invited(key)), data).status_code == 400
    assert counted()[:2] == (0, 0)


def test_a_flood_of_comments_ends(client: Client, key: UUID) -> None:
    url = address(invited(key))
    codes = [client.post(url, {"verdict": "comment", "text": f"No. {n}"}).status_code for n in range(PER_HOUR + 2)]
    assert codes == [302] * PER_HOUR + [429] * 2
    assert Review.objects.count() == PER_HOUR


def test_an_endless_comment_is_cut(client: Client, key: UUID) -> None:
    client.post(address(invited(key)), {"verdict": "comment", "text": "x" * 100_000})
    assert len(Review.objects.get().text) == 5000


def test_one_cannot_invite_to_what_one_has_not_seen(key: UUID) -> None:
    shown = issue_of(key).digest()
    edit(key)
    with pytest.raises(NotApproved):
        invite(key, digest=shown, name="Ana", email="", days=1, user=host(), now=timezone.now())


def test_logs_name_nobody(client: Client, key: UUID, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = address(invited(key))
    client.post(url, {"verdict": "comment", "text": "secret words"})
    client.post(url, {"verdict": "approve"})
    assert "Guest" not in caplog.text
    assert "secret words" not in caplog.text
