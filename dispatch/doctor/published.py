"""Whether DNS has the key that signs (RFC 6376 section 3.6.1, RFC 8463 section 4)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.tags import tags_of


def key_record(*, domain: str, selector: str, algorithm: str, public: str) -> Record:
    """The TXT record of a key; `public` is its p=, in base64."""
    return Record(f"{selector}._domainkey.{domain}", "TXT", f"v=DKIM1; k={algorithm}; p={public}")


def check_published(record: Record, texts: Sequence[str]) -> Finding:
    """Hold what DNS has at the record's name against the record."""
    fault = _fault(record, texts)
    if fault is None:
        words = _("DNS has the key.")
        published = tags_of(texts[0]) or {}
        if "y" in published.get("t", "").split(":"):
            words = _("DNS has the key, but says that it is only tried out (t=y): receivers may ignore the signature.")
            return Finding("dkim", record.name, State.NOTE, words, _("Publish the record without t=y."), record)
        return Finding("dkim", record.name, State.OK, words)
    if not texts:
        return Finding("dkim", record.name, State.MISSING, fault, _("Publish this record."), record)
    return Finding("dkim", record.name, State.WRONG, fault, _("Replace what is there by this record."), record)


def _fault(record: Record, texts: Sequence[str]) -> str | None:
    """What is wrong, or None."""
    if not texts:
        return _("DNS has no record of this name: receivers can’t check the signature.")
    if len(texts) > 1:
        return _("DNS has %d records of this name; receivers need exactly one.") % len(texts)
    ours = tags_of(record.value) or {}
    found = tags_of(texts[0])
    if found is None or found.get("v", "DKIM1") != "DKIM1" or "p" not in found:
        return _("What DNS has there is not a DKIM key.")
    if not found["p"]:
        return _("DNS says that this key is withdrawn (p= is empty).")
    if found.get("k", "rsa") != ours["k"]:
        return _("DNS has a key of another kind there.")
    if "".join(found["p"].split()) != ours["p"]:
        return _("DNS has another key there, or only a part of this one.")
    if "h" in found and "sha256" not in _list(found["h"]):
        return _("The record forbids SHA-256 (h=), with which letters are signed.")
    if "s" in found and not {"*", "email"} & set(_list(found["s"])):
        return _("The record is not for mail (s=).")
    return None


def _list(value: str) -> list[str]:
    return [part.strip() for part in value.split(":")]
