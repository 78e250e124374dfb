"""What the guides say about the code, held against the code."""

import re
import tomllib
from pathlib import Path

import pytest

from config import env

DOCS = env.ROOT / "docs"
GUIDES = sorted([*env.ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#]+)(#[^)]*)?\)|(?:src|href)=\"(?!https?://)([^\"#]+)\"")


ANCHOR = re.compile(r"\]\(([^)#:]*\.md)?#([^)]+)\)")


def anchors_of(guide: Path) -> set[str]:
    """The anchors of its headings, as the usual renderers make them."""
    text = re.sub(r"^```.*?^```", "", guide.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def required_names(*extras: str) -> set[str]:
    project = tomllib.loads((env.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] if not extras else project["optional-dependencies"][extras[0]]
    return {re.match(r"[\w.-]+", line)[0].lower() for line in lines}  # type: ignore[index]  # each begins with a name


def documented_names(heading: str) -> list[str]:
    text = (DOCS / "dependencies.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [name.lower() for name in re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)]


def test_the_table_of_variables_is_the_one_that_env_makes() -> None:
    text = (DOCS / "deployment.md").read_text(encoding="utf-8")
    table = text.split("<!-- env -->\n", 1)[1].split("\n<!-- /env -->", 1)[0]
    assert table == env.table()


@pytest.mark.parametrize(("heading", "extras"), [("To run", ()), ("To develop", ("dev",))])
def test_every_direct_dependency_has_its_line_and_no_other_has(heading: str, extras: tuple[str, ...]) -> None:
    documented = documented_names(heading)
    assert len(documented) == len(set(documented))
    assert set(documented) == required_names(*extras)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(env.ROOT)))
def test_every_local_link_of_a_guide_leads_somewhere(guide: Path) -> None:
    targets = [first or second for first, _anchor, second in LINK.findall(guide.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (guide.parent / target).exists()] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(env.ROOT)))
def test_every_link_to_a_heading_finds_it(guide: Path) -> None:
    links = ANCHOR.findall(guide.read_text(encoding="utf-8"))
    missing = [
        f"{target}#{anchor}"
        for target, anchor in links
        if not (guide.parent / target if target else guide).is_file()
        or anchor not in anchors_of(guide.parent / target if target else guide)
    ]
    assert missing == []
