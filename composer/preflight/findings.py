"""One result of preflight: what is wrong, where, what to do, and a way to mend it by one click."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Words = Callable[[str], str]
"""Gives a sentence in another language, such as Django's `gettext`."""


class Severity(StrEnum):
    """How much a finding weighs. An error is binding: an issue that has one isn't sent."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def gettext_noop(text: str) -> str:
    """`text` itself; the name tells the extraction of strings that it is to be translated."""
    return text


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence and what stands in its braces. A value may itself be a message, such as the name of a place."""

    text: str
    values: tuple[tuple[str, str | int | Message], ...] = ()

    def said(self, words: Words) -> str:
        """The sentence in the language of `words`; values are put in literally. In English where those don't fit in."""
        values = {name: value.said(words) if isinstance(value, Message) else value for name, value in self.values}
        try:
            return words(self.text).format(**values)
        except (LookupError, ValueError):  # a translation with a brace wrong
            return self.text.format(**values)

    def __str__(self) -> str:
        return self.said(str)


def message(text: str, /, **values: str | int | Message) -> Message:
    return Message(text, tuple(values.items()))


class FixKind(StrEnum):
    """What is done to one item, or, without an item, to the edition's own fields."""

    REPLACE_URL = "replace_url"  # every address of the item that equals `old` becomes `new`
    STRIP_PARAMETERS = "strip_parameters"  # the same, where only parameters go
    REPLACE_TEXT = "replace_text"  # `old` becomes `new` in the text of `field`, wherever it stands there
    REMOVE_ITEM = "remove_item"  # the item goes
    SET_WHOLE = "set_whole"  # a half story takes the whole width


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that removes the finding. `old` and `new` are an address or a piece of text."""

    kind: FixKind
    item_key: str = ""
    field: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at.

    `check` is stable and names the rule. `item_key` is empty for the edition itself, `locale` for the whole issue.
    `field` is the content's field (`subject`, `heading`, `body`, `source`, `picture`, `entries`, `url` …), or
    `section` with the key of the section's first item.
    """

    check: str
    severity: Severity
    message: Message
    locale: str = ""
    item_key: str = ""
    field: str = ""
    fix: Fix | None = None

    @property
    def sentence(self) -> str:
        """What, where and what to do, in English."""
        return str(self.message)

    @property
    def id(self) -> str:
        """The same for the same finding of an unchanged edition: to find it again when its fix is asked for."""
        told = (self.check, self.locale, self.item_key, self.field, self.sentence, str(self.fix))
        return hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()[:16]


def blocks(findings: list[Finding]) -> bool:
    """Whether any of `findings` keeps the issue from being sent."""
    return any(finding.severity is Severity.ERROR for finding in findings)


_ORDER = {severity: place for place, severity in enumerate(Severity)}


def by_severity(findings: list[Finding]) -> list[Finding]:
    """`findings` with the errors first, else in the order in which they were found."""
    return sorted(findings, key=lambda finding: _ORDER[finding.severity])
