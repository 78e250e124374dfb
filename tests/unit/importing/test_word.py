"""A Word file: what stands beside its text is kept, or noted in full."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from composer.content import Bullets, Item, ItemList, Quote, Story, plain_text
from composer.importing.assemble import FOOTNOTE_NOTE, TABLE_NOTE, assemble
from composer.importing.draft import Draft
from composer.importing.formats import identify, read_document
from composer.importing.pieces import GIVEN_ALT_NOTE
from composer.importing.word import INNER_LIST_NOTE
from tests.unit.importing.test_bad_files import rezipped
from tests.unit.importing.told import Link, link_in, picture_file, saved

WORD = nsdecls("w")


def draft_of(document: Any, **kwargs: Any) -> Draft:
    data = document if isinstance(document, bytes) else saved(document)
    return assemble(read_document(identify(data, name="a.docx")), **({"locale": "en"} | kwargs))


def only(document: Any) -> Item:
    (item,) = draft_of(document).items()
    return item


def test_styles_say_what_is_title_section_and_story() -> None:
    document = docx.Document()
    document.add_heading("The title", 0)
    document.add_heading("News", 1)
    document.add_heading("One", 2)
    document.add_paragraph("Text of one.")
    document.add_heading("Within one", 3)
    document.add_paragraph("More of one.")
    document.add_heading("Two", 2)
    document.add_paragraph("Text of two.")
    draft = draft_of(document)
    assert draft.title == "The title"
    assert [section.heading for section in draft.sections] == ["News"]
    one, two = draft.items()
    assert (one.heading, two.heading) == ("One", "Two")
    assert plain_text(one.body) == "Text of one.\nWithin one\nMore of one.\n"
    assert "bold=True" in repr(one.body)


def test_without_styles_bold_lines_are_guessed_to_be_headings() -> None:
    document = docx.Document()
    for heading, text in (("Kenya repairs desks", "A text."), ("Peru buys local", "Another text.")):
        document.add_paragraph().add_run(heading).bold = True
        document.add_paragraph(text)
    items = list(draft_of(document).items())
    assert [item.heading for item in items] == ["Kenya repairs desks", "Peru buys local"]
    assert all("The heading was guessed from its bold type." in item.notes for item in items)


def test_bold_italic_and_links_are_kept() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Some ")
    paragraph.add_run("bold").bold = True
    paragraph.add_run(" and italic").italic = True
    link_in(paragraph, Link(" and a link", "https://example.org/"))
    spans = only(document).body[0].spans  # type: ignore[union-attr]
    assert [(span.text, span.bold, span.italic, span.href) for span in spans] == [
        ("Some ", False, False, ""),
        ("bold", True, False, ""),
        (" and italic", False, True, ""),
        (" and a link", False, False, "https://example.org/"),
    ]


def test_a_link_that_is_a_field_is_a_link() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    for xml in (
        '<w:fldChar w:fldCharType="begin"/>',
        '<w:instrText xml:space="preserve"> HYPERLINK "https://example.org/x" </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>the page</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
        '<w:t xml:space="preserve"> and on</w:t>',
    ):
        paragraph._p.append(parse_xml(f"<w:r {WORD}>{xml}</w:r>"))
    spans = only(document).body[0].spans  # type: ignore[union-attr]
    assert [(span.text, span.href) for span in spans] == [
        ("See ", ""),
        ("the page", "https://example.org/x"),
        (" and on", ""),
    ]


def test_lists_are_lists_and_an_inner_one_is_noted() -> None:
    document = docx.Document()
    document.add_paragraph("What to do:")
    document.add_paragraph("first", style="List Number")
    document.add_paragraph("second", style="List Number")
    document.add_paragraph("a dot", style="List Bullet")
    item = only(document)
    assert [(block.ordered, len(block.entries)) for block in item.body if isinstance(block, Bullets)] == [
        (True, 2),
        (False, 1),
    ]
    inner = docx.Document()
    inner.add_paragraph("outer", style="List Bullet")
    deeper = inner.add_paragraph("inner", style="List Bullet")
    properties = f'<w:numPr {WORD}><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>'
    deeper._p.get_or_add_pPr().append(parse_xml(properties))
    assert INNER_LIST_NOTE in only(inner).notes


def test_bullets_that_somebody_typed_are_a_list() -> None:
    document = docx.Document()
    document.add_heading("What is new", 1)
    document.add_paragraph("• one")
    document.add_paragraph("• two")
    item = only(document)
    assert isinstance(item, ItemList)
    assert [plain_text(entry) for entry in item.entries] == ["one", "two"]


def test_a_table_of_data_is_a_list_of_its_rows() -> None:
    document = docx.Document()
    document.add_heading("Prices", 1)
    document.add_paragraph("In euros:")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("What", "Price", "Desk", "12"), strict=True):
        cell.text = text
    document.add_paragraph("And after it, more text.")
    prices, after = draft_of(document).items()
    assert isinstance(prices, ItemList)
    assert [plain_text(entry) for entry in prices.entries] == ["What · Price", "Desk · 12"]
    assert plain_text(prices.body) == "In euros:\n"
    assert TABLE_NOTE in prices.notes
    assert (after.heading, plain_text(after.body), after.notes) == ("", "And after it, more text.\n", ())


def test_a_table_that_only_places_text_is_read_cell_by_cell() -> None:
    document = docx.Document()
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "Left."
    table.cell(0, 1).paragraphs[0].text = "Right."
    table.cell(0, 1).add_table(rows=2, cols=2).cell(0, 0).text = "Inner"
    draft = draft_of(document)
    assert [plain_text(item.body) for item in draft.items()] == ["Left.\nRight.\nInner\n"]


def test_a_picture_brings_its_description_or_asks_for_one() -> None:
    document = docx.Document()
    document.add_heading("A story", 1)
    document.add_paragraph("Its text.")
    document.add_picture(io.BytesIO(picture_file()))._inline.docPr.set("descr", "A desk\nand a chair")
    document.add_heading("Another", 1)
    document.add_picture(io.BytesIO(picture_file(color="red")))
    document.add_picture(io.BytesIO(picture_file(color="green", kind="JPEG")))
    first, second, third = draft_of(document).items()
    assert isinstance(first, Story)
    assert first.picture is not None
    assert first.picture.alt == "A desk and a chair"
    assert GIVEN_ALT_NOTE in first.notes
    assert isinstance(second, Story)
    assert second.picture is not None
    assert second.picture.alt == ""
    assert "Describe the picture “image2.png” for those who don't see it." in second.notes
    assert isinstance(third, Story)
    assert third.heading == ""
    assert "The picture stood in the item above." in third.notes


def test_a_footnote_stands_at_the_end_of_its_item() -> None:
    document = docx.Document()
    document.add_heading("A story", 1)
    paragraph = document.add_paragraph("The price fell")
    paragraph._p.append(parse_xml(f'<w:r {WORD}><w:footnoteReference w:id="2"/></w:r>'))
    document.add_paragraph("And more.")
    notes = (
        f'<w:footnotes {WORD}><w:footnote w:id="0" w:type="separator"><w:p/></w:footnote><w:footnote w:id="2">'
        "<w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>By a tenth.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    item = only(with_related(saved(document), "footnotes", notes))
    assert plain_text(item.body) == "The price fell[1]\nAnd more.\n[1] By a tenth.\n"
    assert FOOTNOTE_NOTE in item.notes


def test_a_comment_goes_to_the_notes_whole() -> None:
    document = docx.Document()
    run = document.add_paragraph("The price fell.").runs[0]
    document.add_comment([run], text="Is that so? Ask Ann.", author="Bob", initials="B")
    assert "Left out: a comment by Bob “Is that so? Ask Ann.”." in only(document).notes


def test_deleted_and_hidden_words_go_to_the_notes() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Kept ")
    deleted = "<w:r><w:delText>gone </w:delText></w:r><w:r><w:delText>away</w:delText></w:r>"
    paragraph._p.append(parse_xml(f'<w:del {WORD} w:id="1">{deleted}</w:del>'))
    paragraph._p.append(parse_xml(f'<w:ins {WORD} w:id="2"><w:r><w:t>and new</w:t></w:r></w:ins>'))
    paragraph.add_run("secret").font.hidden = True
    item = only(document)
    assert plain_text(item.body) == "Kept and new\n"
    assert "Left out: deleted text “gone away”." in item.notes
    assert "Left out: hidden text “secret”." in item.notes


def test_the_words_of_a_text_box_stand_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    spaces = nsdecls("w") + (
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
        ' xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    document = docx.Document()
    paragraph = document.add_paragraph("Before.")
    paragraph._p.append(
        parse_xml(
            f'<w:r {spaces}><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{box}'
            f"</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict>"
            "</mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    assert plain_text(only(document).body) == "Before.\nIn a box.\n"


def test_headers_and_footers_are_folded_away_and_named() -> None:
    document = docx.Document()
    document.add_paragraph("The text.")
    document.sections[0].header.paragraphs[0].text = "Procurement Notes"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    draft = draft_of(document)
    assert draft.running_headings == ("Procurement Notes", "Page 1")
    assert any("“Procurement Notes” only repeats" in note for note in draft.notes)


def test_a_table_of_contents_is_left_to_the_letter() -> None:
    document = docx.Document()
    style = document.styles.add_style("toc 1", 1)
    document.add_paragraph("News\t3", style=style)
    document.add_paragraph("The text.")
    draft = draft_of(document)
    assert draft.running_headings == ("News 3",)
    assert "The table of contents was left out: the letter makes its own." in draft.notes


def test_a_paragraph_that_names_the_source_is_the_item_s_source() -> None:
    document = docx.Document()
    document.add_heading("A story", 1)
    document.add_paragraph("Its text.")
    paragraph = document.add_paragraph("Source: ")
    link_in(paragraph, Link("The network", "https://example.org/story"))
    document.add_heading("Another", 1)
    document.add_paragraph("Text. (Source: Somebody https://example.org/b)")
    first, second = draft_of(document).items()
    assert (first.source and first.source.name, first.source and first.source.url) == (
        "The network",
        "https://example.org/story",
    )
    assert (second.source and second.source.name, plain_text(second.body)) == ("Somebody", "Text.\n")


def test_another_mailer_s_link_and_a_quotation_are_known() -> None:
    document = docx.Document()
    document.add_heading("A story", 1)
    link_in(document.add_paragraph("See "), Link("this", "https://mail.example.org/t/y-l-abcdefgh-ijklmnop-t/"))
    (story,) = draft_of(document).items()
    assert any("tracked link" in note for note in story.notes)
    said = docx.Document()
    said.add_paragraph("“Repair comes before replacement.” — Ann Lee, secretariat")
    (quote,) = draft_of(said).items()
    assert isinstance(quote, Quote)
    assert quote.speaker == "Ann Lee, secretariat"


def test_an_imprint_and_the_number_are_found() -> None:
    document = docx.Document()
    document.add_paragraph("No. 12")
    document.add_heading("A story", 1)
    document.add_paragraph("Its text.")
    document.add_paragraph("Published by the secretariat.")
    draft = draft_of(document, masthead_name="Notes")
    assert draft.number == "No. 12"
    assert [item.kind for item in draft.items()] == ["lead", "imprint"]


def with_related(data: bytes, kind: str, xml: str) -> bytes:
    """The file with a further part that its text refers to."""
    relation = (
        f'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
        f' Target="{kind}.xml"/></Relationships>'
    )

    def change(path: str, content: bytes) -> tuple[str, bytes]:
        if path == "word/_rels/document.xml.rels":
            return path, content.replace(b"</Relationships>", relation.encode())
        return path, content

    return rezipped(data, change, **{f"word/{kind}.xml": xml.encode()})
