"""`circular theme check`: a designer's view of a theme."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from composer.rendering.templates import TEMPLATES
from config import cli
from config.commands import theme

HARBOUR = TEMPLATES / "themes" / "harbour"


def test_a_good_theme_is_shown_in_pages_that_need_no_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert theme.main(["check", str(HARBOUR), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    for locale in ("en", "zh-hans"):
        page = tmp_path / f"specimen.{locale}.html"
        assert str(page) in printed
        assert 'src="https://' not in page.read_text(encoding="utf-8")
        assert "\ue000" not in page.read_text(encoding="utf-8")


def test_faults_are_printed_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(HARBOUR, folder)
    (folder / "partials" / "gap.mjml").write_text("\n\n<mj-gap />\n")
    (folder / "partials" / "section.mjml").write_text("\n{{ section.hedding }}\n")
    assert theme.main(["check", str(folder), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"{folder}/partials/section.mjml:2: section has no 'hedding'",
        "circular theme: 1 fault; no letter can be made.",
    ]
    assert not (tmp_path / "out").exists()


def test_a_folder_of_themes_that_is_not_there_is_said_at_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CIRCULAR_THEMES", "/nowhere/at/all")
    assert cli.main(["theme", "check", str(HARBOUR)]) == cli.EXIT_WRONG_SETTING
    assert "CIRCULAR_THEMES is set to '/nowhere/at/all': expected a folder" in capsys.readouterr().err
