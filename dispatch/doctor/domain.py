"""All that DNS is asked about a sending domain, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.doctor.addresses import check_return_path
from dispatch.doctor.dmarc import check_dmarc
from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.lookup import NoDns, Questions, Unanswered
from dispatch.doctor.published import check_published
from dispatch.doctor.spf import check_spf


def check_domain(
    lookup: Questions, domain: str, *, return_path: str, keys: Sequence[Record], addresses: Sequence[str] = ()
) -> list[Finding]:
    """Findings for letters from `domain`; `keys` are the records of its keys in use. NoDns where nobody answers."""
    found = check_spf(lookup, return_path, addresses)
    found += [_published(lookup, record) for record in keys]
    if not keys:
        words = "No key signs for this domain: letters leave unsigned, unless the relay signs them."
        to_do = f"If it doesn’t: `circular dkim make {domain}`."
        found.append(Finding("dkim", domain, State.NOTE, words, to_do))
    elif all("k=ed25519" in record.value for record in keys):
        words = "Only an Ed25519 key signs for this domain: to receivers that don’t know it, letters are unsigned."
        to_do = f"Use an RSA key beside it: `circular dkim make {domain}`."
        found.append(Finding("dkim", domain, State.WRONG, words, to_do))
    found += check_dmarc(lookup, domain, return_path=return_path, signing=[domain] if keys else [])
    found.append(check_return_path(lookup, return_path))
    return found


def _published(lookup: Questions, record: Record) -> Finding:
    try:
        return check_published(record, lookup.txt(record.name))
    except NoDns:
        raise
    except Unanswered as error:
        return Finding("dkim", record.name, State.UNANSWERED, str(error))
