"""A test letter: one edition as one reader would see it, marked as a test, to whoever asked for it.

It is no delivery: nothing is recorded of it, its links are direct, it has no pixel, no List-Unsubscribe and no way to
unsubscribe anybody. It may hold what nobody has approved yet; that is what it is for.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from composer.rendering.edition import Rendered
from composer.rendering.letter import encode_letter, join_letter
from composer.rendering.printable import printable
from dispatch.classify import Outcome, classify
from dispatch.dkim import Signer, signatures
from dispatch.errors import BadHeader
from dispatch.headers import address_in_ascii, header, mailbox, text_header
from dispatch.letter import content_language
from dispatch.transports.base import Envelope, SendResult, Transport

MOST_ADDRESSES = 5
PATIENCE = 10.0  # seconds that the server may take for one answer
TIME_LIMIT = 25.0  # seconds for all letters of a test: somebody is waiting for the page

_TOP = re.compile(r"<body\b[^>]*>(?:\s*<div style=\"display:none[^\"]*\">[^<]*</div>)?", re.IGNORECASE)
_NOTICE = (
    '<div role="note" style="padding:10px 16px;background:#fff4ce;color:#4d3800;border-bottom:2px solid #c78f00;'
    'font:14px/1.5 Arial,sans-serif;text-align:center"><span style="color:#4d3800">{}</span></div>'
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a test says in the edition's language."""

    prefix: str
    notice: str


_WORDS = {
    "en": Words(
        "[Test]",
        "This is a test of “{title}”, sent by {sender}. No click is counted; the links to unsubscribe and to view"
        " it in a browser are left out.",
    ),
    "zh": Words(
        "[测试]", "这是《{title}》的测试邮件，由{sender}发送。点击不计数；退订链接和在浏览器中查看的链接已省略。"
    ),
    "fr": Words(
        "[Test]",
        "Ceci est un test de « {title} », envoyé par {sender}. Aucun clic n’est compté ; les liens pour se désabonner"
        " et pour le voir dans un navigateur sont omis.",
    ),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a test letter says of itself. `asked_by` is whom the notice names; the sender is the bulletin's.

    It is signed by `signers` as the issue's letters will be, so that a test shows what receivers make of that.
    """

    title: str
    asked_by: str
    sender_name: str
    sender_address: str
    reply_to: str = ""
    signers: tuple[Signer, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one address. `said` is the server's answer, or what happened to the connection (`lost`)."""

    address: str
    outcome: Outcome
    said: str = ""
    lost: bool = False


def marked_as_test(rendered: Rendered, trial: Trial) -> Rendered:
    """`rendered` with the prefix in its subject and the notice above its HTML and its text."""
    words = _WORDS.get(rendered.locale.split("-")[0], _WORDS["en"])
    notice = words.notice.format(title=_line(trial.title), sender=_line(trial.asked_by))
    banner = _NOTICE.format(escape(notice))
    html, placed = _TOP.subn(lambda found: found[0] + banner, rendered.html, count=1)
    return dataclasses.replace(
        rendered,
        subject=f"{words.prefix} {rendered.subject}",
        html=html if placed else banner + rendered.html,
        text=f"{notice}\n\n{'-' * 8}\n\n{rendered.text}",
    )


def trial_letter(rendered: Rendered, trial: Trial, *, address: str, now: datetime) -> bytes:
    """The whole letter to `address`, with CRLF line ends; BadHeader where a value isn't fit for a header."""
    marked = marked_as_test(rendered, trial)
    letter = encode_letter(marked)
    domain = address_in_ascii(trial.sender_address).rpartition("@")[2]
    lines = [
        header("From", mailbox(trial.sender_name, trial.sender_address, "From")),
        header("To", mailbox("", address, "To")),
        header("Date", format_datetime(now)),
        text_header("Subject", marked.subject),
        header("Message-ID", f"<test.{secrets.token_hex(16)}@{domain}>"),
        header("Auto-Submitted", "auto-generated"),
        header("X-Circular-Test", "yes"),
        header("Content-Language", content_language(marked.locale)),
    ]
    if trial.reply_to:
        lines.append(header("Reply-To", mailbox("", trial.reply_to, "Reply-To")))
    headers, body = b"".join(lines) + letter.content_headers, join_letter(letter, {})
    return signatures(trial.signers, headers, [body], now) + headers + b"\r\n" + body


def send_trial(
    rendered: Rendered, trial: Trial, *, addresses: Sequence[str], transport: Transport, now: datetime
) -> list[Tried]:
    """Send a letter to each address, one after the other; what came of each, in the same order."""
    tried: list[Tried] = []
    ends = time.monotonic() + TIME_LIMIT
    for address in addresses:
        if tried and tried[-1].lost:
            tried.append(dataclasses.replace(tried[-1], address=address))  # it would be the same once more
        elif time.monotonic() > ends:
            tried.append(Tried(address, Outcome.RELEASED, "no time was left", lost=True))
        else:
            tried.append(_sent(rendered, trial, address, transport, now))
    return tried


def _sent(rendered: Rendered, trial: Trial, address: str, transport: Transport, now: datetime) -> Tried:
    try:
        data = trial_letter(rendered, trial, address=address, now=now)
        envelope = Envelope(address_in_ascii(trial.sender_address), address_in_ascii(address))
    except BadHeader as error:
        return Tried(address, Outcome.FAILED, str(error))
    result = transport.send(envelope, data, may_send=lambda: True)
    return Tried(address, classify(result).outcome, _said(result), lost=result.reply is None)


def _said(result: SendResult) -> str:
    said = result.error if result.reply is None else f"{result.reply.code} {result.reply.text}"
    return " ".join(said.split())[:300]


def _line(text: str) -> str:
    return " ".join(printable(text).split())
