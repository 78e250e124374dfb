"""Letters over SMTP, on a connection that is kept from letter to letter, with as few round trips as the server allows.

Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA leave in one write, and those of the letter that
follows right behind the end of this one's text: one round trip a letter. Where it offers CHUNKING (RFC 3030) the
text goes as one BDAT chunk, without dots.

Whatever the server does, `Stage.DOT` is told if and only if the final dot, or the last octet of the chunk, may have
left. After any surprise the connection is closed: no answer is ever taken for another's.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable

from dispatch.transports.addresses import (
    WITHOUT_SMTPUTF8,
    needs_smtputf8,
    refused_envelope,
)
from dispatch.transports.base import Envelope, Reply, SendResult, Stage
from dispatch.transports.replies import WORDS
from dispatch.transports.server import SmtpServer, SmtpUrlError
from dispatch.transports.session import COMMAND_LIMIT, NotOpened, Session, open_session, own_name
from dispatch.transports.wire import Lost

__all__ = ["SmtpServer", "SmtpTransport", "SmtpUrlError"]

# Seconds, RFC 5321 section 4.5.3.2. MAIL and RCPT have COMMAND_LIMIT.
DATA_LIMIT = 120.0
TEXT_LIMIT = 180.0  # for each piece of the text that the server takes
DOT_LIMIT = 600.0
DRAIN_LIMIT = 5.0  # for answers that change nothing any more
DISTRUST = 3600.0  # for so long no commands are sent together, after that seemed to be what broke a conversation
STALE_AFTER = 30.0  # an envelope announced longer ago is not relied on: nothing proves that the server still lives

_LIMITS = {"RSET": COMMAND_LIMIT, "MAIL": COMMAND_LIMIT, "RCPT": COMMAND_LIMIT, "DATA": DATA_LIMIT}
_STAGES = {"RSET": Stage.MAIL, "MAIL": Stage.MAIL, "RCPT": Stage.RCPT, "DATA": Stage.DATA}
_DOTTED_LINE = re.compile(rb"\n\.")  # a plain search, and the fastest there is for it
_BARE_NEWLINE = re.compile(rb"\r\n|\r|\n")
_NO_SUCH_COMMAND = frozenset({500, 501, 502, 503, 504})


class _Interrupted(Exception):
    """The conversation broke before a byte of the text; `result` is what to say if trying anew is no use.

    `is_suspect` means that the server may not know how to take several commands at once.
    """

    def __init__(self, stage: Stage, error: str, *, reply: Reply | None = None, is_suspect: bool = True) -> None:
        super().__init__(error)
        self.result = SendResult(stage, reply, "" if reply else error)
        self.is_suspect = is_suspect


class SmtpTransport:
    """One kept connection to one server. Not thread-safe: one per thread.

    `patience` is the most that any answer may take, in seconds, where somebody waits for the outcome. `peer` is who
    answered last: its own name and its address.

    A connection that breaks before the text is opened anew and the letter tried once more, so callers need not.
    """

    def __init__(self, server: SmtpServer, *, local_hostname: str = "", patience: float = DOT_LIMIT) -> None:
        self.server = server
        self.patience = patience
        self.local_hostname = local_hostname
        self.peer = ""
        self._session: Session | None = None
        self._distrusts_until = 0.0
        self._may_chunk = server.chunking
        self._may_announce_data = True

    def send(
        self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool], following: Envelope | None = None
    ) -> SendResult:
        """Send one letter, as `Transport.send` says.

        A recipient beyond ASCII is refused here, with 553 5.6.7, where the server does not offer SMTPUTF8.
        """
        if (refused := refused_envelope(envelope)) is not None:
            return refused
        try:
            try:
                return self._send(envelope, data, may_send, following)
            except _Interrupted as first:
                session, distrusted = self._drop(), False
                if session is None:
                    return first.result
                if first.is_suspect and self._pipelines(session):
                    distrusted, self._distrusts_until = True, time.monotonic() + DISTRUST
                elif session.is_fresh:
                    return first.result
            try:
                return self._send(envelope, data, may_send, following)
            except _Interrupted as second:
                self._drop()
                if distrusted:
                    self._distrusts_until = 0.0  # it was not that
                return second.result
        except NotOpened as error:
            return error.result

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.quit()

    def _send(
        self, envelope: Envelope, data: bytes, may_send: Callable[[], bool], following: Envelope | None
    ) -> SendResult:
        session = self._ready(envelope)
        if needs_smtputf8(envelope) and "SMTPUTF8" not in session.offers:
            return WITHOUT_SMTPUTF8
        if (refusal := self._refusal(session, envelope, len(data))) is not None:
            session.is_fresh = False
            return refusal
        if not session.wire.is_quiet():
            raise _Interrupted(Stage.DATA, "the server spoke or hung up before the text", is_suspect=session.is_fresh)
        try:
            allowed = may_send()
        except BaseException:
            self._drop()
            raise
        if not allowed:
            if self._chunks(session):
                session.needs_reset = True
            else:
                self._drop()  # after 354 only the text or the end of the connection is allowed
            return SendResult(Stage.DATA, withheld=True)
        return self._text(session, data, following)

    def _ready(self, envelope: Envelope) -> Session:
        """The kept session if it can take this envelope next, or a new one."""
        session = self._session
        if session is not None:
            announced = session.announced
            if announced is None:
                usable = session.wire.is_quiet()  # or else it hung up while nobody wrote
            else:  # the server may be waiting for that letter's text, and for no other
                same = (announced.sender, announced.recipient) == (envelope.sender, envelope.recipient)
                usable = same and time.monotonic() - session.announced_at < STALE_AFTER
            if usable:
                return session
            self._drop()
        name = self.local_hostname or own_name()
        self._session = session = open_session(self.server, name=name, patience=self.patience)
        self.peer = session.peer
        return session

    def _refusal(self, session: Session, envelope: Envelope, size: int) -> SendResult | None:
        """Bring the server to where the text may leave; what it said where it refuses."""
        groups = self._groups(session, envelope, size)
        was_announced, session.announced = session.announced is not None, None
        session.needs_reset = False
        for number, (verbs, commands) in enumerate(groups):
            if number or not was_announced:
                session.awaiting.extend(verbs)
                try:
                    session.wire.write(commands, COMMAND_LIMIT)
                except Lost as error:
                    raise self._interrupted(session, error) from error
            if (refusal := self._answers(session)) is not None:
                return refusal
        return None

    def _groups(self, session: Session, envelope: Envelope, size: int) -> list[tuple[tuple[str, ...], bytes]]:
        """The commands of an envelope, by what leaves in one write."""
        addresses = session.mail_and_rcpt(envelope, size)
        data = () if self._chunks(session) else (("DATA",), b"DATA\r\n")
        reset = (("RSET",), b"RSET\r\n")
        if not self._pipelines(session):
            mail, rcpt = addresses.splitlines(keepends=True)
            each: list[tuple[tuple[str, ...], bytes]] = [(("MAIL",), mail), (("RCPT",), rcpt)]
            return [*([reset] if session.needs_reset else []), *each, *([data] if data else [])]
        verbs: tuple[str, ...] = ("MAIL", "RCPT")
        if session.needs_reset:
            verbs, addresses = ("RSET", *verbs), reset[1] + addresses
        if data and self._may_announce_data:
            return [((*verbs, "DATA"), addresses + data[1])]
        return [(verbs, addresses), *([data] if data else [])]

    def _answers(self, session: Session) -> SendResult | None:
        """Read what is awaited; None if all is well, else the first refusal, when the rest has been read too."""
        refusal: SendResult | None = None
        while session.awaiting:
            verb = session.awaiting[0]
            try:
                reply = session.wire.reply(DRAIN_LIMIT if refusal else _LIMITS[verb])
            except Lost as error:
                if refusal is None:
                    raise self._interrupted(session, error) from error
                self._drop()
                return refusal
            session.awaiting.pop(0)
            if reply.code == 421:
                self._drop()
                return refusal or SendResult(_STAGES[verb], reply)
            is_well = reply.code == 354 if verb == "DATA" else reply.code < 300
            if refusal is not None:
                if is_well:
                    # It waits for a text, or is out of step. A lone dot (RFC 2920 section 3.1) might be a letter to
                    # somebody; hanging up never is.
                    self._may_announce_data = self._may_announce_data and verb != "DATA"
                    self._drop()
                    return refusal
            elif not is_well:
                if reply.code < 400 or verb == "RSET":
                    error_text = f"the server answered {verb} with {reply.code}"
                    raise _Interrupted(_STAGES[verb], error_text, reply=reply)
                refusal = SendResult(_STAGES[verb], reply)
        session.needs_reset = refusal is not None
        return refusal

    def _text(self, session: Session, data: bytes, following: Envelope | None) -> SendResult:
        """Write the text with its end, and the following envelope behind it; then read what becomes of the text."""
        chunked = self._chunks(session)
        if not data.endswith(b"\r\n"):
            data += b"\r\n"
        if chunked:
            parts = [b"BDAT %d LAST\r\n" % len(data), data]
            ends_at = len(parts[0]) + len(data) - 1
        else:
            data = _stuffed(data)
            parts = [data, b".\r\n"]
            ends_at = len(data)
        verbs, commands = self._announcement(session, following)
        try:
            session.wire.write_text([*parts, commands], ends_at, TEXT_LIMIT)
        except Lost as error:
            return self._broken_text(session, error)
        session.is_fresh = False
        session.awaiting.extend(verbs)
        try:
            reply = session.wire.reply(DOT_LIMIT)
        except Lost as error:
            self._drop()
            return SendResult(Stage.DOT, error=str(error))
        is_accepted = reply.code < 300
        if reply.code == 421 or 300 <= reply.code < 400 or (chunked and not is_accepted):
            self._drop()  # a server that refused a chunk may not even have read it as one
        elif verbs:
            session.announced, session.announced_at = following, time.monotonic()
        elif session.wire.has_unread:
            self._drop()  # it answered more than it was asked
        if chunked and reply.code in _NO_SUCH_COMMAND:
            return self._without_chunks(reply)
        return SendResult(Stage.DOT, reply)

    def _announcement(self, session: Session, following: Envelope | None) -> tuple[tuple[str, ...], bytes]:
        """What to write behind this text's end of the letter that follows; nothing where that would be no use."""
        if following is None or not self._pipelines(session) or refused_envelope(following) is not None:
            return (), b""
        if needs_smtputf8(following) and "SMTPUTF8" not in session.offers:
            return (), b""
        return self._groups(session, following, following.size)[0]

    def _broken_text(self, session: Session, error: Lost) -> SendResult:
        """The connection broke while the text was written. Before its end, the server may have said why."""
        reply = None
        if not error.ended:
            with contextlib.suppress(Lost):
                reply = session.wire.reply(DRAIN_LIMIT)
        self._drop()
        if reply is not None and reply.code >= 400:
            return SendResult(Stage.DATA, reply)
        return SendResult(Stage.DOT if error.ended else Stage.DATA, error=str(error))

    def _without_chunks(self, reply: Reply) -> SendResult:
        """The server offers CHUNKING and doesn't know BDAT: that is nothing against the reader; DATA next time."""
        self._may_chunk = False
        text = f"4.5.1 The server offers CHUNKING and refused BDAT: {reply.code} {reply.text}"
        return SendResult(Stage.DOT, Reply(451, "4.5.1", text[:WORDS]))

    def _interrupted(self, session: Session, error: Lost) -> _Interrupted:
        is_suspect = session.is_fresh or not error.closed
        return _Interrupted(_STAGES[session.awaiting[0]], str(error), is_suspect=is_suspect)

    def _pipelines(self, session: Session) -> bool:
        return "PIPELINING" in session.offers and self.server.pipelining and time.monotonic() >= self._distrusts_until

    def _chunks(self, session: Session) -> bool:
        return self._may_chunk and "CHUNKING" in session.offers

    def _drop(self) -> Session | None:
        session, self._session = self._session, None
        if session is not None:
            session.wire.close()
        return session


def _stuffed(data: bytes) -> bytes:
    """`data` with leading dots doubled (RFC 5321 section 4.5.2); the same object where there are none.

    A dot behind a bare newline counts too: some servers would take it for the end, so the newlines are made whole.
    """
    if _DOTTED_LINE.search(data) is None and not data.startswith(b"."):
        return data
    return re.sub(rb"(?m)^\.", b"..", _BARE_NEWLINE.sub(b"\r\n", data))
