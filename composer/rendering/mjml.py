"""MJML to HTML: the one module that imports `mjml`, and the checks that mrml leaves out."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.parsers import expat

from mjml import mjml2html

from .errors import RenderingError
from .vocabulary import ANY_ATTRIBUTE, CHILDREN, COMPONENTS, DEFAULTS, ELEMENTS, HINTS, MIXED

MAX_DEPTH = 64
"""Elements within elements. mrml ends the whole process at some 2,000; a letter needs about 12."""
MAX_ATTRIBUTE = 16_000
"""Characters of one attribute's value; mrml prints some of them with every element."""
MAX_DEFAULT = 1_000
"""The same inside `mj-attributes`, whose values are printed everywhere."""

STAMP = "<!--@{template}:{line}-->"
"""Says where the markup after it comes from. Put in when a fault is to be located."""

# mrml prints an attribute's value as Rust's debugger does: a backslash twice, and a no-break space, a joiner, a
# newline or a private character as \\u{…} (mrml 6.0.1; so too the title, which becomes an aria-label). Character
# references pass through it untouched.
_CHANGED = re.compile(r"[^\x20-\x5b\x5d-\x7e]")
# Values that hold one, and only those. Each pattern begins with plain text, which is found without trying every place.
_PRINTED_FOR_DEBUGGING = (
    re.compile(r'="[\x20\x21\x23-\x5b\x5d-\x7e]*+[^\x20-\x5b\x5d-\x7e"][^"]*"'),
    re.compile(r"='[\x20-\x26\x28-\x5b\x5d-\x7e]*+[^\x20-\x5b\x5d-\x7e'][^']*'"),
    re.compile(r"<mj-title>[^<]*"),
)
_REFERENCE = re.compile(r"&#(\d+);")

_STAMP = re.compile(rb"<!--@([^:]+):(\d+)-->")
_STAMP_TEXT = re.compile(_STAMP.pattern.decode())
_POSITION = re.compile(r"at position (\d+)")
_ADDRESSES = frozenset({"href", "src", "background-url"})
_SCHEMES = ("http://", "https://", "mailto:")
_FETCHING = re.compile(r"@import|url\s*\(|expression\s*\(|javascript:|<\s*/?\s*script", re.IGNORECASE)


class _StopError(Exception):
    """What is wrong at the checker's present position, where going on has no sense."""


def compile_mjml(source: str, *, template: str) -> str:
    """The HTML of a whole MJML document.

    RenderingError for markup that is malformed, nested too deeply, or not in our vocabulary: with the line of
    the rendered `source`, or, where `source` is stamped, with the template and line that it came from.
    """
    encoded = source.encode()
    if faults := _Check(encoded).run():
        position, problem = faults[0]
        raise _placed(problem, encoded, position, template)
    plain = _STAMP_TEXT.sub("", source) if "<!--@" in source else source  # mrml takes no comments in some places
    try:
        # No fonts: mrml would load its default one from the network.
        return _restored(mjml2html(_shielded(plain), fonts={}))
    except ValueError as error:
        found = _POSITION.search(str(error))
        lines = plain.encode().count(b"\n", 0, int(found[1]) if found else None)
        position = len(b"\n".join(encoded.split(b"\n")[: lines + 1]))  # the end of the same line
        raise _placed(str(error), encoded, position, template) from error


def check_mjml(source: str, *, template: str) -> list[RenderingError]:
    """All that is wrong with a document, in its order, as `compile_mjml` would raise it."""
    encoded = source.encode()
    faults = [_placed(problem, encoded, position, template) for position, problem in _Check(encoded).run()]
    if not faults:
        try:
            compile_mjml(source, template=template)
        except RenderingError as error:
            faults.append(error)
    return faults


def _shielded(source: str) -> str:
    """`source` with every character that mrml would change as a reference."""

    def refer(value: re.Match[str]) -> str:
        return _CHANGED.sub(lambda character: f"&#{ord(character[0])};", value[0])

    for pattern in _PRINTED_FOR_DEBUGGING:
        source = pattern.sub(refer, source)
    return source


def _restored(html: str) -> str:
    """`html` with those characters themselves again; references to the ASCII ones (quotes, brackets) stay."""

    def resolve(reference: re.Match[str]) -> str:
        character = chr(int(reference[1]))
        return character if _CHANGED.match(character) else reference[0]

    return _REFERENCE.sub(resolve, html)


@lru_cache(maxsize=4096)
def _fetched(style: str) -> str:
    """What in a style attribute would fetch something; the same few styles come again and again."""
    found = _FETCHING.search(style)
    return found[0] if found else ""


class _Check:
    """One pass of expat over a document, before mrml sees it. `run` returns positions in bytes, and problems."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._open: list[str] = []
        self._faults: list[tuple[int, str]] = []
        self._style: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.CommentHandler = self._comment
        self._parser.StartCdataSectionHandler = self._refuse_cdata
        self._parser.ProcessingInstructionHandler = self._refuse_instruction
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def run(self) -> list[tuple[int, str]]:
        try:
            self._parser.Parse(self._source, True)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            hint = HINTS.get(problem, "")
            self._faults.append((self._parser.ErrorByteIndex, f"{problem}{hint}"))
        except _StopError as fault:
            self._found(str(fault))
        return self._faults

    def _found(self, problem: str) -> None:
        self._faults.append((self._parser.CurrentByteIndex, problem))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        opened = self._open
        parent = opened[-1] if opened else ""
        allowed = _allowed(name, parent)
        if allowed is None:
            inside = f"<{parent}>" if parent else "a document"
            self._found(f"<{name}> is not allowed in {inside}{HINTS.get(name, '')}")
        else:
            self._attributes(name, attributes, allowed)
        opened.append(name)
        if len(opened) > MAX_DEPTH:
            raise _StopError(f"more than {MAX_DEPTH} elements are nested here")

    def _attributes(self, name: str, attributes: dict[str, str], allowed: frozenset[str]) -> None:
        if not attributes:
            return
        if not allowed.issuperset(attributes):
            for attribute in attributes:
                if attribute not in allowed:
                    self._found(f"<{name}> has no attribute {attribute!r}{HINTS.get(f'{name} {attribute}', '')}")
        for attribute in _ADDRESSES.intersection(attributes):
            if not (value := attributes[attribute]).lower().startswith(_SCHEMES):
                self._found(f"{attribute}={value!r} is no http, https or mailto address")
        if found := _fetched(attributes.get("style", "")):
            self._found(f"a style may not contain {found!r}: a letter fetches nothing but its pictures")
        longest = MAX_DEFAULT if "mj-attributes" in self._open else MAX_ATTRIBUTE
        if max(map(len, attributes.values())) > longest:
            attribute = max(attributes, key=lambda name: len(attributes[name]))
            self._found(f"{attribute!r} is longer than {longest:,} characters")

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == "mj-style":
            if found := _FETCHING.search("".join(self._style)):
                self._found(f"a style may not contain {found[0]!r}: a letter fetches nothing but its pictures")
            self._style.clear()

    def _text(self, text: str) -> None:
        if self._open[-1] == "mj-style":
            self._style.append(text)
        elif self._open[-1] in CHILDREN and text.strip():
            self._found(f"text stands directly in <{self._open[-1]}>, where mail clients never show it")

    def _comment(self, text: str) -> None:
        if found := _FETCHING.search(text):
            self._found(f"a comment may not contain {found[0]!r}: Outlook reads some of them")

    def _refuse_cdata(self) -> None:
        self._found("CDATA sections are not allowed: the compiler refuses them; write &lt; and &amp;")

    def _refuse_instruction(self, _target: str, _data: str) -> None:
        self._found("processing instructions are not allowed")

    def _refuse_doctype(self, *_declaration: object) -> None:
        raise _StopError("document types are not allowed")


def _allowed(name: str, parent: str) -> frozenset[str] | None:
    """The attributes that an element may have inside `parent`; None where it may not stand."""
    if not parent:
        return COMPONENTS["mjml"] if name == "mjml" else None
    if parent == "mj-attributes":
        return ANY_ATTRIBUTE if name in DEFAULTS else COMPONENTS.get(name)
    if parent in MIXED or parent in ELEMENTS:
        return ELEMENTS.get(name)
    if parent in CHILDREN:
        return COMPONENTS[name] if name in CHILDREN[parent] else None
    # Its parent is unknown and was told; what stands in it is either of MJML or of HTML.
    return COMPONENTS.get(name, ELEMENTS.get(name)) if parent not in COMPONENTS else None


def _placed(problem: str, source: bytes, position: int, template: str) -> RenderingError:
    line = source.count(b"\n", 0, position) + 1
    for stamp in _STAMP.finditer(source, 0, position):
        template = stamp[1].decode()
        line = int(stamp[2]) + source.count(b"\n", stamp.end(), position)
    return RenderingError(problem, template=template, line=line)
