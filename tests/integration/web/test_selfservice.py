"""What readers do themselves: subscribe, confirm, choose, leave; and what nobody learns by it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.models import Delivery
from dispatch.tokens import Purpose as LetterPurpose
from dispatch.tokens import make_token
from subscribers.addresses import address_hash
from subscribers.consent import may_measure
from subscribers.links import Purpose, confirm_token, person_token
from subscribers.models import (
    Affiliation,
    Consent,
    ConsentText,
    Notice,
    OptIn,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
    Wish,
)
from subscribers.notices import settle_wishes
from subscribers.suppression import suppress
from tests.database import checksum
from tests.factories import make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin() -> Any:
    return make_bulletin("en", "zh-hans", publisher="The Network", privacy_url="https://www.example.org/privacy")


@pytest.fixture
def page(bulletin: Any) -> str:
    return f"/subscribe/{bulletin.translation_key}/"


@pytest.fixture
def strict() -> Client:
    """A browser without cookies, such as one on another site."""
    return Client(enforce_csrf_checks=True)


def words(client: Client, page: str, language: str = "en") -> str:
    found = re.search(r'name="words" value="(\w{64})"', client.get(f"{page}?lang={language}").content.decode())
    assert found
    return found[1]


def sign_up(client: Client, page: str, email: str = "ada@example.org", **fields: Any) -> Any:
    return client.post(page, {"email": email, "lang": "en", "words": words(client, page), **fields})


def token_of(person: Subscriber, purpose: Purpose) -> str:
    return person_token(purpose, person, now=timezone.now())


# Subscribing


def test_signing_up_asks_and_records_nothing_else(strict: Client, page: str) -> None:
    answer = sign_up(strict, page, name="Ada", opens="yes", frequency="weekly")
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.content.decode()
    assert not strict.cookies
    assert not Subscriber.objects.exists()
    wish = Wish.objects.get()
    assert (wish.kind, wish.email, wish.address) == ("subscribe", "ada@example.org", "127.0.0.1")
    assert wish.details["measure_opens"] is True
    assert wish.details["measure_clicks"] is False


def test_the_words_that_were_shown_are_kept(client: Client, page: str) -> None:
    shown = client.get(page).content.decode()
    sign_up(client, page)
    kept = ConsentText.objects.get(hash=Wish.objects.get().details["text_hash"])
    for sentence in kept.text.split("\n\n"):
        assert sentence in shown
    assert "Procurement Notes" in kept.text
    assert "https://www.example.org/privacy" in kept.text


def test_words_that_have_changed_since_are_shown_anew(client: Client, page: str) -> None:
    answer = client.post(page, {"email": "ada@example.org", "lang": "en", "words": "0" * 64})
    assert answer.status_code == 400
    assert "worded differently now" in answer.content.decode()
    assert not Wish.objects.exists()


def test_measuring_is_off_until_it_is_ticked(client: Client, page: str) -> None:
    shown = client.get(page).content.decode()
    for name in ("opens", "clicks"):
        assert re.search(rf'<input type="checkbox" name="{name}" value="yes">', shown)


def test_the_answer_and_the_work_are_the_same_whoever_is_asked_about(client: Client, bulletin: Any, page: str) -> None:
    make_subscriber(bulletin, email="active@example.org")
    left = make_subscriber(bulletin, email="left@example.org")
    left.subscriptions.update(state=Subscription.State.UNSUBSCRIBED)
    for reason in Suppression.Reason:
        suppress(address_hash(f"{reason}@example.org"), reason)
    often = make_subscriber(email="often@example.org")
    for _time in range(5):
        Notice.objects.create(subscriber=often, kind="preferences", language="en")
    token = words(client, page)
    people = ["nobody@example.org", "active@example.org", "left@example.org", "often@example.org"]
    people += [f"{reason}@example.org" for reason in Suppression.Reason]
    sign_up(client, page)  # the words are kept from here on
    answers, counts = [], []
    for address in people:
        with CaptureQueriesContext(connection) as queries:
            answers.append(client.post(page, {"email": address, "lang": "en", "words": token}))
        counts.append([query["sql"].partition(" VALUES ")[0].partition(" WHERE ")[0] for query in queries])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert all(each == counts[0] for each in counts)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type your address."),
        ("ada", "no address that mail can be sent to"),
        ("ada@", "no address that mail can be sent to"),
        ("a" * 65 + "@example.org", "no address that mail can be sent to"),
        ("用户@example.org", "letters that we can’t send mail to yet"),
        ("ada@example.org\r\nBcc: eve@example.org", "no address that mail can be sent to"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_reason(client: Client, page: str, typed: str, says: str) -> None:
    answer = sign_up(client, page, typed, name="<script>alert(1)</script>")
    assert answer.status_code == 400
    said = answer.content.decode()
    assert says in said
    assert "<script>" not in said
    assert not Wish.objects.exists()


def test_a_full_width_address_is_written_as_one_would(client: Client, page: str) -> None:
    sign_up(client, page, "Ａda＠Example.org\u200b")
    assert Wish.objects.get().email == "ada@example.org"


def test_a_machine_that_fills_in_everything_gets_the_same_page_and_nothing_done(client: Client, page: str) -> None:
    person = sign_up(client, page)
    Wish.objects.all().delete()
    machine = sign_up(client, page, website="https://spam.example")
    assert machine.content == person.content
    assert not Wish.objects.exists()


def test_one_network_address_may_not_ask_without_end(client: Client, page: str) -> None:
    token = words(client, page)
    said = [
        client.post(page, {"email": f"a{number}@example.org", "lang": "en", "words": token}).status_code
        for number in range(32)
    ]
    assert said == [200] * 30 + [429] * 2
    assert Wish.objects.count() == 30


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_bulletin_that_is_closed_or_none_has_no_sign_up_page(client: Client, method: str) -> None:
    closed = make_bulletin(sign_up="closed").translation_key
    answers = [getattr(client, method)(f"/subscribe/{key}/") for key in (closed, uuid4())]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content


def test_the_form_may_stand_in_a_frame_anywhere_and_no_other_page_may(client: Client, page: str) -> None:
    framed = client.get(f"{page}embed")
    assert "X-Frame-Options" not in framed
    assert "frame-ancestors" not in framed["Content-Security-Policy"]
    person = make_subscriber()
    others = [page, "/preferences/", f"/preferences/{token_of(person, Purpose.PREFERENCES)}"]
    others += [f"/erase/{token_of(person, Purpose.ERASE)}", f"/held/{token_of(person, Purpose.EXPORT)}"]
    for path in others:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("accepted", "lang", "title"),
    [("zh-CN", "zh-hans", "采购通讯"), ("fr", "fr", "Procurement Notes"), ("sw", "en", "Procurement Notes")],
)
def test_the_page_speaks_the_browsers_language(client: Client, page: str, accepted: str, lang: str, title: str) -> None:
    answer = client.get(page, headers={"accept-language": accepted})
    assert f'<html lang="{lang}">' in answer.content.decode()
    assert title in answer.content.decode()
    assert answer["Content-Language"] == lang


# Confirming


def opt_in(client: Client, page: str, **fields: Any) -> OptIn:
    sign_up(client, page, **fields)
    settle_wishes()
    return OptIn.objects.get()


def test_only_the_button_confirms(strict: Client, page: str) -> None:
    path = f"/confirm/{confirm_token(opt_in(strict, page))}"
    before = checksum()
    assert "Yes, subscribe me" in strict.get(path).content.decode()
    assert strict.head(path).status_code == 200
    assert checksum() == before
    for _time in range(2):
        assert "You are subscribed" in strict.post(path).content.decode()
    assert Subscription.objects.get().state == "active"
    assert Consent.objects.count() == 1
    assert Consent.objects.get().address == "127.0.0.1"


def test_a_confirmation_comes_too_late_after_seven_days(client: Client, page: str) -> None:
    asked = opt_in(client, page)
    OptIn.objects.update(requested_at=Now() - timedelta(days=7, minutes=2))
    asked.refresh_from_db()
    answer = client.post(f"/confirm/{confirm_token(asked)}")
    assert answer.status_code == 404
    assert Subscription.objects.get().state == "pending"


def test_a_link_that_was_used_says_what_is_true_now(client: Client, bulletin: Any, page: str) -> None:
    asked = opt_in(client, page)
    path = f"/confirm/{confirm_token(asked)}"
    assert "You are subscribed" in client.post(path).content.decode()
    client.post(f"/preferences/{token_of(asked.subscriber, Purpose.PREFERENCES)}", {"do": "leave-all"})
    for method in (client.get, client.post):
        said = method(path).content.decode()
        assert "You are not subscribed" in said
        assert f'href="{page}?lang=en"' in said
        assert "<button" not in said
    assert Subscription.objects.get().state == "unsubscribed"


def test_a_letter_from_before_they_left_says_so_and_leads_to_the_form(client: Client, page: str) -> None:
    first = opt_in(client, page)
    sign_up(client, page)
    settle_wishes()
    second = OptIn.objects.exclude(pk=first.pk).get()
    client.post(f"/confirm/{confirm_token(first)}")
    client.post(f"/preferences/{token_of(first.subscriber, Purpose.PREFERENCES)}", {"do": "leave-all"})
    for method in (client.get, client.post):
        said = method(f"/confirm/{confirm_token(second)}").content.decode()
        assert "You left this bulletin after this letter was asked for" in said
        assert f'href="{page}?lang=en"' in said
    assert Subscription.objects.get().state == "unsubscribed"


def test_a_blocked_address_is_told_whom_to_write_to(client: Client, page: str) -> None:
    asked = opt_in(client, page)
    suppress(asked.subscriber.address_hash, Suppression.Reason.COMPLAINT)
    for method in (client.get, client.post):
        said = method(f"/confirm/{confirm_token(asked)}").content.decode()
        assert "You are not subscribed" in said
        assert "mailto:secretariat@bulletin.example" in said
    assert Subscription.objects.get().state == "pending"


def test_nobody_confirms_what_they_dont_see(client: Client, page: str) -> None:
    Topic.objects.create(slug="tourism", names={"en": "Sustainable tourism"})
    chosen = {"name": "<b>Ada", "language": "zh-hans", "frequency": "monthly", "topics": "tourism", "opens": "yes"}
    path = f"/confirm/{confirm_token(opt_in(client, page, **chosen))}"
    shown = client.get(f"{path}?lang=en").content.decode()
    for part in ("&lt;b&gt;Ada", "简体中文", "At most one a month", "Sustainable tourism", "which letters I open"):
        assert part in shown
    assert re.search(r'name="opens" value="yes" checked', shown)
    assert 'name="clicks"' not in shown


@pytest.mark.parametrize("ticked", [True, False])
def test_measuring_is_what_is_ticked_when_the_button_is_pressed(client: Client, page: str, ticked: bool) -> None:
    asked = opt_in(client, page, opens="yes")
    client.post(f"/confirm/{confirm_token(asked)}", {"clicks": "yes", **({"opens": "yes"} if ticked else {})})
    assert may_measure(asked.subscriber_id, asked.bulletin_key, Consent.Purpose.OPEN) == ticked
    assert not may_measure(asked.subscriber_id, asked.bulletin_key, Consent.Purpose.CLICK)  # never asked for


# Preferences


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"do": "x", "lang": "en"}])
def test_a_post_without_the_forms_button_changes_nothing(client: Client, bulletin: Any, body: dict[str, str]) -> None:
    person = make_subscriber(bulletin, name="Ada", consents=("open",))
    before = checksum()
    answer = client.post(f"/preferences/{token_of(person, Purpose.PREFERENCES)}", body)
    assert answer.status_code == 200
    assert 'value="Ada"' in answer.content.decode()
    assert checksum() == before


def test_what_the_form_did_not_show_yet_stays_as_it_is(client: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin, name="Ada")
    client.post(f"/preferences/{token_of(person, Purpose.PREFERENCES)}", {"do": "save"})
    person.refresh_from_db()
    assert person.name == "Ada"
    assert person.subscriptions.get().state == "active"


def form(key: Any, more: dict[str, str] | None = None, *, take: bool = True, **fields: Any) -> dict[str, Any]:
    taken = {f"take-{key}": "yes"} if take else {}
    return {
        "do": "save",
        "name": "Ada",
        "language": "en",
        f"frequency-{key}": "every",
        **taken,
        **fields,
        **(more or {}),
    }


def test_preferences_are_saved_with_an_entry_for_each_consent_that_changed(strict: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin, consents=("open",))
    Topic.objects.create(slug="tourism", names={"en": "Tourism"})
    key = bulletin.translation_key
    path = f"/preferences/{token_of(person, Purpose.PREFERENCES)}"
    entries = Consent.objects.count()
    chosen = {f"clicks-{key}": "yes", f"language-{key}": "zh-hans", f"frequency-{key}": "monthly"}
    wanted = form(key, chosen, topics="tourism")
    answer = strict.post(path, wanted, follow=True)
    assert "Saved." in answer.content.decode()
    added = Consent.objects.order_by("pk")[entries:]
    assert [(each.purpose, each.given, each.basis) for each in added] == [
        ("open", False, "preferences"),
        ("click", True, "preferences"),
    ]
    assert all(ConsentText.objects.filter(hash=each.text_hash).exists() for each in added)
    person.refresh_from_db()
    assert person.name == "Ada"
    held = person.subscriptions.get()
    assert (held.state, held.language, held.frequency) == ("active", "zh-hans", "monthly")
    assert [each.topic.slug for each in person.interests.all()] == ["tourism"]
    strict.post(path, wanted)
    assert Consent.objects.count() == entries + 2


def test_withdrawing_an_open_stops_the_pixel_of_a_letter_that_was_sent(client: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin, consents=("open",))
    delivery = Delivery.objects.get(dispatch=make_dispatch(bulletin, people=0))
    pixel = f"/o/{make_token(LetterPurpose.OPEN, delivery.pk)}.gif"
    client.get(pixel)
    assert delivery.events.count() == 1
    client.post(f"/preferences/{token_of(person, Purpose.PREFERENCES)}", form(bulletin.translation_key))
    client.get(pixel)
    assert delivery.events.count() == 1


def test_a_bulletin_is_left_and_taken_up_again_by_its_box(client: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin)
    path = f"/preferences/{token_of(person, Purpose.PREFERENCES)}"
    key = bulletin.translation_key
    client.post(path, form(key, take=False))
    assert person.subscriptions.get().state == "unsubscribed"
    client.post(path, form(key))
    assert person.subscriptions.get().state == "active"
    said = Consent.objects.filter(purpose="mail").order_by("pk").values_list("given", "basis")
    assert list(said) == [(False, "preferences"), (True, "preferences")]


def test_leaving_everything_ends_all_measuring_too(client: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin, consents=("open", "click"))
    path = f"/preferences/{token_of(person, Purpose.PREFERENCES)}"
    answer = client.post(path, {"do": "leave-all"}, follow=True)
    assert "unsubscribed from everything" in answer.content.decode()
    assert person.subscriptions.get().state == "unsubscribed"
    for purpose in (Consent.Purpose.OPEN, Consent.Purpose.CLICK):
        assert not may_measure(person.pk, bulletin.translation_key, purpose)


def test_a_closed_bulletin_is_shown_to_who_takes_it_and_can_be_taken_by_nobody(client: Client) -> None:
    closed = make_bulletin(sign_up="closed")
    reader, stranger = make_subscriber(closed), make_subscriber()
    shown = client.get(f"/preferences/{token_of(reader, Purpose.PREFERENCES)}").content.decode()
    assert "Procurement Notes" in shown
    path = f"/preferences/{token_of(stranger, Purpose.PREFERENCES)}"
    assert "Procurement Notes" not in client.get(path).content.decode()
    client.post(path, form(closed.translation_key))
    assert not stranger.subscriptions.exists()


def test_what_a_person_is_called_is_inert_on_their_page(client: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin, name='"><script>alert(1)</script>')
    shown = client.get(f"/preferences/{token_of(person, Purpose.PREFERENCES)}").content.decode()
    assert "<script>" not in shown


def test_a_name_of_two_lines_or_of_invisible_characters_is_refused(client: Client, bulletin: Any) -> None:
    person = make_subscriber(bulletin)
    path = f"/preferences/{token_of(person, Purpose.PREFERENCES)}"
    answer = client.post(path, form(bulletin.translation_key, name="Ada\u202e"))
    assert answer.status_code == 400
    assert "on one line" in answer.content.decode()


@pytest.mark.parametrize("what", ["preferences", "export", "erase"])
def test_asking_for_a_link_says_the_same_whether_an_address_is_known(client: Client, bulletin: Any, what: str) -> None:
    make_subscriber(bulletin, email="ada@example.org")
    answers = [client.post("/preferences/", {"email": f"{who}@example.org", "what": what}) for who in ("ada", "eve")]
    assert answers[0].status_code == 200
    assert answers[0].content == answers[1].content
    assert settle_wishes() == 2
    assert [(each.kind, each.subscriber.email) for each in Notice.objects.all()] == [(what, "ada@example.org")]


# What a letter leads to


@pytest.fixture
def delivery() -> Delivery:
    return Delivery.objects.select_related("subscriber").get(dispatch=make_dispatch(people=1))


def test_the_way_out_mails_a_link_to_the_mailbox_and_shows_none(strict: Client, delivery: Delivery) -> None:
    path = f"/u/{make_token(LetterPurpose.UNSUBSCRIBE, delivery.pk)}"
    answer = strict.post(f"{path}/link", {"what": "erase"})
    assert "Look into your mailbox" in answer.content.decode()
    assert "example.org" not in answer.content.decode()
    settle_wishes()
    assert delivery.subscriber is not None
    assert Notice.objects.get().subscriber == delivery.subscriber
    assert Notice.objects.get().kind == "erase"
    assert Subscription.objects.get().state == "active"
    assert strict.get(f"{path}/link").status_code == 405


def test_why_tells_what_was_recorded_and_names_nobody(client: Client, delivery: Delivery) -> None:
    person = delivery.subscriber
    assert person is not None
    Affiliation.objects.create(subscriber=person, role="partner")
    Consent.objects.create(
        subscriber=person,
        bulletin_key=delivery.dispatch.bulletin_key,
        purpose="mail",
        given=True,
        basis="desk",
        source="desk, grace: told me on the phone",
    )
    way_out = client.get(f"/u/{make_token(LetterPurpose.UNSUBSCRIBE, delivery.pk)}").content.decode()
    found = re.search(r'href="(/why/[^"]+)"', way_out)
    assert found
    answer = client.get(found[1])
    said = answer.content.decode()
    assert "Procurement Notes" in said
    assert "The first issue" in said
    assert "Everyone" in said
    assert "The secretariat added you by hand" in said
    for private in (person.email, person.name, "grace", "phone"):
        assert private not in said


def test_for_who_was_erased_the_letters_links_still_answer(client: Client, delivery: Delivery) -> None:
    from subscribers.erasure import erase

    assert delivery.subscriber_id is not None
    erase(delivery.subscriber_id)
    out, why = (make_token(each, delivery.pk) for each in (LetterPurpose.UNSUBSCRIBE, LetterPurpose.WHY))
    assert "You are unsubscribed" in client.get(f"/u/{out}").content.decode()
    assert "You are unsubscribed" in client.post(f"/u/{out}").content.decode()
    assert "has been erased since" in client.get(f"/why/{why}").content.decode()
    client.post(f"/u/{out}/link")
    assert not Wish.objects.exists()


# Every link


def paths(person: Subscriber, delivery: Delivery, asked: OptIn) -> list[str]:
    out, why = (make_token(each, delivery.pk) for each in (LetterPurpose.UNSUBSCRIBE, LetterPurpose.WHY))
    return [
        f"/u/{out}",
        f"/why/{why}",
        f"/confirm/{confirm_token(asked)}",
        f"/preferences/{token_of(person, Purpose.PREFERENCES)}",
        f"/held/{token_of(person, Purpose.EXPORT)}",
        f"/erase/{token_of(person, Purpose.ERASE)}",
        "/preferences/",
        f"/subscribe/{delivery.dispatch.bulletin_key}/",
        f"/subscribe/{delivery.dispatch.bulletin_key}/embed",
    ]


def make_opt_in(person: Subscriber, key: Any) -> OptIn:
    return OptIn.objects.create(
        subscriber=person, bulletin_key=key, language="en", source="t", requested_at=timezone.now()
    )


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing_anywhere_in_the_database(client: Client, delivery: Delivery, method: str) -> None:
    person = delivery.subscriber
    assert person is not None
    asked = make_opt_in(person, delivery.dispatch.bulletin_key)
    before = checksum()
    for path in paths(person, delivery, asked):
        assert getattr(client, method)(path).status_code == 200, path
    assert checksum() == before


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_every_unusable_link_gets_the_same_page_and_does_nothing(
    client: Client, delivery: Delivery, method: str
) -> None:
    person = delivery.subscriber
    assert person is not None
    asked = make_opt_in(person, delivery.dispatch.bulletin_key)
    ago = timezone.now() - timedelta(days=8)
    tokens = {purpose: token_of(person, purpose) for purpose in Purpose}
    tokens[Purpose.CONFIRM] = confirm_token(asked)
    late = {purpose: person_token(purpose, person, now=ago) for purpose in Purpose}
    unsubscribing = make_token(LetterPurpose.UNSUBSCRIBE, delivery.pk)
    bad = []
    for name, purpose in (
        ("confirm", Purpose.CONFIRM),
        ("preferences", Purpose.PREFERENCES),
        ("held", Purpose.EXPORT),
        ("erase", Purpose.ERASE),
    ):
        own = tokens[purpose]
        strange = [token for other, token in tokens.items() if other != purpose]
        forged = own[:-1] + ("A" if own[-1] != "A" else "B")
        bad += [f"/{name}/{token}" for token in (*strange, forged, late[purpose], own[:-1], "x", unsubscribing, "%00")]
    before = checksum()
    answers = [getattr(client, method)(path) for path in bad]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert checksum() == before


@pytest.mark.parametrize(
    ("name", "purpose"),
    [("preferences", Purpose.PREFERENCES), ("held", Purpose.EXPORT), ("erase", Purpose.ERASE)],
)
def test_a_link_ends_when_the_mailbox_is_no_longer_theirs(client: Client, name: str, purpose: Purpose) -> None:
    person = make_subscriber()
    path = f"/{name}/{token_of(person, purpose)}"
    assert client.get(path).status_code == 200
    person.email = "elsewhere@example.org"
    person.save()
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
