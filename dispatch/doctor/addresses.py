"""Addresses and names that must know each other: the sending address both ways, and where bounces come back."""

from __future__ import annotations

import ipaddress

from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.lookup import NoDns, Questions, Unanswered


def check_ptr(lookup: Questions, address: str) -> Finding:
    """Whether a sending address has a name that leads back to it (Gmail's 5.7.25)."""
    try:
        names = lookup.names(address)
        back = [name for name in names if address in lookup.addresses(name)]
    except NoDns:
        raise
    except Unanswered as error:
        return Finding("ptr", address, State.UNANSWERED, str(error))
    reverse = Record(ipaddress.ip_address(address).reverse_pointer, "PTR", "mail.example.org.")
    if not names:
        words = "The address has no name (PTR): large receivers refuse letters from it."
        to_do = "Ask whoever gave you the address for this record, with the server’s name."
        return Finding("ptr", address, State.MISSING, words, to_do, reverse)
    if not back:
        kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
        words = f"The address is called {names[0]}, but that name doesn’t lead back to it."
        record = Record(names[0], kind, address)
        return Finding("ptr", address, State.WRONG, words, "Publish this record.", record)
    return Finding("ptr", address, State.OK, f"The address is {back[0]}, and that name leads back to it.")


def check_return_path(lookup: Questions, domain: str) -> Finding:
    """Whether bounces can come back to a return path's domain."""
    try:
        servers = lookup.mx(domain)
        if servers and not any(host for _preference, host in servers):
            words = "The domain says that it takes no mail (a null MX): bounces are lost, and some receivers refuse."
            return Finding("return path", domain, State.WRONG, words, "Publish an MX that leads to your mail server.")
        lost = [host for _preference, host in servers if not lookup.addresses(host)]
        direct = () if servers else lookup.addresses(domain)
    except NoDns:
        raise
    except Unanswered as error:
        return Finding("return path", domain, State.UNANSWERED, str(error))
    record = Record(domain, "MX", f"10 mail.{domain}.")
    if servers and lost:
        words = f"Its MX {lost[0]} has no address."
        return Finding("return path", domain, State.WRONG, words, "Give that name an address, or name another server.")
    if servers:
        return Finding("return path", domain, State.OK, f"Bounces come back by {servers[0][1]}.")
    if direct:
        words = f"No MX: bounces come back to {direct[0]} itself, if it listens."
        return Finding("return path", domain, State.NOTE, words, "Better publish an MX.", record)
    words = "Neither an MX nor an address: bounces can’t come back, and receivers refuse such a return path."
    return Finding("return path", domain, State.MISSING, words, "Publish an MX that leads to your mail server.", record)
