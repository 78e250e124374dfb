"""The checks of the letter's header: who it says it is from, and that no value can start a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .facts import HeaderFacts
from .findings import Finding, Severity, gettext_noop
from .pieces import shorten
from .places import Place

_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[bqBQ]\?[^?]*\?=")
_ADDRESS = re.compile(
    r"[^\s@<>(),;:\\\"\[\]\x00-\x1f]{1,64}@(?:[^\s@<>(),;:\\\"\[\].\x00-\x1f]{1,63}\.)+[^\s@<>(),;:\\\"\[\].\x00-\x1f]{2,63}"
)
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_ADVERTISING = re.compile(r"广告|\bAD\b")
_FREE_MAIL = frozenset(
    ("gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "hotmail.com", "live.com", "aol.com", "icloud.com",
     "qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "gmx.de", "web.de", "orange.fr", "free.fr")
)  # fmt: skip


def check_headers(facts: HeaderFacts) -> list[Finding]:
    """What is wrong with the values that go into a letter's header."""
    return [*_lines(facts), *_sender(facts), *_list(facts)]


def _lines(facts: HeaderFacts) -> Iterator[Finding]:
    for field, value in (
        ("subject", facts.subject),
        ("sender_name", facts.sender_name),
        ("sender_address", facts.sender_address),
        ("reply_to", facts.reply_to),
        ("list_id", facts.list_id),
        ("list_name", facts.list_name),
    ):
        where = Place(facts.locale, None, field)
        if _CONTROL.search(value):
            yield where.finding(
                "header-line-break",
                Severity.ERROR,
                gettext_noop("{what} holds a line break or a control character. Write it on one line."),
                what=_NAMED[field],
            )
        elif _ENCODED_WORD.search(value):
            yield where.finding(
                "header-encoded",
                Severity.ERROR,
                gettext_noop("{what} holds the code of a mail header, “{found}”. Write plain words."),
                what=_NAMED[field],
                found=shorten(_ENCODED_WORD.findall(value)[0]),
            )


def _sender(facts: HeaderFacts) -> Iterator[Finding]:
    name, address = Place(facts.locale, None, "sender_name"), Place(facts.locale, None, "sender_address")
    if not facts.sender_name.strip():
        yield name.finding(
            "sender-name",
            Severity.ERROR,
            gettext_noop("The bulletin has no sender's name in this language. Write one."),
        )
    elif _ADDRESS.search(facts.sender_name) and facts.sender_address.strip() not in facts.sender_name:
        yield name.finding(
            "sender-name-address",
            Severity.ERROR,
            gettext_noop("The sender's name is another mail address: “{name}”. Mail programs take that for fraud."),
            name=shorten(facts.sender_name),
        )
    if not _ADDRESS.fullmatch(facts.sender_address.strip()):
        yield address.finding(
            "sender-address",
            Severity.ERROR,
            gettext_noop("The sender's address “{address}” is no mail address. Correct it."),
            address=shorten(facts.sender_address),
        )
    elif facts.sender_address.strip().rpartition("@")[2].lower() in _FREE_MAIL:
        yield address.finding(
            "sender-free-mail",
            Severity.ERROR,
            gettext_noop(
                "The sender's address is one of “{host}”, whose rules refuse letters sent by others. Use your own."
            ),
            host=facts.sender_address.strip().rpartition("@")[2].lower(),
        )
    if facts.reply_to.strip() and not _ADDRESS.fullmatch(facts.reply_to.strip()):
        yield Place(facts.locale, None, "reply_to").finding(
            "reply-address",
            Severity.ERROR,
            gettext_noop("The address for replies, “{address}”, is no mail address. Correct it."),
            address=shorten(facts.reply_to),
        )
    if facts.advertising and not _ADVERTISING.search(facts.subject):
        yield Place(facts.locale, None, "subject").finding(
            "subject-advertising",
            Severity.WARNING,
            gettext_noop("Advertising to readers in China must say “广告” or “AD” in its subject. Add it."),
        )


def _list(facts: HeaderFacts) -> Iterator[Finding]:
    if facts.list_id and not _LIST_ID.fullmatch(facts.list_id.strip().strip("<>")):
        yield Place(facts.locale, None, "list_id").finding(
            "list-id",
            Severity.ERROR,
            gettext_noop("The list's identifier “{value}” must be words of letters and digits with dots between."),
            value=shorten(facts.list_id),
        )


_NAMED = {
    "subject": gettext_noop("The subject"),
    "sender_name": gettext_noop("The sender's name"),
    "sender_address": gettext_noop("The sender's address"),
    "reply_to": gettext_noop("The address for replies"),
    "list_id": gettext_noop("The list's identifier"),
    "list_name": gettext_noop("The bulletin's name"),
}
