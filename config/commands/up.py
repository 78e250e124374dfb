"""`circular up`: every process and every server it needs, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import env
from config.embedded import free_port
from config.instance import (
    InstanceError,
    announce,
    data_directory,
    exclusive,
    own_secrets,
    started_servers,
    withdraw,
)
from config.processes import ProcessEnded, Processes, read_procfile, run_until

READY_TIMEOUT = 60.0  # seconds


@dataclass
class House:
    """A Circular that is up: where it is, and how to wait."""

    base_url: str
    password: str
    stop: threading.Event
    processes: Processes
    data: Path
    with_inbox: bool

    def wait_for_web(self) -> None:
        """Until the web server answers; raises InstanceError if it takes too long, ProcessEnded if it ends."""
        deadline = time.monotonic() + READY_TIMEOUT
        while not self.stop.is_set() and not _answers():
            self.processes.check()
            if time.monotonic() > deadline:
                log = self.processes.logs / "web.log"
                raise InstanceError(f"The web server did not answer in {READY_TIMEOUT:.0f} s. Its log: {log}")
            self.stop.wait(0.1)

    def wait(self) -> None:
        """Until Ctrl-C or SIGTERM; raises ProcessEnded if a process ends by itself."""
        run_until(self.processes, self.stop)


def main(arguments: list[str]) -> int:
    options = parser("circular up", __doc__ or "").parse_args(arguments)
    try:
        with house(port=options.port, show=True) as up:
            up.wait_for_web()
            print_addresses(up)
            up.wait()
    except ProcessEnded as error:
        print(f"circular: {error}", file=sys.stderr)
        return 1
    return 0


def parser(name: str, description: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=name, description=description)
    made.add_argument("--port", type=_port, help="the web server's port (default: CIRCULAR_PORT, or 8000)")
    return made


def _port(raw: str) -> int:
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise argparse.ArgumentTypeError(f"{raw!r} is not a port: a number from 1 to 65535")
    return int(raw)


@contextmanager
def house(*, port: int | None, show: bool) -> Iterator[House]:
    """Servers, migrations and processes, up; all of it is stopped in order at the end."""
    data = data_directory()
    stop = threading.Event()
    with _stopping_on_signals(stop), exclusive(data), started_servers(data) as alone:
        kept = own_secrets(data)
        with_inbox = not env.is_set("SMTP_URL") and not env.is_set("ESP")
        _export_addresses(port, with_inbox)
        go_on(stop)
        _prepare_database(kept["password"], alone=alone)
        go_on(stop)
        processes = Processes(data / "logs", env.inherited(), show=show)
        up = House(env.text("BASE_URL"), kept["password"], stop, processes, data, with_inbox)
        try:
            for command in read_procfile(env.ROOT / "Procfile"):
                if command.name != "inbox" or with_inbox:
                    processes.start(command)
            announce(data, smtp_url=env.text("SMTP_URL"), base_url=up.base_url, processes=processes.pids())
            yield up
        finally:
            processes.stop()
            withdraw(data)


def go_on(stop: threading.Event) -> None:
    """KeyboardInterrupt if somebody asked to stop: between two steps, so that each is whole."""
    if stop.is_set():
        raise KeyboardInterrupt


def print_addresses(up: House, *more: str) -> None:
    """Where everything is; `more` are lines below how to sign in."""
    lines = [
        "",
        f"  Editors' desk      {up.base_url}/desk/",
        f"  Operators' page    {up.base_url}/desk/operations/",
        f"  Inbox              {up.base_url}/inbox/"
        if up.with_inbox
        else "  Inbox              none: SMTP_URL or ESP is set",
        f"  Public archive     {up.base_url}/archive/",
        "",
        f"  Sign in as         admin, with the password {up.password}",
        *more,
        "",
        "  Ctrl-C stops all of it; the data stays.",
        "",
    ]
    print("\n".join(lines), flush=True)


def _export_addresses(port: int | None, with_inbox: bool) -> None:
    """Choose ports. One that somebody asked for must be free; the default one gives way to the next."""
    host = env.text("CIRCULAR_HOST")
    asked = port or (env.number("CIRCULAR_PORT") if env.is_set("CIRCULAR_PORT") else None)
    found = free_port(host, wanted=asked or env.number("CIRCULAR_PORT"))
    if asked and found != asked:
        raise InstanceError(
            f"Port {asked} on {host} is in use by another program. Stop that program, or choose another port: "
            "make demo PORT=8010 (or CIRCULAR_PORT=8010)."
        )
    if not asked and found != env.number("CIRCULAR_PORT"):
        print(f"Port {env.number('CIRCULAR_PORT')} is in use by another program; this runs on {found}.", flush=True)
    values = {"CIRCULAR_PORT": str(found), "BASE_URL": env.text("BASE_URL") or f"http://{host}:{found}"}
    if with_inbox:
        inbox_port = free_port(wanted=env.number("CIRCULAR_INBOX_PORT"))
        values |= {
            "CIRCULAR_INBOX_PORT": str(inbox_port),
            "SMTP_URL": f"smtp://127.0.0.1:{inbox_port}",
            "CIRCULAR_INBOX": "yes",
        }
    env.export(values)


def _prepare_database(password: str, *, alone: bool) -> None:
    """Migrations, the administrator, and the leases of workers that can no longer live."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from dispatch.claim import expire_leases
    from dispatch.control import pause_stale
    from dispatch.recovery import recover
    from web.desk.role_groups import keep_roles

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):  # else seconds of looking at what is there
        call_command("migrate", verbosity=0, interactive=False)
    else:  # a release may give a role more without a migration
        keep_roles()

    pause_stale()
    if alone:
        recover()
        expire_leases(even_those_that_run=True)
    users = get_user_model()
    if not users.objects.filter(is_superuser=True).exists():
        users.objects.create_superuser("admin", "admin@circular.example", password)


def _answers() -> bool:
    address = f"http://{env.text('CIRCULAR_HOST')}:{env.text('CIRCULAR_PORT')}/desk/login/"
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (urllib.error.URLError, OSError) as error:
        return isinstance(error, urllib.error.HTTPError)


@contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM asks for an orderly stop; a second one doesn't cut it short."""

    def ask(*_arguments: object) -> None:
        if not stop.is_set():
            print("\nStopping …", flush=True)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            with contextlib.suppress(TypeError, ValueError):
                signal.signal(number, handler)
