"""What rendered variants are told of: their size, their structure, what mail programs drop."""

from __future__ import annotations

import pytest

from composer.preflight.clients import HARMLESS, client_data, features_of
from composer.preflight.facts import VariantFacts
from composer.preflight.findings import Severity
from composer.preflight.variants import CLIPPED, check_rendering, check_theme, check_variants, html_bytes
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RefusedAddressError, RenderingError
from composer.rendering.letter import encode_letter, join_letter
from composer.rendering.slots import Slot, marker
from composer.rendering.theme import Theme
from composer.rendering.themes import themes

from .clean import BASE_URL, clean_case


def _rendered(html: str) -> Rendered:
    return Rendered(locale="en", subject="x", preheader="", html=html, text="x", links=())


@pytest.mark.parametrize("theme", themes().values(), ids=lambda t: t.slug)
@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_our_themes_letters_have_no_findings(theme: Theme, locale: str) -> None:
    rendered = render_edition(clean_case().contents[locale], theme=theme, base_url=BASE_URL, tracked=True)
    variants = [VariantFacts(locale=locale, recipients=3, items=20, rendered=rendered)]
    assert [finding.sentence for finding in (*check_variants(variants), *check_theme(theme))] == []


def test_the_size_is_that_of_the_html_as_it_is_read_with_a_recipient_s_values_in_it() -> None:
    html = f"<p>字{marker(Slot.CLICK)}</p>{marker(Slot.UNSUBSCRIBE)}"
    assert html_bytes(html) == len("<p></p>") + 3 + 32 + 64


def test_the_limit_is_met_to_the_byte() -> None:
    heading = "<h1>x</h1>"
    at = _rendered(heading + "x" * (CLIPPED - len(heading)))
    over = _rendered(heading + "x" * (CLIPPED - len(heading) + 1))
    found = [
        [finding.severity for finding in check_variants([VariantFacts(locale="en", items=1, rendered=rendered)])]
        for rendered in (at, over)
    ]
    assert found == [[Severity.WARNING], [Severity.ERROR]]


def test_every_variant_is_weighed() -> None:
    large = _rendered("<h1>x</h1>" + "x" * 110_000)
    slugs = ("one", "two", "three")
    variants = [VariantFacts(locale="en", segments=frozenset({slug}), items=1, rendered=large) for slug in slugs]
    findings = check_variants(variants)
    assert [finding.check for finding in findings] == ["size"] * 3
    assert all(slug in finding.sentence for slug, finding in zip(slugs, findings, strict=True))


def test_only_one_edition_s_variants_are_judged_where_one_is_asked_for() -> None:
    variants = [VariantFacts(locale=locale) for locale in ("en", "zh-hans")]
    assert [finding.locale for finding in check_variants(variants, locale="en")] == ["en"]


def test_a_refused_address_becomes_a_finding_at_its_item() -> None:
    finding = check_rendering(RefusedAddressError("x", item_key="a", url="javascript:x"), locale="en")
    assert (finding.severity, finding.item_key, finding.check) == (Severity.ERROR, "a", "link-malformed")


def test_a_theme_s_fault_becomes_a_finding_with_its_line() -> None:
    error = RenderingError("<mj-txt> is not allowed in <mj-column>", template="sections/story.mjml", line=4)
    finding = check_rendering(error, locale="en")
    assert finding.severity is Severity.ERROR
    assert "sections/story.mjml, line 4" in finding.sentence


@pytest.mark.parametrize(
    ("html", "feature"),
    [
        ('<p style="display: flex">', "css-display-flex"),
        ('<p style="color:rgb(1,2,3)">', "css-rgb"),
        ("<style>a:hover{color:red}</style>", "css-pseudo-class-hover"),
        ("<style>p{margin:0}</style><div style='position:absolute'>", "css-position"),
        ("<style>@font-face{font-family:x}</style>", "css-at-font-face"),
        ("<svg><path/></svg>", "html-svg"),
        ("<form><input type='text'></form>", "html-input-text"),
        ('<img src="https://a.example/a.webp?x=1">', "image-webp"),
        ("<title>x</title><video>", "html-video"),
    ],
)
def test_a_feature_is_seen(html: str, feature: str) -> None:
    assert feature in features_of(html)


@pytest.mark.parametrize(
    "html",
    [
        "<style>@media (min-width:600px){p{display:flex}}</style>",
        "<!--[if mso]><table style='display:flex'></table><![endif]-->",
        "<p>display:flex &lt;video&gt;</p>",
    ],
)
def test_what_only_some_programs_read_or_what_is_text_is_not_seen(html: str) -> None:
    assert not features_of(html) & {"css-display-flex", "html-video"}


def test_what_we_excuse_is_known_to_the_data_and_dropped_by_somebody() -> None:
    _clients, support = client_data()
    assert [feature for feature in HARMLESS if "n" not in support.get(feature, "")] == []


def test_the_letter_s_own_encoding_is_larger_than_what_counts() -> None:
    """Quoted-printable makes three bytes of each of a Chinese character's; Gmail counts what it decodes."""
    rendered = _rendered("<h1>x</h1>" + "字" * 1000)
    assert len(join_letter(encode_letter(rendered), {})) > 2.5 * html_bytes(rendered.html)
