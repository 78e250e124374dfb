"""The words that say where an item comes from: `（摘自…）`, `(Source: …)`, `来源：…`, `原文链接：…`."""

from __future__ import annotations

import re

from composer.content import Source
from composer.importing.ledger import Ledger
from composer.importing.links import FIND_LINK, full_address, trim_link

_WORDS = (
    r"摘自|摘编自|选自|转自|转载自|编译自|引自|来自|来源于|来源|资料来源|信息来源|文章来源|内容来源|出处|供稿"
    r"|sources?|adapted from|taken from|excerpt(?:ed)? from|quoted from|d['’]après|extrait de"
)
_IN_BRACKETS = re.compile(rf"[（(【\[]\s*(?:{_WORDS})(?![a-z])", re.IGNORECASE)
_PREFIXED = re.compile(rf"(?:{_WORDS})\s{{0,3}}[:：]", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:原文链接|原文地址|原文|链接|网址|详情|详见|更多信息|更多内容|阅读全文|阅读更多|查看更多|了解更多"
    r"|read more|more information|more|full story|link|website"
    r"|en savoir plus|lire la suite|plus d['’]informations?|lien)"
    r"\s{0,3}[:：]\s{0,3}",
    re.IGNORECASE,
)
_KEYWORD = re.compile(rf"[\s（(【\[]*(?:{_WORDS})(?![a-z])\s{{0,3}}[:：]?", re.IGNORECASE)
_AT_END = re.compile(
    r"[（(]\s{0,3}(?:摘自|摘编自|选自|转自|转载自|编译自|(?:资料|信息|文章)?来源\s?[:：]"
    r"|sources?\s?[:：]|adapted from )"
    r"[^（()）\n]{1,400}[)）](?=[。.]?$)",
    re.IGNORECASE,
)
_OPENERS, _CLOSERS = "（(【[", "）)】]"
LONGEST_SOURCE = 8  # lines


def opens_source(line: str) -> bool:
    """Whether `line` begins a bracket that names a source."""
    return _IN_BRACKETS.match(line) is not None


def closes_bracket(text: str) -> bool:
    """Whether the bracket that `text` begins with is closed at its end, and nowhere before."""
    depth = 0
    bare = text.rstrip("。. ")
    for i, character in enumerate(bare):
        if character in _OPENERS:
            depth += 1
        elif character in _CLOSERS:
            depth -= 1
            if depth <= 0:
                return i == len(bare) - 1
    return False


def is_prefixed(line: str) -> bool:
    """Whether `line` begins with a source's word and a colon, without brackets."""
    return _PREFIXED.match(line) is not None


def link_label(line: str) -> str:
    """The words before an address that only announce it (`原文链接：`), or empty."""
    match = _LABEL.match(line)
    return match[0] if match and FIND_LINK.match(line, match.end()) else ""


def read_source(text: str, ledger: Ledger) -> Source | None:
    """The source that a whole line names; None where only the words for it stand there."""
    keyword = _KEYWORD.match(text)
    if keyword is None:
        return None
    inner, closing = text[keyword.end() :], ""
    if text[0] in _OPENERS:
        bare = inner.rstrip("。. ")
        inner, closing = bare[:-1], inner[len(bare) - 1 :]
    link = FIND_LINK.search(inner)
    address = trim_link(link[0]) if link else ""
    ends = (inner[: link.start()], inner[link.start() + len(address) :]) if link else (inner, "")
    names = [_without_edges(end) for end in ends]
    if not any(names) and not address:
        return None
    for end, name in zip(ends, names, strict=True):
        ledger.take_away(end[: end.find(name)] if name else end)
        ledger.take_away(end[end.find(name) + len(name) :] if name else "")
    ledger.take_away(keyword[0])
    ledger.take_away(closing)
    return Source(name=" ".join(filter(None, names)), url=full_address(address, ledger) if address else "")


def split_source(text: str, ledger: Ledger) -> tuple[str, Source | None]:
    """A paragraph without the bracket at its end that names its source; and that source."""
    match = _AT_END.search(text, max(0, len(text) - 420))
    if match is None or match.start() == 0:
        return text, None
    source = read_source(match[0], ledger)
    if source is None:
        return text, None
    return text[: match.start()].rstrip() + text[match.end() :], source


def _without_edges(text: str) -> str:
    """`text` without the marks that joined it to an address."""
    return text.strip(" ,，;；:：|<>\u3000")
