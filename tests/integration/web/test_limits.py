from __future__ import annotations

import logging

import pytest
import redis
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from config.embedded import Servers
from web import limits


@pytest.fixture(autouse=True)
def real_redis(embedded: Servers, settings: Settings) -> None:
    settings.REDIS_URL = embedded.redis_url
    limits.start_anew()


def test_what_is_done_too_often_is_refused_until_the_window_ends() -> None:
    assert [limits.allowed("subscribe", "192.0.2.7", times=3, seconds=60) for _time in range(5)] == [True] * 3 + [
        False
    ] * 2


def test_each_thing_and_each_key_is_counted_apart() -> None:
    assert limits.allowed("subscribe", "192.0.2.7", times=1, seconds=60)
    assert limits.allowed("subscribe", "192.0.2.8", times=1, seconds=60)
    assert limits.allowed("erase", "192.0.2.7", times=1, seconds=60)
    assert not limits.allowed("erase", "192.0.2.7", times=1, seconds=60)


def test_the_time_left_is_told_and_asking_for_it_counts_nothing() -> None:
    limit = limits.Limit("sign in", times=2, seconds=900)

    assert [limit.seconds_left("name") for _time in range(3)] == [0, 0, 0]
    assert limit.allows("name")
    assert limit.allows("name")
    assert 895 <= limit.seconds_left("name") <= 900


def test_what_is_forgotten_begins_anew() -> None:
    limit = limits.Limit("sign in", times=1, seconds=900)
    assert limit.allows("name")
    assert not limit.allows("name")

    limit.forget("name")

    assert limit.allows("name")


def test_all_addresses_of_one_ipv6_network_are_counted_together() -> None:
    assert limits.allowed("subscribe", "2001:db8::1", times=1, seconds=60)
    assert not limits.allowed("subscribe", "2001:db8::ffff", times=1, seconds=60)
    assert limits.allowed("subscribe", "2001:db8:0:1::1", times=1, seconds=60)


def test_no_address_lies_in_redis(embedded: Servers) -> None:
    limits.allowed("subscribe", "192.0.2.7", times=3, seconds=60)
    limits.allowed("confirm", "reader@example.org", times=3, seconds=60)

    with redis.Redis.from_url(embedded.redis_url) as server:
        held = b" ".join(key for key in server.scan_iter("circular:limits:*"))
    assert b"subscribe" in held
    assert b"192.0.2.7" not in held
    assert b"reader" not in held


def test_without_redis_everything_is_allowed_and_the_log_says_it_once(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = settings.REDIS_URL
    monkeypatch.setattr(limits, "REST", 0.0)
    settings.REDIS_URL = "redis://127.0.0.1:1"
    limit = limits.Limit("subscribe", times=1, seconds=60)

    with caplog.at_level(logging.WARNING):
        assert [limit.allows("192.0.2.7") for _time in range(3)] == [True] * 3
        assert limit.seconds_left("192.0.2.7") == 0
        limit.forget("192.0.2.7")
        settings.REDIS_URL = there
        assert [limit.allows("192.0.2.7") for _time in range(2)] == [True, False]

    said = [record.getMessage() for record in caplog.records if record.name == "web.limits"]
    assert [line.partition(" (")[0] for line in said] == [
        "Redis is away",
        "Redis is back: how often things are done is limited again.",
    ]
    assert "192.0.2.7" not in caplog.text


def _request(heard: str, claims: str = "") -> HttpRequest:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": claims} if claims else None)
    request.META["REMOTE_ADDR"] = heard
    return request


@pytest.mark.parametrize(
    ("proxies", "heard", "claims", "address"),
    [
        (0, "192.0.2.7", "198.51.100.1", "192.0.2.7"),
        (1, "10.0.0.1", "192.0.2.7", "192.0.2.7"),
        (1, "10.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        (2, "10.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "10.0.0.1", "192.0.2.7", "192.0.2.7"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "unknown", "10.0.0.1"),
        (1, "10.0.0.1", "192.0.2.7:4711", "192.0.2.7"),
        (1, "10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        (0, "::ffff:192.0.2.7", "", "192.0.2.7"),
        (0, "", "", ""),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(
    settings: Settings, proxies: int, heard: str, claims: str, address: str
) -> None:
    settings.PROXIES = proxies

    assert limits.client_address(_request(heard, claims)) == address
