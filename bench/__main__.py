"""`python -m bench [--only render,…] [--size N]`: the measures, each beside its ceiling in the same run.

Ends with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import dispatch, importing, lists, render, segments, splice
from bench.measure import OUTPUT, Measure, save, table

# Each is given the size that was asked for, in rows or recipients, or None for its own.
BENCHES: dict[str, Callable[[int | None], list[Measure]]] = {
    "render": lambda _size: render.measure(),
    "import": importing.measure,
    "lists": lists.measure,
    "segments": segments.measure,
    "splice": splice.measure,
    "dispatch": dispatch.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measures what the product promises.")
    parser.add_argument("--only", default="", help=f"names with commas between them: {', '.join(BENCHES)}")
    parser.add_argument("--size", type=int, default=None, help="how many rows or recipients; each bench has its own")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the measures go as JSON")
    options = parser.parse_args(arguments)
    chosen = [name.strip() for name in options.only.split(",") if name.strip()] or list(BENCHES)
    if unknown := [name for name in chosen if name not in BENCHES]:
        parser.error(f"there is no bench {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    if len(chosen) == 1:
        measures = BENCHES[chosen[0]](options.size)
    else:
        measures = [measure for name in chosen for measure in _apart(name, options.size)]
    print(table(measures))
    save(measures, options.output)
    return 0 if all(measure.holds for measure in measures) else 1


def _apart(name: str, size: int | None) -> list[Measure]:
    """One bench in a process of its own: each has its own servers, which a process gets to know once."""
    with TemporaryDirectory(prefix="circular-bench-") as folder:
        output = Path(folder) / "bench.json"
        words = [sys.executable, "-m", "bench", "--only", name, "--output", str(output)]
        done = subprocess.run(
            [*words, *(["--size", str(size)] if size else [])], stdout=subprocess.DEVNULL, check=False
        )
        if not output.exists():
            raise SystemExit(f"The bench {name} ended with {done.returncode} and without measures.")
        return [Measure(**row) for row in json.loads(output.read_text())]


if __name__ == "__main__":
    sys.exit(main())
