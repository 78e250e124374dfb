from __future__ import annotations

import pytest

from composer.rendering.errors import RenderingError
from composer.rendering.mjml import MAX_DEPTH, compile_mjml

from .markup import Page


def document(body: str) -> str:
    return f"<mjml>\n<mj-body>\n<mj-section><mj-column>\n{body}\n</mj-column></mj-section></mj-body></mjml>"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<mj-txt>a</mj-txt>", "<mj-txt> is not allowed"),
        ('<mj-text paddin="0">a</mj-text>', "no attribute 'paddin'"),
        ("<mj-text><script>a</script></mj-text>", "<script> is not allowed"),
        ('<mj-text><p onclick="x">a</p></mj-text>', "no attribute 'onclick'"),
        ('<mj-text><a href="javascript:x">a</a></mj-text>', "no http, https or mailto"),
        ('<mj-button href="data:x">a</mj-button>', "no http, https or mailto"),
        ("<mj-text><mj-raw>a</mj-raw></mj-text>", "<mj-raw> is not allowed in <mj-text>"),
        ("<mj-include />", "<mj-include> is not allowed"),
        ("<mj-text><p>a</mj-text>", "mismatched tag"),
        ("<mj-text><br></mj-text>", "mismatched tag"),
        ("<mj-text>a & b</mj-text>", "not well-formed"),
        ("<mj-text>&nbsp;</mj-text>", "undefined entity"),
        ("<mj-text><![CDATA[a]]></mj-text>", "CDATA"),
        ("<mj-text><?php a ?></mj-text>", "processing instructions"),
        ("<mj-text><!-- a -- b --></mj-text>", "not well-formed"),
        ('<mj-style inline="inline">a{}</mj-style>', "no attribute 'inline'"),
    ],
)
def test_markup_that_mrml_would_let_pass_or_refuse_without_a_line_is_told_with_one(body: str, problem: str) -> None:
    with pytest.raises(RenderingError, match=problem) as error:
        compile_mjml(document(body), template="t.mjml")
    assert (error.value.template, error.value.line) == ("t.mjml", 4)


def test_a_document_type_is_refused() -> None:
    with pytest.raises(RenderingError, match="document types"):
        compile_mjml('<!DOCTYPE mjml [<!ENTITY a "b">]>' + document(""), template="t")


def test_what_mrml_alone_refuses_becomes_an_error_of_ours() -> None:
    with pytest.raises(RenderingError):
        compile_mjml("<mjml><mj-head><mj-body></mj-body></mj-head></mjml>", template="t")


@pytest.mark.parametrize("depth", [MAX_DEPTH, 3000])
def test_nesting_that_would_end_the_process_is_refused(depth: int) -> None:
    with pytest.raises(RenderingError, match="nested"):
        compile_mjml(document("<mj-text>" + "<div>" * depth + "</div>" * depth + "</mj-text>"), template="t")


def test_a_stamp_gives_the_template_and_line_that_a_fault_came_from() -> None:
    with pytest.raises(RenderingError) as error:
        compile_mjml(document("<!--@sections/x.mjml:7--><mj-text>\n<bad/></mj-text>"), template="t")
    assert (error.value.template, error.value.line) == ("sections/x.mjml", 8)
    assert str(error.value).startswith("sections/x.mjml, line 8: ")


@pytest.mark.parametrize(
    "value",
    [
        "C:\\a\\u{e000}",
        "no\u00a0break",
        "👩\u200d🌾",
        "\ue000click\ue001",
        "全角\u3000空格",
        "e\u0301",
        "a&#10;b",
        "‘’",
        "é",
    ],
)
def test_attributes_come_out_of_mrml_as_they_went_in(value: str) -> None:
    source = document(f'<mj-image src="https://a.example/i.png" alt="{value}" />').replace(
        "<mj-body>", f"<mj-head><mj-title>{value}</mj-title></mj-head><mj-body>"
    )
    page = Page(compile_mjml(source, template="t"))
    plain = value.replace("&#10;", "\n")
    assert page.all("img")[0].attributes["alt"] == plain
    assert page.title == plain
    assert [e.attributes["aria-label"] for e in page.elements if "aria-label" in e.attributes] == [plain]


def test_quotes_and_brackets_stay_references() -> None:
    html = compile_mjml(document("<mj-text>&#34;&#60;b&#62;&#38;</mj-text>"), template="t")
    assert "&#34;&#60;b&#62;&#38;" in html


def test_no_font_is_loaded_from_the_network() -> None:
    assert "fonts.googleapis.com" not in compile_mjml(document("<mj-text>a</mj-text>"), template="t")
