"""The one running Circular of a data directory: its lock, its secrets, its servers, where it can be reached."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import psycopg
import redis

from config import env
from config.embedded import embedded_servers

STATE = "running.json"


class InstanceError(Exception):
    """Circular can't run here now; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What a running Circular tells the commands that are started beside it."""

    pid: int
    started: float
    database_url: str
    redis_url: str
    smtp_url: str
    base_url: str
    processes: tuple[tuple[int, float], ...] = ()


def data_directory() -> Path:
    return Path(env.text("CIRCULAR_DATA")).expanduser().resolve()


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Hold the data directory for this process; InstanceError if another Circular runs in it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InstanceError(
            f"The data directory {data} can't be used ({error.strerror}). Set CIRCULAR_DATA to another."
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InstanceError(_busy(data)) from error
        _stop_left_over(data)
        yield
    finally:
        os.close(lock)


def running_instance(data: Path) -> Instance | None:
    """The Circular that runs in `data`, if one does."""
    try:
        found = json.loads((data / STATE).read_text(encoding="utf-8"))
        instance = Instance(**{**found, "processes": tuple((pid, at) for pid, at in found["processes"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return instance if _lives(instance.pid, instance.started) else None


def announce(data: Path, *, smtp_url: str, base_url: str, processes: list[int]) -> None:
    """Tell other commands about this process and those it started."""
    me = psutil.Process()
    started = tuple((pid, psutil.Process(pid).create_time()) for pid in processes if psutil.pid_exists(pid))
    instance = Instance(
        me.pid, me.create_time(), env.text("DATABASE_URL"), env.text("REDIS_URL"), smtp_url, base_url, started
    )
    temporary = data / f"{STATE}.new"
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(asdict(instance)), encoding="utf-8")
    temporary.replace(data / STATE)


def withdraw(data: Path) -> None:
    (data / STATE).unlink(missing_ok=True)


def own_secrets(data: Path) -> dict[str, str]:
    """The secret key and the demo's passwords, made at the first start and kept for the owner alone."""
    path = data / "secrets.json"
    made = {"secret_key": secrets.token_urlsafe(48), "password": secrets.token_urlsafe(9)}
    made["roles_password"] = secrets.token_urlsafe(9)
    try:
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # none yet, or one that was cut short while it was written
        found = {}
    kept = made | found
    if kept != found:
        temporary = path.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(kept), encoding="utf-8")
        temporary.replace(path)
    return kept


@contextmanager
def started_servers(data: Path) -> Iterator[bool]:
    """Set DATABASE_URL and REDIS_URL to servers that answer: those that are set, else embedded ones.

    Gives whether the database is embedded, and so this process's alone.
    """
    alone = not env.is_set("DATABASE_URL")
    with embedded_servers(data, database=alone, broker=not env.is_set("REDIS_URL")) as urls:
        found = {"DATABASE_URL": urls.database_url, "REDIS_URL": urls.redis_url}
        env.export({name: url for name, url in found.items() if url})
        if not env.is_set("SECRET_KEY"):
            env.export({"SECRET_KEY": own_secrets(data)["secret_key"]})
        check_servers()
        yield alone


@contextmanager
def servers() -> Iterator[None]:
    """Servers for one command: those that are set, those of a Circular that runs here, else started for it."""
    data = data_directory()
    if env.is_set("DATABASE_URL") and env.is_set("REDIS_URL"):
        if not env.is_set("SECRET_KEY") and (data / "secrets.json").exists():
            env.export({"SECRET_KEY": own_secrets(data)["secret_key"]})
        check_servers()
        yield
        return
    instance = running_instance(data)
    if instance is not None:
        env.export(
            {
                "DATABASE_URL": instance.database_url,
                "REDIS_URL": instance.redis_url,
                "SMTP_URL": instance.smtp_url,
                "BASE_URL": instance.base_url,
                "SECRET_KEY": env.text("SECRET_KEY") or own_secrets(data)["secret_key"],
            }
        )
        yield
        return
    with ExitStack() as stack:
        stack.enter_context(exclusive(data))
        stack.enter_context(started_servers(data))
        yield


def check_servers() -> None:
    """Misconfigured, with the variable's name, for a server that doesn't answer."""
    problems = []
    try:
        with psycopg.connect(env.text("DATABASE_URL"), connect_timeout=5) as connection:
            version = connection.info.server_version
        if version < 160000:
            problems.append(f"DATABASE_URL leads to PostgreSQL {version // 10000}: expected 16 or newer.")
    except psycopg.Error as error:
        problems.append(f"DATABASE_URL: no PostgreSQL can be used there ({_first_line(error)}).")
    try:
        with redis.Redis.from_url(env.text("REDIS_URL"), socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.exceptions.RedisError, OSError) as error:
        problems.append(f"REDIS_URL: no Redis can be used there ({_first_line(error)}).")
    if env.is_set("SMTP_URL"):
        from dispatch.transports.smtp import SmtpServer

        server = SmtpServer.from_url(env.text("SMTP_URL"))
        try:
            socket.create_connection((server.host, server.port), timeout=5).close()
        except OSError as error:
            problems.append(
                f"SMTP_URL: nobody answers at {server.host} port {server.port} ({error.strerror or error})."
            )
    if problems:
        raise env.Misconfigured("\n".join(problems))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()


def _busy(data: Path) -> str:
    instance = running_instance(data)
    if instance is None:
        return f"Another Circular is starting or stopping in {data}. Wait a moment and try again."
    return (
        f"Circular runs here already (process {instance.pid}): {instance.base_url}/ . Stop it with Ctrl-C in its "
        "terminal first, or set CIRCULAR_DATA to another directory to run a second one."
    )


def _lives(pid: int, started: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.Error:
        return False


def _stop_left_over(data: Path) -> None:
    """End what a Circular that was killed left running. Only processes that it noted as its own."""
    try:
        found = json.loads((data / STATE).read_text(encoding="utf-8"))
        left = [psutil.Process(pid) for pid, at in found["processes"] if _lives(pid, at)]
    except (OSError, ValueError, KeyError, psutil.Error):
        left = []
    for process in left:
        for each in [*process.children(recursive=True), process]:
            each.terminate()
    _gone, stubborn = psutil.wait_procs(left, timeout=15)
    for process in stubborn:
        process.kill()
    (data / STATE).unlink(missing_ok=True)
