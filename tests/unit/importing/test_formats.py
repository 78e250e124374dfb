"""Web pages, Markdown, slides and PDFs are read as their readers see them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import pptx
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from composer.content import Bullets, ItemList, Quote, Story, plain_text
from composer.importing.assemble import assemble
from composer.importing.draft import Draft, draft_characters
from composer.importing.formats import identify, read_document
from composer.importing.markdown import looks_like_markdown
from tests.unit.importing.told import picture_file, saved


def draft_of(data: str | bytes, name: str = "a.html") -> Draft:
    given = data.encode() if isinstance(data, str) else data
    return assemble(read_document(identify(given, name=name)), locale="en")


def bodies(draft: Draft) -> list[tuple[str, str]]:
    return [(item.heading, plain_text(item.body)) for item in draft.items()]


def test_scripts_and_styles_are_no_text_and_comments_neither() -> None:
    draft = draft_of(
        "<style>p{}</style><p>Kept<!-- never --></p><script>alert('never')</script><template>no</template>"
    )
    assert bodies(draft) == [("", "Kept\n")]


def test_hidden_text_menus_and_page_titles_go_to_the_notes() -> None:
    draft = draft_of(
        "<head><title>Page title</title></head><nav><a href='/'>Home</a> About</nav>"
        "<div style='display:none'>Preheader</div><h2>A story</h2><p>Text.</p>"
    )
    (item,) = draft.items()
    assert "Left out: the page's title “Page title”." in item.notes
    assert "Left out: the page's menu “Home About”." in item.notes
    assert "Left out: hidden text “Preheader”." in item.notes


def test_a_page_of_tables_is_read_in_order() -> None:
    draft = draft_of(
        "<table><tr><td><h2>One</h2><p>First.</p></td><td><h2>Two</h2><p>Second.</p></td></tr></table>"
        "<table><tr><td>Only cell.</td></tr></table>"
    )
    assert bodies(draft) == [("One", "First.\n"), ("Two", "Second.\nOnly cell.\n")]


def test_broken_lines_of_chinese_are_joined_without_a_space() -> None:
    assert bodies(draft_of("<p>绿色\n采购 and\nmore</p>")) == [("", "绿色采购 and more\n")]


def test_inner_lists_quotations_and_line_breaks_are_kept() -> None:
    draft = draft_of(
        "<h2>A</h2><p>One<br>Two</p><ol><li>first<ul><li>inner</li></ul></li><li><p>second</p></li></ol>"
        "<blockquote><p>Said by somebody.</p></blockquote>"
    )
    (item,) = draft.items()
    assert plain_text(item.body) == "One\nTwo\nfirst\ninner\nsecond\nSaid by somebody.\n"
    assert isinstance(item.body[2], Bullets)
    assert item.body[2].ordered
    only = draft_of("<h2>A</h2><blockquote>Words.</blockquote>")
    assert [type(item) for item in only.items()] == [Quote]


def test_a_picture_in_the_page_is_taken_and_any_other_is_noted() -> None:
    data = base64.b64encode(picture_file()).decode()
    draft = draft_of(
        f"<h2>A</h2><p>Text.</p><img src='data:image/png;base64,{data}'>"
        "<img src='https://tracker.example/p.gif' alt='A map'><img src='data:image/svg+xml,<svg onload=x>' alt='Bad'>"
    )
    (item,) = draft.items()
    assert isinstance(item, Story)
    assert item.picture is not None
    assert [picture.data for _url, picture in draft.pictures] == [picture_file()]
    notes = " ".join(item.notes)
    assert "not in the file but at “https://tracker.example/p.gif” “A map”" in notes
    assert "only PNG, JPEG, GIF and WebP are taken" in notes


def test_html_in_markdown_is_text_and_nothing_else() -> None:
    draft = draft_of("# T\n\n## A\n\n<script>alert(1)</script> <b>x</b>\n\n<img src=x onerror=y>\n\n## B\n\nz", "a.md")
    assert bodies(draft)[0] == ("A", "<script>alert(1)</script> <b>x</b>\n<img src=x onerror=y>\n")
    assert "bold=True" not in repr(draft.sections)


def test_bad_links_of_markdown_are_text_with_a_note() -> None:
    (item,) = draft_of(
        "[x](javascript:alert(1)) and [y](//evil.example) and [z](https://example.org/?a=1&b=2)", "a.md"
    ).items()
    assert plain_text(item.body) == "x and y and z\n"
    assert "https://example.org/?a=1&b=2" in repr(item.body)
    assert sum("A link was left out" in note for note in item.notes) == 2


@pytest.mark.parametrize(
    ("text", "is_markdown"),
    [
        ("# A heading\n\nText.", True),
        ("See [this](https://example.org).", True),
        ("| A | B |\n| --- | --- |\n| 1 | 2 |", True),
        ("#hashtag and 3 * 4 * 5", False),
        ("- a list\n- of two", False),
        ("A | B", False),
        ("Plain words.\n\n---\n\nMore.", False),
    ],
)
def test_markdown_is_known_by_marks_that_nothing_else_has(text: str, is_markdown: bool) -> None:
    assert looks_like_markdown(text) is is_markdown


def deck() -> Any:
    return pptx.Presentation()


def slide(show: Any, title: str, *texts: str, layout: int = 1) -> Any:
    made = show.slides.add_slide(show.slide_layouts[layout])
    made.shapes.title.text = title
    for text in texts:
        made.shapes.add_textbox(0, 0, 100, 100).text_frame.text = text
    return made


def test_a_slide_that_repeats_the_title_before_it_goes_on() -> None:
    show = deck()
    slide(show, "The deck", layout=0)
    slide(show, "Kenya", "One.")
    slide(show, "Kenya", "Two.")
    slide(show, "Peru", "Three.")
    draft = draft_of(saved(show), "a.pptx")
    assert draft.title == "The deck"
    assert bodies(draft) == [("Kenya", "One.\nTwo.\n"), ("Peru", "Three.\n")]
    assert draft.running_headings == ("Kenya",)


def test_what_the_speaker_says_and_hidden_slides_go_to_the_notes() -> None:
    show = deck()
    first = slide(show, "Kenya", "One.")
    first.notes_slide.notes_text_frame.text = "Say this aloud."
    hidden = slide(show, "Not yet", "A secret.")
    hidden._element.set("show", "0")
    (item,) = draft_of(saved(show), "a.pptx").items()
    assert "Left out: the notes to slide 1 “Say this aloud.”." in item.notes
    assert "Left out: slide 2, which is hidden: “Not yet A secret.”." in item.notes


def test_grouped_shapes_tables_and_charts_of_a_slide_are_read() -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    show = deck()
    made = slide(show, "Kenya")
    made.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9).text_frame.text = "In a group."
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["East", "West"]
    data.add_series("Sales", (1, 2))
    made.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, 900, 900, data)
    table = made.shapes.add_table(2, 2, 0, 0, 9, 9).table
    for i, text in enumerate(("Day", "Place", "Monday", "Nairobi")):
        table.cell(i // 2, i % 2).text = text
    (rows,) = draft_of(saved(show), "a.pptx").items()
    assert plain_text(rows.body) == "In a group.\n"
    assert any("a chart “Sales · East · West" in note for note in rows.notes)
    assert isinstance(rows, ItemList)
    assert [plain_text(entry) for entry in rows.entries] == ["Day · Place", "Monday · Nairobi"]


def printed(*pages: Sequence[tuple[float, float, str, int, str]]) -> bytes:
    """Pages of (x, y from the top, text, size, font)."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    for page in pages:
        for x, y, text, size, font in page:
            canvas.setFont(font, size)
            canvas.drawString(x, A4[1] - y, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


TEXT, BOLD = "Helvetica", "Helvetica-Bold"


def test_large_and_bold_lines_of_a_pdf_are_headings() -> None:
    data = printed(
        [
            (60, 60, "The issue of spring", 24, BOLD),
            (60, 110, "News", 16, BOLD),
            (60, 140, "Kenya repairs desks", 10, BOLD),
            (
                60,
                155,
                "The contract names a price for each repair, and runs for four long years from now on to",
                10,
                TEXT,
            ),
            (60, 168, "the end. All members may use it.", 10, TEXT),
            (60, 200, "Peru buys local", 10, BOLD),
            (60, 215, "The law was changed in March.", 10, TEXT),
        ]
    )
    draft = draft_of(data, "a.pdf")
    assert draft.title == "The issue of spring"
    assert [section.heading for section in draft.sections] == ["News"]
    assert [heading for heading, _body in bodies(draft)] == ["Kenya repairs desks", "Peru buys local"]
    assert bodies(draft)[0][1].count("\n") == 1
    assert "from now on to the end." in bodies(draft)[0][1]
    assert all(any("guessed from" in note for note in item.notes) for item in draft.items())


def test_headers_footers_and_page_numbers_of_a_pdf_are_folded_away() -> None:
    header = (60, 30, "Procurement Notes", 9, TEXT)
    data = printed(
        *(
            [header, (60, 100, f"{word} is what this says.", 11, TEXT), (280, 820, str(number), 9, TEXT)]
            for number, word in enumerate(("This", "That", "More", "Less"), 1)
        )
    )
    draft = draft_of(data, "a.pdf")
    assert sorted(draft.running_headings) == ["1", "2", "3", "4", *["Procurement Notes"] * 4]
    assert "Procurement" not in repr(draft.sections)


def test_a_page_is_never_folded_away_whole() -> None:
    data = printed(*([(60, 100, f"This is page {number} of four.", 11, TEXT)] for number in range(1, 5)))
    draft = draft_of(data, "a.pdf")
    assert draft.running_headings == ()
    assert "This is page 3 of four." in bodies(draft)[0][1]


def test_a_paragraph_that_a_page_broke_is_one_again() -> None:
    data = printed(
        [(60, 60, "A heading", 18, BOLD), (60, 800, "The sentence begins on the first page and", 11, TEXT)],
        [(60, 60, "ends on the second one.", 11, TEXT)],
    )
    (item,) = draft_of(data, "a.pdf").items()
    assert plain_text(item.body) == "The sentence begins on the first page and ends on the second one.\n"
    assert "went on over the end of a page" in " ".join(item.notes)


def test_links_and_pictures_of_a_pdf_are_kept() -> None:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    canvas.setFont(TEXT, 11)
    canvas.drawString(60, 700, "Read the guide today.")
    canvas.linkURL("https://example.org/guide", (60, 695, 200, 712))
    canvas.linkURL("https://example.org/picture", (60, 400, 300, 500))
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(io.BytesIO(picture_file(200, 100, kind="JPEG"))), 60, 400, 240, 100)
    canvas.save()
    draft = draft_of(target.getvalue(), "a.pdf")
    (item,) = draft.items()
    assert "https://example.org/guide" in repr(item.body)
    assert isinstance(item, Story)
    assert item.picture is not None
    assert (item.picture.width, item.picture.height) == (200, 100)
    assert "Left out: the link of a picture “https://example.org/picture”." in item.notes
    assert draft_characters(draft)["g"] > 0
