"""The letters of a Maildir, read and never written. What they hold is a stranger's: any of it may be broken or hostile.

A letter is known by the part of its file's name before the colon (cr.yp.to/proto/maildir.html), which stays when a
mail program marks it as seen. Ids are looked up among the names that are there; no path is made of one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

FOLDERS = ("new", "cur")
HEAD_OCTETS = 64 * 1024
"""How much of a letter is read for its summary; a longer head is cut."""
LETTER_OCTETS = 2 * 1024 * 1024
"""How much of a letter is read for its page; a longer one is cut, and kept whole in its file."""
LONGEST_HEADER = 2000
"""Characters of one header. The parsers of the standard library take time by the square of a header's length."""
MOST_HEADERS = 200
MOST_MULTIPARTS = 20
"""How often a letter that is looked into may say `multipart/`: each one inside another makes every line dearer."""
MOST_CACHED = 50_000

_ARRIVAL = re.compile(r"(\d{1,11})\.M(\d{1,6})P\d+Q(\d{1,12})\.", re.ASCII)
_URL = re.compile(r"<\s*(https?://[^\s<>]+)\s*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")

# What the standard library's parsers are known to raise over broken letters.
_UNREADABLE = (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person in a header; either part may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A letter's line in the list. Texts are single lines; `language` is in lower case, empty if none is stated."""

    letter_id: str
    arrived: datetime
    sender: Mailbox
    recipient: Mailbox
    subject: str
    language: str

    def holds(self, words: list[str]) -> bool:
        """Whether every one of the casefolded `words` stands in the recipient or the subject."""
        text = f"{self.recipient.name} {self.recipient.address} {self.subject}".casefold()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Header:
    """One header as it reads and as it is on the wire."""

    name: str
    decoded: str
    raw: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter opened.

    `html` and `text` are None where it has no such part. `source` is its file, read as UTF-8. `cut` says that it is
    longer than what was read.
    """

    headers: tuple[Header, ...]
    html: str | None
    text: str | None
    source: str
    octets: int
    cut: bool
    unsubscribe_urls: tuple[str, ...]
    one_click: bool


@dataclass(frozen=True)
class Entry:
    """A letter's file."""

    letter_id: str
    path: Path

    @cached_property
    def order(self) -> tuple[float, int]:
        """When it arrived: by its name, which counts within a microsecond too, else by its file's time."""
        if match := _ARRIVAL.match(self.letter_id):
            return int(match[1]) + int(match[2]) / 1_000_000, int(match[3])
        try:
            return self.path.stat().st_mtime, 0
        except OSError:
            return 0.0, 0

    @property
    def arrived(self) -> datetime:
        return datetime.fromtimestamp(self.order[0], UTC)


def count_letters(directory: Path) -> int:
    return sum(1 for _ in _files(directory))


def entries(directory: Path) -> list[Entry]:
    """All letters, the newest first; none where there is no Maildir yet."""
    found = {entry.letter_id: entry for entry in _files(directory)}
    return sorted(found.values(), key=lambda entry: (entry.order, entry.letter_id), reverse=True)


def _files(directory: Path) -> Iterator[Entry]:
    for folder in FOLDERS:
        try:
            with os.scandir(directory / folder) as files:
                for file in files:
                    letter_id = file.name.partition(":")[0]
                    if _may_be_id(letter_id) and file.is_file(follow_symlinks=False):
                        yield Entry(letter_id, Path(file.path))
        except FileNotFoundError:
            continue


def _may_be_id(name: str) -> bool:
    """Not hidden, and fit for a URL: Python shows octets of a file's name that aren't UTF-8 as unprintable."""
    return bool(name) and not name.startswith(".") and name.isprintable()


_summaries: dict[tuple[Path, str], Summary] = {}


def summary(directory: Path, entry: Entry) -> Summary | None:
    """A letter's summary, kept from the first time, since letters don't change; None if its file is gone."""
    key = (directory, entry.letter_id)
    if (known := _summaries.get(key)) is not None:
        return known
    try:
        with entry.path.open("rb") as file:
            head = file.read(HEAD_OCTETS)
    except OSError:
        return None
    if len(_summaries) >= MOST_CACHED:
        _summaries.clear()
    made = _summaries[key] = _summarise(entry, head)
    return made


def _summarise(entry: Entry, head: bytes) -> Summary:
    message = _head(head)
    recipient = _first_mailbox(message, "To")
    return Summary(
        letter_id=entry.letter_id,
        arrived=entry.arrived,
        sender=_first_mailbox(message, "From"),
        recipient=recipient if recipient.address else Mailbox(recipient.name, line(message["Delivered-To"])),
        subject=line(message["Subject"], most=300),
        language=_language(line(message["Content-Language"])),
    )


def read_letter(entry: Entry) -> Letter | None:
    """The letter opened; None if its file is gone. One that can't be taken apart has its headers and its source."""
    try:
        with entry.path.open("rb") as file:
            octets = os.fstat(file.fileno()).st_size
            data = file.read(LETTER_OCTETS)
    except OSError:
        return None
    message = _head(data)
    ways_out = line(message["List-Unsubscribe"], most=LONGEST_HEADER)
    texts = _parts(data)
    return Letter(
        headers=tuple(_headers(message)),
        html=texts.get("text/html"),
        text=texts.get("text/plain"),
        source=_well_formed(data.decode("utf-8", "replace")),
        octets=octets,
        cut=octets > len(data),
        unsubscribe_urls=tuple(_URL.findall(ways_out)),
        one_click=line(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click",
    )


class _Guarded(EmailPolicy):
    """The default policy, with headers of bounded length, and a header it can't make sense of as plain text."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]

    @lru_cache(maxsize=2048)  # noqa: B019 - there is one policy; and the letters of a dispatch share most of their headers
    def header_fetch_parse(self, name: str, value: str) -> Any:
        try:
            return super().header_fetch_parse(name, value)
        except _UNREADABLE:
            return line(value, most=LONGEST_HEADER)


POLICY = _Guarded()


def line(text: object, *, most: int = 200) -> str:
    """A header's value as one line that can be shown: no controls, at most `most` characters; empty for None."""
    if text is None:
        return ""
    plain = "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in _well_formed(str(text)))
    short = " ".join(plain.split())
    return short if len(short) <= most else f"{short[: most - 1]}…"


def _well_formed(text: str) -> str:
    """`text` as it can be sent: raw octets that the parser kept as surrogates are read as UTF-8, NUL is replaced."""
    try:
        octets = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = text.encode("utf-8", "replace")
    return octets.decode("utf-8", "replace").replace("\0", "\ufffd")


def _first_mailbox(message: Message, name: str) -> Mailbox:
    value: Any = message[name]
    try:
        first = value.addresses[0]
        return Mailbox(line(first.display_name), line(first.addr_spec))
    except _UNREADABLE:
        return Mailbox(line(value), "")


def _language(stated: str) -> str:
    return stated.lower() if _LANGUAGE.fullmatch(stated) else ""


def _headers(message: Message) -> Iterator[Header]:
    for name, raw in list(message.raw_items())[:MOST_HEADERS]:
        decoded = line(message.policy.header_fetch_parse(name, raw), most=LONGEST_HEADER)
        yield Header(line(name), decoded, _well_formed(raw))


def _head(data: bytes) -> Message:
    end = _END_OF_HEAD.search(data, 0, HEAD_OCTETS)
    try:
        return BytesHeaderParser(policy=POLICY).parsebytes(data[: end.end() if end else HEAD_OCTETS])
    except _UNREADABLE:
        return EmailMessage()


def _parts(data: bytes) -> dict[str, str]:
    """The first text of each type."""
    if data.lower().count(b"multipart/") > MOST_MULTIPARTS:
        return {}
    try:
        return dict(reversed(list(_texts(message_from_bytes(data, policy=POLICY)))))
    except _UNREADABLE:
        return {}


def _texts(message: Message) -> Iterator[tuple[str, str]]:
    """The parts that a mail program would show, by type, in the letter's order; not those of attached letters."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        kind = part.get_content_type()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting.extend(reversed([child for child in payload if isinstance(child, Message)]))
        elif kind in {"text/html", "text/plain"} and part.get_content_disposition() != "attachment":
            yield kind, _decoded(part)


def _decoded(part: Message) -> str:
    """A part's text; what its charset can't make sense of shows as the replacement character."""
    try:
        octets = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
    except _UNREADABLE:
        octets, charset = str(part.get_payload()).encode("utf-8", "replace"), "utf-8"
    if not isinstance(octets, bytes):
        return ""
    try:
        text = octets.decode(charset, "replace")
    except (LookupError, ValueError):
        text = octets.decode("utf-8", "replace")
    return _well_formed(text)
