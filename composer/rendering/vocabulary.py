"""The MJML and the HTML that our templates may use.

mrml lets unknown tags and misspelt attributes pass in silence, so the list is ours. It holds what works in mrml
6: `mj-html-attributes`, `mj-include`, the attribute `inline` of `mj-style` and the `gap` of `mj-wrapper` are left
out on purpose.
"""

from __future__ import annotations


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


_COMMON = "css-class mj-class"
_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_BACKGROUND = (
    "background-url background-repeat background-size background-position background-position-x background-position-y"
)
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform"
_BLOCK = f"{_COMMON} {_PADDING} container-background-color"
_LINK = "href rel target title name"

COMPONENTS: dict[str, frozenset[str]] = {
    "mjml": _words("lang dir owa"),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-attributes": frozenset(),
    "mj-breakpoint": _words("width"),
    "mj-font": _words("name href"),
    "mj-style": frozenset(),
    "mj-raw": frozenset(),
    "mj-body": _words("width background-color css-class"),
    "mj-wrapper": _words(
        _COMMON, _PADDING, _BORDER, _BACKGROUND, "background-color direction full-width text-align text-padding"
    ),
    "mj-section": _words(
        _COMMON, _PADDING, _BORDER, _BACKGROUND, "background-color direction full-width text-align text-padding"
    ),
    "mj-group": _words(_COMMON, "background-color direction vertical-align width"),
    "mj-column": _words(
        _COMMON, _PADDING, _BORDER, "background-color direction vertical-align width",
        "inner-background-color inner-border inner-border-top inner-border-right inner-border-bottom inner-border-left",
        "inner-border-radius",
    ),
    "mj-text": _words(_BLOCK, _FONT, "align height vertical-align"),
    "mj-button": _words(
        _BLOCK, _BORDER, _FONT, _LINK, "align background-color height inner-padding text-align vertical-align width"
    ),
    "mj-image": _words(
        _BLOCK, _BORDER, _LINK, "align alt fluid-on-mobile font-size height max-height sizes src srcset usemap width"
    ),
    "mj-divider": _words(_BLOCK, "align border-color border-style border-width width"),
    "mj-spacer": _words(_BLOCK, "height"),
    "mj-table": _words(
        _BLOCK, _FONT, "align border cellpadding cellspacing role table-layout width"
    ),
    "mj-hero": _words(
        _COMMON, _PADDING, _BACKGROUND, "background-color background-height background-width border-radius height mode",
        "inner-background-color inner-padding vertical-align width",
    ),
    "mj-social": _words(
        _BLOCK, _FONT, "align border-radius icon-height icon-padding icon-size inner-padding mode table-layout",
        "text-padding",
    ),
    "mj-social-element": _words(
        _COMMON, _PADDING, _FONT, _LINK, "align alt background-color border-radius icon-height icon-padding icon-size",
        "icon-position src srcset sizes text-padding vertical-align",
    ),
    "mj-navbar": _words(
        _COMMON, _PADDING, "align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size",
        "ico-line-height ico-open ico-padding ico-text-decoration ico-text-transform",
    ),
    "mj-navbar-link": _words(_COMMON, _PADDING, _FONT, _LINK),
}  # fmt: skip

MIXED = frozenset({"mj-text", "mj-button", "mj-table", "mj-raw", "mj-navbar-link", "mj-social-element"})
"""Components that hold HTML."""

DEFAULTS = _words("mj-all mj-class")
"""What stands in `mj-attributes` beside components; takes any component's attributes."""

ANY_ATTRIBUTE = frozenset().union(*COMPONENTS.values()) | {"name"}

_GLOBAL = _words("class dir id lang role style title aria-hidden aria-label")
_CELL = _words("align bgcolor colspan height rowspan valign width")

ELEMENTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        _words("b blockquote br div em h1 h2 h3 h4 h5 h6 hr i li ol p s small span strong sub sup tbody thead u ul"),
        _GLOBAL,
    ),
    "a": _GLOBAL | _words("href name rel target"),
    "img": _GLOBAL | _words("align alt border height src width"),
    "table": _GLOBAL | _words("align bgcolor border cellpadding cellspacing width"),
    "tr": _GLOBAL | _words("align bgcolor valign"),
    "td": _GLOBAL | _CELL,
    "th": _GLOBAL | _CELL | _words("scope"),
    "meta": _words("content http-equiv name"),
}
