"""Writes letters for the reference compiler to check: `python .ci/reference/letters.py FOLDER`.

The editions of the golden files and the specimen in four languages, then those that Hypothesis finds for the tests
of inertness (the same at every run); each as MJML and as HTML, in every theme. And our vocabulary, as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit")]

from hypothesis import HealthCheck, given, settings  # noqa: E402
from rendering.issues import ISSUES  # noqa: E402
from rendering.test_inertness import editions  # noqa: E402

from composer.content import EditionContent  # noqa: E402
from composer.rendering.edition import edition_mjml, render_edition  # noqa: E402
from composer.rendering.slots import MARKER  # noqa: E402
from composer.rendering.specimen import LOCALES, specimen  # noqa: E402
from composer.rendering.themes import themes  # noqa: E402
from composer.rendering.vocabulary import CHILDREN, COMPONENTS  # noqa: E402

BASE_URL = "https://mail.example.org"
FOUND = 200


def main(folder: Path) -> None:
    folder.mkdir(parents=True)
    _write_vocabulary(folder / "vocabulary.json")
    kept = {**{f"golden-{code}": issue for code, issue in ISSUES.items()}, **_specimens()}
    for name, content in kept.items():
        for tracked in (True, False):
            _write(folder, f"{name}-{'letter' if tracked else 'page'}", content, tracked=tracked)
    numbers = count()

    @settings(
        max_examples=FOUND, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(editions)
    def write_found(content: EditionContent) -> None:
        number = next(numbers)
        _write(folder, f"found-{number:03}", content, tracked=number % 2 == 0)

    write_found()
    print(f"{len(list(folder.glob('*.mjml')))} letters of {len(kept)} kept and {next(numbers)} found editions")


def _specimens() -> dict[str, EditionContent]:
    made = {f"specimen-{locale}": specimen(locale) for locale in LOCALES}
    for locale in ("fr", "ar"):
        made[f"specimen-{locale}"] = dataclasses.replace(specimen("en"), locale=locale)
    return made


def _write(folder: Path, name: str, content: EditionContent, *, tracked: bool) -> None:
    for slug, theme in themes().items():
        mjml = edition_mjml(content, theme=theme, base_url=BASE_URL, tracked=tracked)
        html = render_edition(content, theme=theme, base_url=BASE_URL, tracked=tracked).html
        for suffix, text in ((".mjml", mjml), (".html", html)):
            # As a recipient's: a token for each mark, and no pixel.
            (folder / f"{name}-{slug}{suffix}").write_text(
                MARKER.sub(lambda mark: "" if mark[1] == "pixel" else "token", text), encoding="utf-8", newline="\n"
            )


def _write_vocabulary(path: Path) -> None:
    names = {
        "components": {name: sorted(attributes) for name, attributes in COMPONENTS.items()},
        "children": {name: sorted(children) for name, children in CHILDREN.items()},
    }
    path.write_text(json.dumps(names, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
