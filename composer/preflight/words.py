"""The checks of words: what was never filled in, and what another program left behind."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from .findings import Finding, Severity, gettext_noop
from .pieces import Text, shorten
from .places import Place

_BLANK = re.compile(
    r"lorem ipsum[^.\n]{0,60}|dolor sit amet|\b(?:TODO|FIXME|XXX+)\b"
    r"|\[\s*(?:insert|your|enter|add|replace|type|to do|todo|tb[acd]|xx+|name|title|date|link|url|image|text|heading"
    r"|insérer|votre|titre|lien|texte|image|à compléter|à préciser|nom|ajouter)\b[^\]\n]{0,80}\]"
    r"|<\s*(?:insert|your|enter|insérer)\b[^>\n]{0,80}>"
    r"|[【（(\[［]\s*(?:请)?(?:在此|此处|插入|填写|填入|输入|待补|待填|替换|待定)[^】）)\]］\n]{0,40}[】）)\]］]"
    r"|此处(?:插入|填写|填入|添加|输入|放置|替换|待)|在此(?:插入|输入|添加)|占位(?:符|文字)|示例文字|×{2,}|[xX]{3,}(?=[\u4e00-\u9fff])",
    re.IGNORECASE,
)
_UNSETTLED = re.compile(
    r"\bTB[ACD]\b|待定|待补充|待确认|待核实|待更新|某某|\?{3,}|？{3,}|\bto be (?:announced|confirmed)\b|\bà confirmer\b"
)
_FOREIGN_FIELD = re.compile(
    r"\*\|[A-Z0-9_:]{1,40}\|\*"  # Mailchimp
    r"|%%[A-Za-z_ ]{2,40}%%|%recipient\.[a-z_]+%"
    r"|\[(?:firstname|lastname|fullname|email|unsubscribe|webversion|currentyear)\b[^\]\n]{0,60}\]"
    r"|\{%[^%\n]{0,80}%\}|\[\[[a-z_]{2,40}(?::[^\]\n]{0,40})?\]\]|«[A-Za-zÀ-ÿ]{2,20}_[A-Za-zÀ-ÿ_]{1,20}»",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-z]{2,10}|#\d{2,6}|#x[0-9a-f]{2,6});", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|b|i|u|p|br|em|strong|span|div|ul|ol|li|h[1-6]|img|table|tr|td|font|svg|path|script|style|iframe|sup|sub|o:p)"
    r"(?:\s[^<>\n]{0,300})?/?>",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(
    r"\*\*[^*\n]{1,80}\*\*|(?<!\w)__[^_\n]{1,80}__(?!\w)|\[[^\]\n]{1,80}\]\(https?://[^)\s]{1,300}\)"
)


def check_words(texts: tuple[Text, ...], *, locale: str) -> Iterator[Finding]:
    """Placeholders are errors, or warnings where they may be meant; leftovers of markup are warnings with a fix."""
    for piece in texts:
        text, where = piece.text, Place.of(piece, locale)
        if found := _BLANK.search(text):
            yield where.finding(
                "text-placeholder",
                Severity.ERROR,
                gettext_noop("In {where}, “{found}” waits to be filled in. Write the text or take it out."),
                found=shorten(found[0]),
            )
        elif found := _UNSETTLED.search(text):
            yield where.finding(
                "text-unsettled",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, “{found}” says that something isn't settled. Check whether it is known by now."
                ),
                found=shorten(found[0]),
            )
        if found := _FOREIGN_FIELD.search(text):
            yield where.finding(
                "text-foreign-field",
                Severity.ERROR,
                gettext_noop(
                    "In {where}, “{found}” is another mailer's field and would be printed as it is. Take it out."
                ),
                found=shorten(found[0]),
            )
        yield from _leftovers(text, where)


def _leftovers(text: str, where: Place) -> Iterator[Finding]:
    if "&" in text:
        for entity in dict.fromkeys(_ENTITY.findall(text)):
            meant = html.unescape(entity)
            if meant != entity:
                yield where.finding(
                    "text-markup",
                    Severity.WARNING,
                    gettext_noop("In {where}, “{found}” would be printed as it is: it is left over from a web page."),
                    fix=where.replacing(entity, meant),
                    found=entity,
                )
    if "<" in text:
        for tag in dict.fromkeys(_TAG.findall(text)):
            yield where.finding(
                "text-markup",
                Severity.WARNING,
                gettext_noop("In {where}, “{found}” would be printed as it is: it is left over from a web page."),
                fix=where.replacing(tag, "\n" if tag.lower().startswith("<br") else ""),
                found=shorten(tag),
            )
    if ("*" in text or "_" in text or "](" in text) and (found := _MARKDOWN.search(text)):
        yield where.finding(
            "text-markup",
            Severity.WARNING,
            gettext_noop("In {where}, “{found}” is Markdown and would be printed as it is. Style the words instead."),
            found=shorten(found[0]),
        )
