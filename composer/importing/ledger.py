"""The account of what an import took out of a text and what it put in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """`set_aside` are markers taken away (bullets, brackets, `来源：`); `added` is what no line of the text held."""

    set_aside: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    def take_away(self, text: str) -> None:
        if text.strip():
            self.set_aside.append(text.strip())

    def add(self, text: str) -> str:
        self.added.append(text)
        return text
