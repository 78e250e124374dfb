"""The import of subscribers: a million rows, beside what PostgreSQL alone does with the same rows made clean before.

The ceiling is COPY into an unlogged table and one INSERT … SELECT … ON CONFLICT from it, into a copy of the
subscribers' table with its indexes. Every import runs in a process of its own, whose peak of memory is measured.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from bench.measure import Measure, at_least, at_most
from config.embedded import embedded_servers

SEED = 20261122
ROWS = 1_000_000
MEGABYTE = 1024 * 1024
BULLETIN = "5f0f8a1e-0000-4000-8000-000000000001"
HEADER = ["email", "name", "language", "country", "organisation"]
AFFILIATION = ["role", "programme", "from"]
NEW, AGAIN, MEMORY = 40_000, 25_000, 300


def measure(size: int | None) -> list[Measure]:
    """Growth from ten thousand to a million, new and again with a tenth changed, and what comes with a subscription."""
    measures: list[Measure] = []
    most = size or ROWS
    with tempfile.TemporaryDirectory(prefix="circular-bench-") as folder:
        for rows in (most // 100, most // 10, most):
            with _Directory(Path(folder) / str(rows)) as directory:
                new = directory.imports(_file(Path(folder), rows))
                again = directory.imports(_file(Path(folder), rows, changed=10))
                ceiling = directory.ceiling(_file(Path(folder), rows))
                measures += [
                    _rate(f"import: {rows:,} new people, their fields", rows, new, ceiling, NEW),
                    _rate(f"import: {rows:,} again, a tenth changed", rows, again, ceiling, AGAIN),
                ]
                if rows == most:
                    peak = max(new["peak"], again["peak"])
                    measures.append(at_most("import: peak memory of the process", peak, "MB", target=MEMORY))
        for name, extra in (("a subscription and its consent", False), ("that and an affiliation", True)):
            with _Directory(Path(folder) / f"more-{extra:d}") as directory:  # a socket's path may not be long
                rows = most
                found = directory.imports(_file(Path(folder), rows, affiliations=extra), bulletin=BULLETIN)
                measures.append(_rate(f"import: {rows:,} new people, with {name}", rows, found, None, None))
    return measures


def _rate(name: str, rows: int, found: dict[str, float], ceiling: float | None, target: float | None) -> Measure:
    return at_least(name, rows / found["seconds"], "rows/s", ceiling=ceiling, target=target)


class _Directory:
    """An empty directory in a PostgreSQL of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        self._servers = embedded_servers(self._folder, broker=False)
        url = self._servers.__enter__().database_url
        self._environment = {
            **os.environ,
            "DATABASE_URL": url,
            "CIRCULAR_DATA": str(self._folder),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        }
        self._run("migrate")
        return self

    def __exit__(self, *_error: object) -> None:
        self._servers.__exit__(None, None, None)

    def imports(self, path: Path, *, bulletin: str = "") -> dict[str, float]:
        return self._run("import", str(path), bulletin)

    def ceiling(self, path: Path) -> float:
        return self._run("ceiling", str(path))["rate"]

    def _run(self, *words: str) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-m", "bench.importing", *words],
            env=self._environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


_FIRST = (
    *("Ana", "Wanjiru", "José", "Mei", "Fatou", "Lars", "Chloé", "Ravi", "Aiko", "Omar"),
    *("Ingrid", "Tomás", "芳", "伟", "敏", "Zoë", "Kofi", "Luz", "Nils", "Amina"),
)
_LAST = (
    *("Ruiz", "Kamau", "Müller", "Chen", "Diop", "Berg", "Lefèvre", "Patel", "Sato"),
    *("Haddad", "Nyström", "Silva", "王", "李", "张", "O’Brien", "Mensah", "Rojas"),
)
_COUNTRIES = ["KE", "FR", "China", "Brésil", "ZA", "德国", "Viet Nam", "CL", "", "Côte d’Ivoire"]
_LANGUAGES = ["en", "fr", "zh-hans", "English", "中文", ""]
_ROLES = ["network-member", "national-focal-point", "partner"]
_PROGRAMMES = ["tourism", "buildings", "food-systems", ""]


def _file(folder: Path, rows: int, *, changed: int = 0, affiliations: bool = False) -> Path:
    path = folder / f"{rows}-{changed}-{affiliations}.csv"
    if not path.exists():
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER + AFFILIATION * affiliations)
            writer.writerows(_rows(rows, changed=changed, affiliations=affiliations))
    return path


def _rows(count: int, *, changed: int, affiliations: bool) -> Iterator[list[str]]:
    """The same people at each call; every tenth with another name where `changed` is 10."""
    chance = random.Random(SEED)  # noqa: S311 - measurements, no secrets
    domains = [f"{word}{number}.example.org" for word in ("mail", "city", "uni") for number in range(1600)]
    for number in range(count):
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        place = chance.random()
        row = [
            f"Person.{chance.getrandbits(40):x}{number}@{domains[int(place * len(domains))]}",
            f"{first} {last}" + " changed" * bool(changed and number % changed == 0),
            chance.choice(_LANGUAGES),
            chance.choice(_COUNTRIES),
            f"Organisation {int(place * 3000)}" if place < 0.8 else "",
        ]
        if affiliations:
            row += [chance.choice(_ROLES), chance.choice(_PROGRAMMES), "2024-01-01"]
        yield row


def _migrate() -> dict[str, float]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return {}


def _import(path: str, bulletin: str) -> dict[str, float]:
    from subscribers.importing.runs import receive, set_mapping, start_import, work

    with Path(path).open("rb") as file:
        run = receive(file, Path(path).name)
    set_mapping(run, run.mapping, {"bulletin": bulletin, "basis": "The bench", "words": "Write to me."})
    start_import(run)
    start = time.perf_counter()
    work(run.pk)
    seconds = time.perf_counter() - start
    run.refresh_from_db()
    if run.state != "finished" or run.counts.get("refused"):
        raise SystemExit(f"{run.state} {run.error} {run.counts}")
    print(run.counts, file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return {"seconds": seconds, "peak": peak}


def _ceiling(path: str) -> dict[str, float]:
    """Rows a second with nothing to read, to check or to look up."""
    from django.db import connection

    from subscribers.addresses import address_hash

    with Path(path).open(encoding="utf-8", newline="") as file:
        lines = [
            f"{email.lower()}\t{address_hash(email.lower())}\t{name}\ten\tKE\n"
            for email, name, *_rest in csv.reader(file)
            if "@" in email
        ]
    block = "".join(lines).encode()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ceiling (LIKE subscribers_subscriber INCLUDING ALL)")
        cursor.execute("CREATE UNLOGGED TABLE staged (email text, hash text, name text, language text, country text)")
        start = time.perf_counter()
        with cursor.copy("COPY staged FROM STDIN") as copy:
            copy.write(block)
        cursor.execute(
            "INSERT INTO ceiling (email, address_hash, name, language, country, custom) "
            "SELECT email, hash, name, language, country, '{}' FROM staged ON CONFLICT (email) DO UPDATE "
            "SET name = excluded.name"
        )
        seconds = time.perf_counter() - start
        cursor.execute("DROP TABLE ceiling; DROP TABLE staged")
    return {"rate": len(lines) / seconds}


def main(words: list[str]) -> int:
    """One step in a process of its own; its figures are the last line."""
    import django

    django.setup()
    steps: dict[str, Any] = {"migrate": _migrate, "import": _import, "ceiling": _ceiling}
    print(json.dumps(steps[words[0]](*words[1:])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
