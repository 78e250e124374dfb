from __future__ import annotations

import pytest

from composer.rendering.errors import RenderingError
from composer.rendering.mjml import MAX_DEPTH, check_mjml, compile_mjml

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
        ("<mj-section></mj-section>", "<mj-section> is not allowed in <mj-column>"),
        ("<mj-style>a{}</mj-style>", "<mj-style> is not allowed in <mj-column>"),
        ("a word", "text stands directly in <mj-column>"),
        ('<mj-text><p style="background:url(//x.example)">a</p></mj-text>', r"may not contain 'url\('"),
        (f'<mj-image src="https://x.example/{"x" * 16_000}" />', "longer than 16,000"),
        ("<mj-raw><!--[if mso]><script>x</script><![endif]--></mj-raw>", "a comment may not contain '<script'"),
    ],
)
def test_markup_that_mrml_would_let_pass_or_refuse_without_a_line_is_told_with_one(body: str, problem: str) -> None:
    with pytest.raises(RenderingError, match=problem) as error:
        compile_mjml(document(body), template="t.mjml")
    assert (error.value.template, error.value.line) == ("t.mjml", 4)


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ('<mj-style inline="inline">a{}</mj-style>', "no attribute 'inline': our compiler would leave it in the head"),
        ("<mj-html-attributes />", "<mj-html-attributes> is not allowed in <mj-head>: our compiler refuses it"),
        ("<mj-style>@import 'x'</mj-style>", "a style may not contain '@import'"),
        ("<mj-font name='x' href='https://x.example' />", "a letter fetches no fonts"),
        (f'<mj-attributes><mj-all font-family="{"x" * 1_001}" /></mj-attributes>', "longer than 1,000"),
    ],
)
def test_markup_in_the_head_that_works_in_mjml_but_not_in_letters_is_told_with_advice(head: str, problem: str) -> None:
    with pytest.raises(RenderingError, match=problem):
        compile_mjml(f"<mjml><mj-head>{head}</mj-head><mj-body></mj-body></mjml>", template="t")


@pytest.mark.parametrize(("name", "attribute"), [("mj-wrapper", "gap"), ("mj-raw", "position")])
def test_an_attribute_that_our_compiler_passes_over_is_told_with_advice(name: str, attribute: str) -> None:
    with pytest.raises(RenderingError, match=f"has no attribute '{attribute}': our compiler"):
        compile_mjml(f'<mjml><mj-body><{name} {attribute}="1"></{name}></mj-body></mjml>', template="t")


def test_every_fault_is_found_in_one_go() -> None:
    source = document(
        '<mj-txt>a</mj-txt>\n<mj-text foo="1" bar="2"><b onclick="x">a</b></mj-text>\n<mj-foo><mj-bar /></mj-foo>'
    )
    assert [(error.line, error.problem) for error in check_mjml(source, template="t")] == [
        (4, "<mj-txt> is not allowed in <mj-column>"),
        (5, "<mj-text> has no attribute 'foo'"),
        (5, "<mj-text> has no attribute 'bar'"),
        (5, "<b> has no attribute 'onclick'"),
        (6, "<mj-foo> is not allowed in <mj-column>"),
        (6, "<mj-bar> is not allowed in <mj-foo>"),
    ]
    assert check_mjml(document("<mj-text>a</mj-text>"), template="t") == []


def test_what_mrml_alone_refuses_is_told_with_its_line_in_a_stamped_document_too() -> None:
    source = document("<!--@sections/x.mjml:7--><mj-text>\n<li><!-- a\n -- --></li></mj-text>")
    errors = check_mjml(source, template="t")
    assert [(error.template, error.line) for error in errors] == [("sections/x.mjml", 9)]


def test_stamps_do_not_stand_in_a_letter_nor_in_the_way_of_the_compiler() -> None:
    head = '<mj-attributes>\n<!--@a.mjml:1--><mj-all font-family="serif" />\n</mj-attributes>'
    source = f"<mjml><mj-head>{head}</mj-head><mj-body></mj-body></mjml>"
    assert "@a.mjml" not in compile_mjml(source, template="t")


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
