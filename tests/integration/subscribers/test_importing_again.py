"""What is left after an import: the file of refused rows, and segments' counts. faults.md, rows 3, 6 and 9."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from subscribers.counts import recount, recount_stale
from subscribers.importing.runs import receive, refused_rows, set_mapping, start_check, start_import, work
from subscribers.models import ImportNote, ImportRun, Segment, Subscriber
from web.desk.people_import.figures import figures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


def imported(text: str, *, check: bool = False) -> ImportRun:
    run = receive(io.BytesIO(text.encode()), "people.csv")
    set_mapping(run, run.mapping, {})
    assert start_check(run) if check else start_import(run)
    work(run.pk)
    run.refresh_from_db()
    return run


def written(run: ImportRun) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(refused_rows(run))
    return text.getvalue()


def test_the_file_of_refused_rows_keeps_every_cell_and_is_refused_again_as_it_is() -> None:
    run = imported("email,name\na@x.com,Ana\na@x.com,Other\nb@x.com,Ben,Ruiz,Paris\nc@x.com,C\0h\njosé@x.com,José\n")
    assert run.counts["new"] == 1
    found = list(refused_rows(run))
    assert found[0] == ["email", "name", "reason", "", ""]
    assert [(row[:2], row[3:]) for row in found[1:]] == [
        (["b@x.com", "Ben"], ["Ruiz", "Paris"]),
        (["c@x.com", "C␀h"], ["", ""]),
        (["josé@x.com", "José"], ["", ""]),
    ]
    again = imported(written(run))
    assert {what: count for what, count in again.counts.items() if count} == {"refused": 3}
    assert Subscriber.objects.values_list("email", "name").get() == ("a@x.com", "Ana")


def test_the_refused_row_that_was_mended_is_taken_though_others_have_cells_too_many() -> None:
    run = imported("email,name\nb@x.com,Ben,Ruiz\nnobody,Ana\n")
    again = imported(written(run).replace("nobody", "ana@x.com"))
    assert again.counts["new"] == again.counts["refused"] == 1


def test_an_address_in_full_width_is_taken_and_it_is_said() -> None:
    run = imported("email\nａ@x.com\n")
    assert Subscriber.objects.get().email == "a@x.com"
    note = ImportNote.objects.get(run=run)
    assert (note.refused, note.reason) == (False, "The address was written as “ａ@x.com”.")


def test_segments_are_counted_anew_at_once_when_an_import_ends() -> None:
    everyone = Segment.objects.create(name="All", slug="all", rule={"all": []})
    assert recount(everyone) == 0
    imported("email\na@x.com\n", check=True)
    assert recount_stale() == 0
    imported("email\na@x.com\n")
    assert recount_stale() == 1
    everyone.refresh_from_db()
    assert everyone.count == 1


def test_the_time_that_nobody_worked_on_an_import_is_no_part_of_its_rate() -> None:
    run = imported("email\na@x.com\n", check=True)
    assert start_import(run)
    hour = timedelta(hours=1)
    ImportRun.objects.filter(pk=run.pk).update(started_at=Now() - hour, position=1)
    work(run.pk)
    run.refresh_from_db()
    assert run.started_at is not None
    taken = run.options["taken"]
    assert taken["position"] == 1
    run.state, run.position = ImportRun.State.RUNNING, 1001
    shown = figures(run, now=run.started_at + hour + timedelta(seconds=100))
    assert shown.rate_text.startswith(("10 ", "10.", "9.", "11"))
