"""Merge values from the markup to the letters that arrive, and items for everyone but a segment."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

import pytest

from composer.content import EditionContent, Lead, Masthead, Paragraph, Section, Span
from dispatch.deliver import deliver_batch
from dispatch.models import Delivery, Variant
from dispatch.plan import plan_dispatch
from dispatch.transports.memory import MemoryTransport
from subscribers.models import Role, Subscriber
from tests.factories import (
    approve,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
)

pytestmark = pytest.mark.django_db(transaction=True)


def greeting(text: str, subject: str = "News") -> EditionContent:
    lead = Lead(key=str(uuid4()), heading="Hello", body=(Paragraph((Span(text),)),))
    return EditionContent("en", Masthead("Notes"), "An issue", subject, sections=(Section("", (lead,)),))


def send(
    bulletin: Any, *contents: EditionContent, meanwhile: Callable[[], None] | None = None
) -> tuple[int, dict[str, Any]]:
    """Plan and deliver; the letters by the recipient's name as their To header has it.

    `meanwhile` happens after the plan, which refuses what it knows that some reader lacks.
    """
    key = make_issue(bulletin, *contents)
    approve(key)
    dispatch = plan_dispatch(issue_key=key, segment=make_segment(), request_key=uuid4())
    if meanwhile:
        meanwhile()
    transport = MemoryTransport()
    deliver_batch(dispatch.pk, transport)
    letters = [message_from_bytes(data, policy=policy.default) for _envelope, data in transport.sent]
    return dispatch.pk, {str(letter["To"]): letter for letter in letters}


def parts(letter: Any) -> tuple[str, str]:
    text, html = letter.get_payload()
    return text.get_content(), html.get_content()


def test_each_reader_is_called_by_their_own_name_everywhere() -> None:
    bulletin = make_bulletin("en")
    for name in ("Amina <b>", "王芳", ""):
        make_subscriber(bulletin, name=name, role=Role.PARTNER)
    content = greeting("Dear {{name|colleague}}, dear {{role}},", subject="For {{name|you}}")
    _pk, letters = send(bulletin, content)
    by_subject = {str(letter["Subject"]): parts(letter) for letter in letters.values()}
    assert set(by_subject) == {"For Amina <b>", "For 王芳", "For you"}
    text, html = by_subject["For Amina <b>"]
    assert "Dear Amina <b>, dear Partner," in text
    assert "Dear Amina &lt;b&gt;, dear Partner," in html
    assert "Dear colleague, dear Partner," in by_subject["For you"][1]
    assert "Dear 王芳, dear Partner," in by_subject["For 王芳"][1]


def test_a_letter_with_a_hole_does_not_leave() -> None:
    bulletin = make_bulletin("en")
    for name in ("Amina", "Li"):
        make_subscriber(bulletin, name=name)

    def forget() -> None:
        Subscriber.objects.filter(name="Li").update(name="")

    dispatch, letters = send(bulletin, greeting("Dear {{name}},"), meanwhile=forget)
    assert len(letters) == 1
    failed = Delivery.objects.get(dispatch=dispatch, state=Delivery.State.FAILED)
    assert failed.reason == "no merge value"
    assert failed.subscriber is not None
    assert failed.subscriber.name == ""


def test_an_item_for_everyone_but_a_segment_is_in_the_others_letters_alone() -> None:
    bulletin = make_bulletin("en")
    make_segment("partners", {"field": "role", "in": ["partner"]})
    inside, outside = make_subscriber(bulletin, role=Role.PARTNER), make_subscriber(bulletin)
    content = make_content(
        "en",
        make_item("For all"),
        make_item("Partners' own", audience="partners"),
        make_item("Join as a partner", audience="not:partners"),
    )
    dispatch, letters = send(bulletin, content)
    shown = {name: parts(letter) for name, letter in letters.items()}
    for part in shown[f"{inside.name} <{inside.email}>"]:
        assert "Partners' own" in part.replace("&#39;", "'")
        assert "Join as a partner" not in part
    for part in shown[f"{outside.name} <{outside.email}>"]:
        assert "Join as a partner" in part
        assert "own" not in part
    assert Variant.objects.filter(dispatch=dispatch).count() == 2
