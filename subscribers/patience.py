"""How long the database may take for something that somebody waits for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

_SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK")  # they take no time, and one comes after a query that failed


class TooSlow(Exception):
    """It takes longer than somebody would wait."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """The block's queries may take `seconds` together; TooSlow from the first that goes beyond."""
    until = time.monotonic() + seconds

    def hurried(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not str(sql).startswith(_SAVEPOINTS):
            left = int((until - time.monotonic()) * 1000)
            if left <= 0:
                raise TooSlow
            _allow(str(left))
        return execute(sql, params, many, context)

    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                before = cursor.fetchone()
            with connection.execute_wrapper(hurried):
                yield
            _allow(before[0] if before else "0")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise


def _allow(timeout: str) -> None:
    """Past Django, and so past the wrapper: it is no query of the block."""
    connection.connection.execute("SELECT set_config('statement_timeout', %s, true)", [timeout])
