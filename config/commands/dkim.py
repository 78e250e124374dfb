"""`circular dkim list | make | check | use | retire`: the keys that letters are signed with."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from config.instance import servers

if TYPE_CHECKING:
    from dispatch.doctor.findings import Finding, Record
    from dispatch.models import SigningKey


def main(arguments: list[str]) -> int:
    """Exit 1 where nothing could be done, or DNS doesn't have a key."""
    options = _parser().parse_args(arguments)
    with servers():
        import django

        django.setup()
        from dispatch.doctor.lookup import NoDns
        from dispatch.signing_keys import SigningKeyError

        try:
            return int(options.act(options))
        except (SigningKeyError, NoDns) as error:
            print(f"circular dkim: {error}", file=sys.stderr)
            return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="circular dkim", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="list | make | check | use | retire")
    listed = commands.add_parser("list", help="all keys, and what each is good for")
    listed.set_defaults(act=_list)
    listed.add_argument("domain", nargs="?", default="")
    make = commands.add_parser("make", help="a new key, and the record to publish; it doesn't sign yet")
    make.set_defaults(act=_make)
    make.add_argument("domain", help="the domain in the sender's address")
    make.add_argument("--algorithm", choices=["rsa", "ed25519", "both"], default="rsa")
    make.add_argument("--selector", default="", help="else one is made of the month")
    for name, act, words in (
        ("check", _check, "whether DNS has the key"),
        ("use", _use, "sign with it from now on, in the place of the one before"),
        ("retire", _retire, "sign with it no more; says when its record may go"),
    ):
        command = commands.add_parser(name, help=words)
        command.set_defaults(act=act)
        command.add_argument("key", help="its selector, or selector._domainkey.domain")
        command.add_argument("--domain", default="", help="where several have that selector")
        if name == "use":
            command.add_argument("--despite-dns", action="store_true", help="even where DNS doesn't have it yet")
        if name == "retire":
            command.add_argument(
                "--unsigned", action="store_true", help="even if letters of its domain leave unsigned then"
            )
    return parser


def _list(options: argparse.Namespace) -> int:
    from dispatch.models import SigningKey
    from dispatch.signing_keys import domain_name, standing_of

    keys = SigningKey.objects.all()
    if options.domain:
        keys = keys.filter(domain=domain_name(options.domain))
    for key in keys:
        print(f"{key!s:<48} {key.get_algorithm_display():<9} {standing_of(key)}")
    if not keys:
        print("There are no keys: letters leave unsigned. `circular dkim make DOMAIN` makes one.")
    return 0


def _make(options: argparse.Namespace) -> int:
    from dispatch.signing_keys import make_key, record_of

    algorithms = ["rsa", "ed25519"] if options.algorithm == "both" else [options.algorithm]
    if len(algorithms) > 1 and options.selector:
        print("circular dkim: Two keys can't have one selector: make them one by one.", file=sys.stderr)
        return 1
    for algorithm in algorithms:
        key = make_key(options.domain, algorithm, selector=options.selector)
        print(f"The key {key.selector} of {key.domain} is made. Publish this record:")
        _tell_record(record_of(key))
        print(f"  Then: circular dkim check {key} && circular dkim use {key}")
    return 0


def _check(options: argparse.Namespace) -> int:
    finding = _looked_up(_key(options))
    _tell_finding(finding)
    return 1 if finding.state in {"missing", "wrong", "unanswered"} else 0


def _use(options: argparse.Namespace) -> int:
    from dispatch.signing_keys import record_may_go, use_key

    key = _key(options)
    finding = _looked_up(key)
    used = use_key(key, finding, despite_dns=options.despite_dns)
    if finding.state != "ok":
        _tell_finding(finding)
    print(f"{used.key.selector} signs the letters of {used.key.domain} from now on; workers know within a minute.")
    if used.replaced is not None and (may_go := record_may_go(used.replaced)):
        print(f"{used.replaced.selector} no longer signs. Leave its record in DNS until {may_go:%Y-%m-%d %H:%M %Z}.")
    return 0


def _retire(options: argparse.Namespace) -> int:
    from django.utils import timezone

    from dispatch.signing_keys import retire_key

    key = _key(options)
    may_go = retire_key(key, unsigned=options.unsigned)
    if may_go <= timezone.now():
        print(f"{key.selector} doesn't sign. The record {key} may leave DNS now.")
    else:
        print(f"{key.selector} no longer signs. Leave the record {key} in DNS until {may_go:%Y-%m-%d %H:%M %Z}.")
    return 0


def _key(options: argparse.Namespace) -> SigningKey:
    from dispatch.signing_keys import find_key

    return find_key(options.key, domain=options.domain)


def _looked_up(key: SigningKey) -> Finding:
    from dispatch.doctor.lookup import system_lookup
    from dispatch.signing_keys import check_key

    return check_key(key, system_lookup())


def _tell_finding(finding: Finding) -> None:
    print(f"{finding.about}: {finding.words} {finding.to_do}".rstrip())
    if finding.record is not None:
        _tell_record(finding.record)


def _tell_record(record: Record) -> None:
    parts = record.strings
    print(f"  name   {record.name}")
    print(f"  type   {record.type}")
    print(f"  value  {record.value}")
    print(f"  as a zone file has it, {len(record.value)} characters in {len(parts)} string{'s' * (len(parts) > 1)}:")
    print(f"  {record}")
