"""Asking DNS, with short timeouts: what a name has, that it has nothing, or that nobody answers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Protocol

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
import dns.reversename
from django.conf import settings

from dispatch.errors import DispatchError

SECONDS = 4.0  # for one question, all servers and tries together
A_TRY = 1.5


class Unanswered(DispatchError):
    """DNS gave no answer to this question: neither records nor that there are none."""


class NoDns(Unanswered):
    """No name server answers at all."""


class Questions(Protocol):
    """What the checks ask. An empty answer means that there is no such record; Unanswered that nobody knows."""

    def txt(self, name: str) -> tuple[str, ...]: ...
    def addresses(self, name: str) -> tuple[str, ...]: ...
    def mx(self, name: str) -> tuple[tuple[int, str], ...]: ...
    def names(self, address: str) -> tuple[str, ...]: ...


class Lookup:
    """Asks `servers` (each `address` or `address:port`), or those of the system, and remembers the answers."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration as error:
            raise NoDns("This machine has no name server: DNS can’t be checked from here.") from error
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*_server(server)) for server in servers]
        self._resolver.lifetime, self._resolver.timeout = SECONDS, A_TRY
        self._known: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._heard = False

    def txt(self, name: str) -> tuple[str, ...]:
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT"))

    def addresses(self, name: str) -> tuple[str, ...]:
        """IPv4 and IPv6 addresses, in their canonical form."""
        found = [*self._ask(name, "A"), *self._ask(name, "AAAA")]
        return tuple(str(ipaddress.ip_address(record.address)) for record in found)

    def mx(self, name: str) -> tuple[tuple[int, str], ...]:
        """(preference, host) by preference; a null MX (RFC 7505) has an empty host."""
        found = ((record.preference, _plain(record.exchange)) for record in self._ask(name, "MX"))
        return tuple(sorted(found))

    def names(self, address: str) -> tuple[str, ...]:
        """The names that an address points back to."""
        return tuple(_plain(record.target) for record in self._ask(str(dns.reversename.from_address(address)), "PTR"))

    def _ask(self, name: str, kind: str) -> tuple[Any, ...]:
        key = (name.rstrip(".").lower(), kind)
        if key not in self._known:
            self._known[key] = self._answer(name, kind)
        return self._known[key]

    def _answer(self, name: str, kind: str) -> tuple[Any, ...]:
        try:
            question = dns.name.from_text(name)  # labels beyond ASCII become A-labels
            answer = self._resolver.resolve(question, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            self._heard = True
            return ()
        except (dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong, dns.name.IDNAException):
            return ()  # no such name can be
        except dns.resolver.NoNameservers as error:
            self._heard |= any(said[4] is not None for said in error.kwargs.get("errors", ()))
            raise self._silence(name, kind) from error
        except (dns.exception.DNSException, OSError) as error:
            raise self._silence(name, kind) from error
        self._heard = True
        return tuple(answer)

    def _silence(self, name: str, kind: str) -> Unanswered:
        if self._heard:
            return Unanswered(f"DNS gave no answer about the {kind} of {name}: try again later.")
        return NoDns("No name server answers: DNS can’t be checked from here.")


def system_lookup() -> Lookup:
    """Asks the servers of CIRCULAR_DNS, or the system's; NoDns where there are none."""
    return Lookup(getattr(settings, "DNS_SERVERS", ()))


def _server(text: str) -> tuple[str, int]:
    """`9.9.9.9`, `9.9.9.9:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    if text.startswith("["):
        address, _bracket, port = text[1:].partition("]")
        return address, int(port.lstrip(":") or 53)
    if text.count(":") == 1:
        address, _colon, port = text.partition(":")
        return address, int(port)
    return text, 53


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""
