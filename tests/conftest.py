"""What all tests share: golden files and the one flag that refreshes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation

from config.embedded import Servers, embedded_servers

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh-golden", action="store_true", help="write tests/golden anew instead of comparing with it"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` holds `text` against tests/golden/<name>, or writes it under `--refresh-golden`."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--refresh-golden"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.read_text(encoding="utf-8") == text, f"{name} differs: look, then run with --refresh-golden"

    return check


@pytest.fixture(autouse=True)
def _the_language_is_nobodys() -> Iterator[None]:
    """A request leaves its reader's language on in its thread, as Django has it; the next test begins with none."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A real PostgreSQL and a real Redis of the tests' own, started when a test first needs one."""
    with embedded_servers(tmp_path_factory.mktemp("servers"), lasting=False) as servers:
        yield servers


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded: Servers, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Point Django at the tests' PostgreSQL before pytest-django makes the test database in it."""
    from django.conf import settings
    from django.db import connections

    from config.settings.base import database

    connections.settings["default"].update(database(embedded.database_url))
    # Django empties the tables between tests that commit; nobody else may empty the ledger.
    connections.settings["default"]["OPTIONS"]["options"] = "-c circular.emptying=yes"
    settings.REDIS_URL = embedded.redis_url
    settings.DATA = tmp_path_factory.mktemp(
        "data"
    )  # journals of a Circular that runs here are not the tests' to settle
