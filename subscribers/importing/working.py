"""Doing a check or an import, batch by batch, in a worker that may be killed at any moment.

Each batch is one transaction that also moves the run's position: what was killed goes on behind the last batch that is
whole. A lease by the database's clock keeps two workers apart.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

from django.db import DataError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override

from subscribers.counts import forget_counts
from subscribers.importing.checking import Batch, Checker, Vocabulary
from subscribers.importing.errors import BadFile
from subscribers.importing.fields import CUSTOM
from subscribers.importing.going import checked_batches
from subscribers.importing.keeping import path_of
from subscribers.importing.merging import CHANGED, NEW, REFUSED, Options, Outcome, merge
from subscribers.importing.reading import Reading
from subscribers.importing.staging import add_notes, make_tables, stage
from subscribers.importing.words import topic_words
from subscribers.models import CustomField, ImportRun, Suppression, Topic

logger = logging.getLogger(__name__)

LEASE = "90 seconds"
TRIES = 3
MOST_FAILURES = 5  # attempts in a row without a batch dealt with, each ended by an error or a killed process
EXAMPLES = 1_000  # of what a dry run would do, by row
LONGEST_NOTED_CELL = 2_000
State = ImportRun.State
MOVING = (State.CHECKING, State.RUNNING)


class _Lost(Exception):
    """The run was cancelled, or another worker has it."""


def are_due() -> list[int]:
    """The runs that nobody works on and somebody should."""
    return list(
        ImportRun.objects.filter(Q(leased_until=None) | Q(leased_until__lt=Now()), state__in=MOVING).values_list(
            "pk", flat=True
        )
    )


def work(run_id: int, *, seconds: float | None = None, progress: Callable[[int], object] | None = None) -> bool:
    """Go on with a check or an import; True if there is more to do (only where `seconds` ran out).

    `progress` is told how many rows were dealt with, after each batch.
    """
    lease = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"run": run_id, "lease": lease, "lasting": LEASE})
        if not cursor.rowcount:
            return False
    run = ImportRun.objects.get(pk=run_id)
    with override(run.options.get("spoken") or None):  # of whoever started it: reasons are kept as text
        return _attempt(run, lease, until=None if seconds is None else time.monotonic() + seconds, progress=progress)


def _attempt(run: ImportRun, lease: UUID, *, until: float | None, progress: Callable[[int], object] | None) -> bool:
    if run.failures > MOST_FAILURES:  # the last ones were killed before they could say so
        _fail(run, lease)
        return False
    try:
        return _go_on(run, lease, until=until, progress=progress)
    except _Lost:
        return False
    except BadFile as error:
        _finish(run, lease, state=State.FAILED, error=str(error))
        return False
    except KeyboardInterrupt:  # whoever resumes it need not wait
        ImportRun.objects.filter(pk=run.pk, lease=lease).update(lease=None, leased_until=None, failures=0)
        raise
    except (DataError, IntegrityError):  # it would be so at each attempt
        logger.exception("import %s: the database refused a batch", run.pk)
        reason = _("The database refused some rows behind row %d; those before are in.")
        position = ImportRun.objects.values_list("position", flat=True).get(pk=run.pk)
        _finish(run, lease, state=State.FAILED, error=reason % (position + 1))
        return False
    except Exception:
        if not ImportRun.objects.filter(pk=run.pk, failures__gte=MOST_FAILURES).exists():
            raise  # tried again when the lease has run out
        logger.exception("import %s: given up", run.pk)
        _fail(run, lease)
        return False


def _fail(run: ImportRun, lease: UUID) -> None:
    reason = _(
        "It broke off %(times)d times behind row %(row)d without getting further; the rows before are dealt with. "
        "Who keeps the server finds the cause in its log. Start it again when that is mended."
    )
    position = ImportRun.objects.values_list("position", flat=True).get(pk=run.pk)
    _finish(run, lease, state=State.FAILED, error=reason % {"times": MOST_FAILURES, "row": position + 1})


def _go_on(run: ImportRun, lease: UUID, *, until: float | None, progress: Callable[[int], object] | None) -> bool:
    write = run.state == State.RUNNING
    options = _options(run)
    checker = Checker(run.mapping, _vocabulary())
    has = _parts(run.mapping)
    counts: Counter[str] = Counter(run.counts)
    position = run.position
    path = path_of(run)
    with connection.cursor() as cursor:
        make_tables(cursor)
        with checked_batches(path, Reading(**run.reading), checker, position=position) as batches:
            for batch in batches:
                end = batch.first - 2 + len(batch.rows)
                if end <= position:  # dealt with before: only its organisations are of use
                    stage(cursor, Batch(batch.first, [], organisations=batch.organisations))
                    continue
                for attempt in range(1, TRIES + 1):
                    try:
                        with transaction.atomic():
                            counts = _deal_with(cursor, run, lease, batch, options, has, counts, write=write, end=end)
                        break
                    except IntegrityError:  # somebody else added one of them meanwhile: it is found the next time
                        if attempt == TRIES:
                            raise
                position = end
                if progress:
                    progress(position)
                if until is not None and time.monotonic() > until:
                    ImportRun.objects.filter(pk=run.pk, lease=lease).update(lease=None, leased_until=None)
                    return True
    _finish(run, lease, state=State.FINISHED if write else State.CHECKED, rows=position)
    return False


def _deal_with(
    cursor: CursorWrapper,
    run: ImportRun,
    lease: UUID,
    batch: Batch,
    options: Options,
    has: frozenset[str],
    before: Counter[str],
    *,
    write: bool,
    end: int,
) -> Counter[str]:
    """One batch in the transaction that is open; the counts with it."""
    cursor.execute("SET LOCAL synchronous_commit = off")
    cursor.execute(_HOLD, {"run": run.pk, "lease": lease, "state": run.state})
    if not cursor.rowcount:
        raise _Lost
    stage(cursor, batch)
    told_already = before[NEW] + before[CHANGED]
    outcome = merge(cursor, options, write=write, has=has, tell=0 if write else max(0, EXAMPLES - told_already))
    counts = before + outcome.counts
    counts[REFUSED] += len(batch.refused)
    counts["duplicate"] += len(batch.duplicates)
    add_notes(cursor, run.pk, _notes(batch, outcome))
    cursor.execute(
        _MOVE, {"run": run.pk, "lease": lease, "position": end, "counts": json.dumps(counts), "lasting": LEASE}
    )
    return counts


def _finish(run: ImportRun, lease: UUID, **values: Any) -> None:
    ImportRun.objects.filter(pk=run.pk, lease=lease, state__in=MOVING).update(
        lease=None, leased_until=None, finished_at=Now(), **values
    )
    if run.state == State.RUNNING:
        forget_counts()


_TAKE = """
UPDATE subscribers_importrun SET lease = %(lease)s, leased_until = now() + %(lasting)s::interval,
    started_at = coalesce(started_at, now()), failures = failures + 1,
    options = options || jsonb_build_object('taken', jsonb_build_object('at', now(), 'position', position))
WHERE id = %(run)s AND state IN ('checking', 'running') AND (leased_until IS NULL OR leased_until < now())
"""
_HOLD = "SELECT FROM subscribers_importrun WHERE id = %(run)s AND lease = %(lease)s AND state = %(state)s FOR UPDATE"
_MOVE = """
UPDATE subscribers_importrun SET position = %(position)s, counts = %(counts)s,
    leased_until = clock_timestamp() + %(lasting)s::interval, failures = 0
WHERE id = %(run)s AND lease = %(lease)s
"""


def _options(run: ImportRun) -> Options:
    given = run.options
    return Options(
        bulletin=UUID(given["bulletin"]) if given.get("bulletin") else None,
        source=f"{run.name[:80]}: {given.get('basis', '')}"[:200],
        words=given.get("words", ""),
        measure=tuple(given.get("measure", ())),
        language=given.get("language") or "en",
    )


def _vocabulary() -> Vocabulary:
    fields = CustomField.objects.values_list("key", "kind", "choices")
    topics = list(Topic.objects.values_list("slug", "names", "pk"))
    ids = {slug: pk for slug, _names, pk in topics}
    words = topic_words((slug, names) for slug, names, _pk in topics)
    return Vocabulary(
        custom={key: (kind, tuple(map(str, choices))) for key, kind, choices in fields},
        topics={word: ids[slug] for word, slug in words.items()},
    )


def _parts(mapping: list[str]) -> frozenset[str]:
    parts = set()
    for name in mapping:
        if name.startswith("organisation") or name in {"affiliation_organisation", "affiliations"}:
            parts.add("organisation")
        if name in {"role", "affiliations"}:
            parts.add("affiliations")
        if name == "topics":
            parts.add("topics")
        if name.startswith(CUSTOM):
            parts.add("custom")
    return frozenset(parts)


def _notes(batch: Batch, outcome: Outcome) -> Iterator[tuple[int, bool, str, str]]:
    said = [(row, True, reason) for row, reason in [*batch.refused, *batch.duplicates]]
    said += [(row, False, reason) for row, reason in batch.noted]
    said += [(row, *_words(what, why)) for row, what, why in outcome.told]
    for row, refused, reason in sorted(said):
        yield row, refused, _storable(reason), json.dumps([_storable(cell) for cell in batch.cells(row)])


def _words(what: str, why: str) -> tuple[bool, str]:
    """Whether the row is refused, and what is said of it."""
    match what:
        case "suppressed":
            return False, _("Never to be written to (%s): left as it is.") % Suppression.Reason(why).label
        case "refused":
            return True, _("The number elsewhere belongs to a person with another address.")
        case "unsubscribed":
            return False, _("Unsubscribed: stays so.")
        case "pending":
            return False, _("Has asked to subscribe and not confirmed yet: stays so.")
        case "new":
            return False, _("New.")
    return False, _("Changes: %s.") % why


def _storable(text: str) -> str:
    """Without what PostgreSQL's JSON can't hold."""
    if len(text) > LONGEST_NOTED_CELL:
        text = text[:LONGEST_NOTED_CELL] + "…"
    return text.replace("\0", "␀").encode("utf-8", "replace").decode()
