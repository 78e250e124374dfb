"""Findings with their place named: the short way to make one."""

from __future__ import annotations

from dataclasses import dataclass

from composer.content import Item

from .findings import Finding, Fix, FixKind, Message, Severity, message
from .pieces import Text, place


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is. `anchor` is the item to show for it where the place is no item, such as a section."""

    locale: str
    item: Item | None = None
    field: str = ""
    anchor: str = ""

    @classmethod
    def of(cls, text: Text, locale: str) -> Place:
        return cls(locale, text.item, text.field, text.key)

    def finding(
        self, check: str, severity: Severity, text: str, /, *, fix: Fix | None = None, **values: str | int | Message
    ) -> Finding:
        """`{where}` in `text` becomes the place's name."""
        if "{where}" in text:
            values = {"where": place(self.item, self.field), **values}
        return Finding(
            check=check,
            severity=severity,
            message=message(text, **values),
            locale=self.locale,
            item_key=self.item.key if self.item else self.anchor,
            field=self.field,
            fix=fix,
        )

    def fix(self, kind: FixKind, old: str = "", new: str = "") -> Fix:
        return Fix(kind=kind, item_key=self.item.key if self.item else "", field=self.field, old=old, new=new)

    def replacing(self, old: str, new: str) -> Fix:
        return self.fix(FixKind.REPLACE_TEXT, old, new)
