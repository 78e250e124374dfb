"""Reading a mailbox over a real socket: what is taken is marked as read, and what can't be taken now is left."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import OperationalError

from dispatch import mailbox
from dispatch.imap import Mailbox, MailboxError
from dispatch.mailbox import poll
from dispatch.models import Delivery, Feedback
from dispatch.returned import Fate
from dispatch.tokens import return_path
from tests.factories import make_dispatch
from workers.tasks import read_returned

PAYLOADS = Path(__file__).parents[2] / "payloads" / "feedback"


@dataclass
class Box:
    """A mailbox as a server has it: the messages, which were read, and what clients said."""

    messages: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    password: str = "a word"
    drop_at: str = ""


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1] ready")
        for line in self.rfile:
            words = line.decode().rstrip("\r\n")
            self.server.box.lines.append(words)
            tag, _space, command = words.partition(" ")
            if self.server.box.drop_at and self.server.box.drop_at in command:
                return
            self._say(f"{tag} {self._answer(command)}")
            if command.startswith("LOGOUT"):
                return

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _answer(self, command: str) -> str:
        box = self.server.box
        verb = command.upper()
        if verb.startswith("CAPABILITY"):
            self._say("* CAPABILITY IMAP4rev1")
        elif verb.startswith("LOGIN") and f'"{box.password}"' not in command:
            return f"NO wrong: {command}"
        elif verb.startswith("SELECT") and '"INBOX"' not in command:
            return "NO there is none"
        elif verb.startswith("SELECT"):
            self._say(f"* {len(box.messages)} EXISTS")
        elif verb.startswith("UID SEARCH"):
            self._say("* SEARCH " + " ".join(str(uid) for uid in sorted(set(box.messages) - box.seen)))
        elif verb.startswith("UID FETCH"):
            uid, most = (int(word) for word in re.findall(r"FETCH (\d+) .*<0\.(\d+)>", command)[0])
            raw = box.messages[uid][:most]
            self._say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}")
            self.wfile.write(raw + b")\r\n")
        elif verb.startswith("UID STORE"):
            box.seen.add(int(command.split()[2]))
        elif verb.startswith("LOGOUT"):
            self._say("* BYE")
        return "OK done"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Box


@contextmanager
def serving(box: Box) -> Iterator[str]:
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.box = box
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"imap://reports:a%20word@127.0.0.1:{server.server_address[1]}/INBOX"
        finally:
            server.shutdown()
            thread.join()


def box_with_a_bounce() -> tuple[Box, Delivery]:
    dispatch = make_dispatch(people=1)
    dispatch.deliveries.update(state="accepted", due_at=None)
    delivery = dispatch.deliveries.get()
    path = return_path(delivery.pk, "bounces.bulletin.example").encode()
    raw = (PAYLOADS / "postfix-unknown-user.eml").read_bytes()
    raw = raw.replace(b"b+1001.0123456789abcdef@bounces.bulletin.example", path)
    return Box({3: b"Subject: lunch?\r\n\r\n", 5: raw, 9: raw}), delivery


@pytest.mark.django_db
def test_what_is_unread_is_taken_once_and_marked_as_read() -> None:
    box, delivery = box_with_a_bounce()
    with serving(box) as url:
        assert poll(url) == {Fate.STRANGE: 1, Fate.TAKEN: 1, Fate.KNOWN: 1}
        assert poll(url) == {}
    assert box.seen == {3, 5, 9}
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.BOUNCED


@pytest.mark.django_db
def test_a_connection_that_is_lost_before_the_mark_reads_it_again_harmlessly() -> None:
    box, _delivery = box_with_a_bounce()
    box.drop_at = "UID STORE 5"
    with serving(box) as url:
        with pytest.raises(MailboxError):
            poll(url)
        box.drop_at = ""
        assert poll(url) == {Fate.KNOWN: 2}
    assert Feedback.objects.count() == 1


@pytest.mark.django_db
def test_what_can_not_be_kept_now_stays_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    box, _delivery = box_with_a_bounce()

    def away(_raw: bytes) -> Fate:
        raise OperationalError("the database is away")

    with serving(box) as url:
        with monkeypatch.context() as broken:
            broken.setattr(mailbox, "take_back", away)
            with pytest.raises(OperationalError):
                poll(url)
        assert box.seen == set()
        assert poll(url)[Fate.TAKEN] == 1


@pytest.mark.django_db
def test_only_so_many_are_read_at_a_time() -> None:
    box, _delivery = box_with_a_bounce()
    with serving(box) as url:
        assert sum(poll(url, most=2).values()) == 2
    assert box.seen == {3, 5}


@pytest.mark.django_db
def test_a_wrong_password_is_said_without_it() -> None:
    box = Box(password="another")
    with serving(box) as url, pytest.raises(MailboxError) as refused:
        poll(url)
    assert "can’t be read" in str(refused.value)
    assert "a word" not in str(refused.value)


@pytest.mark.django_db
def test_a_folder_that_is_not_there_is_named() -> None:
    with serving(Box()) as url, pytest.raises(MailboxError, match="no folder Reports"):
        poll(url.replace("INBOX", "Reports"))


@pytest.mark.django_db
def test_a_password_never_leaves_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.imap._LOOPBACK", frozenset())
    box = Box()
    with serving(box) as url, pytest.raises(MailboxError, match="STARTTLS"):
        poll(url)
    assert not any("LOGIN" in line for line in box.lines)


@pytest.mark.django_db
def test_the_task_reads_the_mailbox_that_is_set_and_survives_one_that_is_not_there(
    settings: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    box, _delivery = box_with_a_bounce()
    with serving(box) as url:
        settings.IMAP_URL = url  # type: ignore[attr-defined]
        read_returned()
    assert Feedback.objects.count() == 1
    read_returned()
    assert "can’t be read" in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a:b@c",
        "imaps://host/INBOX",
        "imaps://u:p@",
        "imaps://u:p@h:x",
        "imaps://u:p%0D%0A@h",
        "imap://ü:p@h",
    ],
)
def test_a_url_that_can_not_be_used_is_said(url: str) -> None:
    with pytest.raises(ValueError, match="expected imaps://"):
        Mailbox.from_url(url)


def test_a_url_is_read() -> None:
    assert Mailbox.from_url("imaps://a%40b:p%2Fw@mail.example") == Mailbox(
        "mail.example", 993, "a@b", "p/w", "INBOX", implicit_tls=True
    )
