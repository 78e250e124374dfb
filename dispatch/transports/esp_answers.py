"""What a provider's HTTP answer is in the words of SMTP, so that everything behind the transport knows one language.

Pure. A status that speaks of all letters (the key, the account, the pace) is told before RCPT: then nobody is blamed
and the transport rests or stops. Where a gateway answers instead of the provider, the letter is in doubt.
"""

from __future__ import annotations

import re

from dispatch.transports.base import Reply, SendResult, Stage

LONGEST_WORDS = 500  # characters
_IN_DOUBT = frozenset({502, 504, 520, 524})  # a gateway lost the provider after it had passed the letter on
_TOO_FAST = frozenset({420, 429})
_ACCOUNT = re.compile(r"Invalid_Key|PaymentRequired|Unknown_Subaccount")  # one provider says them with a 500
_NOT_VALID = re.compile(r"ValidationError")
# How providers name the field that holds the recipient. Nothing looser: whoever is blamed has failed for good.
_RECIPIENT = re.compile(
    r"['`]to['`]|\bto parameter\b|\bvalid in to\b|ErrorRelatedTo\W{1,8}To\b|\brecipient (?:address|is|was)\b",
    re.IGNORECASE,
)


def accepted(status: str, message_id: str) -> SendResult:
    return _said(Stage.DOT, 250, "2.0.0", f"{status} as {message_id}")


def not_taken(status: str, words: str, recipient: str) -> SendResult:
    """The provider answered that it won't send to this recipient: `invalid`, or `rejected` (its own suppressions)."""
    if status == "invalid":
        return _said(Stage.RCPT, 553, "5.1.3", _fit(words, recipient))
    return _said(Stage.RCPT, 550, "5.2.1", _fit(words, recipient))


def refused(status: int, words: str, recipient: str, *, retry_after: str = "") -> SendResult:
    """An answer of the provider that is no acceptance: its HTTP status and its words."""
    blamed = _blames(words, recipient)
    said = f"HTTP {status} {_fit(words, recipient)}".strip()
    if retry_after:
        said = f"{said} (Retry-After: {retry_after[:40]})"
    if 200 <= status < 300 or status in _IN_DOUBT:
        return SendResult(Stage.DOT, error=said)
    if status in {401, 403} or (status >= 500 and _ACCOUNT.search(words)):
        return _said(Stage.AUTH, 535, "5.7.8", said)
    if status in _TOO_FAST or status == 503:
        return _said(Stage.MAIL, 421, "4.7.0" if status in _TOO_FAST else "4.3.2", said)
    if status == 413:
        return _said(Stage.DATA, 552, "5.3.4", said)
    if status == 408:
        return _said(Stage.DATA, 451, "4.4.2", said)
    if status >= 500 and not _NOT_VALID.search(words):
        return _said(Stage.DOT, 451, "4.3.0", said)
    if blamed:
        return _said(Stage.RCPT, 553, "5.1.3", said)
    return of_all_letters(said)


def of_all_letters(words: str) -> SendResult:
    """Nothing can be sent as things are, whoever it is for."""
    return _said(Stage.MAIL, 554, "5.3.0", words)


def unfit(words: str) -> SendResult:
    """The letter cannot be put into the provider's words; nothing left."""
    return _said(Stage.DATA, 554, "5.6.0", words)


def _blames(words: str, recipient: str) -> bool:
    return recipient.lower() in words.lower() or bool(_RECIPIENT.search(words))


def _said(stage: Stage, code: int, enhanced: str, words: str) -> SendResult:
    return SendResult(stage, Reply(code, enhanced, f"{enhanced} {words}".strip()))


def _fit(words: str, recipient: str) -> str:
    """`words` on one line and not too long, without the reader's address."""
    line = " ".join(words[: LONGEST_WORDS * 8].split())
    return re.sub(re.escape(recipient), "…", line, flags=re.IGNORECASE)[:LONGEST_WORDS]
