"""The little of IMAP that reading reports takes: open a folder, what is unread, the beginning of a message, mark it."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from dispatch.errors import DispatchError

TIMEOUT = 30.0  # seconds, of each step
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MailboxError(DispatchError):
    """The mailbox can't be read now; the message is a sentence, without the password."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where reports are read: `imaps://user:password@host:port/folder`, or `imap://` with STARTTLS."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    implicit_tls: bool

    @classmethod
    def from_url(cls, url: str) -> Mailbox:
        """Parse; ValueError with what was expected."""
        expected = "expected imaps://user:password@host:port/folder, or imap:// for STARTTLS"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(expected) from error
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not user or parts.query:
            raise ValueError(expected)
        if not all(text.isascii() and text.isprintable() for text in (user, password, folder)):
            raise ValueError(f"user, password and folder must be printable ASCII; {expected}")
        secure = parts.scheme == "imaps"
        return cls(parts.hostname, port or (993 if secure else 143), user, password, folder, secure)


@contextmanager
def opened(box: Mailbox) -> Iterator[imaplib.IMAP4]:
    """Sign in and open the folder; what goes wrong with it, inside as well, is a MailboxError."""
    where = f"The mailbox on {box.host}"
    door: imaplib.IMAP4 | None = None
    try:
        tls = ssl.create_default_context()
        if box.implicit_tls:
            door = imaplib.IMAP4_SSL(box.host, box.port, ssl_context=tls, timeout=TIMEOUT)
        else:
            door = imaplib.IMAP4(box.host, box.port, timeout=TIMEOUT)
            if "STARTTLS" in door.capabilities:
                door.starttls(tls)
            elif box.host not in _LOOPBACK:
                raise MailboxError(
                    f"{where} offers no STARTTLS, and a password never leaves in the clear. Use imaps://."
                )
        door.login(box.user, box.password)
        status, _data = door.select(_quoted(box.folder))
        if status != "OK":
            raise MailboxError(f"{where} has no folder {box.folder}.")
        yield door
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        said = str(error).replace(box.password, "…")[:200] if box.password else str(error)[:200]
        raise MailboxError(f"{where} can’t be read: {said}") from error
    finally:
        if door is not None:
            try:
                door.logout()
            except (imaplib.IMAP4.error, OSError):
                with suppress(OSError):
                    door.shutdown()


def unread(door: imaplib.IMAP4) -> list[str]:
    """The UIDs of what nobody has read yet, oldest first."""
    status, data = door.uid("SEARCH", "UNSEEN", "UNDELETED")
    words = data[0].split() if status == "OK" and data and isinstance(data[0], bytes) else []
    return [word.decode() for word in words if word.isdigit()]


def mark_read(door: imaplib.IMAP4, uid: str) -> None:
    door.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")


def beginning_of(door: imaplib.IMAP4, uid: str, *, octets: int) -> bytes | None:
    """The first `octets` of a message, so that a huge one costs nothing; None where it is gone. It stays unread."""
    status, data = door.uid("FETCH", uid, f"(BODY.PEEK[]<0.{octets}>)")
    if status != "OK":
        return None
    return next((bytes(each[1]) for each in data if isinstance(each, tuple) and len(each) > 1), None)


def _quoted(folder: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", folder)
    return f'"{escaped}"'
