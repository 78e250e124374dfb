"""Changes in rich text as the desk stores it, that leave every other character of it alone."""

from __future__ import annotations

import re
from html import escape, unescape

from django.conf import settings

from composer.preflight.fixes import replace_text
from composer.richtext import absolute_address

_TAG = re.compile(r"(<[^>]*>)")
_HREF = re.compile(r"""(\shref\s*=\s*)(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def replace_hrefs(html: str, old: str, new: str) -> str:
    """`html` with every link to `old` leading to `new`."""

    def change(found: re.Match[str]) -> str:
        address = absolute_address(unescape(found[2] or found[3] or ""), settings.BASE_URL)
        return f'{found[1]}"{escape(new)}"' if address.strip() == old.strip() else found[0]

    parts = _TAG.split(html)
    return "".join(_HREF.sub(change, part) if part[:2].lower() == "<a" else part for part in parts)


def replace_words(html: str, old: str, new: str) -> str:
    """`html` with `old` replaced in its text, wherever it stands between two tags."""
    parts = _TAG.split(html)
    return "".join(part if part.startswith("<") else _replaced(part, old, new) for part in parts)


def _replaced(part: str, old: str, new: str) -> str:
    text = unescape(part)
    changed = replace_text(text, old, new)
    if changed == text:
        # The checks read a run of spaces as one.
        text = " ".join(f"x{text}x".split())[1:-1]
        changed = replace_text(text, old, new)
    return escape(changed, quote=False) if changed != text else part
