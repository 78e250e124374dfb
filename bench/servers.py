"""Restarting the embedded servers of a bench while they are used, and asking a database that may be away."""

from __future__ import annotations

import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config import env
from config.embedded import redis_binary

PATIENCE = 60.0  # seconds that a server may take to be back


def restart_redis(folder: Path) -> None:
    """Kill Redis and start it anew: all that it held is gone."""
    data = folder / "servers" / "redis"
    process = psutil.Process(int((data / "pid").read_text()))
    process.kill()
    process.wait(10)
    quiet = subprocess.DEVNULL
    subprocess.Popen([redis_binary(), str(data / "redis.conf")], stdout=quiet, stderr=quiet, start_new_session=True)


def stop_redis(folder: Path) -> None:
    """End the Redis that runs now: whoever started the first one doesn't know of it."""
    try:
        process = psutil.Process(int((folder / "servers" / "redis" / "pid").read_text()))
        process.terminate()
        process.wait(10)
    except (OSError, psutil.Error):
        return


def restart_postgres(folder: Path) -> None:
    """PostgreSQL's `immediate` shutdown, which is a crash to it, and a start with the options that it had."""
    data = folder / "servers" / "postgres"
    process = psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))
    user, words = process.uids().real, shlex.split((data / "postmaster.opts").read_text())
    process.send_signal(signal.SIGQUIT)
    process.wait(30)
    with (data / "log").open("ab") as log:
        subprocess.Popen(words, user=user, stdout=log, stderr=log, start_new_session=True, cwd=data)
    with_database(lambda cursor: cursor.execute("SELECT 1"))


def with_database(act: Callable[[Any], object]) -> None:
    """Do `act` with a cursor of a connection of its own, as soon as the database answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(env.text("DATABASE_URL"), autocommit=True) as connection:
                act(connection.cursor())
                return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def one_value(sql: str, values: Sequence[Any]) -> int:
    found: list[int] = []

    def ask(cursor: Any) -> None:
        cursor.execute(sql, values)
        found.append(int(cursor.fetchone()[0]))

    with_database(ask)
    return found[-1]
