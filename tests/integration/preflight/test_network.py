"""Links are tried politely, and never at an address that the public can't reach."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import trustme

from composer.preflight.addresses import IPAddress
from composer.preflight.door import Closed, Door, is_open_to_all
from composer.preflight.facts import LinkResult, LinkStatus
from composer.preflight.network import LinkChecker

from .servers import Answer, serving, talking

LOOPBACK = ipaddress.ip_address("127.0.0.1")


def _anywhere(_host: str, _port: int) -> tuple[IPAddress, ...]:
    return (LOOPBACK,)


def _loopback_too(address: IPAddress, port: int) -> bool:
    return address == LOOPBACK or is_open_to_all(address, port)


def _checker(
    *,
    resolve: Callable[[str, int], tuple[IPAddress, ...]] = _anywhere,
    tls: ssl.SSLContext | None = None,
    timeout: float = 5.0,
    pace: float = 0.0,
) -> LinkChecker:
    tls = tls or ssl.create_default_context()
    return LinkChecker(Door(allowed=_loopback_too, resolve=resolve, tls=tls, timeout=timeout), pace=pace)


def test_a_page_that_answers_is_fine_and_is_asked_with_head_only() -> None:
    with serving({"/a?b=1": Answer(200)}) as site:
        result = _checker().check(site.url("/a?b=1"))

    assert (result.status, result.code, result.final_url) == (LinkStatus.OK, 200, site.url("/a?b=1"))
    assert [(asked.method, asked.path, asked.host) for asked in site.asked] == [
        ("HEAD", "/a?b=1", f"site.example:{site.port}")
    ]
    assert "CircularLinkCheck" in site.asked[0].agent


@pytest.mark.parametrize("code", [400, 403, 404, 405, 500, 501, 503])
def test_a_server_that_makes_nothing_of_head_is_asked_with_get(code: int) -> None:
    with serving({"HEAD /a": Answer(code), "GET /a": Answer(200)}) as site:
        assert _checker().check(site.url("/a")).status is LinkStatus.OK

    assert [asked.method for asked in site.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (404, LinkStatus.DEAD),
        (410, LinkStatus.DEAD),
        (401, LinkStatus.REFUSED),
        (403, LinkStatus.REFUSED),
        (429, LinkStatus.REFUSED),
        (999, LinkStatus.REFUSED),
        (500, LinkStatus.FAILING),
        (503, LinkStatus.FAILING),
    ],
)
def test_an_answer_s_status_says_what_became_of_the_link(code: int, status: LinkStatus) -> None:
    with serving({"/a": Answer(code)}) as site:
        result = _checker().check(site.url("/a"))

    assert (result.status, result.code) == (status, code)


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ((301,), LinkStatus.MOVED),
        ((308, 301), LinkStatus.MOVED),
        ((302,), LinkStatus.REDIRECTED),
        ((301, 307), LinkStatus.REDIRECTED),
        ((303,), LinkStatus.REDIRECTED),
    ],
)
def test_redirects_are_followed_and_told_apart(codes: tuple[int, ...], status: LinkStatus) -> None:
    steps = {f"/{step}": Answer(code, f"/{step + 1}") for step, code in enumerate(codes)}
    with serving({**steps, f"/{len(codes)}": Answer(200)}) as site:
        result = _checker().check(site.url("/0"))

    assert (result.status, result.final_url) == (status, site.url(f"/{len(codes)}"))


def test_a_redirect_to_nowhere_is_dead() -> None:
    with serving({"/a": Answer(301, "/gone")}) as site:
        assert _checker().check(site.url("/a")).status is LinkStatus.DEAD


def test_six_redirects_are_too_many() -> None:
    with serving({f"/{step}": Answer(302, f"/{step + 1}") for step in range(20)}) as site:
        assert _checker().check(site.url("/0")).status is LinkStatus.LOOP

    assert len(site.asked) == 6


def test_a_fragment_outlives_a_redirect() -> None:
    with serving({"/a": Answer(301, "/b"), "/b": Answer(200)}) as site:
        assert _checker().check(site.url("/a#part")).final_url == site.url("/b#part")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.8/",
        "http://172.16.4.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://198.18.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::10.0.0.8]/",
        "http://[2001:0:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fc00::8]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://localhost/",
    ],
)
def test_an_address_that_isn_t_public_is_refused(url: str) -> None:
    assert LinkChecker().check(url).status is LinkStatus.PRIVATE


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 8000])
def test_other_ports_than_those_of_the_web_are_refused(port: int) -> None:
    assert LinkChecker().check(f"http://8.8.8.8:{port}/").status is LinkStatus.PRIVATE


@pytest.mark.parametrize(
    "url", ["ftp://site.example/", "file:///etc/passwd", "gopher://site.example/", "x", "http://", ""]
)
def test_what_is_no_web_address_is_invalid(url: str) -> None:
    assert LinkChecker().check(url).status is LinkStatus.INVALID


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    def resolve(_host: str, _port: int) -> tuple[IPAddress, ...]:
        return ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.8")

    assert LinkChecker(Door(resolve=resolve)).check("http://site.example/").status is LinkStatus.PRIVATE


@pytest.mark.parametrize("target", ["http://127.0.0.2/x", "http://[::ffff:127.0.0.2]/", "http://169.254.169.254/"])
def test_a_redirect_to_a_private_address_is_refused_and_not_shown(target: str) -> None:
    def resolve(host: str, _port: int) -> tuple[IPAddress, ...]:
        return (LOOPBACK,) if host == "site.example" else (ipaddress.ip_address(host),)

    with serving({"/a": Answer(302, target)}) as site:
        result = _checker(resolve=resolve).check(site.url("/a"))

    assert (result.status, result.final_url) == (LinkStatus.PRIVATE, "")


def test_a_redirect_to_another_scheme_is_not_followed() -> None:
    with serving({"/a": Answer(302, "file:///etc/passwd")}) as site:
        assert _checker().check(site.url("/a")).status is LinkStatus.INVALID


def test_a_host_is_resolved_once_for_a_request_and_the_connection_goes_to_the_address_that_was_judged() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> tuple[IPAddress, ...]:
        """The first answer is good, every later one leads inside."""
        asked.append(host)
        return (LOOPBACK,) if len(asked) == 1 else (ipaddress.ip_address("127.0.0.2"),)

    with serving({"HEAD /a": Answer(405), "GET /a": Answer(200)}) as site:
        result = _checker(resolve=resolve).check(site.url("/a"))

    assert result.status is LinkStatus.PRIVATE
    assert asked == ["site.example", "site.example"]
    assert [asked.method for asked in site.asked] == ["HEAD"]


def test_a_host_that_doesn_t_exist_is_dead() -> None:
    def resolve(host: str, _port: int) -> tuple[IPAddress, ...]:
        raise Closed(LinkStatus.DEAD, f"There is no host {host}.")

    result = _checker(resolve=resolve).check("https://gone.example/")
    assert (result.status, result.problem) == (LinkStatus.DEAD, "There is no host gone.example.")


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _checker().check(f"http://site.example:{port}/").status is LinkStatus.UNREACHABLE


def test_a_silent_server_is_given_up_in_time() -> None:
    over = threading.Event()
    with talking(lambda _plug: over.wait(20)) as port:
        began = time.monotonic()
        result = _checker(timeout=0.3).check(f"http://site.example:{port}/")
        took = time.monotonic() - began
        over.set()

    assert result.status is LinkStatus.TIMEOUT
    assert took < 3


def test_a_server_that_drips_a_byte_now_and_then_is_given_up_in_time() -> None:
    over = threading.Event()

    def drip(plug: socket.socket) -> None:
        plug.recv(1000)
        plug.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(200):
            if over.wait(0.05):
                return
            try:
                plug.sendall(b"X-A: b\r\n"[:1])
            except OSError:
                return

    with talking(drip) as port:
        began = time.monotonic()
        result = _checker(timeout=0.5).check(f"http://site.example:{port}/")
        took = time.monotonic() - began
        over.set()

    assert result.status is LinkStatus.TIMEOUT
    assert took < 4


MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 70_000, MANY_HEADERS])
def test_an_answer_that_is_no_http_raises_nothing(said: bytes) -> None:
    def talk(plug: socket.socket) -> None:
        plug.recv(1000)
        plug.sendall(said)

    with talking(talk) as port:
        status = _checker(timeout=2).check(f"http://site.example:{port}/").status

    assert status in {LinkStatus.FAILING, LinkStatus.UNREACHABLE}


def test_an_international_host_and_an_odd_path_are_asked_for_in_ascii() -> None:
    with serving({"/%E4%BC%9A%E8%AE%AE%20x": Answer(200)}) as site:
        result = _checker().check(site.url("/会议 x", host="bücher.example"))

    assert result.status is LinkStatus.OK
    assert site.asked[0].host == f"xn--bcher-kva.example:{site.port}"


def test_a_path_cannot_smuggle_a_header_in() -> None:
    with serving({}) as site:
        _checker().check(site.url("/a\r\nX-Evil: 1"))

    assert all("Evil" not in asked.path or "%0D" in asked.path or "\r" not in asked.path for asked in site.asked)
    assert all("\n" not in asked.path for asked in site.asked)


# --- Certificates


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for site.example, and its key."""
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    authority.issue_cert("site.example").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


def test_a_certificate_is_checked_for_the_host_though_the_connection_goes_to_an_address(
    authority: trustme.CA, certificate: Path
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serving({"/a": Answer(200)}, certificate=certificate) as site:
        good = _checker(tls=trusting).check(site.url("/a", scheme="https"))
        other = _checker(tls=trusting).check(site.url("/a", scheme="https", host="other.example"))

    assert (good.status, other.status) == (LinkStatus.OK, LinkStatus.INSECURE)


def test_a_certificate_that_nobody_vouches_for_is_insecure(certificate: Path) -> None:
    with serving({"/a": Answer(200)}, certificate=certificate) as site:
        assert _checker().check(site.url("/a", scheme="https")).status is LinkStatus.INSECURE


def test_plain_http_on_a_secure_port_is_insecure() -> None:
    with serving({"/a": Answer(200)}) as site:
        assert _checker().check(site.url("/a", scheme="https")).status is LinkStatus.INSECURE


# --- Manners


@pytest.mark.parametrize(
    ("url", "tracked"),
    [
        ("https://mail.example.org/t/y-l-oikilj-jrkhjylua-r/", False),
        ("https://mail.example.org/t/y-u-oikilj-jrkhjylua-r/", True),
        ("https://x.list-manage.com/unsubscribe?u=1&id=2&e=3", True),
    ],
)
def test_a_tracked_link_is_left_alone_and_one_that_unsubscribes_always_is(url: str, *, tracked: bool) -> None:
    def resolve(_host: str, _port: int) -> tuple[IPAddress, ...]:
        pytest.fail("nobody may ask")

    assert _checker(resolve=resolve).check(url, tracked=tracked).status is LinkStatus.SKIPPED


def test_a_tracked_link_is_resolved_when_its_destination_is_asked_for() -> None:
    path = "/t/y-l-oikilj-jrkhjylua-r/"
    with serving({path: Answer(302, "/minutes"), "/minutes": Answer(200)}) as site:
        result = _checker().check(site.url(path), tracked=True)

    assert (result.status, result.final_url) == (LinkStatus.REDIRECTED, site.url("/minutes"))


def test_all_links_are_tried_once_and_told_as_they_come() -> None:
    told: list[LinkResult] = []
    with serving({f"/{n}": Answer(200) for n in range(5)}) as site:
        urls = [site.url(f"/{n}", host=f"host{n % 2}.example") for n in range(5)]
        results = _checker().check_all([*urls, urls[0], "javascript:x"], told=told.append)

    assert [result.url for result in results] == [*urls, "javascript:x"]
    assert sorted(map(str, told)) == sorted(map(str, results))
    assert len(site.asked) == 5


def test_a_host_is_asked_one_at_a_time_with_a_pause_between() -> None:
    times: list[float] = []
    with serving({f"/{n}": Answer(200) for n in range(4)}) as site:
        site.before = lambda: times.append(time.monotonic())
        checker = _checker(pace=0.1)
        threads = [threading.Thread(target=checker.check, args=(site.url(f"/{n}"),)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(times) == 4
    assert all(later - earlier >= 0.09 for earlier, later in pairwise(times))


def test_http_is_held_against_https_where_the_ports_are_the_usual_ones() -> None:
    """The one request goes to port 80 and the other to 443, neither of which is a test's to open."""
    checker = _checker()
    with serving({"/a": Answer(200)}) as site:
        assert checker.check(site.url("/a")).https is False
    assert len(site.asked) == 1
