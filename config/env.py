"""The environment variables that Circular reads: name, type, default, help. Nothing else reads os.environ.

A value that cannot be used is said at start, by name, with what was expected; all of them at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from dispatch.imap import Mailbox
from dispatch.transports.providers import PROVIDERS, EspAccount, EspError, account, esp_settings, provider_name
from dispatch.transports.smtp import SmtpServer

ROOT = Path(__file__).resolve().parent.parent


class Misconfigured(Exception):
    """One or more variables cannot be used; the message has a line for each."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`parse` returns the value or raises ValueError, whose words follow the variable's name."""

    name: str
    parse: Callable[[str], object]
    default: str
    help: str
    secret: bool = False  # no message shows what it is set to


def _text(raw: str) -> str:
    return raw


def _whole_number(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or int(raw) < 1:
        raise ValueError("expected a whole number from 1 up")
    return int(raw)


def _count(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or int(raw) > 20:
        raise ValueError("expected a whole number from 0 to 20")
    return int(raw)


def _port(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or not 0 < int(raw) < 65536:
        raise ValueError("expected a port number from 1 to 65535")
    return int(raw)


def _yes(raw: str) -> bool:
    if raw.lower() not in {"", "0", "1", "no", "yes", "false", "true"}:
        raise ValueError("expected yes or no")
    return raw.lower() in {"1", "yes", "true"}


def _database_url(raw: str) -> str:
    expected = "expected postgresql://user:password@host:port/database"
    if not raw:
        return ""
    if urlsplit(raw).scheme not in {"postgresql", "postgres"}:
        raise ValueError(expected)
    try:
        parts = conninfo_to_dict(raw)
    except ProgrammingError as error:
        raise ValueError(f"{expected} ({str(error).strip()})") from error
    if not parts.get("dbname"):
        raise ValueError(f"the database's name is missing; {expected}")
    return raw


def _redis_url(raw: str) -> str:
    expected = "expected redis://[:password@]host:port/number or rediss://…"
    if not raw:
        return ""
    parts = urlsplit(raw)
    try:
        usable = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and (parts.port or 6379) > 0
    except ValueError as error:
        raise ValueError(expected) from error
    if not usable or (parts.path.strip("/") and not parts.path.strip("/").isdigit()):
        raise ValueError(expected)
    return raw


def _smtp_url(raw: str) -> str:
    if raw:
        SmtpServer.from_url(raw)
    return raw


def _imap_url(raw: str) -> str:
    if raw:
        Mailbox.from_url(raw)
    return raw


def _domain(raw: str) -> str:
    if raw and not re.fullmatch(
        r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", raw.lower()
    ):
        raise ValueError("expected a domain, such as bounces.example.org")
    return raw.lower()


def _base_url(raw: str) -> str:
    if not raw:
        return ""
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.path not in {"", "/"}:
        raise ValueError("expected https://host, without a path")
    return raw.rstrip("/")


def _name_servers(raw: str) -> list[str]:
    expected = "expected addresses of name servers, such as 9.9.9.9 or 127.0.0.1:5353, with commas between"
    for server in _names(raw):
        try:
            parts = urlsplit(f"//[{server}]" if server.count(":") > 1 and server[0] != "[" else f"//{server}")
            ip_address(parts.hostname or "")
            usable = (parts.port or 53) > 0 and parts.netloc.rpartition("@")[1] == ""
        except ValueError as error:
            raise ValueError(expected) from error
        if not usable:
            raise ValueError(expected)
    return _names(raw)


def _names(raw: str) -> list[str]:
    return [name.strip() for name in raw.split(",") if name.strip()]


def _folder(raw: str) -> str:
    if raw and not Path(raw).is_dir():
        raise ValueError("expected a folder that is there")
    return raw


def _log_level(raw: str) -> str:
    if raw.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("expected debug, info, warning or error")
    return raw.upper()


VARIABLES: dict[str, Variable] = {
    variable.name: variable
    for variable in (
        Variable("DATABASE_URL", _database_url, "", "The PostgreSQL database; without it an embedded one is started."),
        Variable("REDIS_URL", _redis_url, "", "The Redis server; without it an embedded one is started."),
        Variable("SMTP_URL", _smtp_url, "", "Where letters leave; without it they go to the local inbox."),
        Variable(
            "ESP",
            provider_name,
            "",
            f"A provider whose API letters leave by, instead of `SMTP_URL`: {', '.join(PROVIDERS)}.",
        ),
        Variable("ESP_SETTINGS", esp_settings, "", "What the provider needs, as a JSON object.", secret=True),
        Variable("SECRET_KEY", _text, "", "Signs sessions, links and tokens; without it the data directory keeps one."),
        Variable("BASE_URL", _base_url, "", "The public address that links in letters begin with."),
        Variable("ALLOWED_HOSTS", _names, "", "Host names that the web server answers to, separated by commas."),
        Variable(
            "CIRCULAR_DATA", _text, str(ROOT / ".circular"), "The directory of the embedded servers and the inbox."
        ),
        Variable("CIRCULAR_HOST", _text, "127.0.0.1", "The address that the web server listens on."),
        Variable("CIRCULAR_PORT", _port, "8000", "The port of the web server."),
        Variable("CIRCULAR_PROXIES", _count, "0", "How many proxies in front say whom they heard, in X-Forwarded-For."),
        Variable("CIRCULAR_INBOX_PORT", _port, "2525", "The port of the local inbox."),
        Variable("CIRCULAR_INBOX", _yes, "no", "Whether the inbox page is shown; the demo sets it."),
        Variable("CIRCULAR_LANES", _whole_number, "2", "How many processes of a worker send letters at the same time."),
        Variable("CIRCULAR_CONNECTIONS", _whole_number, "4", "How many connections each of them keeps to the server."),
        Variable("RETURN_PATH_DOMAIN", _domain, "", "The domain of return paths, whose mail the receiver is given."),
        Variable("CIRCULAR_RECEIVER_HOST", _text, "127.0.0.1", "The address that the receiver listens on."),
        Variable("CIRCULAR_RECEIVER_PORT", _port, "2526", "The port of the receiver."),
        Variable("CIRCULAR_RECEIVER_LMTP", _yes, "no", "Whether the receiver speaks LMTP; else it speaks SMTP."),
        Variable("IMAP_URL", _imap_url, "", "A mailbox of its own in which bounces and complaints arrive, if any do."),
        Variable("CIRCULAR_DNS", _name_servers, "", "The name servers that the checks of DNS ask; else the system's."),
        Variable("CIRCULAR_THEMES", _folder, "", "A folder with an organisation's own themes, a folder for each."),
        Variable("CIRCULAR_LOG_LEVEL", _log_level, "info", "How much the processes say."),
        Variable("TIME_ZONE", _text, "UTC", "The time zone of the desk."),
        Variable("DJANGO_SETTINGS_MODULE", _text, "config.settings.dev", "The settings: dev, test or production."),
    )
}


def value(name: str) -> object:
    """The parsed value of a variable; raises Misconfigured with its name."""
    variable = VARIABLES[name]
    raw = os.environ.get(name, "") or variable.default
    try:
        return variable.parse(raw)
    except ValueError as error:
        if variable.secret:
            raise Misconfigured(f"{name} can’t be used: {error}") from None
        raise Misconfigured(f"{name} is set to {_shown(raw)!r}: {error}") from error


def text(name: str) -> str:
    return str(value(name))


def number(name: str) -> int:
    result = value(name)
    assert isinstance(result, int)  # noqa: S101 - the table above says which are numbers
    return result


def is_set(name: str) -> bool:
    """Whether somebody set the variable, to other than nothing."""
    return bool(os.environ.get(VARIABLES[name].name))


def check() -> None:
    """Raise Misconfigured with a line for every variable that cannot be used."""
    problems = []
    for name in VARIABLES:
        try:
            value(name)
        except Misconfigured as error:
            problems.append(str(error))
    if not problems:
        esp()
    if problems:
        raise Misconfigured("\n".join(problems))


def esp() -> EspAccount | None:
    """The provider that letters leave by, if one is set; raises Misconfigured for what doesn't fit together."""
    name, settings = text("ESP"), value("ESP_SETTINGS")
    if not name:
        if settings:
            raise Misconfigured("ESP_SETTINGS is set and ESP is not: set ESP to the provider's name.")
        return None
    if is_set("SMTP_URL"):
        raise Misconfigured("ESP and SMTP_URL are both set: letters leave by one of them. Unset the other.")
    assert isinstance(settings, dict)  # noqa: S101 - the table above says so
    try:
        return account(name, settings)
    except EspError as error:
        raise Misconfigured(f"ESP is {name}: {error}.") from error


def require(*names: str) -> None:
    """Raise Misconfigured for those of `names` that are not set (production must not guess them)."""
    missing = [name for name in names if not is_set(name)]
    if missing:
        lines = (f"{name} is not set: {VARIABLES[name].help}" for name in missing)
        raise Misconfigured("\n".join(lines))


def export(values: Mapping[str, str]) -> None:
    """Set variables for this process and those it starts."""
    for name in values:
        VARIABLES[name]
    os.environ.update(values)


def inherited() -> dict[str, str]:
    """The whole environment, for a process to be started."""
    return dict(os.environ)


def table() -> str:
    """The variables as a Markdown table, for the deployment guide."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for variable in VARIABLES.values():
        default = variable.default.replace(str(ROOT) + "/", "")
        rows.append(f"| `{variable.name}` | {f'`{default}`' if default else ''} | {variable.help} |")
    return "\n".join(rows)


def _shown(raw: str) -> str:
    """`raw` without a password, for a message."""
    try:
        password = urlsplit(raw).password
    except ValueError:
        return "…" if "@" in raw else raw
    return raw.replace(f":{password}@", ":…@") if password else raw
