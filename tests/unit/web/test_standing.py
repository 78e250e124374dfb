"""How a dispatch stands, in words: every case has its sentence, and each sentence its facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.health import Doing, Facts, Health, Tone
from web.operations.standing import notes, said

NOW = datetime(2026, 11, 3, 14, 13, tzinfo=UTC)


@pytest.mark.parametrize("doing", list(Doing))
@pytest.mark.parametrize("count", [0, 1, 1200])
def test_every_case_has_a_sentence(doing: Doing, count: int) -> None:
    found = Health(doing, Tone.GOOD, count, NOW - timedelta(hours=1), NOW + timedelta(days=3), 600.0, "100 % of it")
    words = said(found, now=NOW, took="12 s")
    assert words
    assert "%(" not in words
    assert words.endswith((".", "it"))


def test_a_sentence_names_its_facts() -> None:
    lost = Health(Doing.WORKER_LOST, Tone.BAD, 7, NOW - timedelta(minutes=2), NOW + timedelta(minutes=1))
    assert "7 letters" in said(lost, now=NOW)
    paced = Health(Doing.PACED, Tone.GOOD, per_minute=600.0)
    assert "600 a minute" in said(paced, now=NOW)
    waiting = Health(Doing.NO_WORKER, Tone.BAD, 7, NOW - timedelta(minutes=90))
    assert "(1 h 30 min)" in said(waiting, now=NOW)


def test_notes_tell_what_else_is_so_and_do_not_repeat_the_sentence() -> None:
    facts = Facts(
        state="paused",
        now=NOW,
        planned_at=NOW,
        leased=2,
        lost=3,
        lost_since=NOW,
        resting=4,
        resting_domain="gmail.com",
        resting_until=NOW,
        doubts=1,
    )
    told = notes(Health(Doing.PAUSED, Tone.PERSON), facts)
    assert len(told) == 4
    assert "1 letter is in doubt." in told
    assert len(notes(Health(Doing.WORKER_LOST, Tone.BAD), facts)) == 2
    assert "1 letter is in doubt." not in notes(Health(Doing.DOUBTS, Tone.PERSON), facts)
