"""Double opt-in, the queue of wishes, and what a confirmation makes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from wagtail.models import ModelLogEntry

from subscribers.addresses import address_hash
from subscribers.consent import keep_words, may_measure
from subscribers.erasure import erase, forget_old_notices, forget_unconfirmed
from subscribers.models import Consent, ConsentText, Notice, OptIn, Subscriber, Subscription, Suppression, Topic, Wish
from subscribers.notices import settle_wishes
from subscribers.optin import Details, Standing, confirm, standing_of
from subscribers.subscribing import activate
from subscribers.suppression import suppress
from subscribers.unsubscribe import unsubscribe
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


# Old letters


def asked_of(notice: Notice | None) -> OptIn:
    assert notice is not None
    assert notice.opt_in is not None
    return notice.opt_in


def leave(person: Subscriber, key: Any) -> bool:
    return unsubscribe(
        subscriber_id=person.pk, bulletin_key=key, basis=Consent.Basis.ONE_CLICK, source="a letter's link"
    )


def test_an_old_letter_revives_nobody_who_left_since(key: Any) -> None:
    first, second = asked_of(ask(key)), asked_of(ask(key, measure_opens=True))
    assert confirm(first.pk, address=None)
    assert leave(first.subscriber, key)
    assert not confirm(second.pk, address=None)
    assert Subscription.objects.get().state == "unsubscribed"
    assert standing_of(second) == Standing.ENDED
    third = asked_of(ask(key))
    assert confirm(third.pk, address=None)  # who asks anew is welcome
    assert not confirm(second.pk, address=None)  # and the old letter still says nothing
    assert not may_measure(first.subscriber_id, key, Consent.Purpose.OPEN)
    assert standing_of(second) == Standing.ACTIVE


@pytest.mark.parametrize("state", ["pending", "unsubscribed"])
def test_leaving_voids_what_was_asked_for_before_it_was_confirmed(key: Any, state: str) -> None:
    asked = asked_of(ask(key))
    Subscription.objects.update(state=state, changed_at=Now() - timedelta(days=1))
    assert leave(asked.subscriber, key) == (state == "pending")
    assert not confirm(asked.pk, address=None)
    assert Subscription.objects.get().state == "unsubscribed"


def test_leaving_another_bulletin_voids_nothing(key: Any) -> None:
    asked = asked_of(ask(key))
    Subscription.objects.create(subscriber=asked.subscriber, bulletin_key=uuid4(), state="active")
    leave(asked.subscriber, Subscription.objects.get(state="active").bulletin_key)
    assert confirm(asked.pk, address=None)


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.MANUAL, Reason.UNSUBSCRIBED])
def test_an_old_letter_counts_no_more_once_its_address_is_suppressed(key: Any, reason: Reason) -> None:
    asked = asked_of(ask(key))
    suppress(address_hash("ada@example.org"), reason)
    assert not confirm(asked.pk, address=None)
    assert Suppression.objects.get().reason == reason
    assert Subscription.objects.get().state == "pending"
    assert not Consent.objects.exists()
    assert standing_of(asked) == (Standing.ENDED if reason == Reason.UNSUBSCRIBED else Standing.BLOCKED)


def test_an_old_letter_gives_no_measuring_again_that_was_withdrawn_since(key: Any) -> None:
    first, second = asked_of(ask(key)), asked_of(ask(key, measure_opens=True, measure_clicks=True))
    confirm(first.pk, address=None)
    Consent.objects.create(subscriber=first.subscriber, bulletin_key=key, purpose="open", given=False, source="theirs")
    assert confirm(second.pk, address=None)
    assert not may_measure(first.subscriber_id, key, Consent.Purpose.OPEN)
    assert may_measure(first.subscriber_id, key, Consent.Purpose.CLICK)


def test_three_letters_confirmed_leave_one_entry_and_each_its_time(key: Any) -> None:
    letters = [asked_of(ask(key)), asked_of(ask(key)), asked_of(ask(key, measure_clicks=True))]
    assert all(confirm(each.pk, address=None) for each in letters)
    assert not OptIn.objects.filter(confirmed_at=None).exists()
    said = Consent.objects.order_by("pk").values_list("purpose", "opt_in")
    assert list(said) == [("mail", letters[0].pk), ("click", letters[2].pk)]


def test_a_confirmation_says_something_new_where_only_a_statement_was_recorded(key: Any) -> None:
    asked = asked_of(ask(key))
    activate(asked.subscriber_id, key, basis=Consent.Basis.DESK, source="grace: on the phone")
    assert confirm(asked.pk, address=None)
    assert list(Consent.objects.order_by("pk").values_list("basis", flat=True)) == ["desk", "double-opt-in"]


# Whom a stranger's form must not rename


@pytest.mark.parametrize("how", ["affiliation", "number", "consent", "desk"])
def test_a_known_persons_name_and_language_outlive_what_a_form_said(key: Any, how: str) -> None:
    person = make_subscriber(email="ada@example.org", name="Ada Lovelace", language="en")
    if how == "affiliation":
        person.affiliations.create(role="partner")
    elif how == "number":
        Subscriber.objects.update(external_id="M-1")
    elif how == "consent":
        Consent.objects.create(subscriber=person, bulletin_key=uuid4(), purpose="mail", given=True, source="import")
    if how != "desk":  # as if their first request had made them, so that nothing else tells
        OptIn.objects.create(subscriber=person, bulletin_key=key, requested_at=Now() - timedelta(days=1))
    assert confirm(asked_of(ask(key, name="Eve", language="fr")).pk, address=None)
    person.refresh_from_db()
    assert (person.name, person.language) == ("Ada Lovelace", "en")
    assert person.subscriptions.get().language == "fr"


def test_a_second_letter_doesnt_rename_who_confirmed_the_first(key: Any) -> None:
    first, second = asked_of(ask(key, name="Ada", language="fr")), asked_of(ask(key, name="Eve", language="zh-hans"))
    confirm(first.pk, address=None)
    person = Subscriber.objects.get()
    assert (person.name, person.language, person.subscriptions.get().language) == ("Ada", "fr", "")
    confirm(second.pk, address=None)
    person.refresh_from_db()
    assert (person.name, person.language, person.subscriptions.get().language) == ("Ada", "fr", "zh-hans")
