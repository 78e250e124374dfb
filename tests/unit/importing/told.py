"""Invented documents, made into files of every format by other libraries than those that read them."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from typing import Any

import docx
import pptx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.platypus import Flowable, ListFlowable, ListItem, Paragraph, SimpleDocTemplate
from reportlab.platypus import Image as Placed

from composer.importing.characters import printed_characters


@dataclass(frozen=True)
class Link:
    text: str
    href: str


@dataclass(frozen=True)
class Story:
    """One story: what every format can say. `rows` is a table, `picture` a picture's description."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    link: Link | None = None
    picture: str | None = None


@dataclass(frozen=True)
class Told:
    title: str
    sections: tuple[tuple[str, tuple[Story, ...]], ...]
    extra: tuple[str, ...] = field(default=())

    def characters(self, *, alt: bool = True) -> Counter[str]:
        """Every printed character, the addresses of links among them, and where `alt`, the pictures' descriptions."""
        found = Counter(printed_characters(self.title))
        for heading, stories in self.sections:
            found.update(printed_characters(heading))
            for story in stories:
                texts = [
                    story.heading,
                    *story.paragraphs,
                    *story.bullets,
                    *(cell for row in story.rows for cell in row),
                ]
                if story.link is not None:
                    texts += [story.link.text, story.link.href]
                if alt and story.picture is not None:
                    texts.append(story.picture)
                for text in texts:
                    found.update(printed_characters(text))
        for text in self.extra:
            found.update(printed_characters(text))
        return found


WORDS = [
    *("cities", "buy", "furniture", "that", "can", "be", "repaired", "and", "the", "guide", "tells", "members", "how"),
    *("Kenya", "Malmö", "café", "2026", "12.5%", "“repair”", "R&D", "a<b", "it's", "采购网络", "成员城市，", "报告。"),
    *("*", "_under_", "[x]", "# 3", "`c`", "(a)", "a|b", "•", "1.", "-", "—", "©", "e.g.,"),
]
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
cells = st.lists(st.sampled_from(WORDS[:24]), min_size=1, max_size=4).map(" ".join)
links = st.builds(
    Link,
    text=st.lists(st.sampled_from(WORDS[:13]), min_size=1, max_size=4).map(" ".join),
    href=st.from_regex(r"https://example\.org/[a-z]{2,8}(-[a-z]{2,8}){0,3}/", fullmatch=True),
)
stories = st.builds(
    Story,
    heading=cells,
    paragraphs=st.lists(sentences, max_size=3).map(tuple),
    bullets=st.lists(sentences, max_size=3).map(tuple),
    rows=st.one_of(
        st.just(()),
        st.integers(2, 3).flatmap(
            lambda width: st.lists(st.tuples(*[cells] * width), min_size=2, max_size=3).map(tuple)
        ),
    ),
    link=st.one_of(st.none(), links),
    picture=st.one_of(st.none(), cells),
)
told = st.builds(
    Told,
    title=cells,
    sections=st.lists(
        st.tuples(cells, st.lists(stories, min_size=1, max_size=3).map(tuple)), min_size=1, max_size=3
    ).map(tuple),
)


def picture_file(width: int = 40, height: int = 30, color: str = "navy", kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), color).save(target, format=kind)
    return target.getvalue()


def as_markdown(issue: Told) -> bytes:
    """Each character that Markdown would read is escaped."""
    lines = [f"# {_marked(issue.title)}", ""]
    for heading, inner in issue.sections:
        lines += [f"## {_marked(heading)}", ""]
        for story in inner:
            lines += [f"### {_marked(story.heading)}", ""]
            for paragraph in story.paragraphs:
                lines += [_marked(paragraph), ""]
            if story.bullets:
                lines += [*(f"* {_marked(entry)}" for entry in story.bullets), ""]
            if story.rows:
                rows = [f"| {' | '.join(map(_marked, row))} |" for row in story.rows]
                lines += [rows[0], "|" + " --- |" * len(story.rows[0]), *rows[1:], ""]
            if story.link is not None:
                lines += [f"[{_marked(story.link.text)}]({story.link.href})", ""]
    return "\n".join([*lines, *map(_marked, issue.extra)]).encode()


def _marked(text: str) -> str:
    escaped = "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!|<>~" else character for character in text)
    return escaped.replace("&", "&amp;")


def as_page(issue: Told) -> bytes:
    import base64

    parts = [f"<html><head><style>p {{color: red}}</style></head><body><h1>{escape(issue.title)}</h1>"]
    for heading, inner in issue.sections:
        parts.append(f"<section><h2>{escape(heading)}</h2>")
        for story in inner:
            parts.append(f"<article><h3>{escape(story.heading)}</h3>")
            parts += [f"<p>{escape(paragraph)}</p>" for paragraph in story.paragraphs]
            if story.bullets:
                parts.append("<ul>" + "".join(f"<li><p>{escape(entry)}</p></li>" for entry in story.bullets) + "</ul>")
            if story.rows:
                rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in story.rows)
                parts.append("<table><tbody>" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</tbody></table>")
            if story.link is not None:
                parts.append(f'<div><a href="{escape(story.link.href)}">{escape(story.link.text)}</a></div>')
            if story.picture is not None:
                data = base64.b64encode(picture_file()).decode()
                parts.append(f'<img src="data:image/png;base64,{data}" alt="{escape(story.picture)}">')
            parts.append("</article>")
        parts.append("</section><script>alert('never')</script>")
    parts += [f"<div hidden>{escape(text)}</div>" for text in issue.extra]
    return "".join([*parts, "</body></html>"]).encode()


def as_word(issue: Told) -> bytes:
    document = docx.Document()
    document.add_heading(issue.title, 0)
    for heading, inner in issue.sections:
        document.add_heading(heading, 1)
        for story in inner:
            _story_in(document, story)
    for text in issue.extra:
        document.add_paragraph().add_run(text).font.hidden = True
    return saved(document)


def _story_in(document: Any, story: Story) -> None:
    document.add_heading(story.heading, 2)
    for paragraph in story.paragraphs:
        document.add_paragraph(paragraph)
    for entry in story.bullets:
        document.add_paragraph(entry, style="List Bullet")
    if story.rows:
        table = document.add_table(rows=0, cols=len(story.rows[0]))
        for row in story.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    if story.link is not None:
        link_in(document.add_paragraph(), story.link)
    if story.picture is not None:
        shape = document.add_picture(io.BytesIO(picture_file()))
        shape._inline.docPr.set("descr", story.picture)


def link_in(paragraph: Any, link: Link) -> None:
    number = paragraph.part.relate_to(link.href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    element = OxmlElement("w:hyperlink")
    element.set(qn("r:id"), number)
    run = paragraph.add_run(link.text)._r
    element.append(run)
    paragraph._p.append(element)


def as_slides(issue: Told) -> bytes:
    """A section is a slide of the section's layout, a story a slide with its title."""
    show = pptx.Presentation()
    opening = show.slides.add_slide(show.slide_layouts[0])
    opening.shapes.title.text = issue.title
    for heading, inner in issue.sections:
        show.slides.add_slide(show.slide_layouts[2]).shapes.title.text = heading
        for story in inner:
            _slide_in(show, story)
    for text in issue.extra:
        show.slides[0].notes_slide.notes_text_frame.text = text
    return saved(show)


def _slide_in(show: Any, story: Story) -> None:
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = story.heading
    frame = slide.placeholders[1].text_frame
    if story.bullets:
        frame.text = story.bullets[0]
        for entry in story.bullets[1:]:
            frame.add_paragraph().text = entry
    for paragraph in story.paragraphs:
        slide.shapes.add_textbox(0, 0, 900, 900).text_frame.text = paragraph
    if story.link is not None:
        run = slide.shapes.add_textbox(0, 0, 900, 900).text_frame.paragraphs[0].add_run()
        run.text = story.link.text
        run.hyperlink.address = story.link.href
    if story.rows:
        table = slide.shapes.add_table(len(story.rows), len(story.rows[0]), 0, 0, 900, 900).table
        for i, row in enumerate(story.rows):
            for j, text in enumerate(row):
                table.cell(i, j).text = text
    if story.picture is not None:
        shape = slide.shapes.add_picture(io.BytesIO(picture_file()), 0, 0)
        shape._element.nvPicPr.cNvPr.set("descr", story.picture)


def as_printed(issue: Told) -> bytes:
    """Without tables, for a PDF has none; only Latin letters, for its standard fonts have no others."""
    styles = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=styles["BodyText"], fontSize=10, leading=13)
    flow: list[Flowable] = [Paragraph(escape(issue.title), styles["Title"])]
    for heading, inner in issue.sections:
        flow.append(Paragraph(escape(heading), styles["Heading1"]))
        for story in inner:
            flow.append(Paragraph(escape(story.heading), styles["Heading2"]))
            flow += [Paragraph(escape(paragraph), body) for paragraph in story.paragraphs]
            if story.bullets:
                entries: list[Any] = [ListItem(Paragraph(escape(entry), body)) for entry in story.bullets]
                flow.append(ListFlowable(entries, bulletType="bullet", start="•"))
            if story.link is not None:
                href = escape(story.link.href)
                flow.append(Paragraph(f'<link href="{href}">{escape(story.link.text)}</link>', body))
            if story.picture is not None:
                flow.append(Placed(io.BytesIO(picture_file()), width=120, height=90))
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=A4).build(flow)
    return target.getvalue()


def saved(document: Any) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
