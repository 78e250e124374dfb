"""A domain's SPF record (RFC 7208): there, alone, readable, within the limits, and naming the sending addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.lookup import NoDns, Questions, Unanswered

LOOKUPS = 10  # section 4.6.4
_MECHANISM = re.compile(
    r"(?P<sign>[+~?-]?)(?P<name>all|include|a|mx|ptr|exists|ip4|ip6)"
    r"(?::(?P<of>[^/]+))?(?P<mask>(?:/{1,2}\d+)*)\Z",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)\Z", re.IGNORECASE)
_ASK = {"include", "redirect", "a", "mx", "ptr", "exists"}
Networks = Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]


class BadSpf(Exception):
    """A record that a receiver can't use; the message says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism, or the modifier `redirect`; `of` is what it names, `mask` its /length."""

    sign: str
    name: str
    of: str
    mask: str = ""


@dataclass
class _Count:
    """What one evaluation has asked so far."""

    lookups: int = 0
    within: list[str] = field(default_factory=list)  # the domains that led here


def records_of(texts: Sequence[str]) -> list[str]:
    """Those of a domain's TXT records that are SPF."""
    return [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def terms_of(record: str) -> list[Term]:
    """A record's mechanisms in order, and `redirect` where it counts; BadSpf for what is neither."""
    terms: list[Term] = []
    for word in record.split()[1:]:
        if modifier := _MODIFIER.match(word):
            if modifier["name"].lower() == "redirect":
                terms.append(Term("+", "redirect", modifier["value"]))
        elif found := _MECHANISM.match(word):
            terms.append(Term(found["sign"] or "+", found["name"].lower(), found["of"] or "", found["mask"]))
        else:
            raise BadSpf(f"“{word}” is nothing that an SPF record may hold.")
    if any(term.name == "all" for term in terms):  # section 6.1
        return [term for term in terms if term.name != "redirect"]
    return terms


def check_spf(lookup: Questions, domain: str, addresses: Sequence[str] = ()) -> list[Finding]:
    """Findings on the SPF of `domain`, the one in return paths; `addresses` are those that letters leave from."""
    wanted = Record(domain, "TXT", _proposal(addresses))
    try:
        records = records_of(lookup.txt(domain))
        if not records:
            words = "No SPF record: receivers can’t tell who may send for this domain."
            return [Finding("spf", domain, State.MISSING, words, "Publish this record.", wanted)]
        if len(records) > 1:
            words = f"{len(records)} SPF records: receivers take that for an error and use none."
            return [Finding("spf", domain, State.WRONG, words, "Put them together into one.")]
        return _check(lookup, domain, records[0], addresses)
    except NoDns:
        raise
    except Unanswered as error:
        return [Finding("spf", domain, State.UNANSWERED, str(error))]


def _check(lookup: Questions, domain: str, record: str, addresses: Sequence[str]) -> list[Finding]:
    count = _Count()
    found: list[Finding] = []
    try:
        ranges = list(_passing(lookup, domain, record, count))
        end = _end(lookup, record)
    except BadSpf as error:
        return [Finding("spf", domain, State.WRONG, str(error), "Mend the record: as it is, receivers use none of it.")]
    if count.lookups > LOOKUPS:
        words = f"The record needs {count.lookups} further lookups; receivers stop at {LOOKUPS} and use none of it."
        found.append(Finding("spf", domain, State.WRONG, words, "Take out includes that are not needed any more."))
    if end not in {"-", "~"}:
        words = {
            "": "The record has no “all” at its end: it says nothing about other senders.",
            "?": "The record ends in ?all: it says nothing about other senders.",
            "+": "The record ends in +all: it lets everybody send for this domain.",
        }[end]
        found.append(Finding("spf", domain, State.WRONG, words, "End the record in -all or ~all."))
    for address in addresses:
        ip = ipaddress.ip_address(address)
        if not any(ip.version == known.version and ip in known for known in ranges):
            words = f"The record doesn’t name {address}, which letters leave from."
            better = Record(domain, "TXT", _with(record, address))
            found.append(
                Finding("spf", domain, State.WRONG, words, "Publish this record in the place of yours.", better)
            )
    if found:
        return found
    words = f"One record, {count.lookups} of {LOOKUPS} lookups, ends in {end}all"
    words += f", names {', '.join(addresses)}." if addresses else "."
    return [Finding("spf", domain, State.OK, words)]


def _passing(lookup: Questions, domain: str, record: str, count: _Count) -> Networks:
    """The networks that a record lets send, with those of its includes; counts what that asks."""
    if domain in count.within:
        raise BadSpf(f"The record comes back to itself by way of {domain}.")
    count.within.append(domain)
    for term in terms_of(record):
        count.lookups += term.name in _ASK
        if count.lookups > LOOKUPS * 3 or "%" in term.of:
            continue  # enough is known; a macro can’t be followed without a letter
        networks = list(_networks(lookup, term, domain, count))  # counted even where it doesn't pass
        if term.sign == "+":
            yield from networks
    count.within.pop()


def _networks(lookup: Questions, term: Term, domain: str, count: _Count) -> Networks:
    of = term.of or domain
    match term.name:
        case "ip4" | "ip6":
            yield _network(term.of + term.mask)
        case "a":
            yield from _hosts(lookup, [of], term.mask)
        case "mx":
            yield from _hosts(lookup, [host for _preference, host in lookup.mx(of)], term.mask)
        case "include" | "redirect":
            theirs = records_of(lookup.txt(of))
            if len(theirs) != 1:
                raise BadSpf(f"It refers to {of}, which has {len(theirs) or 'no'} SPF record{'s' * (len(theirs) > 1)}.")
            yield from _passing(lookup, of, theirs[0], count)


def _end(lookup: Questions, record: str, depth: int = 0) -> str:
    """The sign of the record's `all`, or of the one that it redirects to; "" without one."""
    for term in terms_of(record):
        if term.name == "all":
            return term.sign
        if term.name == "redirect" and "%" not in term.of and depth < LOOKUPS:
            theirs = records_of(lookup.txt(term.of))
            return _end(lookup, theirs[0], depth + 1) if len(theirs) == 1 else ""
    return ""


def _hosts(lookup: Questions, names: Sequence[str], mask: str) -> Networks:
    short, _slashes, long = mask.partition("//")
    lengths = {4: short.lstrip("/"), 6: long}
    for name in names:
        for address in lookup.addresses(name) if name else ():
            length = lengths[ipaddress.ip_address(address).version]
            yield _network(f"{address}/{length}" if length else address)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadSpf(f"“{text}” is not an address or a network.") from error


def _proposal(addresses: Sequence[str]) -> str:
    return " ".join(["v=spf1", *map(_named, addresses), *([] if addresses else ["mx"]), "~all"])


def _named(address: str) -> str:
    return f"ip{ipaddress.ip_address(address).version}:{address}"


def _with(record: str, address: str) -> str:
    """The record with an address before whatever decides about all others."""
    words = record.split()
    return " ".join([words[0], _named(address), *words[1:]])
