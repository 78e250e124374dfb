"""`python -m bench [--only render,…] [--size N]`: the measures, each beside its ceiling in the same run.

Ends with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from bench import dispatch, importing, lists, render, segments, splice
from bench.measure import Measure, save, table

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
    options = parser.parse_args(arguments)
    chosen = [name.strip() for name in options.only.split(",") if name.strip()] or list(BENCHES)
    if unknown := [name for name in chosen if name not in BENCHES]:
        parser.error(f"there is no bench {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    measures = [measure for name in chosen for measure in BENCHES[name](options.size)]
    print(table(measures))
    save(measures)
    return 0 if all(measure.holds for measure in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
