"""What single characters are to a reader of bulletins: wide, ending a sentence, not to be printed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Control characters, halves of surrogate pairs, the two private-use characters that mark a recipient's
# place in a letter, byte-order marks, and marks that reorder the text around them.
_UNPRINTED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000\ue001\ufeff\u202a-\u202e\u2066-\u2069]"
)
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x85\u2028\u2029]")
_CLOSERS = "”’\"')）】》」』]〉*"
_SENTENCE_ENDS = frozenset("。！？!?….｡")
_QUOTES = "“”‘’"
_CHINESE_QUOTES = frozenset("“”‘’—…·")
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_LETTER_SPACE = re.compile(rf"(?<=[{_WIDE}“”‘’—]) +(?=[{_WIDE}“”‘’—])")
_WIDE_GAP = re.compile(r"\t+[ \t]*| [ \t]+")
_SPACE_IN_BRACKETS = re.compile(r"(?<=[（【《]) +|(?<! ) +(?=[）】》，。；：、])")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TERM = re.compile(r"[0-9A-Za-z\u00c0-\u024f]+|[\u3040-\u30ff\u3400-\u9fff]+")


def clean_text(text: str) -> tuple[str, str]:
    """`text` with `\\n` for every line end and without characters that must not be printed; and those."""
    removed = "".join(_UNPRINTED.findall(text))
    kept = _LINE_ENDS.sub("\n", _UNPRINTED.sub("", text))
    return re.sub(r"[\x1c-\x1f]", " ", kept), removed


@lru_cache(maxsize=65536)
def is_wide(character: str) -> bool:
    """Whether a character belongs to a script written without spaces, or to its punctuation."""
    return re.match(f"[{_WIDE}]", character) is not None


@lru_cache(maxsize=65536)
def _columns(character: str) -> int:
    return 2 if character in _CHINESE_QUOTES or unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """How many columns `text` takes where an ideograph takes two."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def is_ideographic(text: str) -> bool:
    """Whether most of the columns of `text` are ideographs, as against Latin letters and digits."""
    return not text.isascii() and 4 * len(_IDEOGRAPH.findall(text)) > len(text)


def ends_sentence(text: str) -> bool:
    """Whether `text` ends a sentence, closing quotes and brackets apart."""
    bare = text.rstrip(_CLOSERS)
    return bool(bare) and bare[-1] in _SENTENCE_ENDS


def tighten(text: str) -> tuple[str, bool]:
    """`text` without the spaces with which its line was justified; and whether its letters were spaced."""
    text = _WIDE_GAP.sub(" ", text)
    gaps = len(_LETTER_SPACE.findall(text))
    stretched = gaps >= 4 and gaps * 4 >= len(text.replace(" ", ""))
    if stretched:
        text = _LETTER_SPACE.sub("", text)
    return _SPACE_IN_BRACKETS.sub("", text), stretched


def first_word(text: str) -> str:
    """What of `text` a line break cannot part: a Latin word, or an ideograph with its punctuation."""
    match = _WORD.match(text)
    return match[0] if match else text[:1]


_OPENING = r"[“‘（(《【「『\[]"
_CLOSING = r"[”’）)》】」』\]，。；：、！？,.;:!?%]"
_WORD = re.compile(rf"{_OPENING}{{0,3}}(?:[0-9A-Za-z\u00c0-\u024f+&'’./-]{{1,60}}|.){_CLOSING}{{0,3}}")


def separator(before: str, after: str) -> str:
    """What stands between two lines that one sentence was broken into: a space, or nothing."""
    left, right = before[-3:].rstrip(_QUOTES), after[:3].lstrip(_QUOTES)
    if not before or not after or is_wide(left[-1:]) or is_wide(right[:1]):
        return ""
    if before[-1] in "“‘([" or after[0] in "”’)],.;:!?%":
        return ""
    hyphenated = before[-1] in "-/—" and before[-2:-1].isalnum() and after[0].isalnum()
    return "" if hyphenated else " "


def terms(text: str) -> frozenset[str]:
    """The words of `text`, for comparison: Latin words in lower case, ideographs in pairs."""
    found: set[str] = set()
    for match in _TERM.finditer(text):
        run = match[0]
        if is_wide(run[0]):
            found.update(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        else:
            found.add(run.lower())
    return frozenset(found)


def printed_characters(text: str) -> str:
    """`text` without any space."""
    return "".join(text.split())
