"""Tag lists, the `a=b; c=d` of DKIM and DMARC records (RFC 6376 section 3.2)."""

from __future__ import annotations


def tags_of(text: str) -> dict[str, str] | None:
    """The tags by name, or None where the text is no tag list or names a tag twice."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        if not equals or name.strip() in found:
            return None
        found[name.strip()] = value.strip()
    return found
