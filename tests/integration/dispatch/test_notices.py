"""Personal letters leave once: what is on the wire, and what happens when the server says no or nothing."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from dispatch.notices import send_notices
from dispatch.transports.smtp import SmtpServer, SmtpTransport
from subscribers.links import Purpose, person_of
from subscribers.models import Notice, OptIn, Subscriber
from subscribers.notices import BEGUN, DOUBTED, MOST_TRIES, claim, may_leave
from tests.factories import make_bulletin, make_subscriber
from tests.smtp_server import Script, smtp_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Subscriber:
    bulletin = make_bulletin("en", "zh-hans", "fr", publisher="The Network")
    return make_subscriber(bulletin, email="ada@example.org", name="Ada <b>Lovelace</b>")


def queue(person: Subscriber, kind: str = "preferences", *, language: str = "en") -> Notice:
    key = person.subscriptions.get().bulletin_key
    asked = None
    if kind == "confirm":
        asked = OptIn.objects.create(
            subscriber=person, bulletin_key=key, language="en", source="t", name="Buy now", requested_at=timezone.now()
        )
    return Notice.objects.create(subscriber=person, kind=kind, bulletin_key=key, language=language, opt_in=asked)


def send(script: Script, times: int = 1) -> None:
    """What a worker does, with the waits over before each time."""
    with smtp_server(script) as url:
        transport = SmtpTransport(SmtpServer.from_url(url), patience=5.0)
        for _time in range(times):
            Notice.objects.filter(due_at__isnull=False).update(due_at=Now())
            send_notices(transport)
        transport.close()


def parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=default)


@pytest.mark.parametrize("kind", [kind.value for kind in Notice.Kind])
@pytest.mark.parametrize("language", ["en", "zh-hans", "fr", "es"])
def test_a_letter_is_personal_and_measures_nothing(person: Subscriber, kind: str, language: str) -> None:
    notice = queue(person, kind, language=language)
    script = Script()
    send(script)
    [(sender, recipient, data)] = script.accepted
    assert (sender, recipient) == ("notes@bulletin.example", "ada@example.org")
    letter = parsed(data)
    assert letter["From"] == (
        "秘书处 <notes@bulletin.example>" if language == "zh-hans" else "The Secretariat <notes@bulletin.example>"
    )
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == {"zh-hans": "zh-Hans", "es": "en"}.get(language, language)
    assert letter["List-Unsubscribe"] is None
    assert letter["Precedence"] is None
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    links = set(re.findall(r"http://testserver/\S+", text.get_content()))
    assert links == set(re.findall(r'href="([^"]+)"', html.get_content()))
    assert len(links) == 1
    for said in (text.get_content(), html.get_content()):
        assert "<img" not in said
        assert "Ada" not in said
        assert "Buy now" not in said
    assert max(map(len, data.split(b"\r\n"))) <= 998
    notice.refresh_from_db()
    assert notice.sent_at is not None
    assert notice.due_at is None


def test_a_letter_leaves_once_however_often_workers_look(person: Subscriber) -> None:
    queue(person)
    script = Script()
    send(script, times=3)
    assert len(script.accepted) == 1


def test_two_workers_never_get_the_same_letter(person: Subscriber) -> None:
    queue(person)
    assert claim() is not None
    assert claim() is None


def refusing(verb: str, reply: str, *, times: int = 1000) -> Callable[[str, str, int], str]:
    return lambda said, _argument, count: reply if said == verb and count <= times else ""


def test_a_busy_server_gets_it_later_with_the_same_message_id(person: Subscriber) -> None:
    notice = queue(person)
    seen: list[str] = []
    send(Script(answer=refusing("RCPT", "451 4.7.1 later", times=2)), times=2)
    notice.refresh_from_db()
    assert notice.sent_at is None
    assert notice.due_at is not None
    assert notice.due_at > timezone.now() + timedelta(minutes=5)
    script = Script()
    send(script)
    seen.append(parsed(script.accepted[0][2])["Message-ID"])
    Notice.objects.update(sent_at=None, due_at=Now())
    send(script)
    assert parsed(script.accepted[1][2])["Message-ID"] == seen[0]


def test_five_tries_are_enough(person: Subscriber) -> None:
    notice = queue(person)
    script = Script(answer=refusing("RCPT", "451 4.7.1 later"))
    send(script, times=MOST_TRIES + 3)
    notice.refresh_from_db()
    assert script.seen["RCPT"] == MOST_TRIES
    assert notice.due_at is None
    assert notice.sent_at is None


def test_a_mailbox_that_is_none_is_tried_once(person: Subscriber) -> None:
    script = Script(answer=refusing("RCPT", "550 5.1.1 nobody here"))
    queue(person)
    send(script, times=3)
    assert script.seen["RCPT"] == 1
    assert Notice.objects.get().problem == "5.1.1"


def test_silence_after_the_dot_doubles_it_once_at_most(person: Subscriber) -> None:
    queue(person)
    script = Script(answer=refusing("DOT", "drop"))
    send(script, times=5)
    assert script.seen["DOT"] == 2
    ids = {parsed(data)["Message-ID"] for _sender, _recipient, data in script.accepted}
    assert len(ids) == 1
    notice = Notice.objects.get()
    assert (notice.problem, notice.due_at) == (DOUBTED, None)


def test_a_worker_that_is_lost_with_the_letter_on_the_wire_never_doubles_it(person: Subscriber) -> None:
    queue(person)
    notice = claim()
    assert notice is not None
    assert may_leave(notice)
    script = Script()
    send(script, times=3)
    assert not script.accepted
    assert Notice.objects.get().problem == BEGUN


def test_a_worker_that_lost_its_lease_sends_nothing(person: Subscriber) -> None:
    queue(person)
    notice = claim()
    assert notice is not None
    Notice.objects.update(due_at=Now())
    assert not may_leave(notice)


def test_without_a_server_nothing_is_lost_and_the_others_stay_untouched(person: Subscriber) -> None:
    first, second = queue(person), queue(person, "export")
    send_notices(SmtpTransport(SmtpServer("127.0.0.1", 1), patience=2.0))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.attempts, second.attempts) == (1, 0)
    assert first.due_at is not None


def test_the_link_is_for_the_person_and_its_purpose(person: Subscriber) -> None:
    queue(person, "export")
    script = Script()
    send(script)
    text = parsed(script.accepted[0][2]).get_body(("plain",))
    assert text is not None
    found = re.search(r"/held/(\S+)", text.get_content())
    assert found
    now = timezone.now()
    assert person_of(Purpose.EXPORT, found[1], now=now) == person
    assert person_of(Purpose.ERASE, found[1], now=now) is None
    assert person_of(Purpose.EXPORT, found[1], now=now + timedelta(hours=4, minutes=1)) is None


def test_a_letter_to_who_was_erased_meanwhile_is_gone_with_them(person: Subscriber) -> None:
    from subscribers.erasure import erase

    queue(person)
    erase(person.pk)
    script: Any = Script()
    send(script)
    assert not script.accepted
