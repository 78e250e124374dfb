"""Double opt-in, the queue of wishes, and what a confirmation makes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from wagtail.models import ModelLogEntry

from subscribers.addresses import address_hash
from subscribers.consent import keep_words, may_measure
from subscribers.erasure import erase, forget_old_notices, forget_unconfirmed
from subscribers.models import Consent, ConsentText, Notice, OptIn, Subscriber, Subscription, Suppression, Topic, Wish
from subscribers.notices import settle_wishes
from subscribers.optin import Details, confirm
from subscribers.suppression import suppress
from tests.factories import make_bulletin, make_subscriber

pytestmark = pytest.mark.django_db
Reason = Suppression.Reason


@pytest.fixture
def key() -> Any:
    return make_bulletin().translation_key


def ask(key: Any, email: str = "ada@example.org", *, kind: str = "subscribe", **details: Any) -> Notice | None:
    """Note a wish and let a worker look into it: the letter that comes of it, if one does."""
    before = set(Notice.objects.values_list("pk", flat=True))
    words = keep_words("I agree.", "en")
    plain = Details(text_hash=words, **details).plain() if kind == "subscribe" else {}
    Wish.objects.create(
        kind=kind,
        email=email,
        bulletin_key=key,
        language="en",
        details=plain,
        source="sign-up page",
        address="192.0.2.7",
    )
    assert settle_wishes() == 1
    assert not Wish.objects.exists()
    return Notice.objects.exclude(pk__in=before).first()


def test_a_new_address_is_pending_and_nothing_typed_but_it_is_kept_on_the_person(key: Any) -> None:
    notice = ask(key, name="Buy now at evil.example", language="fr")
    assert notice is not None
    assert notice.kind == "confirm"
    person = notice.subscriber
    assert (person.name, person.language) == ("", "fr")
    assert person.subscriptions.get().state == "pending"
    assert not person.consents.exists()


def test_a_confirmation_records_each_consent_apart_with_its_proof(key: Any) -> None:
    Topic.objects.create(slug="tourism", names={"en": "Tourism"})
    notice = ask(key, name="Ada", measure_opens=True, frequency="monthly", topics=("tourism", "gone"))
    assert notice is not None
    assert notice.opt_in is not None
    assert confirm(notice.opt_in.pk, address="198.51.100.4")
    person = Subscriber.objects.get()
    assert person.name == "Ada"
    taken = person.subscriptions.get()
    assert (taken.state, taken.frequency) == ("active", "monthly")
    assert [each.topic.slug for each in person.interests.all()] == ["tourism"]
    entries = list(person.consents.order_by("pk"))
    assert [(each.purpose, each.given) for each in entries] == [("mail", True), ("open", True)]
    for entry in entries:
        assert entry.basis == "double-opt-in"
        assert entry.opt_in == notice.opt_in
        assert entry.address == "198.51.100.4"
        assert entry.language == "en"
        assert ConsentText.objects.get(hash=entry.text_hash).text == "I agree."
    assert not may_measure(person.pk, key, Consent.Purpose.CLICK)


def test_confirming_twice_changes_nothing_even_after_one_left(key: Any) -> None:
    notice = ask(key)
    assert notice is not None
    assert notice.opt_in_id is not None
    assert confirm(notice.opt_in_id, address=None)
    Subscription.objects.update(state=Subscription.State.UNSUBSCRIBED)
    assert not confirm(notice.opt_in_id, address=None)
    assert Subscription.objects.get().state == "unsubscribed"
    assert Consent.objects.count() == 1


def test_who_has_it_already_is_told_so_and_stays_as_they_are(key: Any) -> None:
    person = make_subscriber(email="ada@example.org")
    Subscription.objects.create(subscriber=person, bulletin_key=key, state="active")
    notice = ask(key, name="Somebody else", measure_clicks=True)
    assert notice is not None
    assert notice.kind == "already"
    person.refresh_from_db()
    assert person.name != "Somebody else"
    assert not OptIn.objects.exists()


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.MANUAL])
@pytest.mark.parametrize("kind", ["subscribe", "preferences"])
def test_who_must_not_be_written_to_gets_no_letter_and_is_not_kept(key: Any, reason: Reason, kind: str) -> None:
    suppress(address_hash("ada@example.org"), reason)
    assert ask(key, kind=kind) is None
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == reason


@pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED, Reason.ERASED])
def test_a_confirmation_lifts_what_was_their_own_wish_and_the_audit_log_says_so(key: Any, reason: Reason) -> None:
    suppress(address_hash("ada@example.org"), reason)
    notice = ask(key)
    assert notice is not None
    assert notice.opt_in_id is not None
    assert Suppression.objects.exists()  # asking alone revives nobody
    confirm(notice.opt_in_id, address=None)
    assert not Suppression.objects.exists()
    entry = ModelLogEntry.objects.get(action="wagtail.delete")
    assert entry.data["reason"] == reason
    assert "ada" not in entry.label


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.MANUAL])
def test_a_confirmation_never_undoes_a_bounce_a_complaint_or_a_hand(key: Any, reason: Reason) -> None:
    notice = ask(key)
    assert notice is not None
    assert notice.opt_in_id is not None
    suppress(address_hash("ada@example.org"), reason)
    confirm(notice.opt_in_id, address=None)
    assert Suppression.objects.get().reason == reason


def test_a_mailbox_gets_three_letters_an_hour_and_no_more(key: Any) -> None:
    letters = [ask(key) for _time in range(5)]
    assert [letter is not None for letter in letters] == [True, True, True, False, False]
    assert ask(key, kind="preferences") is not None  # one who is flooded can still leave
    Notice.objects.update(made_at=Now() - timedelta(minutes=61))
    assert ask(key) is not None


@pytest.mark.parametrize("kind", ["preferences", "export", "erase"])
def test_links_go_to_known_mailboxes_alone(key: Any, kind: str) -> None:
    assert ask(key, "nobody@example.org", kind=kind) is None
    make_subscriber(email="ada@example.org", language="zh-hans")
    notice = ask(key, kind=kind)
    assert notice is not None
    assert (notice.kind, notice.language) == (kind, "zh-hans")
    assert Subscriber.objects.count() == 1


def test_a_wish_that_cannot_be_settled_keeps_no_other_waiting(key: Any) -> None:
    Wish.objects.create(kind="subscribe", email="a@example.org", bulletin_key=key, language="en", details={"odd": 1})
    make_subscriber(email="ada@example.org")
    Wish.objects.create(kind="preferences", email="ada@example.org", bulletin_key=key, language="en")
    assert settle_wishes() == 1
    assert Notice.objects.get().kind == "preferences"


def test_who_never_confirmed_is_forgotten_after_thirty_days_and_nobody_else(key: Any) -> None:
    assert ask(key, "old@example.org")
    assert ask(key, "young@example.org")
    sure = ask(key, "sure@example.org")
    assert sure is not None
    assert sure.opt_in_id is not None
    confirm(sure.opt_in_id, address=None)
    assert ask(key, "member@example.org")
    make_subscriber(email="desk@example.org")
    member = Subscriber.objects.get(email="member@example.org")
    member.affiliations.create(role="partner")
    Subscriber.objects.update(created_at=Now() - timedelta(days=31))
    OptIn.objects.exclude(subscriber__email="young@example.org").update(requested_at=Now() - timedelta(days=31))
    assert forget_unconfirmed() == 1
    left = set(Subscriber.objects.values_list("email", flat=True))
    assert left == {"young@example.org", "sure@example.org", "member@example.org", "desk@example.org"}
    assert not Suppression.objects.exists()


def test_old_letters_are_let_go_of(key: Any) -> None:
    ask(key)
    Notice.objects.update(made_at=Now() - timedelta(days=31))
    assert forget_old_notices() == 0  # it hasn't left yet
    Notice.objects.update(due_at=None)
    assert forget_old_notices() == 1


def test_who_was_erased_can_come_back_by_their_own_wish_alone(key: Any) -> None:
    person = make_subscriber(email="ada@example.org")
    assert erase(person.pk)
    assert not erase(person.pk)
    notice = ask(key)
    assert notice is not None
    assert notice.opt_in_id is not None
    confirm(notice.opt_in_id, address=None)
    assert not Suppression.objects.exists()


def test_the_first_reason_of_a_suppression_outlives_an_erasure() -> None:
    person = make_subscriber(email="ada@example.org")
    suppress(person.address_hash, Reason.COMPLAINT)
    erase(person.pk)
    assert Suppression.objects.get().reason == Reason.COMPLAINT
