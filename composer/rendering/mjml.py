"""MJML to HTML: the one module that imports `mjml`, and the checks that mrml leaves out."""

from __future__ import annotations

import re
from xml.parsers import expat

from mjml import mjml2html

from .errors import RenderingError
from .vocabulary import ANY_ATTRIBUTE, COMPONENTS, DEFAULTS, ELEMENTS, MIXED

MAX_DEPTH = 64
"""Elements within elements. mrml ends the whole process at some 2,000; a letter needs about 12."""

STAMP = "<!--@{template}:{line}-->"
"""Says where the markup after it comes from. Put in when a fault is to be located."""

# mrml prints an attribute's value as Rust's debugger does: a backslash twice, and a no-break space, a joiner, a
# newline or a private character as \\u{…} (mrml 6.0.1; so too the title, which becomes an aria-label). Character
# references pass through it untouched.
_PRINTED_FOR_DEBUGGING = re.compile(r"""(?<==)"[^"]*"|(?<==)'[^']*'|(?<=<mj-title>)[^<]*""")
_CHANGED = re.compile(r"[^\x20-\x5b\x5d-\x7e]")
_REFERENCE = re.compile(r"&#(\d+);")

_STAMP = re.compile(rb"<!--@([^:]+):(\d+)-->")
_POSITION = re.compile(r"at position (\d+)")
_ADDRESSES = frozenset({"href", "src", "background-url"})
_SCHEMES = ("http://", "https://", "mailto:")


class _MarkupError(Exception):
    """What is wrong at the checker's present position."""


def compile_mjml(source: str, *, template: str) -> str:
    """The HTML of a whole MJML document.

    RenderingError for markup that is malformed, nested too deeply, or not in our vocabulary: with the line of
    the rendered `source`, or, where `source` is stamped, with the template and line that it came from.
    """
    encoded = source.encode()
    _Check(encoded, template).run()
    try:
        # No fonts: mrml would load its default one from the network.
        return _restored(mjml2html(_shielded(source), fonts={}))
    except ValueError as error:
        found = _POSITION.search(str(error))
        raise _placed(str(error), encoded, int(found[1]) if found else len(encoded), template) from error


def _shielded(source: str) -> str:
    """`source` with every character that mrml would change as a reference."""

    def refer(value: re.Match[str]) -> str:
        return _CHANGED.sub(lambda character: f"&#{ord(character[0])};", value[0])

    return _PRINTED_FOR_DEBUGGING.sub(refer, source)


def _restored(html: str) -> str:
    """`html` with those characters themselves again; references to the ASCII ones (quotes, brackets) stay."""

    def resolve(reference: re.Match[str]) -> str:
        character = chr(int(reference[1]))
        return character if _CHANGED.match(character) else reference[0]

    return _REFERENCE.sub(resolve, html)


class _Check:
    """One pass of expat over a document, before mrml sees it."""

    def __init__(self, source: bytes, template: str) -> None:
        self._source = source
        self._template = template
        self._open: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartCdataSectionHandler = self._refuse_cdata
        self._parser.ProcessingInstructionHandler = self._refuse_instruction
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def run(self) -> None:
        try:
            self._parser.Parse(self._source, True)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            raise _placed(problem, self._source, self._parser.ErrorByteIndex, self._template) from error
        except _MarkupError as fault:
            position = self._parser.CurrentByteIndex
            raise _placed(str(fault), self._source, position, self._template) from fault

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        opened = self._open
        allowed = self._allowed(name, opened[-1] if opened else "")
        if allowed is None:
            raise _MarkupError(f"<{name}> is not allowed in {f'<{opened[-1]}>' if opened else 'a document'}")
        for attribute, value in attributes.items():
            if attribute not in allowed:
                raise _MarkupError(f"<{name}> has no attribute {attribute!r}")
            if attribute in _ADDRESSES and not value.lower().startswith(_SCHEMES):
                raise _MarkupError(f"{attribute}={value!r} is no http, https or mailto address")
        opened.append(name)
        if len(opened) > MAX_DEPTH:
            raise _MarkupError(f"more than {MAX_DEPTH} elements are nested here")

    def _end(self, _name: str) -> None:
        self._open.pop()

    @staticmethod
    def _allowed(name: str, parent: str) -> frozenset[str] | None:
        """The attributes that an element may have inside `parent`; None where it may not stand."""
        if not parent:
            return COMPONENTS["mjml"] if name == "mjml" else None
        if parent == "mj-attributes":
            return ANY_ATTRIBUTE if name in DEFAULTS else COMPONENTS.get(name)
        if parent in MIXED or parent in ELEMENTS:
            return ELEMENTS.get(name)
        return None if name == "mjml" else COMPONENTS.get(name)

    @staticmethod
    def _refuse_cdata() -> None:
        raise _MarkupError("CDATA sections are not allowed")

    @staticmethod
    def _refuse_instruction(_target: str, _data: str) -> None:
        raise _MarkupError("processing instructions are not allowed")

    @staticmethod
    def _refuse_doctype(*_declaration: object) -> None:
        raise _MarkupError("document types are not allowed")


def _placed(problem: str, source: bytes, position: int, template: str) -> RenderingError:
    line = source.count(b"\n", 0, position) + 1
    for stamp in _STAMP.finditer(source, 0, position):
        template = stamp[1].decode()
        line = int(stamp[2]) + source.count(b"\n", stamp.end(), position)
    return RenderingError(problem, template=template, line=line)
