"""What an address alone tells."""

from __future__ import annotations

import ipaddress

import pytest

from composer.preflight.addresses import is_private_host, is_public, looks_like


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "203.0.113.9", "::", "::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "2001::1", "fe80::1",
        "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_only_some_can_reach_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_an_address_that_anybody_can_reach_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "intranet", "wiki.corp", "printer.local", "127.1", "2130706433", "0x7f.1", "0177.0.0.1",
     "[::1]", "１２７.0.0.1", "a.localhost"],
)  # fmt: skip
def test_a_host_that_says_it_is_private_is_known(host: str) -> None:
    assert is_private_host(host)


@pytest.mark.parametrize("host", ["example.org", "8.8.8.8", "local.example.org", "bücher.example", "3.example", ""])
def test_an_ordinary_host_is_not_private(host: str) -> None:
    assert not is_private_host(host)


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("ex\u0430mple.org", "example.org"),
        ("\u0430\u0440\u0440\u04cf\u0435.com", "apple.com"),
        ("xn--80ak6aa92e.com", "apple.com"),
        ("g\u03bf\u03bfgle.com", "google.com"),
    ],
)
def test_a_host_that_passes_for_another_is_known(host: str, meant: str) -> None:
    assert looks_like(host) == meant


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "bücher.example",
        "例子.example",
        "почта.рф",
        "пример.рф",
        "café.fr",
        "xn--bcher-kva.example",
        "xn--",
        "xn--\u00e9",
    ],
)
def test_a_host_of_its_own_script_is_what_it_seems(host: str) -> None:
    assert looks_like(host) == ""
