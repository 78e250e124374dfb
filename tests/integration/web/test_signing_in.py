"""Signing in, the forgotten password, the sessions' end, and guessing what only a link leads to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from wagtail.models import PageViewRestriction

from config import env
from dispatch.tokens import Purpose, make_token
from tests.factories import make_bulletin, make_dispatch, make_user
from web import guessing, signing_in
from web.limits import Limit

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"
LOGIN = "/desk/login/"
FORGOTTEN = "/desk/password_reset/"


@pytest.fixture
def editor() -> Any:
    user = make_user(superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


@pytest.fixture
def posted() -> list[Any]:
    """The mails that left, once the thread that posts them is through."""

    class Posted(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            signing_in.post_office.submit(lambda: None).result()
            return iter(mail.outbox)

    return Posted()


def sign_in(client: Client, name: str = "editor", password: str = PASSWORD, *, at: str = "192.0.2.7") -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=at)


def is_in(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


def words(response: Any) -> str:
    seen = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(seen.split())


def test_the_right_password_opens_the_desk(client: Client, editor: Any) -> None:
    assert sign_in(client).status_code == 302
    assert is_in(client)


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(client: Client, editor: Any) -> None:
    codes = [sign_in(client, password="wrong").status_code for _time in range(6)]
    assert codes == [200] * 5 + [429]

    refused = sign_in(client)
    assert refused.status_code == 429
    assert 800 <= int(refused["Retry-After"]) <= 900
    assert "too many attempts to sign in. Try again in 15 minutes." in words(refused)
    assert not is_in(client)


def test_an_unknown_name_is_answered_as_a_known_one(client: Client, editor: Any) -> None:
    known = [sign_in(client, password="wrong", at="192.0.2.1") for _time in range(6)]
    unknown = [sign_in(client, "nobody", "wrong", at="192.0.2.2") for _time in range(6)]

    assert [answer.status_code for answer in known] == [answer.status_code for answer in unknown]
    for mine, theirs in zip(known, unknown, strict=True):
        assert words(mine) == words(theirs)


def test_somebody_elses_attempts_do_not_keep_the_owner_out(client: Client, editor: Any) -> None:
    for _time in range(8):
        sign_in(client, password="wrong", at="192.0.2.66")

    assert sign_in(client, at="192.0.2.7").status_code == 302


def test_attempts_on_one_account_from_many_addresses_are_limited_together(
    client: Client, editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "ACCOUNT", Limit("sign-in-account", times=7, seconds=3600))
    for number in range(7):
        assert sign_in(client, password="wrong", at=f"192.0.2.{number}").status_code == 200

    assert sign_in(client, at="192.0.2.100").status_code == 429


def test_attempts_on_many_accounts_from_one_address_are_limited_together(
    client: Client, editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "ADDRESS", Limit("sign-in-address", times=7, seconds=900))
    for number in range(7):
        assert sign_in(client, f"name{number}", "wrong").status_code == 200

    assert sign_in(client).status_code == 429
    assert sign_in(client, at="192.0.2.8").status_code == 302


def test_who_signs_in_often_is_never_kept_waiting(client: Client, editor: Any) -> None:
    assert {sign_in(Client()).status_code for _time in range(12)} == {302}


def test_the_other_door_to_signing_in_is_limited_too(client: Client, editor: Any) -> None:
    door = reverse("wagtailcore_login")
    for _time in range(6):
        client.post(door, {"username": "editor", "password": "wrong"})

    client.post(door, {"username": "editor", "password": PASSWORD})
    assert not is_in(client)


def test_without_redis_people_can_sign_in(client: Client, editor: Any, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"

    assert sign_in(client).status_code == 302


def test_a_session_ends_when_the_password_changes(client: Client, editor: Any) -> None:
    other = Client()
    assert sign_in(client).status_code == sign_in(other).status_code == 302

    editor.set_password("another long password")
    editor.save()

    assert not is_in(client)
    assert not is_in(other)


def test_a_session_ends_when_the_account_is_switched_off(client: Client, editor: Any) -> None:
    sign_in(client)
    editor.is_active = False
    editor.save()

    assert not is_in(client)
    answer = sign_in(client)
    assert "didn't match" in words(answer).replace("&#x27;", "'")


def test_without_remember_me_the_session_ends_with_the_browser_else_after_a_week(client: Client, editor: Any) -> None:
    brief = sign_in(client).cookies["sessionid"]
    assert brief["max-age"] == ""

    lasting = client.post(LOGIN, {"username": "editor", "password": PASSWORD, "remember": "on"}).cookies["sessionid"]
    assert lasting["max-age"] == 7 * 24 * 3600
    assert lasting["httponly"]
    assert lasting["samesite"] == "Lax"


def test_in_production_cookies_travel_by_https_alone() -> None:
    settings = {
        "DATABASE_URL": "postgresql://a:b@localhost/c",
        "REDIS_URL": "redis://localhost/0",
        "SMTP_URL": "smtp://localhost",
        "SECRET_KEY": "x" * 50,
        "BASE_URL": "https://bulletins.example",
    }
    names = "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE DEBUG"
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from config.settings import production\nfor each in {names!r}.split(): print(getattr(production, each))",
        ],
        env={**os.environ, **settings},
        cwd=env.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == ["True", "True", "True", "Lax", "False"]


def test_a_forgotten_password_is_chosen_anew_by_the_mailed_link_once(
    client: Client, editor: Any, posted: list[Any], settings: Settings
) -> None:
    assert client.post(FORGOTTEN, {"email": editor.email}).status_code == 302
    (letter,) = posted
    link = re.search(rf"{settings.WAGTAILADMIN_BASE_URL}(/desk/password_reset/confirm/\S+)", letter.body)
    assert link is not None
    assert letter.to == [editor.email]

    form = client.get(link[1], follow=True)
    new = {"new_password1": "quite another one", "new_password2": "quite another one"}
    client.post(form.redirect_chain[-1][0], new)

    assert sign_in(client, password="quite another one").status_code == 302
    assert "invalid" in words(Client().get(link[1], follow=True))


def test_the_answer_is_the_same_for_an_address_that_nobody_has(client: Client, editor: Any, posted: list[Any]) -> None:
    known = client.post(FORGOTTEN, {"email": editor.email}, follow=True)
    unknown = client.post(FORGOTTEN, {"email": "nobody@example.org"}, follow=True)

    assert words(known) == words(unknown)
    assert len(list(posted)) == 1


def test_one_mailbox_gets_three_links_an_hour_and_nobody_is_told(
    client: Client, editor: Any, posted: list[Any]
) -> None:
    answers = [client.post(FORGOTTEN, {"email": editor.email}, REMOTE_ADDR=f"192.0.2.{number}") for number in range(5)]

    assert {answer.status_code for answer in answers} == {302}
    assert len(list(posted)) == 3


def test_who_asks_for_links_too_often_is_told_when_to_try_again(client: Client) -> None:
    codes = [client.post(FORGOTTEN, {"email": f"a{number}@example.org"}).status_code for number in range(10)]
    refused = client.post(FORGOTTEN, {"email": "b@example.org"})

    assert codes == [302] * 10
    assert refused.status_code == 429
    assert "Try again in 60 minutes." in words(refused)


def test_guessing_links_to_choose_a_password_ends_soon(client: Client, editor: Any) -> None:
    wrong = "/desk/password_reset/confirm/MQ/abc123-0123456789abcdef0123456789abcdef/"
    codes = [client.get(wrong).status_code for _time in range(11)]

    assert codes == [200] * 10 + [429]


def test_misses_are_limited_and_hits_are_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MISSES", Limit("misses", times=5, seconds=600))
    delivery = make_dispatch(people=1).deliveries.get()
    own = f"/v/{make_token(Purpose.VIEW, delivery.pk)}"
    assert {client.get(own).status_code for _time in range(12)} == {200}

    codes = [client.get(f"/v/{'A' * 26}{number}").status_code for number in range(6)]
    assert 429 in codes
    assert {client.get(own).status_code for _time in range(3)} == {200}  # one office, many readers
    later = client.get("/review/guessed/")
    assert later.status_code == 429
    assert "Try again in 10 minutes." in words(later)
    assert client.get("/review/guessed/", REMOTE_ADDR="192.0.2.9").status_code == 404


def test_clicks_opens_and_unsubscribing_are_never_limited(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MISSES", Limit("misses", times=2, seconds=600))
    for number in range(8):
        for path in (f"/c/{'A' * 26}{number}/1", f"/u/{'A' * 26}{number}"):
            assert client.get(path).status_code == 404
            assert client.post(f"/u/{'A' * 26}{number}").status_code == 404
        assert client.get(f"/o/{'A' * 26}{number}.gif").status_code == 200
    assert client.get("/review/guessed/").status_code == 404


def test_the_password_of_a_private_page_cannot_be_guessed_after_too_many_wrong_ones(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "MISSES", Limit("misses", times=3, seconds=600))
    bulletin = make_bulletin("en")
    kept = PageViewRestriction.objects.create(page=bulletin, restriction_type="password", password="a right one")
    door = reverse("wagtailcore_authenticate_with_password", args=[kept.pk, bulletin.pk])

    codes = [client.post(door, {"password": "wrong", "return_url": "/"}).status_code for _time in range(4)]
    right = client.post(door, {"password": "a right one", "return_url": "/"})

    assert codes == [200] * 3 + [429]
    assert right.status_code == 429


def change_password(client: Client, old: str, *, at: str = "192.0.2.7") -> Any:
    new = {"password-new_password1": "quite another one", "password-new_password2": "quite another one"}
    user = get_user_model().objects.get(username="editor")
    kept = {
        "name_email-first_name": "Ed",
        "name_email-last_name": "Itor",
        "name_email-email": user.email,
        "locale-preferred_language": "en",
        "theme-theme": "system",
        "theme-contrast": "system",
        "theme-density": "default",
    }
    return client.post("/desk/account/", {**kept, **new, "password-old_password": old}, REMOTE_ADDR=at)


def test_the_old_password_is_asked_for_as_seldom_as_at_the_door(client: Client, editor: Any) -> None:
    client.force_login(editor)
    codes = [change_password(client, "wrong").status_code for _time in range(6)]
    assert codes == [200] * 5 + [429]

    refused = change_password(client, PASSWORD)
    assert refused.status_code == 429
    assert 800 <= int(refused["Retry-After"]) <= 900
    assert "too many attempts to sign in. Try again in 15 minutes." in words(refused)
    editor.refresh_from_db()
    assert editor.check_password(PASSWORD)


def test_with_the_old_password_a_new_one_is_kept_and_one_stays_signed_in(client: Client, editor: Any) -> None:
    client.force_login(editor)
    assert "entered incorrectly" in words(change_password(client, "wrong"))

    assert change_password(client, PASSWORD).status_code == 302

    editor.refresh_from_db()
    assert editor.check_password("quite another one")
    assert is_in(client)


def test_ones_account_is_for_who_is_signed_in_alone(client: Client) -> None:
    answer = client.get("/desk/account/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


def test_a_page_says_that_it_is_circular(client: Client) -> None:
    assert "Sign in to Circular" in words(client.get(LOGIN))
