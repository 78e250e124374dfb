"""A domain's DMARC record (RFC 7489), and whether our letters are aligned with it.

The organisational domain comes from the public suffix list that the library brings with it; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tldextract import TLDExtract

from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.lookup import NoDns, Questions, Unanswered
from dispatch.doctor.tags import tags_of

POLICIES = {"none", "quarantine", "reject"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for a domain's letters. `strict_*` ask for the same domain, not only for the same organisation."""

    policy: str
    strict_dkim: bool
    strict_spf: bool
    reports: str


def organisational_domain(domain: str) -> str:
    """The part of a domain that one organisation holds: `example.org.uk` of `news.example.org.uk`."""
    name = domain.lower().rstrip(".")
    # The list's own rule for a suffix that it doesn't name: the last label is one.
    return _suffixes()(name).top_domain_under_public_suffix or ".".join(name.split(".")[-2:])


def is_aligned(domain: str, sender: str, *, strict: bool) -> bool:
    """Whether `domain` speaks for letters from `sender` (RFC 7489 section 3.1)."""
    if strict:
        return domain.lower() == sender.lower()
    return organisational_domain(domain) == organisational_domain(sender)


def policy_of(text: str, *, inherited: bool) -> Policy | str:
    """The policy of a record, or what is wrong with it; `inherited` from the organisation's domain by a part of it."""
    tags = tags_of(text)
    if tags is None:
        return "The record can’t be read: it is a list of name=value with semicolons between, each name once."
    policy = (inherited and tags.get("sp")) or tags.get("p", "")
    if policy.lower() not in POLICIES:
        return f"The policy p= is {policy or 'missing'}; it is none, quarantine or reject."
    for name in ("adkim", "aspf"):
        if tags.get(name, "r").lower() not in {"r", "s"}:
            return f"{name}= is {tags[name]}; it is r or s."
    return Policy(
        policy=policy.lower(),
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
        reports=tags.get("rua", ""),
    )


def check_dmarc(lookup: Questions, sender: str, *, return_path: str, signing: Sequence[str] = ()) -> list[Finding]:
    """Findings for letters from `sender`; `signing` are the domains in their DKIM signatures (d=)."""
    try:
        text, where = _record(lookup, sender)
    except NoDns:
        raise
    except Unanswered as error:
        return [Finding("dmarc", sender, State.UNANSWERED, str(error))]
    organisation = organisational_domain(sender)
    wanted = Record(f"_dmarc.{organisation}", "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{organisation}")
    if not text:
        words = "No DMARC record: the large receivers refuse bulk letters of such a domain."
        to_do = "Publish this record, read the reports, and make it p=quarantine when they are clean."
        return [Finding("dmarc", sender, State.MISSING, words, to_do, wanted)]
    if len(text) > 1:
        words = f"{len(text)} DMARC records: receivers use none of them."
        return [Finding("dmarc", where, State.WRONG, words, "Keep one.")]
    policy = policy_of(text[0], inherited=where != sender)
    if isinstance(policy, str):
        return [Finding("dmarc", where, State.WRONG, policy, "Mend the record.", wanted)]
    return [_strength(where, policy), _alignment(sender, policy, return_path=return_path, signing=signing)]


def _strength(where: str, policy: Policy) -> Finding:
    if policy.policy == "none":
        words = "The policy is p=none: it watches, and protects the domain from nobody."
        to_do = "Make it p=quarantine once the reports are clean."
        if not policy.reports:
            to_do = "Ask for reports with rua=mailto:…, and make it p=quarantine once they are clean."
        return Finding("dmarc", where, State.NOTE, words, to_do)
    return Finding("dmarc", where, State.OK, f"The policy is p={policy.policy}.")


def _alignment(sender: str, policy: Policy, *, return_path: str, signing: Sequence[str]) -> Finding:
    by_dkim = [domain for domain in signing if is_aligned(domain, sender, strict=policy.strict_dkim)]
    by_spf = is_aligned(return_path, sender, strict=policy.strict_spf)
    if by_dkim:
        words = f"The signature’s domain {by_dkim[0]} is aligned with the sender’s"
        words += f", and so is the return path’s, {return_path}." if by_spf else "."
        return Finding("alignment", sender, State.OK, words)
    if by_spf:
        words = f"Only the return path’s domain {return_path} is aligned with the sender’s: a forwarded letter fails."
        return Finding("alignment", sender, State.NOTE, words, "Sign the letters: `circular dkim make DOMAIN`.")
    words = f"Neither a signature nor the return path ({return_path}) is aligned with the sender’s domain: DMARC fails."
    to_do = (
        f"Sign as {sender} (`circular dkim make {sender}`), or use a return path below {organisational_domain(sender)}."
    )
    return Finding("alignment", sender, State.WRONG, words, to_do)


def _record(lookup: Questions, sender: str) -> tuple[list[str], str]:
    """The record that holds for a domain, and the domain that has it: its own, else its organisation's."""
    for domain in dict.fromkeys([sender, organisational_domain(sender)]):
        found = [text for text in lookup.txt(f"_dmarc.{domain}") if text.replace(" ", "").startswith("v=DMARC1")]
        if found:
            return found, domain
    return [], sender


@lru_cache(maxsize=1)
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
