from __future__ import annotations

import re
from pathlib import Path

import pytest

import composer
from composer.content import ITEM_KINDS
from composer.rendering import templates
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from composer.rendering.theme import DEFAULT

from .issues import ENGLISH


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A copy of the templates in which the story's third line is the parameter."""
    for source in templates.TEMPLATES.rglob("*.mjml"):
        copy = tmp_path / source.relative_to(templates.TEMPLATES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    story = tmp_path / "sections/story.mjml"
    lines = story.read_text(encoding="utf-8").split("\n")
    lines[2] = f"{request.param}{{% if item.picture %}}"
    story.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(templates, "TEMPLATES", tmp_path)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("  <mj-txt />", "mj-txt"),
        ("  <p>", "mismatched tag"),
        ("  {{ item.colour }}", "colour"),
        ("  {{ item.__class__ }}", "__class__"),
        ("  {% bogus %}", "bogus"),
        ("  <p {{ 1 }}></p>", "not well-formed"),
    ],
    indirect=["broken"],
)
def test_a_fault_in_a_template_is_told_with_template_and_line(problem: str) -> None:
    with pytest.raises(RenderingError, match=problem) as error:
        render_edition(ENGLISH, base_url="https://mail.example.org", tracked=True)
    assert error.value.template == "sections/story.mjml"
    # An element left open is noticed where its parent closes.
    assert error.value.line >= 3 if problem == "mismatched tag" else error.value.line == 3


def test_every_kind_of_item_has_its_template_and_every_template_its_kind() -> None:
    files = (templates.TEMPLATES / "sections").iterdir()
    assert {path.name for path in files} == {f"{kind}.mjml" for kind in ITEM_KINDS}


def test_values_are_escaped_although_templates_end_in_mjml() -> None:
    template = templates.environment(DEFAULT).from_string("{{ value }}")
    assert template.render(value="<b>\"'&") == "&lt;b&gt;&#34;&#39;&amp;"


def test_one_module_alone_imports_mjml() -> None:
    package = Path(composer.__file__).parent
    imports = re.compile(r"^\s*(?:from|import) mjml\b", re.MULTILINE)
    users = {path.name for path in package.rglob("*.py") if imports.search(path.read_text(encoding="utf-8"))}
    assert users == {"mjml.py"}
