"""`circular reconcile`: whether every recipient of a dispatch is accounted for, and nobody was written to twice."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from config.instance import servers

if TYPE_CHECKING:
    from dispatch.reconcile import Account

DOES_NOT_AGREE = 1


def main(arguments: list[str]) -> int:
    """Exit 1 where something doesn't agree."""
    options = _parser().parse_args(arguments)
    with servers():
        import django

        django.setup()
        from dispatch.reconcile import account_of, accounts

        if options.dispatch is None:
            found: Iterable[Account] = accounts()
        elif (account := account_of(options.dispatch)) is None:
            print(f"circular reconcile: There is no dispatch {options.dispatch}.", file=sys.stderr)
            return DOES_NOT_AGREE
        else:
            found = [account]
        return _tell_json(found) if options.json else _tell(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="circular reconcile", description=__doc__)
    parser.add_argument("--dispatch", type=int, metavar="N", help="only this one; its number stands in its address")
    parser.add_argument("--json", action="store_true", help="a list of objects, one for each dispatch")
    return parser


def _tell_json(found: Iterable[Account]) -> int:
    told = [account.plain() for account in found]
    print(json.dumps(told, indent=2, ensure_ascii=False))
    return 0 if all(each["agrees"] for each in told) else DOES_NOT_AGREE


def _tell(found: Iterable[Account]) -> int:
    count = wrong = 0
    for account in found:
        count += 1
        wrong += not account.agrees
        states = ", ".join(f"{n:,} {state}" for state, n in account.counts.items() if n)
        print(
            f"Dispatch {account.dispatch_id}, “{account.title}”, {account.state}: "
            f"{account.total:,} of {account.audience:,} accounted for ({states or 'no delivery'})"
        )
        if account.accepted_twice:
            print(f"  {account.accepted_twice:,} sent once more after a doubt, and accepted both times")
        for finding in account.findings:
            some = f": deliveries {', '.join(map(str, finding.examples))}" if finding.examples else ""
            more = " …" if finding.count > len(finding.examples) > 0 else ""
            print(f"  DOESN'T AGREE  {finding.count:,} × {finding.sentence}{some}{more}")
    if not count:
        print("Nothing has been sent yet.")
    elif wrong:
        print(f"{wrong:,} of {count:,} dispatches don't agree.", file=sys.stderr)
    return DOES_NOT_AGREE if wrong else 0
