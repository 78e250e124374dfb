"""The processes of the Procfile, each by itself: `circular web | worker | housekeeping | beat | receiver | inbox`."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

from config import env
from config.instance import data_directory, own_secrets, running_instance
from workers.queues import DISPATCH, HOUSEKEEPING


def _without_arguments(process: Callable[[], int]) -> Callable[[list[str]], int]:
    """The process as a command that refuses any argument: one that is ignored looks as if it had been followed."""

    @functools.wraps(process)
    def command(arguments: list[str]) -> int:
        name = process.__name__
        if arguments in (["-h"], ["--help"]):
            print(f"circular {name}: {process.__doc__}")
            return 0
        if arguments:
            print(
                f"circular {name}: it takes no arguments, and was given {' '.join(arguments)}. "
                "Its settings are variables: `circular doctor` lists them.",
                file=sys.stderr,
            )
            return 2
        return process()

    return command


@_without_arguments
def web() -> int:
    """The web server: the desk, the public pages, the tracked links."""
    _need_servers()
    port = env.text("CIRCULAR_PORT")
    words = ["--interface", "wsgi", "--host", env.text("CIRCULAR_HOST"), "--port", port, "--no-access-log"]
    words += ["--workers", "1", "--blocking-threads", "8", "--log-level", "warning", "--respawn-failed-workers"]
    return _become([sys.executable, "-m", "granian", *words, "config.wsgi:application"])


@_without_arguments
def worker() -> int:
    """A Celery worker that sends letters: as many as wanted, on as many machines."""
    _need_servers()
    return _celery([*_worker(DISPATCH, name="letters"), "--concurrency", env.text("CIRCULAR_LANES")])


@_without_arguments
def housekeeping() -> int:
    """A Celery worker for all that isn't a letter of a dispatch: leases, imports, notices, webhooks, links.

    Apart from the senders, so that leases are settled in time however busy those are; and three processes, so that
    neither a long import nor a slow web server whose links are tried holds it up.
    """
    _need_servers()
    return _celery([*_worker(HOUSEKEEPING, name="housekeeping"), "--concurrency", "3"])


@_without_arguments
def beat() -> int:
    """The clock that rings for housekeeping: one is enough, a second one does no harm.

    By itself, and not within a worker: there it would be a child whose end nobody notices.
    """
    _need_servers()
    data = data_directory()
    data.mkdir(parents=True, exist_ok=True)
    level = env.text("CIRCULAR_LOG_LEVEL")
    return _celery(["beat", "--loglevel", level, "--schedule", str(data / "beat"), "--pidfile="])


def _worker(queue: str, *, name: str) -> list[str]:
    words = ["worker", "--loglevel", env.text("CIRCULAR_LOG_LEVEL"), "--queues", queue]
    return [*words, "--hostname", f"{name}@%h", "--without-mingle", "--without-gossip"]


@_without_arguments
def inbox() -> int:
    """The local inbox: an SMTP server that keeps every letter in a Maildir."""
    from config.inbox import serve

    return serve(data_directory() / "inbox", host="127.0.0.1", port=env.number("CIRCULAR_INBOX_PORT"))


@_without_arguments
def receiver() -> int:
    """The server for what comes back: bounces, complaints, and mail that unsubscribes. As many as wanted."""
    _need_servers()
    import django

    django.setup()
    from config.receiver import database_taker, serve

    return serve(
        database_taker(),
        host=env.text("CIRCULAR_RECEIVER_HOST"),
        port=env.number("CIRCULAR_RECEIVER_PORT"),
        lmtp=bool(env.value("CIRCULAR_RECEIVER_LMTP")),
    )


def _celery(words: list[str]) -> int:
    return _become([sys.executable, "-m", "celery", "--app", "config.celery_app", "--quiet", *words])


def _need_servers() -> None:
    """A process by itself joins a Circular that runs here, or the servers that are set; it starts none."""
    data = data_directory()
    if not (env.is_set("DATABASE_URL") and env.is_set("REDIS_URL")):
        instance = running_instance(data)
        if instance is None:
            env.require("DATABASE_URL", "REDIS_URL")
            return
        joined = {"DATABASE_URL": instance.database_url, "REDIS_URL": instance.redis_url}
        env.export({**joined, "SMTP_URL": instance.smtp_url, "BASE_URL": instance.base_url})
    if not env.is_set("SECRET_KEY"):
        env.export({"SECRET_KEY": own_secrets(data)["secret_key"]})


def _become(words: list[str]) -> int:
    """Replace this process, so that a signal reaches the server itself."""
    os.chdir(Path(__file__).resolve().parents[2])
    sys.stdout.flush()
    os.execv(words[0], words)  # noqa: S606 - a list of our own, no shell
