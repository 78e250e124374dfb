"""`circular subscribers import` on a terminal: faults.md, rows 1 and 9."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.commands import subscribers as command
from subscribers.models import ImportRun, Subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command starts its own servers: here it has the test's."""
    settings.DATA = tmp_path
    monkeypatch.setattr(command, "servers", nullcontext)


def test_a_guessed_encoding_is_shown_and_not_written_with_until_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "semi.csv"
    lines = [
        "email;name",
        *(f"p{number}@x.com;Person" for number in range(50)),
        "o@x.com;Øystein",
        "z@x.com;Zoë Ÿrsted",
    ]
    path.write_bytes("\n".join(lines).encode("cp1252"))
    assert command.main(["import", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "row 52 is read as: o@x.com | Øystein" in out
    assert "row 53 is read as: z@x.com | Zoë Ÿrsted" in out
    assert "--encoding cp1252" in err
    assert "gb18030" in err
    assert not Subscriber.objects.exists()
    assert not ImportRun.objects.exists()
    assert command.main(["import", str(path), "--check"]) == 0
    assert command.main(["import", str(path), "--encoding", "cp1252"]) == 0
    assert Subscriber.objects.filter(name="Zoë Ÿrsted").exists()


def test_a_file_in_unicode_is_imported_without_asking(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,name\na@x.com,José\n", encoding="utf-8")
    assert command.main(["import", str(path)]) == 0
    assert Subscriber.objects.get().name == "José"


def test_a_dry_run_tells_of_refused_rows_first_and_how_many_for_which_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "people.csv"
    fine = [f"p{number}@x.com,KE" for number in range(30)]
    path.write_text("\n".join(["email,country", *fine, "q@x.com,Frnce", "r@x.com,Atlantis", "nobody,FR"]))
    assert command.main(["import", str(path), "--check"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    begin = lines.index("Refused, by reason:")
    assert lines[begin + 1].startswith("2 × ")
    assert lines[begin + 2].startswith("1 × ")
    assert [line.split(":")[0] for line in lines[begin + 3 : begin + 6]] == ["row 32", "row 33", "row 34"]
    assert lines.index("The other rows, by reason:") > begin
    assert "30 × New." in lines


@pytest.mark.django_db(transaction=True)
def test_a_database_without_its_tables_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email\na@x.com\n")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subscribers_importrun RENAME TO away")
    try:
        assert command.main(["import", str(path)]) == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO subscribers_importrun")
    assert "run `circular migrate` first" in capsys.readouterr().err
