"""How a dispatch stands, in a sentence: what an operator must see within ten seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch.claim import database_now
from dispatch.health import Doing, Facts, Health, facts_of, health
from dispatch.models import Dispatch
from dispatch.progress import Progress
from web.operations.wording import duration_words, moment_words

MOVING = frozenset({Doing.SENDS, Doing.PACED, Doing.BEGINS, Doing.ENDS})
"""What changes from one second to the next."""


def standing(dispatch: Dispatch, progress: Progress) -> dict[str, Any]:
    """`{"doing", "tone", "words", "notes", "moving"}`, as a page shows it and a poll renews it."""
    facts = _facts(dispatch, progress)
    found = health(facts)
    return {
        "doing": str(found.doing),
        "tone": str(found.tone),
        "words": said(found, now=facts.now, took=duration_words(_took(dispatch))),
        "notes": notes(found, facts),
        "moving": found.doing in MOVING or facts.leased > 0,
    }


def said(found: Health, *, now: datetime, took: str = "") -> str:
    """The sentence."""
    n = localize(found.count)
    told = {"n": n, "since": moment_words(found.since, now=now), "until": moment_words(found.until, now=now)}
    if found.since is not None:
        told["for"] = duration_words(now - found.since)
    told |= {"words": found.words, "took": took, "rate": localize(round(found.per_minute, 1)).removesuffix(".0")}
    return (_SENTENCES[found.doing](found.count) % told).strip()


_SENTENCES = {
    Doing.SENDS: lambda n: _("Letters are leaving."),
    Doing.PACED: lambda n: _("Letters are leaving, held back by the pace: %(rate)s a minute."),
    Doing.CLOSED: lambda n: _("Outside sending hours. Letters leave again at %(until)s."),
    Doing.DAY_DONE: lambda n: _("As many letters as the pace allows for today have left. More leave at %(until)s."),
    Doing.RESTS: lambda n: _("All letters rest after refusals until %(until)s. %(words)s"),
    Doing.DOMAINS_REST: lambda n: _("What is left is for receiving domains that rest: %(words)s until %(until)s."),
    Doing.RETRIES: lambda n: _("Nothing is due now. The next letter leaves at %(until)s."),
    Doing.WAVE: lambda n: _("The first letters have left. The rest waits for its turn."),
    Doing.BEGINS: lambda n: _("Waiting for a worker to begin."),
    Doing.ENDS: lambda n: _("The last outcome is in. It is about to end."),
    Doing.WORKER_LOST: lambda n: ngettext(
        "A worker hasn’t been heard from since %(since)s. The letter that it had is settled by %(until)s.",
        "A worker hasn’t been heard from since %(since)s. The %(n)s letters that it had are settled by %(until)s.",
        n,
    ),
    Doing.NO_WORKER: lambda n: _("Nothing moves: letters are due since %(since)s (%(for)s), and no worker takes them."),
    Doing.PAUSED: lambda n: _("Paused by a person. Nothing leaves until somebody resumes it."),
    Doing.PAUSED_BY_ITSELF: lambda n: _("It paused by itself. Mend the cause, then resume it."),
    Doing.DOUBTS: lambda n: ngettext(
        "Finished but for %(n)s letter in doubt: somebody has to say what became of it.",
        "Finished but for %(n)s letters in doubt: somebody has to say what became of them.",
        n,
    ),
    Doing.LEFT_OPEN: lambda n: ngettext(
        "It counts as finished, but %(n)s letter is open. Tell whoever looks after this Circular.",
        "It counts as finished, but %(n)s letters are open. Tell whoever looks after this Circular.",
        n,
    ),
    Doing.FINISHED: lambda n: _("Finished, in %(took)s. No letter is open."),
    Doing.CANCELLED: lambda n: (
        _("Cancelled. Nothing leaves any more.")
        if not n
        else ngettext(
            "Cancelled. %(n)s letter that was on its way still ends.",
            "Cancelled. %(n)s letters that were on their way still end.",
            n,
        )
    ),
}


def notes(found: Health, facts: Facts) -> list[str]:
    """What else is to be known: it isn't what holds the dispatch up."""
    made = []
    now = facts.now
    if facts.leased and found.doing in {Doing.PAUSED, Doing.PAUSED_BY_ITSELF}:
        made.append(
            ngettext("%s letter is still on its way.", "%s letters are still on their way.", facts.leased)
            % localize(facts.leased)
        )
    if facts.lost and found.doing is not Doing.WORKER_LOST:
        made.append(
            ngettext(
                "%(n)s letter is with a worker that hasn’t been heard from since %(since)s.",
                "%(n)s letters are with a worker that hasn’t been heard from since %(since)s.",
                facts.lost,
            )
            % {"n": localize(facts.lost), "since": moment_words(facts.lost_since, now=now)}
        )
    if facts.resting and found.doing is not Doing.DOMAINS_REST:
        made.append(
            _("Some receiving domains rest, %(domain)s until %(until)s.")
            % {"domain": facts.resting_domain, "until": moment_words(facts.resting_until, now=now)}
        )
    if facts.doubts and found.doing is not Doing.DOUBTS:
        made.append(
            ngettext("%s letter is in doubt.", "%s letters are in doubt.", facts.doubts) % localize(facts.doubts)
        )
    return made


def _facts(dispatch: Dispatch, progress: Progress) -> Facts:
    if dispatch.state in Dispatch.OPEN or progress.open:
        return facts_of(dispatch, counts=progress.counts, rate=progress.rate)
    now = dispatch.finished_at or database_now()
    return Facts(state=dispatch.state, now=now, planned_at=dispatch.planned_at, doubts=progress.counts["unknown"])


def _took(dispatch: Dispatch) -> Any:
    return dispatch.finished_at - dispatch.planned_at if dispatch.finished_at else None
