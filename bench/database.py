"""The database that a bench measures on: a PostgreSQL as the product starts one, with the product's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from config import env
from config.embedded import embedded_servers


@contextmanager
def bench_database() -> Iterator[Path]:
    """Django on an empty, migrated database, which is gone afterwards. Gives its folder. One such block at a time."""
    with TemporaryDirectory(prefix="circular-bench-") as folder:
        data = Path(folder)
        with embedded_servers(data / "servers") as servers:
            env.export(
                {
                    "DATABASE_URL": servers.database_url,
                    "REDIS_URL": servers.redis_url,
                    "CIRCULAR_DATA": str(data),
                    "SECRET_KEY": "a bench signs nothing that leaves it",
                    "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                }
            )
            _set_up(servers.database_url)
            try:
                yield data
            finally:
                from django.db import connections

                connections.close_all()


def _set_up(url: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from config.settings.base import database

    connections.close_all()
    connections.settings["default"].update(database(url))
    connections["default"].settings_dict.update(database(url))
    # A bench empties its own tables between two sizes, the ledger's too, which nobody else may.
    connections["default"].settings_dict["OPTIONS"]["options"] = "-c circular.emptying=yes"
    call_command("migrate", verbosity=0, interactive=False)
