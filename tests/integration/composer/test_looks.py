"""The themes that a bulletin's page offers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation

from composer.extract import extract
from composer.looks import theme_choices
from composer.rendering.edition import render_edition
from composer.rendering.themes import set_theme_folders
from tests.factories import edition_of, make_bulletin, make_issue

pytestmark = pytest.mark.django_db


def test_the_first_theme_is_the_empty_choice_and_names_are_in_the_desks_language() -> None:
    slugs = [slug for slug, _name in theme_choices()]
    assert slugs[0] == ""
    assert "harbour" in slugs
    with translation.override("zh-hans"):
        assert dict(theme_choices())["harbour"] == "海港"


def test_a_broken_theme_says_so_and_a_bulletin_that_has_it_can_still_be_edited(tmp_path: Path) -> None:
    (tmp_path / "wreck").mkdir()
    (tmp_path / "wreck" / "theme.toml").write_text("[light\n")
    set_theme_folders(tmp_path)
    try:
        assert "broken" in dict(theme_choices())["wreck"]
        bulletin = make_bulletin("en", theme="wreck")
        bulletin.full_clean()
    finally:
        set_theme_folders()


def test_an_edition_looks_as_its_bulletin_says_and_another_theme_voids_an_approval() -> None:
    bulletin = make_bulletin("en")
    content = extract(edition_of(make_issue(bulletin)))
    bulletin.refresh_from_db()
    bulletin.theme = "harbour"
    bulletin.save()
    changed = extract(edition_of(make_issue(bulletin)))
    assert changed.masthead.theme == "harbour"
    assert content.masthead != changed.masthead
    pages = [render_edition(each, base_url="https://b.example", tracked=False).html for each in (content, changed)]
    assert pages[0] != pages[1]
