"""Other mailers' tracked links are told from ordinary ones, and read where they can be."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.preflight.trackers import (
    campaign_monitor_number,
    is_tracked,
    recognise,
    tracking_parameters,
    without_tracking,
)

UUID = "0f0e0d0c-1111-4222-8333-444455556666"
PAGE = "https://pages.example.org/minutes?a=1"
SAFE_LINK = (
    "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fpages.example.org%2Fminutes%3Fa%3D1"
    "&data=05%7C02%7Creader%40example.org%7C&sdata=abc%3D&reserved=0"
)


def _keila(url: str, *, padded: bool = False) -> str:
    encoded = base64.urlsafe_b64encode(url.encode()).decode()
    return f"https://keila.example.org/r/{encoded if padded else encoded.rstrip('=')}/nmr_4x/3f2a91c0d4e5"


@pytest.mark.parametrize(
    ("url", "mailer", "destination"),
    [
        ("https://mail.example.org/t/y-l-oikilj-jrkhjylua-r/", "Campaign Monitor", ""),
        ("https://mail.example.org/t/r-e-tlkjtkhl-udyhdkukj-y/", "Campaign Monitor", ""),
        ("http://news.cmail20.com/t/t-i-xdhtr-l-k", "Campaign Monitor", ""),
        ("https://acc.us19.list-manage.com/track/click?u=1&id=2&e=3", "Mailchimp", ""),
        ("https://acc.list-manage.com/profile?u=1&id=2&e=3", "Mailchimp", ""),
        ("https://mandrillapp.com/track/click/3007/pages.example.org?p=eyJz", "Mailchimp Transactional", ""),
        (f"https://lists.example.org/link/{UUID}/{UUID}/{UUID}", "listmonk", ""),
        (f"https://blog.example.org/r/0a1b2c3d?m={UUID}", "Ghost", ""),
        (_keila(PAGE), "Keila", PAGE),
        (_keila(PAGE, padded=True), "Keila", PAGE),
        (
            SAFE_LINK,
            "Microsoft SafeLinks",
            PAGE,
        ),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__pages.example.org_minutes-3Fa-3D1&d=Dw&c=a&r=b&m=c&s=d&e=",
            "Proofpoint",
            PAGE,
        ),
        (
            "https://urldefense.com/v3/__https://pages.example.org/minutes?a=1__;!!AbC!xyz$",
            "Proofpoint",
            PAGE,
        ),
        (
            "https://urldefense.com/v3/__https:/pages.example.org/minutes*a*b__;Iys!!AbC!xyz$",
            "Proofpoint",
            "https://pages.example.org/minutes#a+b",
        ),
        (
            "https://urldefense.com/v3/__https://pages.example.org/**Ax__;4pyTw6k!!AbC!xyz$",
            "Proofpoint",
            "https://pages.example.org/✓éx",
        ),
        (
            "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fpages.example.org%2fminutes%3fa%3d1&c=E,1,x&typo=1",
            "Barracuda",
            PAGE,
        ),
        ("https://protect-eu.mimecast.com/s/AbCdC1234?domain=pages.example.org", "Mimecast", ""),
        ("https://url.uk.m.mimecastprotect.com/s/AbCdC1234", "Mimecast", ""),
        ("https://secure-web.cisco.com/1abc-def/https%3A%2F%2Fpages.example.org%2Fminutes%3Fa%3D1", "Cisco", PAGE),
        (
            f"https://eu-west-1.protection.sophos.com/?d=example.org&u={base64.b64encode(PAGE.encode()).decode()}&i=x",
            "Sophos",
            PAGE,
        ),
        ("https://x.r.eu.awstrack.me/L0/https:%2F%2Fpages.example.org%2Fminutes%3Fa=1/1/01/x=1", "Amazon SES", PAGE),
        ("https://www.google.com/url?q=https://pages.example.org/minutes%3Fa%3D1&sa=D", "Google", PAGE),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fpages.example.org%2Fminutes%3Fa%3D1&h=AT", "Facebook", PAGE),
        ("https://u1.ct.example.net/ls/click?upn=abc", "SendGrid", ""),
        ("https://r20.rs6.net/tn.jsp?f=001abc", "Constant Contact", ""),
        (f"https://news.example.org/r/{'a1' * 10}?ct=YTo1", "Mautic", ""),
        ("https://email.example.org/c/eJwVjEEOwyAMBF8DR0Qg1Mj5", "a mailer", ""),
    ],
)  # fmt: skip
def test_a_tracked_link_is_recognised_and_its_destination_read_where_it_holds_one(
    url: str, mailer: str, destination: str
) -> None:
    found = recognise(url)
    assert found is not None
    assert (found.mailer, found.destination) == (mailer, destination)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/t/topic",
        "https://www.example.org/t/a-b-c/d",
        "https://www.example.org/r/0a1b2c3d",
        "https://www.example.org/r/recipes/vegetable-soup/with-noodles-and-more",
        "https://www.example.org/link/to/something/else",
        "https://www.example.org/c/a-guide-for-buyers-of-office-furniture-2026",
        "https://www.example.org/url?q=x",
        "https://www.google.com/search?q=https://pages.example.org",
        "https://www.google.com/url?q=procurement",
        "https://acc.us19.list-manage.com/subscribe?u=1&id=2",
        "https://mailchi.mp/network/issue-3",
        "https://www.mimecast.com/products/",
        "https://www.linkedin.com/company/network",
        "mailto:editor@example.org",
        "",
        "https://",
        "https://[::1",
    ],
)
def test_an_ordinary_link_is_left_in_peace(url: str) -> None:
    assert not is_tracked(url)


def test_a_link_wrapped_twice_is_unwrapped_whole() -> None:
    inner = "https://urldefense.com/v3/__https://pages.example.org/minutes?a=1__;!!AbC!xyz$"
    found = recognise(_keila(inner))
    assert found is not None
    assert (found.mailer, found.destination) == ("Keila", PAGE)


def test_a_wrapped_tracked_link_has_no_destination_to_use() -> None:
    found = recognise(_keila("https://acc.us19.list-manage.com/track/click?u=1&id=2&e=3"))
    assert found is not None
    assert (found.destination, found.recipient) == ("", "3")


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.example.org/t/y-u-oikilj-jrkhjylua-r/",
        "https://acc.us19.list-manage.com/unsubscribe?u=1&id=2&e=3",
        f"https://lists.example.org/subscription/{UUID}/{UUID}",
    ],
)
def test_a_link_that_ends_a_subscription_is_known(url: str) -> None:
    found = recognise(url)
    assert found is not None
    assert found.ends_subscription


@pytest.mark.parametrize(
    ("letters", "number"),
    [("l", 0), ("r", 1), ("lryjtidhku", 123456789), ("URL", 910), ("ulr", 901), ("abc", None), ("", None)],
)
def test_campaign_monitor_s_digits_are_read(letters: str, number: int | None) -> None:
    assert campaign_monitor_number(letters) == number


def test_campaign_monitor_s_link_names_its_recipient() -> None:
    found = recognise("https://mail.example.org/t/y-l-oikilj-jrkhjy-r/")
    assert found is not None
    assert found.recipient == "318732"


@pytest.mark.parametrize(
    ("url", "names", "clean"),
    [
        ("https://a.example/?utm_source=x&id=4&utm_medium=y", ("utm_source", "utm_medium"), "https://a.example/?id=4"),
        ("https://a.example/p?fbclid=1#part", ("fbclid",), "https://a.example/p#part"),
        ("https://a.example/?mc_cid=1&mc_eid=2", ("mc_cid", "mc_eid"), "https://a.example/"),
        ("https://a.example/?gclid=1&q=a%20b&empty=", ("gclid",), "https://a.example/?q=a%20b&empty="),
        ("https://a.example/?UTM_Source=1", ("UTM_Source",), "https://a.example/"),
        ("https://a.example/?q=utm_source", (), "https://a.example/?q=utm_source"),
        ("https://a.example/p", (), "https://a.example/p"),
    ],
)
def test_tracking_parameters_are_taken_out_and_the_others_stay(url: str, names: tuple[str, ...], clean: str) -> None:
    assert tracking_parameters(url) == names
    assert without_tracking(url) == clean


@given(st.text(max_size=200))
def test_whatever_is_recognised_is_recognised_without_a_fault(text: str) -> None:
    for url in (
        text,
        f"https://{text}",
        f"https://urldefense.com/v3/__{text}__;{text}!!",
        f"https://a.example/r/{text}",
    ):
        found = recognise(url)
        assert found is None or not found.destination or recognise(found.destination) is None
        assert not tracking_parameters(without_tracking(url))
