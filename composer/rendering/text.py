"""An edition as plain text: what a reader without HTML gets, as complete and in the same order."""

from __future__ import annotations

from collections.abc import Iterable

from composer.content import (
    Bullets,
    Call,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figures,
    Guide,
    Item,
    ItemList,
    Line,
    Paragraph,
    Partners,
    Picture,
    Quote,
    RichText,
    Story,
)

from . import language
from .goals import topic_label
from .items import contents_views, heading_of, source_view, when
from .language import Script
from .links import Links, calendar_url, host, runs
from .phrases import phrases_for
from .view import contents_of, issue_line, title_of
from .wrapping import WIDTH, columns, wrap


def render_text(content: EditionContent, links: Links, *, view_url: str, unsubscribe_url: str) -> str:
    """The whole plain text; `content` is already printable. Links are numbers in brackets, listed after their item."""
    page = _Page(content, links)
    page.masthead()
    for section in content.sections:
        page.section(section.heading)
        for place, item in enumerate(section.items):
            if place:
                page.pause()
            page.item(item)
    page.footer(view_url=view_url, unsubscribe_url=unsubscribe_url)
    return page.text()


class _Page:
    """Blocks of lines, one after another, for one edition."""

    def __init__(self, content: EditionContent, links: Links) -> None:
        self._content = content
        self._links = links
        self._words = phrases_for(content.locale)
        self._cjk = language.script(content.locale) is Script.CJK
        self._blocks: list[list[str]] = []
        self._cited: dict[int, str] = {}

    def text(self) -> str:
        return "\n\n".join("\n".join(block) for block in self._blocks if block).replace("\n\n\n\n", "\n\n\n") + "\n"

    def pause(self) -> None:
        """One more empty line before the next block."""
        self._blocks.append([""])

    def masthead(self) -> None:
        content, masthead, title = self._content, self._content.masthead, title_of(self._content)
        name = "" if masthead.name.strip() == title else masthead.name
        self._add(
            self._wrapped(name) + self._wrapped(masthead.tagline) + self._wrapped(issue_line(content, self._words))
        )
        self._add(self._underlined(title, "="))
        if contents := contents_of(content, self._words):
            self._add(self._wrapped(self._words.contents + self._words.colon + contents))

    def section(self, heading: str) -> None:
        if heading.strip():
            rule = "-" * WIDTH
            self._add([rule, *self._wrapped(heading), rule])

    def item(self, item: Item) -> None:
        if isinstance(item, Divider):
            self._add(["* * *"])
        self._add(self._underlined(heading_of(item, self._words), "~"))
        self._topics(item)
        self._before_body(item)
        self._rich(item.body, item.key, prefix="> " if isinstance(item, Quote) else "")
        self._after_body(item)
        self._source(item)
        self._add([f"[{number}] {url}" for number, url in self._cited.items()])
        self._cited.clear()

    def footer(self, *, view_url: str, unsubscribe_url: str) -> None:
        words, masthead = self._words, self._content.masthead
        self._add(["-" * WIDTH])
        if masthead.reason.strip():
            self._add([*self._wrapped(words.reason + words.colon.rstrip()), *self._wrapped(masthead.reason)])
        self._add(self._wrapped(masthead.publisher) + self._wrapped(masthead.postal_address))
        if view_url:
            self._add([f"{words.view}{words.colon.rstrip()}", view_url])
            self._add([f"{words.unsubscribe}{words.colon.rstrip()}", unsubscribe_url])

    def _topics(self, item: Item) -> None:
        labels = [label for topic in item.topics if (label := topic_label(topic, self._content.locale))]
        if labels:
            words = self._words
            self._add(self._wrapped(words.topics + words.colon + words.separator.join(labels)))

    def _before_body(self, item: Item) -> None:
        match item:
            case Story(picture=picture):
                self._picture(picture)
            case Guide(cover=cover, details=details):
                self._picture(cover)
                self._add(self._wrapped(details))
            case Event(place=place):
                self._add(self._wrapped(when(item, self._words)) + self._wrapped(place))
                if address := calendar_url(item, self._links.base_url, self._links.locale):
                    self._button(self._words.save_date, address, item.key)

    def _after_body(self, item: Item) -> None:
        words = self._words
        match item:
            case Quote(speaker=speaker) if speaker.strip():
                self._add(self._wrapped(words.dash + speaker.strip(), first="> ", rest="> "), close=bool(item.body))
            case ItemList(entries=entries):
                self._add(self._list(entries, item.key, ordered=False))
            case Figures(entries=entries):
                figures = (filter(None, (figure.value.strip(), figure.label.strip())) for figure in entries)
                self._add(self._bulleted(map(words.colon.join, figures)))
            case Partners(entries=entries):
                names = ((partner.name.strip() or host(partner.url), partner.url.strip()) for partner in entries)
                self._add(self._bulleted(self._link(name, url, item.key) if url else name for name, url in names))
            case Contents():
                self._contents()
            case Call() | Event() | Guide():
                if isinstance(item, Call) and item.deadline:
                    self._add(self._wrapped(f"{words.deadline}{words.colon}{words.date(item.deadline)}"))
                if item.url.strip():
                    self._button(item.button.strip() or words.act, item.url, item.key)

    def _picture(self, picture: Picture | None) -> None:
        if picture and picture.alt.strip():
            self._add(self._wrapped(f"[{self._words.picture}{self._words.colon}{picture.alt.strip()}]"))

    def _button(self, text: str, url: str, key: str) -> None:
        self._add(self._wrapped(f"→ {self._link(text, url, key)}"))

    def _contents(self) -> None:
        for section in contents_views(self._content):
            self._add(self._wrapped(section.heading) + self._bulleted(section.items))

    def _add(self, lines: list[str], *, close: bool = False) -> None:
        """A block of lines; `close` sets it right under the one before."""
        if close and self._blocks:
            self._blocks[-1] += lines
        else:
            self._blocks.append(lines)

    def _wrapped(self, text: str, *, first: str = "", rest: str = "") -> list[str]:
        return list(wrap(text.strip(), cjk=self._cjk, first=first, rest=rest)) if text.strip() else []

    def _underlined(self, heading: str, mark: str) -> list[str]:
        lines = self._wrapped(heading)
        return [*lines, mark * min(WIDTH, max(columns(line, cjk=self._cjk) for line in lines))] if lines else []

    def _rich(self, text: RichText, key: str, *, prefix: str) -> None:
        for block in text:
            match block:
                case Paragraph(spans):
                    self._add(self._wrapped(self._line(spans, key), first=prefix, rest=prefix))
                case Bullets(entries, ordered):
                    self._add(self._list(entries, key, ordered=ordered, prefix=prefix))

    def _list(self, entries: Iterable[Line], key: str, *, ordered: bool, prefix: str = "") -> list[str]:
        lines: list[str] = []
        texts = filter(str.strip, [self._line(entry, key) for entry in entries])
        if not ordered:
            return self._bulleted(texts, prefix=prefix)
        for number, text in enumerate(texts, start=1):
            bullet = f"{number}. "
            lines += self._wrapped(text, first=prefix + bullet, rest=prefix + " " * len(bullet))
        return lines

    def _bulleted(self, texts: Iterable[str], *, prefix: str = "") -> list[str]:
        return [line for text in texts for line in self._wrapped(text, first=f"{prefix}- ", rest=f"{prefix}  ")]

    def _line(self, line: Line, key: str) -> str:
        texts = ((href, "".join(span.text for span in spans)) for href, spans in runs(line))
        return "".join(self._link(text, href, key) if href and text.strip() else text for href, text in texts)

    def _link(self, text: str, url: str, key: str) -> str:
        number = self._links.number(key, url)
        if not number:
            return text if text.strip() == host(url) else f"{text} <{host(url)}>"
        href = self._links.href(key, url)
        if text.strip() == href:
            return text
        self._cited[number] = href
        return f"{text}[{number}]" if self._cjk else f"{text} [{number}]"

    def _source(self, item: Item) -> None:
        source = item.source and source_view(item.source, self._words, item.source.url)
        if source:
            name = self._link(source.name, source.href, item.key) if source.href else source.name
            self._add(self._wrapped(f"{self._words.source}{self._words.colon}{name}{source.details}"))
