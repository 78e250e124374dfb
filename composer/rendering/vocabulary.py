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
_BORDERS = "border border-top border-right border-bottom border-left"
_BORDER = f"{_BORDERS} border-radius"
_BACKGROUND = (
    "background-url background-repeat background-size background-position background-position-x background-position-y"
)
_FONT = "color font-family font-size font-weight line-height"
_TEXT = f"{_FONT} font-style letter-spacing text-decoration text-transform"
_BLOCK = f"{_COMMON} {_PADDING} container-background-color"
_LINK = "href rel target"

COMPONENTS: dict[str, frozenset[str]] = {
    "mjml": _words("lang dir owa"),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-attributes": frozenset(),
    "mj-breakpoint": _words("width"),
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
    "mj-text": _words(_BLOCK, _TEXT, "align height vertical-align"),
    "mj-button": _words(
        _BLOCK, _BORDER, _TEXT, _LINK,
        "align background-color height inner-padding name text-align title vertical-align width",
    ),
    "mj-image": _words(
        _BLOCK, _BORDER, _LINK,
        "align alt fluid-on-mobile font-size height max-height name sizes src srcset title usemap width",
    ),
    "mj-divider": _words(_BLOCK, "align border-color border-style border-width width"),
    "mj-spacer": _words(_BLOCK, "height"),
    "mj-table": _words(_BLOCK, _FONT, "align border cellpadding cellspacing role table-layout width"),
    "mj-hero": _words(
        _COMMON, _PADDING, "background-color background-height background-position background-url background-width",
        "border-radius height inner-background-color inner-padding mode vertical-align",
    ),
    "mj-social": _words(
        _BLOCK, _FONT, "align border-radius font-style icon-height icon-padding icon-size inner-padding mode",
        "table-layout text-decoration text-padding",
    ),
    "mj-social-element": _words(
        _COMMON, _PADDING, _FONT, _LINK, "align alt background-color border-radius font-style icon-height icon-padding",
        "icon-position icon-size name sizes src srcset text-decoration text-padding title vertical-align",
    ),
    "mj-navbar": _words(
        _COMMON, _PADDING, "align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size",
        "ico-line-height ico-open ico-padding ico-text-decoration ico-text-transform",
    ),
    "mj-navbar-link": _words(_COMMON, _PADDING, _TEXT, _LINK, "name"),
}  # fmt: skip
"""Components and their attributes: the reference compiler knows all of them."""

_BLOCKS = _words("mj-button mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer mj-table mj-text")

CHILDREN: dict[str, frozenset[str]] = {
    "mjml": _words("mj-head mj-body"),
    "mj-head": _words("mj-attributes mj-breakpoint mj-preview mj-raw mj-style mj-title"),
    "mj-body": _words("mj-hero mj-raw mj-section mj-wrapper"),
    "mj-wrapper": _words("mj-hero mj-raw mj-section"),
    "mj-section": _words("mj-column mj-group mj-raw"),
    "mj-group": _words("mj-column mj-raw"),
    "mj-column": _BLOCKS,
    "mj-hero": _BLOCKS,
    "mj-social": _words("mj-raw mj-social-element"),
    "mj-navbar": _words("mj-navbar-link mj-raw"),
}
"""Which component may stand in which; `mj-attributes` takes them all."""

HINTS: dict[str, str] = {
    "mismatched tag": ": every element is closed in the place where it was opened, <br /> and <img /> too",
    "undefined entity": ": write the character itself, or its number, such as &#160;",
    "mj-font": ": a letter fetches no fonts; name those that readers have",
    "mj-html-attributes": ": our compiler refuses it; write the attributes where they belong",
    "mj-include": ': use {% include "partials/…" %}',
    "mj-raw position": ": our compiler refuses it",
    "mj-style inline": ': our compiler would leave it in the head; write style="…" on the elements',
    "mj-wrapper gap": ": our compiler passes over it; give the sections a padding",
    "mj-accordion": ": mail clients show it closed for good",
    "mj-carousel": ": most mail clients show its first picture only",
}
"""Words after a fault: what to do instead of what people write most often."""

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
