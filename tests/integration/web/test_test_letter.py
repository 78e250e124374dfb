"""Test letters: marked, uncounted, refused where they must be, and honest about what the mail server said."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import PageLogEntry

from composer.models import BulletinPage
from config.embedded import free_port
from dispatch.models import Delivery, Dispatch
from subscribers.addresses import address_hash
from subscribers.models import Suppression
from subscribers.suppression import suppress
from tests.factories import make_bulletin, make_content, make_issue, make_item, make_segment, make_subscriber, make_user
from tests.smtp_server import Script, smtp_server
from web.desk.test_letter import ACTION, AN_HOUR

pytestmark = pytest.mark.django_db

LINK = "https://www.example.org/story?x=1"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def bulletin() -> BulletinPage:
    return make_bulletin()


@pytest.fixture
def key(bulletin: BulletinPage) -> UUID:
    return make_issue(
        bulletin,
        make_content("en", make_item("For all", url=LINK, text="Dear {{name|friend}}"), title="An issue"),
        make_content("zh-hans", make_item("给大家", url=LINK), title="一期"),
    )


@pytest.fixture
def script(settings: Any) -> Iterator[Script]:
    """A mail server that takes everything, unless a test says otherwise."""
    script = Script()
    with smtp_server(script) as url:
        settings.SMTP_URL = url
        yield script


def send(client: Client, key: UUID, addresses: str = "ada@press.example", **asked: str) -> Any:
    return client.post(reverse("circular_issue_test", args=[key]), {"addresses": addresses, **asked})


def received(script: Script) -> list[Any]:
    return [message_from_bytes(data, policy=default) for _sender, _recipient, data in script.accepted]


def parts(letter: EmailMessage) -> tuple[str, str]:
    """Its plain text and its HTML."""
    plain, html = (part for part in letter.walk() if not part.is_multipart())
    return plain.get_content(), html.get_content()


def test_a_test_letter_says_that_it_is_one_and_who_sent_it(desk: Client, key: UUID, script: Script) -> None:
    assert "The mail server took it." in send(desk, key).content.decode()
    (letter,) = received(script)
    assert letter["Subject"] == "[Test] An issue"
    assert letter["To"] == "ada@press.example"
    for body in parts(letter):
        assert "test of “An issue”, sent by editor" in body


@pytest.mark.parametrize(("locale", "subject"), [("en", "[Test] An issue"), ("zh-hans", "[测试] 一期")])
def test_the_mark_is_in_the_editions_language(
    desk: Client, key: UUID, script: Script, locale: str, subject: str
) -> None:
    send(desk, key, locale=locale)
    assert received(script)[0]["Subject"] == subject


def test_no_link_of_it_is_counted_and_nobody_can_be_unsubscribed_by_it(
    desk: Client, key: UUID, script: Script, bulletin: BulletinPage
) -> None:
    person = make_subscriber(bulletin)
    send(desk, key, reader=f"@{person.pk}")
    (letter,) = received(script)
    assert letter["List-Unsubscribe"] is None
    assert letter["List-Unsubscribe-Post"] is None
    assert (letter["Auto-Submitted"], letter["X-Circular-Test"]) == ("auto-generated", "yes")
    for body in parts(letter):
        assert LINK.replace("&", "&amp;") in body
        assert not any(path in body for path in ("/c/", "/o/", "/u/", "/v/"))
    assert not Dispatch.objects.exists()
    assert not Delivery.objects.exists()


def test_it_is_as_the_chosen_reader_would_see_it(
    desk: Client, bulletin: BulletinPage, key: UUID, script: Script
) -> None:
    person = make_subscriber(bulletin, name="Ada Quill")
    send(desk, key, reader=f"@{person.pk}")
    send(desk, key)
    first, second = (parts(letter)[0] for letter in received(script))
    assert "Dear Ada Quill" in first
    assert "Dear friend" in second


def test_each_address_gets_a_letter_of_its_own_once(desk: Client, key: UUID, script: Script) -> None:
    send(desk, key, "ada@press.example, BEN@press.example\nada@press.example")
    assert [letter["To"] for letter in received(script)] == ["ada@press.example", "ben@press.example"]
    assert len({letter["Message-ID"] for letter in received(script)}) == 2


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        ("nobody", "is no address"),
        (",".join(f"a{n}@press.example" for n in range(6)), "Five addresses are the most"),
        ("", "required"),
        ("ada@press.example\r\nBcc: all@press.example", "is no address"),
    ],
)
def test_addresses_that_are_none_or_too_many_are_refused_and_nothing_is_sent(
    desk: Client, key: UUID, script: Script, addresses: str, says: str
) -> None:
    response = send(desk, key, addresses)
    assert (response.status_code, says in response.content.decode()) == (422, True)
    assert not script.accepted


def test_a_suppressed_address_is_never_written_to(desk: Client, key: UUID, script: Script) -> None:
    suppress(address_hash("ada@press.example"), Suppression.Reason.COMPLAINT)
    response = send(desk, key, "ben@press.example, Ada@Press.example")
    assert "is suppressed" in response.content.decode()
    assert not script.accepted


def test_twenty_letters_in_an_hour_are_the_most(desk: Client, key: UUID, script: Script) -> None:
    five = ",".join(f"a{number}@press.example" for number in range(5))
    for _time in range(AN_HOUR // 5):
        assert send(desk, key, five).status_code == 200
    response = send(desk, key)
    assert (response.status_code, "Try again later" in response.content.decode()) == (409, True)
    assert len(script.accepted) == AN_HOUR


def test_the_audit_log_knows_who_sent_how_many_and_to_no_address(desk: Client, key: UUID, script: Script) -> None:
    send(desk, key, "ada@press.example, ben@press.example")
    (entry,) = PageLogEntry.objects.filter(action=ACTION)
    assert (entry.user.username, entry.data) == ("editor", {"letters": 2})
    assert entry.message == "Sent 2 test letters"


def test_a_refusal_is_told_in_the_servers_words_and_the_others_get_theirs(
    desk: Client, key: UUID, script: Script
) -> None:
    script.answer = lambda verb, argument, _count: (
        "550 5.1.1 No such <b>person</b>" if verb == "RCPT" and "ada" in argument else ""
    )
    page = send(desk, key, "ada@press.example, ben@press.example").content.decode()
    assert "The mail server refused it: 550 5.1.1 No such &lt;b&gt;person&lt;/b&gt;" in page
    assert [letter["To"] for letter in received(script)] == ["ben@press.example"]


def test_a_server_that_is_not_there_is_told_for_every_address(desk: Client, key: UUID, settings: Any) -> None:
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}"
    page = send(desk, key, "ada@press.example, ben@press.example").content.decode()
    assert page.count("The mail server couldn&#x27;t be reached") == 2


def test_a_server_that_falls_silent_after_the_text_leaves_it_open(desk: Client, key: UUID, script: Script) -> None:
    script.answer = lambda verb, _argument, _count: "drop" if verb == "DOT" else ""
    assert "may or may not arrive" in send(desk, key).content.decode()


def test_where_nobody_would_get_a_letter_none_is_sent(desk: Client, bulletin: BulletinPage, script: Script) -> None:
    make_segment("leads", {"field": "role", "in": ["programme-lead"]})
    key = make_issue(bulletin, make_content("en", make_item(audience="leads")))
    response = send(desk, key)
    assert (response.status_code, "Nothing was sent" in response.content.decode()) == (409, True)
    assert not script.accepted
    assert not PageLogEntry.objects.filter(action=ACTION).exists()


def test_no_title_or_name_breaks_a_header_or_comes_alive(desk: Client, bulletin: BulletinPage, script: Script) -> None:
    evil = '"><script>alert(1)</script> \ue000click\ue001 =?utf-8?q?x=0D=0ABcc:_all@press.example?='
    user = make_user("other")
    user.first_name = evil[:150]
    user.save()
    desk.force_login(user)
    send(desk, make_issue(bulletin, make_content("en", title=evil)))
    (letter,) = received(script)
    assert letter["Bcc"] is None
    assert "<script" not in parts(letter)[1]


def test_who_may_not_edit_the_issue_sends_no_test(client: Client, key: UUID, script: Script) -> None:
    user = make_user("limited", superuser=False)
    for app, codename in (("wagtailadmin", "access_admin"), ("composer", "add_approval")):
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(user)
    assert send(client, key).status_code in {302, 403}
    assert not script.accepted
    assert "data-look-test" not in client.get(reverse("circular_issue", args=[key])).content.decode()


def test_the_form_begins_with_ones_own_address_and_what_one_looked_at(desk: Client, key: UUID) -> None:
    page = desk.get(reverse("circular_issue_test", args=[key]), {"locale": "zh-hans"}).content.decode()
    assert "editor@circular.example" in page
    assert '<option value="zh-hans" selected>' in page
