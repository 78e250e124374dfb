"""Web addresses in a bulletin's text: found, joined where a line broke them, and put into spans."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote, urlsplit

from composer.content import Line, Span
from composer.importing.characters import separator
from composer.importing.ledger import Ledger

_ADDRESS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"
_LINK = rf"https?://{_ADDRESS}{{1,2000}}"
_SITE = r"www\.[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}(?:/[A-Za-z0-9\-._~/?#&=%+]*)?"
_MAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
FIND_LINK = re.compile(rf"(?<![A-Za-z0-9]){_LINK}|(?<![A-Za-z0-9./@-]){_SITE}")
_INLINE = re.compile(
    rf"\[(?P<label>[^\[\]\n]{{1,200}})\]\((?P<target>{_LINK}|mailto:{_MAIL})\)"
    r"|\*\*(?P<bold>[^\s*](?:[^*\n]{0,300}[^\s*])?)\*\*"
    rf"|(?<![A-Za-z0-9])(?P<link>{_LINK})"
    rf"|(?<![A-Za-z0-9./@-])(?P<site>{_SITE})"
    rf"|(?<![A-Za-z0-9._%+-])(?P<mail>{_MAIL})"
)
_PRINTED = re.compile(
    rf"(?<![A-Za-z0-9])(?P<link>{_LINK})"
    rf"|(?<![A-Za-z0-9./@-])(?P<site>{_SITE})"
    rf"|(?<![A-Za-z0-9._%+-])(?P<mail>{_MAIL})"
)
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f<>\"'\ud800-\udfff\ue000\ue001]")
_OPEN_END = re.compile(rf"https?://{_ADDRESS}*$")
_LEADING_ADDRESS = re.compile(rf"{_ADDRESS}+")
_LONGEST_ADDRESS = 2000
# What remains of a line where the rest of an address stood on it: nothing, or what closes a bracket.
_NOTHING_ELSE = re.compile(r"[\s)）\]】>。.;；,，]*$")

TRACKED_NOTE = "This link is another mailer's tracked link and identifies one reader: replace it."


def trim_link(link: str) -> str:
    """`link` without the punctuation of the sentence it stands in; a bracket stays if it was opened within."""
    unopened = {")": link.count(")") - link.count("("), "]": link.count("]") - link.count("[")}
    end = len(link)
    while end:
        last = link[end - 1]
        if last in unopened and unopened[last] > 0:
            unopened[last] -= 1
        elif last not in ".,;:!?'*":
            break
        end -= 1
    return link[:end]


def full_address(link: str, ledger: Ledger) -> str:
    """`link` with a scheme; one that had to be added is entered in the ledger."""
    return link if "://" in link[:8] else ledger.add("https://") + link


def only_link(line: str) -> str:
    """The address where `line` holds nothing else, or empty."""
    match = FIND_LINK.fullmatch(line)
    return line if match and trim_link(line) == line and _has_host(line) else ""


def _has_host(link: str) -> bool:
    return re.match(r"(?:https?://)?[A-Za-z0-9]", link) is not None


def join_lines(lines: list[str]) -> str:
    """Hard-wrapped lines as one text: ideographs without spaces, Latin words with one, broken addresses whole."""
    parts: list[str] = []
    address = ""  # the address that the text so far ends with
    before = ""
    for line in lines:
        if address and continues_link(address, line):
            whole = _LEADING_ADDRESS.match(line)
            goes_on = whole is not None and whole.end() == len(line) and len(address) < _LONGEST_ADDRESS
            address = address + line if goes_on else _open_address(line)
        else:
            if parts:
                parts.append(" " if address and line[0] not in ")）,，.。;；" else separator(before, line))
            address = _open_address(line)
        parts.append(line)
        before = line
    return "".join(parts)


def _open_address(line: str) -> str:
    start = max(line.rfind("http://"), line.rfind("https://"))
    match = _OPEN_END.match(line, start) if start >= 0 else None
    return match[0] if match else ""


def continues_link(address: str, line: str) -> bool:
    """Whether `line` begins with the rest of `address`, on which the line before ended."""
    match = _LEADING_ADDRESS.match(line)
    if not match or re.match(r"https?://|www\.", line):
        return False
    rest = match[0].rstrip(").,;]")
    alone = _NOTHING_ELSE.match(line, match.start() + len(rest)) is not None
    if address[-1] in "-_=&?%~+":
        return bool(rest)
    if re.match(r"[-/?&=_%#][A-Za-z0-9]", rest):
        return alone
    return alone and re.search(r"[/=&]|\d.*-|-.*\d|\.(?:html?|pdf|php|aspx?)$", rest) is not None


def read_spans(text: str, ledger: Ledger) -> Line:
    """`text` as spans, its addresses linked, `**bold**` and `[text](address)` read as Markdown."""
    spans: list[Span] = []
    start = 0

    def keep(until: int) -> None:
        if until > start:
            spans.append(Span(text[start:until]))

    for match in _INLINE.finditer(text):
        if match.start() < start:
            continue
        span, end = _read_span(match, ledger)
        if span is None:
            continue
        keep(match.start())
        spans.append(span)
        start = end
    keep(len(text))
    return tuple(spans)


def link_addresses(line: Line, ledger: Ledger) -> Line:
    """`line` of a file with styles, where the addresses that it only prints are links too."""
    spans: list[Span] = []
    for span in line:
        if span.href:
            spans.append(span)
            continue
        start = 0
        for match in _PRINTED.finditer(span.text):
            found, end = _read_span(match, ledger)
            if found is not None:
                spans.extend([replace(span, text=span.text[start : match.start()])] if match.start() > start else [])
                spans.append(replace(span, text=found.text, href=found.href))
                start = end
        spans.extend([replace(span, text=span.text[start:])] if start < len(span.text) else [])
    return tuple(spans)


def web_address(href: str) -> str:
    """`href` as a letter can hold it, or empty for what is no whole http, https or mailto address.

    Spaces, quotes and angle brackets are percent-encoded; nothing else is changed.
    """
    href = _UNSAFE.sub(lambda match: quote(match[0], errors="replace"), href.strip())
    scheme, _, rest = href.partition(":")
    if len(href) > _LONGEST_ADDRESS or not rest.strip("/"):
        return ""
    if scheme.lower() == "mailto":
        return href if re.fullmatch(r"[^@?]+@[^@?]+(?:\?.*)?", rest) else ""
    if scheme.lower() not in {"http", "https"} or not rest.startswith("//"):
        return ""
    try:
        return href if urlsplit(href).hostname else ""
    except ValueError:
        return ""


def _read_span(match: re.Match[str], ledger: Ledger) -> tuple[Span | None, int]:
    groups = match.groupdict()
    if groups.get("label"):
        ledger.take_away("[]()" + (match["target"] if match["target"] == match["label"] else ""))
        return Span(match["label"], href=match["target"]), match.end()
    if groups.get("bold"):
        ledger.take_away("****")
        return Span(match["bold"], bold=True), match.end()
    if match["mail"]:
        return Span(match["mail"], href=ledger.add("mailto:" + match["mail"])), match.end()
    link = trim_link(match["link"] or match["site"])
    if not _has_host(link):
        return None, match.end()
    href = link if match["link"] else ledger.add("https://" + link)
    return Span(link, href=href), match.start() + len(link)
