"""Links that are forged, guessed, kept too long or taken from another letter; and scanners that follow every link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from composer.models import BulletinPage, Invitation
from dispatch import tokens
from dispatch.models import Delivery, Link
from subscribers import links
from subscribers.models import OptIn, Subscription
from tests.factories import make_sent_issue, make_subscriber
from tests.integration.web.desk_world import World, make_world, token_pages
from web import guessing
from web.limits import Limit

pytestmark = pytest.mark.django_db

OF_LETTERS = {
    "click": tokens.Purpose.CLICK,
    "open": tokens.Purpose.OPEN,
    "unsubscribe": tokens.Purpose.UNSUBSCRIBE,
    "unsubscribe-link": tokens.Purpose.UNSUBSCRIBE,
    "view-in-browser": tokens.Purpose.VIEW,
    "why": tokens.Purpose.WHY,
}
MAILED = {
    "confirm": links.Purpose.CONFIRM,
    "preferences": links.Purpose.PREFERENCES,
    "held": links.Purpose.EXPORT,
    "erase": links.Purpose.ERASE,
}
OF_REVIEWS = {"review", "review-letter"}
COUNTED = {"dispatch_event"}  # that a link was followed is told, and changes nothing of anybody's


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture(autouse=True)
def nobody_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MISSES", Limit("misses", times=10_000, seconds=600))


def checksum(*, without: set[str] = COUNTED) -> dict[str, str]:
    """A digest of every table's rows."""
    names = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - without
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(names):
            rows = f'SELECT t::text AS row FROM "{name}" AS t'
            cursor.execute(f"SELECT md5(coalesce(string_agg(row, chr(10) ORDER BY row), '')) FROM ({rows}) AS all_rows")
            found[name] = cursor.fetchone()[0]
    return found


def address(name: str, token: str) -> str:
    given = {"token": token, "number": 1, "locale": "en"}
    return reverse(name, kwargs={key: given[key] for key in token_pages()[name].pattern.converters})


def good_tokens(world: World) -> dict[str, str]:
    """A token that each page takes."""
    now = timezone.now()
    made = {name: tokens.make_token(purpose, world.delivery.pk) for name, purpose in OF_LETTERS.items()}
    made |= {name: links.person_token(purpose, world.person, now=now) for name, purpose in MAILED.items()}
    made["confirm"] = links.confirm_token(OptIn.objects.get())
    return made | dict.fromkeys(OF_REVIEWS, world.review_token)


def bad_tokens(name: str, good: dict[str, str]) -> list[str]:
    """Spoilt, cut, made up, and those of every other page."""
    own = good[name]
    middle = len(own) // 2
    spoilt = own[:middle] + ("A" if own[middle] != "A" else "B") + own[middle + 1 :]
    same = {own} | {good[each] for each in good if good[each] == own}
    others = {token for token in good.values() if token not in same}
    return sorted({spoilt, own[:-1], own + "A", own.swapcase(), "A" * len(own), "x", "%00", *others} - {own})


def words(response: Any) -> str:
    varying = r'name="csrfmiddlewaretoken" value="[^"]+"|<script.*?</script>'
    return re.sub(varying, "", response.content.decode(), flags=re.DOTALL)


def test_every_page_that_a_token_opens_is_known_here(world: World) -> None:
    assert set(token_pages()) == set(good_tokens(world))


def test_a_good_token_opens_its_page(world: World, client: Client) -> None:
    for name, token in good_tokens(world).items():
        method = client.post if name == "unsubscribe-link" else client.get
        assert method(address(name, token)).status_code in {200, 302}, name


def test_a_bad_token_gets_the_neutral_page_and_nothing_is_done(world: World, client: Client) -> None:
    good, before = good_tokens(world), checksum(without=set())
    neutral = words(client.get(address("view-in-browser", "x")))
    for name in token_pages():
        for token in bad_tokens(name, good):
            for method in ("get", "head", "post"):
                answer = getattr(client, method)(address(name, token))
                if name == "open":
                    assert answer.status_code in {200, 405}  # the same picture whatever is known
                    continue
                shown = method == "get" and name != "unsubscribe-link"  # which is posted to alone
                assert answer.status_code in ({404} if shown else {404, 405, 403}), (name, token, method)
                if shown:
                    assert words(answer) == neutral, (name, token)
    assert checksum(without=set()) == before


def test_a_token_of_another_bulletin_does_nothing_to_this_one(world: World, client: Client) -> None:
    key = BulletinPage.objects.get(locale__language_code="en").translation_key
    other = make_subscriber()
    Subscription.objects.create(subscriber=other, bulletin_key=key, state="active")
    before = Subscription.objects.get(subscriber=other)

    client.post(address("unsubscribe", good_tokens(world)["unsubscribe"]))

    assert Subscription.objects.get(subscriber=other).state == before.state == "active"
    assert Subscription.objects.get(subscriber=world.person).state == "unsubscribed"


def test_a_withdrawn_invitation_opens_nothing(world: World, client: Client) -> None:
    Invitation.objects.update(withdrawn_at=timezone.now())
    for name in OF_REVIEWS:
        assert client.get(address(name, world.review_token)).status_code == 404


def test_a_link_to_a_mailbox_that_was_changed_since_opens_nothing(world: World, client: Client) -> None:
    good = good_tokens(world)
    world.person.email = "somebody.else@example.org"
    world.person.save()
    for name in MAILED:
        assert client.get(address(name, good[name])).status_code == 404, name


def test_a_scanner_that_gets_and_heads_every_link_changes_nothing(world: World, client: Client) -> None:
    make_sent_issue(BulletinPage.objects.get(locale__language_code="en"))
    key = BulletinPage.objects.get(locale__language_code="en").translation_key
    addresses = [address(name, token) for name, token in good_tokens(world).items()]
    letter = Delivery.objects.get(pk=world.delivery.pk)
    clicks = tokens.make_token(tokens.Purpose.CLICK, letter.pk)
    addresses += [reverse("click", args=[clicks, link.number]) for link in Link.objects.all()]
    addresses += [
        "/",
        "/archive/",
        f"/archive/{key}/",
        f"/archive/{key}/en.atom",
        *(f"/subscribe/{key}/{page}" for page in ("", "embed")),
        "/preferences/",
        "/en/",
        "/en/notes/",
        "/desk/login/",
        "/desk/password_reset/",
        "/favicon.ico",
    ]
    before = checksum()
    for each in addresses:
        for method in (client.head, client.get):
            assert method(each, HTTP_USER_AGENT="Mozilla/5.0 (scanner)").status_code < 500, each
    after = checksum()
    assert {name for name in before if before[name] != after[name]} == set()


def test_guessed_pages_of_the_archive_and_the_calendar_are_not_found(client: Client) -> None:
    unknown = "0f6c2f3e-6a4b-4f3a-9f39-0a1b2c3d4e5f"
    for path in (
        f"/archive/{unknown}/",
        f"/archive/{unknown}/en.atom",
        f"/archive/issues/{unknown}/en.pdf",
        f"/calendar/{unknown}.ics",
        f"/subscribe/{unknown}/",
    ):
        assert client.get(path).status_code == 404, path


def test_guessing_is_slowed_down_on_every_page_of_a_token_but_those_that_letters_need() -> None:
    needed = {"click", "open", "unsubscribe", "unsubscribe-link"}
    guarded = {name for name, pattern in token_pages().items() if f"/{pattern.pattern}".startswith(guessing.GUARDED)}
    assert guarded == set(token_pages()) - needed
