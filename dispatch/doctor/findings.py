"""What a check found: a state, what it means, what to do, and the DNS record to publish where one would help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

STRING = 255  # octets of one string in a TXT record, RFC 1035 section 3.3.14


class State(StrEnum):
    """`note` is worth knowing and stops nothing; `unanswered` is a question that DNS or the relay left open."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"
    WRONG = "wrong"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Record:
    """A DNS record to publish; `value` is a TXT's whole text, or what stands behind the type."""

    name: str
    type: str
    value: str

    @property
    def strings(self) -> tuple[str, ...]:
        """A TXT's value in the strings that it is cut into, which resolvers join without anything between them."""
        return tuple(self.value[at : at + STRING] for at in range(0, len(self.value), STRING))

    def __str__(self) -> str:
        """The line of a zone file."""
        value = " ".join(f'"{part}"' for part in self.strings) if self.type == "TXT" else self.value
        return f"{self.name}. IN {self.type} {value}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: `about` is the domain, address or host that was looked at."""

    check: str
    about: str
    state: State
    words: str
    to_do: str = ""
    record: Record | None = None

    @property
    def bad(self) -> bool:
        return self.state in {State.MISSING, State.WRONG}

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        if self.record is not None:
            told["record"] |= {"strings": list(self.record.strings)}
        return told
