"""How far an import of people is: its numbers and the words for them, for its page and the polls that renew it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import localize, number_format
from django.utils.translation import gettext as _

from subscribers.importing.errors import BadFile
from subscribers.importing.keeping import path_of
from subscribers.models import ImportRun
from web.operations.wording import duration_words

State = ImportRun.State

GLANCE = 1 << 16  # bytes at the beginning of a file
RARE = frozenset({"organisations"})
MOVING = frozenset({State.CHECKING, State.RUNNING})
WAIT = timedelta(seconds=15)
"""A worker takes an import up sooner than this, if there is one that is free."""
STUCK = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Tile:
    """A count, with what it is called in the state that the import is in."""

    key: str
    label: str
    count: int
    hint: str


@dataclass(frozen=True, slots=True)
class Figures:
    """`percent` and `left_text` are unknown while nobody knows how many rows the file has; `about`: it is a guess."""

    state: str
    label: str
    moving: bool
    rows: int | None
    about: bool
    position: int
    percent: float | None
    rate_text: str
    left_text: str
    elapsed_text: str
    trouble: str
    tiles: tuple[Tile, ...]

    @property
    def rows_text(self) -> str:
        """Of how many rows; a guess is rounded, and says so."""
        if self.rows is None:
            return ""
        if not self.about:
            return grouped(self.rows)
        return _("about %s") % grouped(round(self.rows, 2 - len(str(self.rows))) or self.rows)

    def plain(self) -> dict[str, Any]:
        """All that a poll needs, fit for JSON."""
        return {
            "state": self.state,
            "label": self.label,
            "moving": self.moving,
            "rows_text": self.rows_text,
            "position_text": grouped(self.position),
            "percent": self.percent,
            "percent_text": f"{self.percent:.0f} %" if self.percent is not None else "",
            "rate_text": self.rate_text,
            "left_text": self.left_text,
            "elapsed_text": self.elapsed_text,
            "trouble": self.trouble,
            "counts": {tile.key: grouped(tile.count) for tile in self.tiles},
        }


def figures(run: ImportRun, *, now: datetime, rows: int | None = None, waiting: timedelta | None = None) -> Figures:
    """`now` is the database's; `rows` a guess for a file that was never read to its end; `waiting` for a worker."""
    state = State(run.state)
    moving = state in MOVING
    total = run.rows if run.rows is not None else rows
    until = now if moving else run.finished_at or now
    elapsed = until - run.started_at if run.started_at else None
    rate = _rate(run, until)
    left = timedelta(seconds=max(total - run.position, 0) / rate) if moving and total and rate > 0 else None
    most = 100.0 if run.rows is not None else 99.0
    return Figures(
        state=state.value,
        label=str(state.label),
        moving=moving,
        rows=total,
        about=run.rows is None,
        position=run.position,
        percent=round(min(run.position / total * 100, most), 1) if total else None,
        rate_text=rows_per_second(rate),
        left_text=duration_words(left),
        elapsed_text=duration_words(elapsed),
        trouble=trouble(run, now=now, waiting=waiting) if moving else "",
        tiles=tiles(run),
    )


def _rate(run: ImportRun, until: datetime) -> float:
    """Rows a second since a worker took it up: the time that nobody worked on it doesn't count."""
    taken = run.options.get("taken") or {}
    since = datetime.fromisoformat(taken["at"]) if taken else run.started_at
    seconds = (until - since).total_seconds() if since else 0.0
    return max(run.position - taken.get("position", 0), 0) / seconds if seconds > 0 else 0.0


def guessed_rows(run: ImportRun) -> int | None:
    """About how many rows a CSV has, by the lines at its beginning; None for a workbook, whose size says nothing."""
    if run.reading.get("kind") != "csv":
        return None
    try:
        with path_of(run).open("rb") as file:
            sample = file.read(GLANCE)
    except (BadFile, OSError):
        return None
    lines = sample.count(b"\n")
    return max(round(lines * run.size / len(sample)) - 1, 1) if lines else None


def grouped(number: int) -> str:
    """With a mark between thousands, as the desk's language has it."""
    return str(number_format(number, force_grouping=True))


def rows_per_second(rate: float) -> str:
    if rate <= 0:
        return "–"
    return _("%s rows/s") % localize(round(rate, 1)) if rate < 10 else _("%s rows/s") % grouped(round(rate))


def trouble(run: ImportRun, *, now: datetime, waiting: timedelta | None) -> str:
    """Why an import that should move doesn't, or nothing."""
    if run.leased_until is not None and run.leased_until < now:
        return _(
            "The worker that did this has stopped. Another one goes on behind the last row that was dealt with; "
            "nothing is lost or done twice."
        )
    if run.leased_until is None and run.started_at is not None and not run.position and now - run.started_at > STUCK:
        return _(
            "It begins again and again and gets no further. Stop it, and tell whoever looks after this Circular: the "
            "log of the workers has the reason."
        )
    if waiting is not None and waiting > WAIT:
        return _(
            "No worker has taken this up yet. If that lasts, tell whoever looks after this Circular that its "
            "workers don’t run, or have much to do."
        )
    return ""


def was_started(run: ImportRun) -> bool:
    """Whether writing began, so that the counts are of what was done."""
    return run.state in {State.RUNNING, State.FINISHED} or bool(
        run.state in {State.FAILED, State.CANCELLED} and run.options.get("started")
    )


def tiles(run: ImportRun) -> tuple[Tile, ...]:
    """What the rows came to, or would come to as long as nothing was written."""
    labels = [*(_done() if was_started(run) else _would_be()), *_kept()]
    counted = [Tile(key, label, int(run.counts.get(key, 0)), hint) for key, label, hint in labels]
    return tuple(tile for tile in counted if tile.count or tile.key not in RARE)


def _kept() -> list[tuple[str, str, str]]:
    return [
        ("unchanged", _("Unchanged"), _("known, and everything in the file is known of them")),
        ("refused", _("Refused"), _("left out, with the reason by row")),
        ("duplicate", _("Twice in the file"), _("the same address again; the first row counts")),
        ("unsubscribed", _("Unsubscribed, kept so"), _("left the bulletin before; an import doesn't take them back")),
        ("suppressed", _("Suppressed, kept so"), _("never written to, whatever a file says")),
        ("organisations", _("New organisations"), _("named in the file, and unknown until now")),
    ]


def _would_be() -> list[tuple[str, str, str]]:
    return [
        ("new", _("Would be new"), _("people nobody knew here")),
        ("changed", _("Would change"), _("known, and the file says more or something else")),
    ]


def _done() -> list[tuple[str, str, str]]:
    return [
        ("new", _("New people"), _("people nobody knew here")),
        ("changed", _("Changed people"), _("known, and the file said more or something else")),
    ]
