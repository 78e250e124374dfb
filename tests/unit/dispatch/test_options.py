"""What a sending is asked for: samples by size, shares that add up, and the same out of JSON as went in."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.options import LocalTime, Options, Sample, quotas


@pytest.mark.parametrize(
    ("sample", "total", "letters"),
    [
        (Sample(5), 1000, 50),
        (Sample(5), 1001, 51),
        (Sample(5), 3, 1),
        (Sample(0.01), 1000, 1),
        (Sample(100), 7, 7),
        (Sample(100, "letters"), 1000, 100),
        (Sample(100, "letters"), 40, 40),
        (Sample(0, "letters"), 40, 1),
    ],
)
def test_a_sample_is_at_least_one_letter_and_at_most_all(sample: Sample, total: int, letters: int) -> None:
    assert sample.letters(total) == letters


def test_with_two_subjects_the_sample_is_for_each() -> None:
    options = Options(sample=Sample(10), subjects={"en": "Other"})
    assert options.sampled(100) == 20
    assert options.sampled(1) == 1
    assert Options(sample=Sample(10)).sampled(100) == 10
    assert Options().sampled(100) == 100


@given(
    st.dictionaries(st.tuples(st.sampled_from(["en", "fr"]), st.integers(0, 9)), st.integers(1, 9999)),
    st.integers(0, 99999),
)
def test_shares_add_up_and_nobody_gives_more_than_there_is(sizes: dict[tuple[str, int], int], total: int) -> None:
    shares = quotas(sizes, total)
    everyone = sum(sizes.values())
    assert sum(shares.values()) == min(total, everyone)
    for group, share in shares.items():
        fair = sizes[group] * min(total, everyone) / everyone
        assert abs(share - fair) < 1
        assert 0 <= share <= sizes[group]


@given(
    sample=st.none() | st.builds(Sample, st.floats(1, 100), st.sampled_from(["percent", "letters"])),
    subjects=st.dictionaries(st.sampled_from(["en", "fr"]), st.text(min_size=1)),
    after=st.none() | st.integers(1, 999).map(lambda hours: timedelta(hours=hours)),
    local=st.none() | st.builds(LocalTime, st.datetimes(), st.just("UTC"), st.sampled_from(["now", "next-day"])),
)
def test_options_come_out_of_json_as_they_went_in(
    sample: Sample | None, subjects: dict[str, str], after: timedelta | None, local: LocalTime | None
) -> None:
    options = Options(sample=sample, subjects=subjects, decide_after=after, local=local)
    assert Options.of(json.loads(json.dumps(options.plain()))) == options


def test_no_options_are_nothing_at_all() -> None:
    assert Options().plain() == {}
    assert Options.of({}) == Options()
    assert Options.of({"local": {"at": "2026-11-23T09:00:00", "zone": "UTC", "late": "now"}}).local == LocalTime(
        datetime.fromisoformat("2026-11-23 09:00"), "UTC"
    )
