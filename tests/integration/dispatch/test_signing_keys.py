"""Keys are made, published, used, replaced and retired; and a key that can't be opened stops the dispatch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import dkim as judge
import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from composer.rendering.edition import Rendered
from config import env
from config.commands import dkim as command
from config.commands import doctor as doctor_command
from dispatch.deliver import deliver_batch
from dispatch.dkim import Signer
from dispatch.doctor.findings import State
from dispatch.doctor.latest import latest_letter
from dispatch.doctor.lookup import Lookup
from dispatch.models import Delivery, Dispatch, SigningKey
from dispatch.notices import send_notices
from dispatch.signing_keys import (
    KEPT_PUBLISHED,
    SigningKeyError,
    SigningKeyUnreadable,
    check_key,
    find_key,
    forget_signers,
    in_use,
    make_key,
    record_may_go,
    record_of,
    retire_key,
    signer_of,
    signers_for,
    use_key,
)
from dispatch.transports.memory import MemoryTransport
from dispatch.trial import Trial, trial_letter
from subscribers.models import Notice
from tests.dns_server import Zone, dns_server
from tests.factories import make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db

DOMAIN = "bulletin.example"
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    forget_signers()
    yield
    forget_signers()


@pytest.fixture
def zone(settings: Any) -> Iterator[Zone]:
    """What the checks of DNS are answered from."""
    zone = Zone()
    with dns_server(zone) as server:
        settings.DNS_SERVERS = [server]
        yield zone


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs `circular dkim …`; gives its status and what it printed. Its servers are the tests'."""
    monkeypatch.setattr(command, "servers", nullcontext)
    monkeypatch.setattr(doctor_command, "servers", nullcontext)
    monkeypatch.setattr(doctor_command, "_has_database", lambda: True)

    def run(*arguments: str, main: Callable[[list[str]], int] = command.main) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return run


def publish(zone: Zone, *keys: SigningKey) -> None:
    for key in keys:
        record = record_of(key)
        zone.records[f"{record.name} {record.type}"] = [record.value]


def used(zone: Zone, algorithm: str = "rsa", domain: str = DOMAIN, selector: str = "") -> SigningKey:
    """A key that was made, published, and signs."""
    key = make_key(domain, algorithm, selector=selector)
    publish(zone, key)
    use_key(key, check_key(key, Lookup(_servers())))
    return key


def _servers() -> list[str]:
    from django.conf import settings

    return list(settings.DNS_SERVERS)


def test_new_key_doesn_t_sign_until_it_is_used(zone: Zone) -> None:
    key = make_key(DOMAIN, "rsa")
    assert signers_for(DOMAIN) == ()

    publish(zone, key)
    use_key(key, check_key(key, Lookup(_servers())))

    assert signers_for(DOMAIN) == (signer_of(key),)
    assert signers_for("other.example") == ()


def test_both_algorithms_sign_rsa_first(zone: Zone) -> None:
    first = make_key(DOMAIN, "ed25519")
    publish(zone, first)
    used(zone, "rsa")
    use_key(first, check_key(first, Lookup(_servers())))

    assert [signer.algorithm for signer in signers_for(DOMAIN)] == ["rsa", "ed25519"]


def test_private_key_is_sealed_and_bound_to_its_row(zone: Zone) -> None:
    one, other = make_key(DOMAIN, "ed25519", selector="one"), make_key(DOMAIN, "ed25519", selector="other")
    opened = signer_of(one).key
    raw = opened.private_bytes_raw() if hasattr(opened, "private_bytes_raw") else b""

    assert raw
    assert raw.hex() not in one.sealed
    SigningKey.objects.filter(pk=one.pk).update(sealed=other.sealed)
    one.refresh_from_db()
    with pytest.raises(SigningKeyUnreadable):
        signer_of(one)


def test_key_that_dns_doesn_t_have_is_not_used(zone: Zone) -> None:
    key = make_key(DOMAIN, "rsa")
    finding = check_key(key, Lookup(_servers()))

    assert finding.state is State.MISSING
    with pytest.raises(SigningKeyError, match="DNS has no record"):
        use_key(key, finding)
    assert signers_for(DOMAIN) == ()
    use_key(key, finding, despite_dns=True)
    assert len(signers_for(DOMAIN)) == 1


def test_next_key_replaces_the_one_of_its_algorithm_alone(zone: Zone) -> None:
    rsa, first = used(zone, "rsa"), used(zone, "ed25519")
    second = make_key(DOMAIN, "ed25519")
    publish(zone, second)
    done = use_key(second, check_key(second, Lookup(_servers())))

    assert done.replaced == first
    assert {signer.selector for signer in signers_for(DOMAIN)} == {rsa.selector, second.selector}
    assert second.selector != first.selector
    assert done.replaced.retired_at is not None
    assert record_may_go(done.replaced) == done.replaced.retired_at + KEPT_PUBLISHED


def test_replaced_key_may_come_back_while_its_record_stays(zone: Zone) -> None:
    first = used(zone)
    second = used(zone)
    done = use_key(first, check_key(first, Lookup(_servers())))

    assert done.replaced == second
    assert [signer.selector for signer in signers_for(DOMAIN)] == [first.selector]


def test_database_holds_that_never_two_are_in_use() -> None:
    one, other = make_key(DOMAIN, "ed25519"), make_key(DOMAIN, "ed25519")
    SigningKey.objects.filter(pk=one.pk).update(used_from=timezone.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.filter(pk=other.pk).update(used_from=timezone.now())


def test_only_key_of_a_domain_is_not_retired_by_accident(zone: Zone) -> None:
    key = used(zone)

    with pytest.raises(SigningKeyError, match="only key"):
        retire_key(key)
    assert len(signers_for(DOMAIN)) == 1
    may_go = retire_key(key, unsigned=True)

    assert signers_for(DOMAIN) == ()
    assert may_go - timezone.now() > timedelta(days=6)
    assert retire_key(key) == may_go


def test_ed25519_doesn_t_sign_without_an_rsa_key(zone: Zone) -> None:
    key = make_key(DOMAIN, "ed25519")
    publish(zone, key)
    rsa_elsewhere = used(zone, "rsa", domain="other.example")
    found = check_key(key, Lookup(_servers()))

    for despite_dns in (False, True):
        with pytest.raises(SigningKeyError, match="can’t sign alone"):
            use_key(key, found, despite_dns=despite_dns)
    assert signers_for(DOMAIN) == ()
    assert len(signers_for(rsa_elsewhere.domain)) == 1


def test_last_rsa_key_is_not_retired_while_ed25519_signs(zone: Zone) -> None:
    rsa, ed25519 = used(zone, "rsa"), used(zone, "ed25519")

    with pytest.raises(SigningKeyError, match="only RSA key"):
        retire_key(rsa)
    assert [signer.selector for signer in signers_for(DOMAIN)] == [rsa.selector, ed25519.selector]
    retire_key(ed25519)
    assert [signer.selector for signer in signers_for(DOMAIN)] == [rsa.selector]


def test_doctor_warns_of_a_domain_that_ed25519_signs_for_alone(zone: Zone, say: Say) -> None:
    rsa, _ed25519 = used(zone, "rsa"), used(zone, "ed25519")
    words = "Only an Ed25519 key signs for this domain"
    assert words not in say("--domain", DOMAIN, main=doctor_command.main)[1]
    retire_key(rsa, unsigned=True)
    status, out, _err = say("--domain", DOMAIN, main=doctor_command.main)

    assert status == 1
    assert f"WRONG   dkim, {DOMAIN}: {words}" in out


@pytest.mark.parametrize("domain", ["", "a b"])
def test_doctor_that_is_asked_about_no_domain_fails(zone: Zone, say: Say, domain: str) -> None:
    status, out, _err = say("--domain", domain, main=doctor_command.main)

    assert status == 1
    assert f"“{domain}” is not a domain" in out


def test_key_that_never_signed_may_go_at_once() -> None:
    assert retire_key(make_key(DOMAIN, "ed25519")) <= timezone.now()


def test_private_key_is_forgotten_when_its_record_may_go(zone: Zone) -> None:
    old, new = used(zone), used(zone)
    SigningKey.objects.filter(pk=old.pk).update(retired_at=timezone.now() - KEPT_PUBLISHED - timedelta(minutes=1))
    used(zone, "rsa")

    old.refresh_from_db()
    assert old.sealed == ""
    with pytest.raises(SigningKeyUnreadable, match="forgotten"):
        use_key(old, check_key(old, Lookup(_servers())))
    assert signer_of(new)


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a b.example", "x@bulletin.example", "-.example", "a" * 300 + ".example"]
)
def test_what_is_no_domain_has_no_key(domain: str) -> None:
    with pytest.raises(SigningKeyError, match="is not a domain"):
        make_key(domain, "ed25519")
    assert signers_for(domain) == ()


def test_domain_is_one_in_any_spelling(zone: Zone) -> None:
    key = used(zone, domain="Bücher.Example.")

    assert key.domain == "xn--bcher-kva.example"
    assert len(signers_for("bücher.example")) == len(signers_for("xn--bcher-kva.example")) == 1


@pytest.mark.parametrize("selector", ["a.b", "a b", "-a", "é", "a" * 64, "a;b"])
def test_selector_is_one_label(selector: str) -> None:
    with pytest.raises(SigningKeyError, match="can’t be a selector"):
        make_key(DOMAIN, "ed25519", selector=selector)


def test_selector_is_taken_once_per_domain() -> None:
    make_key(DOMAIN, "ed25519", selector="a")

    with pytest.raises(SigningKeyError, match="already"):
        make_key(DOMAIN, "rsa", selector="A")
    assert make_key("other.example", "rsa", selector="a").selector == "a"
    with pytest.raises(SigningKeyError, match="Several domains"):
        find_key("a")
    assert find_key("a._domainkey.other.example").domain == "other.example"


def test_change_reaches_a_process_that_has_looked_within_a_minute(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    key = used(zone)
    [before] = signers_for(DOMAIN)
    SigningKey.objects.filter(pk=key.pk).update(retired_at=timezone.now())  # as another process does

    assert signers_for(DOMAIN) == (before,)
    monkeypatch.setattr("dispatch.signing_keys.CACHED_FOR", 0.0)  # a minute later
    assert signers_for(DOMAIN) == ()


def judged(letter: bytes, zone: Zone) -> list[bool]:
    """What another implementation says of the letter's signatures, with the zone's records."""

    def txt(name: bytes, timeout: int = 5) -> bytes:
        return zone.records[f"{name.decode().rstrip('.')} TXT"][0].encode()

    count = letter.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    return [bool(judge.DKIM(letter, minkey=1024).verify(number, dnsfunc=txt)) for number in range(count)]


def test_letters_of_a_dispatch_leave_with_both_signatures(zone: Zone) -> None:
    used(zone, "rsa")
    used(zone, "ed25519")
    dispatch = make_dispatch(people=2)
    transport = MemoryTransport()
    deliver_batch(dispatch.pk, transport)

    assert len(transport.sent) == 2
    assert all(judged(data, zone) == [True, True] for _envelope, data in transport.sent)


@pytest.mark.django_db(transaction=True)
def test_key_that_can_t_be_opened_pauses_the_dispatch_and_nothing_leaves(zone: Zone, settings: Any) -> None:
    used(zone)
    dispatch = make_dispatch(people=3)
    settings.SECRET_KEY = "another secret key, as after a move"
    forget_signers()
    transport = MemoryTransport()
    deliver_batch(dispatch.pk, transport)

    dispatch.refresh_from_db()
    assert dispatch.state == Dispatch.State.PAUSED
    assert "another SECRET_KEY" in dispatch.state_reason
    assert transport.sent == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.PLANNED}


def test_personal_letters_are_signed_too_and_wait_for_a_key_that_is_shut(zone: Zone, settings: Any) -> None:
    used(zone)
    bulletin = make_bulletin()
    person = make_subscriber(bulletin)
    notice = Notice.objects.create(subscriber=person, kind="preferences", bulletin_key=bulletin.translation_key)
    transport = MemoryTransport()
    forget_signers()
    secret, settings.SECRET_KEY = settings.SECRET_KEY, "another secret key, as after a move"
    Notice.objects.update(due_at=Now())
    assert send_notices(transport) == 0
    settings.SECRET_KEY = secret
    notice.refresh_from_db()
    assert transport.sent == []
    assert notice.due_at is not None
    assert "another SECRET_KEY" in notice.problem

    Notice.objects.update(due_at=Now())
    assert send_notices(transport) == 1
    assert judged(transport.sent[0][1], zone) == [True]


def test_test_letters_are_signed_as_the_issue_s_will_be(zone: Zone) -> None:
    used(zone)
    signers = signers_for(DOMAIN)
    rendered = Rendered(locale="en", subject="Hello", preheader="", html="<body>Hello</body>", text="Hello", links=())
    trial = Trial("Hello", "An editor", "The Secretariat", f"notes@{DOMAIN}", signers=signers)
    letter = trial_letter(rendered, trial, address="reader@example.org", now=timezone.now())

    assert judged(letter, zone) == [True]


def test_commands_lead_from_no_key_to_the_next_one(zone: Zone, say: Say) -> None:
    status, out, _err = say("list")
    assert (status, "no keys" in out) == (0, True)

    status, out, _err = say("make", DOMAIN, "--algorithm", "rsa", "--selector", "one")
    assert status == 0
    key = find_key("one")
    record = record_of(key)
    assert str(record) in out
    assert f"{len(record.value)} characters in 2 strings" in out
    assert len(record.value) > 400

    assert say("check", "one")[0] == 1
    status, _out, err = say("use", "one")
    assert (status, "DNS has no record" in err) == (1, True)
    publish(zone, key)
    assert say("check", "one")[0] == 0
    status, out, _err = say("use", "one")
    assert (status, "from now on" in out) == (0, True)

    say("make", DOMAIN, "--algorithm", "rsa", "--selector", "two")
    publish(zone, find_key("two"))
    status, out, _err = say("use", "two")
    assert "one no longer signs. Leave its record in DNS until" in out
    assert say("retire", "two")[0] == 1
    status, out, _err = say("retire", "one")
    assert (status, "Leave the record" in out) == (0, True)
    out = say("list", DOMAIN)[1]
    assert "signs since" in out
    assert "retired" in out


def test_command_uses_a_key_that_dns_doesn_t_have_when_told_so_twice(zone: Zone, say: Say) -> None:
    say("make", DOMAIN, "--algorithm", "both")
    key = SigningKey.objects.get(algorithm="rsa")

    assert say("use", str(key))[0] == 1
    assert say("use", str(key), "--despite-dns")[0] == 0
    assert list(in_use(DOMAIN)) == [key]


def test_wrong_name_is_a_sentence(say: Say) -> None:
    status, _out, err = say("check", "nothing")

    assert (status, err) == (1, "circular dkim: There is no key “nothing”.\n")


def test_doctor_finds_nothing_to_mend_where_all_is_well(zone: Zone, say: Say, settings: Any) -> None:
    settings.BASE_URL = "https://circular.example"
    settings.RETURN_PATH_DOMAIN = f"bounces.{DOMAIN}"
    used(zone, "rsa")
    make_dispatch(people=1)
    zone.records |= {
        f"bounces.{DOMAIN} TXT": ["v=spf1 ip4:192.0.2.7 -all"],
        f"bounces.{DOMAIN} MX": [f"10 mx.{DOMAIN}."],
        f"mx.{DOMAIN} A": ["192.0.2.7"],
        f"_dmarc.{DOMAIN} TXT": ["v=DMARC1; p=reject"],
        "7.2.0.192.in-addr.arpa PTR": [f"mx.{DOMAIN}."],
    }
    status, out, _err = say("--ip", "192.0.2.7", "--json", main=doctor_command.main)
    told = json.loads(out)

    assert {finding["state"] for finding in told["findings"]} == {"ok"}
    assert {"ptr", "spf", "dkim", "dmarc", "alignment", "return path", "letter: signature"} <= {
        finding["check"] for finding in told["findings"]
    }
    assert (status, told["sound"]) == (0, True)


def test_doctor_names_each_thing_to_mend_with_its_record(zone: Zone, say: Say) -> None:
    make_bulletin()
    key = make_key(DOMAIN, "rsa")
    use_key(key, check_key(key, Lookup(_servers())), despite_dns=True)
    status, out, _err = say(main=doctor_command.main)

    assert status == 1
    assert f"MISSING spf, {DOMAIN}: No SPF record" in out
    assert f"MISSING dkim, {key}: DNS has no record" in out
    assert str(record_of(key)) in out
    assert f'_dmarc.{DOMAIN}. IN TXT "v=DMARC1;' in out
    assert "there is no letter to look at" in out
    assert all(name in out for name in env.VARIABLES)


def test_doctor_says_once_that_there_is_no_dns(say: Say, settings: Any) -> None:
    settings.DNS_SERVERS = ["127.0.0.1:1"]
    make_bulletin()
    make_bulletin(slug="other", sender_address="other@other.example")
    status, out, _err = say(main=doctor_command.main)

    assert out.count("DNS can’t be checked from here") == 1
    assert "spf" not in out
    assert status == 0
    assert say("--domain", DOMAIN, main=doctor_command.main)[0] == 1  # asked for, and not known


def test_doctor_says_that_a_key_can_t_be_opened(zone: Zone, say: Say, settings: Any) -> None:
    used(zone)
    make_dispatch(people=1)
    forget_signers()
    settings.SECRET_KEY = "another secret key, as after a move"
    status, out, _err = say(main=doctor_command.main)

    assert status == 1
    assert "another SECRET_KEY" in out


def test_latest_letter_is_signed_and_is_nobody_s(zone: Zone) -> None:
    used(zone)
    make_dispatch(people=1)
    latest = latest_letter(DOMAIN)

    assert latest is not None
    assert judged(latest.letter, zone) == [True]
    assert b"reader1@" not in latest.letter
    assert latest_letter("other.example") is None


def test_signer_is_of_the_interface_that_letters_use(zone: Zone) -> None:
    used(zone)

    assert isinstance(signers_for(DOMAIN)[0], Signer)
