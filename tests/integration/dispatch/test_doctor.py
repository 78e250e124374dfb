"""The doctor asks a real DNS server and a real relay."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from dispatch.doctor.addresses import check_ptr, check_return_path
from dispatch.doctor.dmarc import check_dmarc
from dispatch.doctor.domain import check_domain
from dispatch.doctor.findings import Finding, State
from dispatch.doctor.lookup import Lookup, NoDns, Unanswered
from dispatch.doctor.published import key_record
from dispatch.doctor.relay import check_relay
from dispatch.doctor.spf import check_spf
from dispatch.transports.server import SmtpServer
from tests.dns_server import SERVFAIL, SILENCE, Zone, dns_server
from tests.smtp_server import Script, smtp_server

NOW = datetime.now(UTC)
KEY = key_record(domain="bulletin.example", selector="a", algorithm="rsa", public="A" * 392)
OTHER_KEY = key_record(domain="bulletin.example", selector="a", algorithm="rsa", public="B" * 392)


def ask(check: Any, records: dict[str, Any], *arguments: Any, **named: Any) -> Any:
    """What `check` finds where DNS has `records`."""
    with dns_server(Zone(records)) as server:
        return check(Lookup([server]), *arguments, **named)


def states(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.check, finding.state.value) for finding in found]


SOUND = {
    "bulletin.example TXT": ["google-site-verification=x", "v=spf1 ip4:192.0.2.0/24 -all"],
    "_dmarc.bulletin.example TXT": ["v=DMARC1; p=reject; rua=mailto:d@bulletin.example"],
    "bulletin.example MX": ["10 mx.bulletin.example."],
    "mx.bulletin.example A": ["192.0.2.7"],
    "a._domainkey.bulletin.example TXT": [KEY.value],
}


def check(records: dict[str, Any], **named: Any) -> list[Finding]:
    given = {"return_path": "bulletin.example", "keys": [KEY], "addresses": ["192.0.2.7"], **named}
    return list(ask(check_domain, records, "bulletin.example", **given))


def test_sound_domain_has_nothing_to_mend() -> None:
    assert states(check(SOUND)) == [
        ("spf", "ok"),
        ("dkim", "ok"),
        ("dmarc", "ok"),
        ("alignment", "ok"),
        ("return path", "ok"),
    ]


def test_domain_without_records_is_told_each_one_to_publish() -> None:
    found = check({})

    assert states(found) == [("spf", "missing"), ("dkim", "missing"), ("dmarc", "missing"), ("return path", "missing")]
    assert [str(finding.record) for finding in found] == [
        'bulletin.example. IN TXT "v=spf1 ip4:192.0.2.7 ~all"',
        str(KEY),
        '_dmarc.bulletin.example. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@bulletin.example"',
        "bulletin.example. IN MX 10 mail.bulletin.example.",
    ]


def test_another_key_in_dns_is_wrong_and_none_of_ours_is_a_note() -> None:
    other = check(SOUND | {"a._domainkey.bulletin.example TXT": [OTHER_KEY.value]})
    unsigned = check(SOUND, keys=[])

    assert ("dkim", "wrong") in states(other)
    assert ("dkim", "note") in states(unsigned)
    assert ("alignment", "note") in states(unsigned)


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        ({"x.example TXT": ["v=spf1 ip4:192.0.2.7 ~all"]}, State.OK, "ends in ~all"),
        ({"x.example TXT": ["v=spf1 a -all"], "x.example A": ["192.0.2.7"]}, State.OK, "1 of 10"),
        (
            {"x.example TXT": ["v=spf1 mx/30 -all"], "x.example MX": ["1 m.example."], "m.example A": ["192.0.2.4"]},
            State.OK,
            "1 of 10",
        ),
        (
            {
                "x.example TXT": ["v=spf1 include:y.example -all"],
                "y.example TXT": ["v=spf1 redirect=z.example"],
                "z.example TXT": ["v=spf1 ip4:192.0.2.7 -all"],
            },
            State.OK,
            "2 of 10",
        ),
        (
            {"x.example TXT": ["v=spf1 redirect=z.example"], "z.example TXT": ["v=spf1 ip4:192.0.2.7 ~all"]},
            State.OK,
            "ends in ~all",
        ),
        ({"x.example TXT": ["v=spf1 ip4:192.0.2.7 -all", "v=spf1 -all"]}, State.WRONG, "2 SPF records"),
        ({"x.example TXT": ["v=spf1 ip4:192.0.2.7 +all"]}, State.WRONG, "everybody"),
        ({"x.example TXT": ["v=spf1 ip4:192.0.2.7 ?all"]}, State.WRONG, "?all"),
        ({"x.example TXT": ["v=spf1 ip4:192.0.2.7"]}, State.WRONG, "no “all”"),
        ({"x.example TXT": ["v=spf1 ip4:198.51.100.1 -all"]}, State.WRONG, "doesn’t name 192.0.2.7"),
        ({"x.example TXT": ["v=spf1 -ip4:192.0.2.7 -all"]}, State.WRONG, "doesn’t name 192.0.2.7"),
        ({"x.example TXT": ["v=spf1 ip4:192.0.2.300 -all"]}, State.WRONG, "not an address"),
        ({"x.example TXT": ["v=spf1 include:y.example -all"]}, State.WRONG, "y.example, which has no SPF record."),
        (
            {"x.example TXT": ["v=spf1 include:y.example -all"], "y.example TXT": ["v=spf1 include:x.example -all"]},
            State.WRONG,
            "comes back to itself",
        ),
        (
            {
                "x.example TXT": ["v=spf1 ip4:192.0.2.7 include:y.example include:y.example include:y.example -all"],
                "y.example TXT": ["v=spf1 a mx exists:z.example ?all"],
            },
            State.WRONG,
            "12 further lookups",
        ),
        ({"x.example TXT": SERVFAIL}, State.UNANSWERED, "try again"),
    ],
)
def test_spf_record_is_held_against_its_rules(records: dict[str, Any], state: State, words: str) -> None:
    found = ask(check_spf, records, "x.example", ["192.0.2.7"])

    assert [finding.state for finding in found] == [state]
    assert words in found[0].words


def test_sending_address_is_added_to_the_record_that_is_there() -> None:
    [found] = ask(check_spf, {"x.example TXT": ["v=spf1 mx -all"]}, "x.example", ["2001:db8::7"])

    assert str(found.record) == 'x.example. IN TXT "v=spf1 ip6:2001:db8::7 mx -all"'


@pytest.mark.parametrize(
    ("records", "states_found"),
    [
        ({"_dmarc.news.x.example TXT": ["v=DMARC1; p=quarantine"]}, ["ok", "ok"]),
        ({"_dmarc.x.example TXT": ["v=DMARC1; p=quarantine"]}, ["ok", "ok"]),
        ({"_dmarc.x.example TXT": ["v=DMARC1; p=reject; sp=none"]}, ["note", "ok"]),
        ({"_dmarc.x.example TXT": ["v=DMARC1; p=none"]}, ["note", "ok"]),
        ({"_dmarc.x.example TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, ["wrong"]),
        ({"_dmarc.x.example TXT": ["v=DMARC1; p=maybe"]}, ["wrong"]),
        ({"_dmarc.x.example TXT": ["v=spf1 -all"]}, ["missing"]),
        ({"_dmarc.news.x.example TXT": SERVFAIL, "x.example A": ["192.0.2.1"]}, ["unanswered"]),
    ],
)
def test_dmarc_record_is_the_domain_s_or_its_organisation_s(records: dict[str, Any], states_found: list[str]) -> None:
    found = ask(check_dmarc, records, "news.x.example", return_path="bounces.y.example", signing=["news.x.example"])

    assert [finding.state.value for finding in found] == states_found


@pytest.mark.parametrize(
    ("policy", "signing", "return_path", "state"),
    [
        ("p=reject", ["news.x.example"], "y.example", State.OK),
        ("p=reject; adkim=s", ["x.example"], "y.example", State.WRONG),
        ("p=reject; adkim=s", ["news.x.example"], "y.example", State.OK),
        ("p=reject", [], "bounces.x.example", State.NOTE),
        ("p=reject; aspf=s", [], "bounces.x.example", State.WRONG),
        ("p=reject", [], "y.example", State.WRONG),
    ],
)
def test_alignment_is_by_signature_or_by_return_path(
    policy: str, signing: list[str], return_path: str, state: State
) -> None:
    records = {"_dmarc.x.example TXT": [f"v=DMARC1; {policy}"]}
    found = ask(check_dmarc, records, "news.x.example", return_path=return_path, signing=signing)

    assert found[-1].check == "alignment"
    assert found[-1].state is state


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ({"7.2.0.192.in-addr.arpa PTR": ["mx.x.example."], "mx.x.example A": ["192.0.2.7"]}, State.OK),
        ({"7.2.0.192.in-addr.arpa PTR": ["mx.x.example."], "mx.x.example A": ["192.0.2.8"]}, State.WRONG),
        ({"7.2.0.192.in-addr.arpa PTR": ["mx.x.example."]}, State.WRONG),
        ({}, State.MISSING),
        ({"7.2.0.192.in-addr.arpa PTR": SERVFAIL}, State.UNANSWERED),
    ],
)
def test_sending_address_has_a_name_that_leads_back(records: dict[str, Any], state: State) -> None:
    assert ask(check_ptr, records, "192.0.2.7").state is state


def test_ipv6_address_is_known_by_any_of_its_spellings() -> None:
    reverse = "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR"
    records = {reverse: ["mx.x.example."], "mx.x.example AAAA": ["2001:0db8:0::7"]}

    assert ask(check_ptr, records, "2001:db8::7").state is State.OK


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ({"x.example MX": ["10 mx.x.example."], "mx.x.example A": ["192.0.2.7"]}, State.OK),
        ({"x.example MX": ["10 mx.x.example."]}, State.WRONG),
        ({"x.example MX": ["0 ."]}, State.WRONG),
        ({"x.example A": ["192.0.2.7"]}, State.NOTE),
        ({}, State.MISSING),
        ({"x.example MX": SERVFAIL}, State.UNANSWERED),
    ],
)
def test_bounces_can_come_back_to_the_return_path(records: dict[str, Any], state: State) -> None:
    assert ask(check_return_path, records, "x.example").state is state


def test_server_that_says_nothing_is_no_dns_and_is_said_once() -> None:
    with dns_server(Zone({"x.example TXT": SILENCE})) as server:
        lookup = Lookup([server])
        with pytest.raises(NoDns, match="No name server answers"):
            check_domain(lookup, "x.example", return_path="x.example", keys=[])


def test_silence_about_one_question_after_an_answer_is_only_that() -> None:
    with dns_server(Zone({"x.example TXT": ["v=spf1 -all"], "y.example TXT": SILENCE})) as server:
        lookup = Lookup([server])
        assert lookup.txt("x.example") == ("v=spf1 -all",)
        with pytest.raises(Unanswered, match=r"TXT of y\.example") as silence:
            lookup.txt("y.example")

    assert not isinstance(silence.value, NoDns)


def test_question_is_asked_once() -> None:
    zone = Zone({"x.example TXT": ["a"]})
    with dns_server(zone) as server:
        lookup = Lookup([server])
        assert lookup.txt("x.example") == lookup.txt("X.example.") == ("a",)

    assert zone.asked["x.example TXT"] == 1


def test_text_of_several_strings_is_one_and_a_name_that_can_t_be_has_nothing() -> None:
    with dns_server(Zone({"x.example TXT": ["x" * 600]})) as server:
        lookup = Lookup([server])
        assert lookup.txt("x.example") == ("x" * 600,)
        assert lookup.txt("a..example") == ()
        assert lookup.txt(f"{'a' * 64}.example") == ()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def cafile(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def certificate(authority: trustme.CA, *, name: str = "127.0.0.1", ends: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=ends).configure_cert(context)
    return context


def relay(script: Script, *, options: str) -> Finding:
    with smtp_server(script) as url:
        port = url.rpartition(":")[2]
        scheme = "smtps" if script.tls_at_once else "smtp"
        server = SmtpServer.from_url(f"{scheme}://127.0.0.1:{port}{options}")
        [found] = check_relay(server, now=NOW, timeout=5)
    return found


@pytest.mark.parametrize("at_once", [True, False])
def test_relay_with_a_good_certificate_says_how_long_it_holds(
    authority: trustme.CA, cafile: str, at_once: bool
) -> None:
    context = certificate(authority, ends=NOW + timedelta(days=40, hours=1))
    script = Script(extensions=("STARTTLS",), certificate=context, tls_at_once=at_once)
    found = relay(script, options=f"?cafile={cafile}" + ("" if at_once else "&starttls=required"))

    assert found.state is State.OK
    assert "(40 days)" in found.words


def test_certificate_that_runs_out_soon_is_a_note(authority: trustme.CA, cafile: str) -> None:
    script = Script(certificate=certificate(authority, ends=NOW + timedelta(days=3)), tls_at_once=True)

    assert relay(script, options=f"?cafile={cafile}").state is State.NOTE


@pytest.mark.parametrize(("name", "ends"), [("elsewhere.example", None), ("127.0.0.1", NOW - timedelta(days=1))])
def test_certificate_that_doesn_t_hold_is_wrong(
    authority: trustme.CA, cafile: str, name: str, ends: datetime | None
) -> None:
    context = certificate(authority, name=name, ends=ends)
    found = relay(Script(extensions=("STARTTLS",), certificate=context), options=f"?starttls=required&cafile={cafile}")

    assert found.state is State.WRONG
    assert "TLS fails" in found.words


def test_unknown_authority_is_wrong(authority: trustme.CA) -> None:
    found = relay(Script(certificate=certificate(authority), tls_at_once=True), options="")

    assert found.state is State.WRONG
    assert "cafile" in found.to_do


def test_starttls_that_is_required_and_not_offered_is_wrong() -> None:
    found = relay(Script(extensions=()), options="?starttls=required")

    assert found.state is State.WRONG
    assert "doesn’t offer it" in found.words


def test_relay_on_this_machine_needs_no_tls() -> None:
    assert relay(Script(), options="").state is State.OK


def test_server_that_sends_us_away_or_isn_t_there_is_wrong() -> None:
    away = relay(Script(answer=lambda verb, _argument, _count: "554 no" if verb == "CONNECT" else ""), options="")
    [gone] = check_relay(SmtpServer("127.0.0.1", 1), now=NOW, timeout=5)

    assert away.state is gone.state is State.WRONG
