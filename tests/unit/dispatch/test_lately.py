"""Looks that are shared: never more often than they may cost, never stale for longer than that."""

from __future__ import annotations

import threading

import pytest

from dispatch.lately import LEAST, MOST_KEPT, SHARE, Lately


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def seen_at(lately: Lately[float], clock: Clock, *, cost: float) -> float:
    def look() -> float:
        clock.now += cost
        return clock.now

    return lately.see("a", look)


@pytest.mark.parametrize("cost", [0.001, 0.2, 3.0])
def test_a_look_is_good_until_it_has_cost_its_share(cost: float) -> None:
    clock = Clock()
    lately: Lately[float] = Lately(clock=clock)
    first = seen_at(lately, clock, cost=cost)
    good = max(cost / SHARE, LEAST)
    clock.now = first + good * 0.99
    assert seen_at(lately, clock, cost=cost) == first
    clock.now = first + good + 0.01
    assert seen_at(lately, clock, cost=cost) > first


def test_keys_do_not_share() -> None:
    lately: Lately[int] = Lately(clock=Clock())
    assert [lately.see(key, lambda key=key: key) for key in (1, 2, 1)] == [1, 2, 1]  # type: ignore[misc]


def test_a_look_that_fails_is_not_kept() -> None:
    lately: Lately[int] = Lately(clock=Clock())
    with pytest.raises(ZeroDivisionError):
        lately.see("a", lambda: 1 // 0)
    assert lately.see("a", lambda: 7) == 7


def test_while_somebody_looks_again_the_others_are_given_what_was_seen_before() -> None:
    clock = Clock()
    lately: Lately[str] = Lately(clock=clock)
    lately.see("a", lambda: "before")
    clock.now += 1000
    looking, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        looking.set()
        assert go_on.wait(10)
        return "after"

    other = threading.Thread(target=lambda: lately.see("a", slow))
    other.start()
    assert looking.wait(10)
    assert lately.see("a", lambda: "mine") == "before"
    go_on.set()
    other.join(10)
    assert lately.see("a", lambda: "mine") == "after"


def test_it_keeps_no_more_than_so_many() -> None:
    lately: Lately[int] = Lately(clock=Clock())
    for key in range(MOST_KEPT + 50):
        lately.see(key, lambda: 1)
    assert len(lately._looks) == MOST_KEPT
