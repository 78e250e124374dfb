"""Signing keys on the desk: the record to publish, and no key that signs before DNS has it."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from dispatch.models import SigningKey
from dispatch.signing_keys import forget_signers, make_key, record_of, signers_for
from tests.dns_server import Zone, dns_server
from tests.factories import make_bulletin, make_user

pytestmark = pytest.mark.django_db

DOMAIN = "bulletin.example"


@pytest.fixture
def zone(settings: Any) -> Iterator[Zone]:
    zone = Zone()
    forget_signers()
    with dns_server(zone) as server:
        settings.DNS_SERVERS = [server]
        yield zone
    forget_signers()


@pytest.fixture
def desk(client: Client, zone: Zone) -> Client:
    client.force_login(make_user())
    return client


def do(desk: Client, key: SigningKey, **data: str) -> str:
    """Press a button of the key's page; returns the page that follows."""
    answer = desk.post(reverse("circular_signing_key_action", args=[key.pk]), data, follow=True)
    key.refresh_from_db()
    return unescape(answer.content.decode())


def publish(zone: Zone, key: SigningKey) -> None:
    record = record_of(key)
    zone.records[f"{record.name} TXT"] = [record.value]


def test_domain_of_a_bulletin_without_a_key_is_named(desk: Client) -> None:
    make_bulletin()
    page = desk.get(reverse("circular_signing_keys")).content.decode()

    assert f"No key signs the letters of <strong>{DOMAIN}</strong>" in page


def test_new_key_s_page_has_the_record_and_never_the_private_key(desk: Client) -> None:
    answer = desk.post(reverse("circular_signing_key_new"), {"domain": "Bulletin.Example", "algorithm": "rsa"})
    key = SigningKey.objects.get()
    page = unescape(desk.get(answer["Location"]).content.decode())
    record = record_of(key)

    assert key.domain == DOMAIN
    assert record.name in page
    assert record.value in page
    assert str(record) in page
    assert f"{len(record.value)} characters. A string holds 255, so it is cut into 2" in page
    assert key.sealed not in page
    assert signers_for(DOMAIN) == ()


@pytest.mark.parametrize("domain", ["", "nothing", "a b.example"])
def test_what_is_no_domain_is_refused_in_the_form(desk: Client, domain: str) -> None:
    answer = desk.post(reverse("circular_signing_key_new"), {"domain": domain, "algorithm": "rsa"})

    assert answer.status_code == 200
    assert SigningKey.objects.count() == 0


def test_key_is_used_when_dns_has_it_and_not_before(desk: Client, zone: Zone) -> None:
    key = make_key(DOMAIN, "rsa")
    assert "DNS has no record of this name" in do(desk, key, do="check")
    assert "can’t be used yet" in do(desk, key, do="use")
    assert key.used_from is None

    publish(zone, key)
    assert "DNS has the key." in do(desk, key, do="check")
    assert "from now on" in do(desk, key, do="use")
    assert len(signers_for(DOMAIN)) == 1
    assert ModelLogEntry.objects.filter(action="circular.key.use").count() == 1


def test_replaced_key_stays_in_dns_for_some_days(desk: Client, zone: Zone) -> None:
    old, new = make_key(DOMAIN, "rsa"), make_key(DOMAIN, "rsa")
    for key in (old, new):
        publish(zone, key)
        page = do(desk, key, do="use")

    assert f"{old.selector} no longer signs. Until" in page
    assert "Leave its record in DNS until" in desk.get(reverse("circular_signing_keys")).content.decode()


def test_last_key_is_retired_only_by_who_says_that_letters_may_leave_unsigned(desk: Client, zone: Zone) -> None:
    key = make_key(DOMAIN, "rsa")
    do(desk, key, do="use", despite_dns="yes")
    assert key.used_from is not None

    assert "use another one first" in do(desk, key, do="retire")
    assert key.retired_at is None
    page = do(desk, key, do="retire", unsigned="yes")
    assert f"{key.selector} no longer signs. Until" in page
    assert "its record must stay in DNS." in page
    assert key.retired_at is not None


def test_page_of_an_ed25519_key_wants_an_rsa_key_first(desk: Client, zone: Zone) -> None:
    key, rsa = make_key(DOMAIN, "ed25519"), make_key(DOMAIN, "rsa")
    use, alone = 'value="use"', "can’t sign alone"
    page = unescape(desk.get(reverse("circular_signing_key", args=[key.pk])).content.decode())
    assert (use in page, alone in page) == (False, True)
    assert alone in do(desk, key, do="use", despite_dns="yes")

    do(desk, rsa, do="use", despite_dns="yes")
    page = unescape(desk.get(reverse("circular_signing_key", args=[key.pk])).content.decode())
    assert (use in page, alone in page) == (True, False)
    assert "takes the place of" not in page
    do(desk, key, do="use", despite_dns="yes")
    assert "only RSA key" in do(desk, rsa, do="retire")
    do(desk, rsa, do="retire", unsigned="yes")
    assert "Only an Ed25519 key signs" in desk.get(reverse("circular_signing_keys")).content.decode()


def test_page_names_the_key_that_is_to_be_replaced(desk: Client, zone: Zone) -> None:
    old, new = make_key(DOMAIN, "rsa"), make_key(DOMAIN, "rsa")
    do(desk, old, do="use", despite_dns="yes")
    page = desk.get(reverse("circular_signing_key", args=[new.pk])).content.decode()

    assert f"It takes the place of {old.selector}, which signs for {DOMAIN} now." in page


def test_machine_without_dns_says_so(desk: Client, settings: Any) -> None:
    settings.DNS_SERVERS = ["127.0.0.1:1"]

    assert "DNS can’t be checked from here" in do(desk, make_key(DOMAIN, "rsa"), do="check")


def test_key_that_can_t_be_opened_is_not_used(desk: Client, zone: Zone, settings: Any) -> None:
    key = make_key(DOMAIN, "rsa")
    publish(zone, key)
    SigningKey.objects.filter(pk=key.pk).update(sealed="AAAA")

    assert "can’t be opened" in do(desk, key, do="use")
    assert key.used_from is None


def test_unknown_button_does_nothing(desk: Client, zone: Zone) -> None:
    key = make_key(DOMAIN, "rsa")

    assert "There is no such button" in do(desk, key, do="explode")
    assert desk.get(reverse("circular_signing_key_action", args=[key.pk])).status_code == 405
