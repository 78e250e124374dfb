"""Nothing unapproved can be sent or shown to the public, by any door. Tests, marked as such, are no sending."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.core.management import get_commands
from django.test import Client
from django.urls import get_resolver, reverse
from wagtail.models import Page

import config.commands
from composer.content import Event
from composer.issues import issue_of
from composer.models import EditionPage
from dispatch.deliver import deliver_batch
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Delivery, Dispatch
from dispatch.plan import plan_dispatch
from dispatch.transports.memory import MemoryTransport
from tests.factories import approve, edition_of, make_bulletin, make_content, make_issue, make_segment, make_user
from tests.factories import make_subscriber as make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def unapproved() -> UUID:
    """An issue that was approved, then edited: a reader is there to get it."""
    bulletin = make_bulletin()
    make_reader(bulletin)
    make_segment()
    key = make_issue(bulletin, make_content("en", title="The approved title"))
    approve(key)
    spoil(key)
    return key


def spoil(key: UUID) -> None:
    page = edition_of(key)
    page.title = page.draft_title = "Something embarrassing"
    page.save()
    page.save_revision()


def nothing_left() -> None:
    assert not Dispatch.objects.exists()
    assert not Delivery.objects.exists()


def test_the_plan_refuses_it(unapproved: UUID) -> None:
    with pytest.raises(PlanRefused, match="nobody has approved"):
        freeze(unapproved)
    segment = make_segment("again")
    with pytest.raises(PlanRefused, match="nobody has approved"):
        plan_dispatch(issue_key=unapproved, segment=segment, request_key=uuid4())
    nothing_left()


def test_the_desk_refuses_it_even_with_a_confirmation_in_hand(client: Client, unapproved: UUID) -> None:
    client.force_login(make_user())
    for digest in (issue_of(unapproved).digest(), ""):
        answer = client.post(
            reverse("circular_issue_send", args=[unapproved]),
            {"segment": "everyone", "digest": digest, "request_key": str(uuid4())},
        )
        assert answer.status_code == 409
    nothing_left()


def test_an_approval_with_a_made_up_digest_does_not_help(unapproved: UUID) -> None:
    from composer.models import Approval

    Approval.objects.create(issue_key=unapproved, digest="0" * 64, revisions={})
    with pytest.raises(PlanRefused):
        freeze(unapproved)


def test_an_approval_whose_revisions_say_something_else_does_not_help(unapproved: UUID) -> None:
    from composer.models import Approval

    first = edition_of(unapproved).revisions.order_by("pk").first()
    assert first is not None
    digest = issue_of(unapproved).digest()
    Approval.objects.create(issue_key=unapproved, digest=digest, revisions={"en": first.pk})
    with pytest.raises(PlanRefused, match="no longer hold"):
        freeze(unapproved)


def test_an_edit_while_it_is_being_sent_reaches_nobody() -> None:
    bulletin = make_bulletin()
    make_reader(bulletin)
    key = make_issue(bulletin, make_content("en", title="The approved title"))
    approve(key)
    dispatch = plan_dispatch(issue_key=key, segment=make_segment(), request_key=uuid4())
    spoil(key)
    transport = MemoryTransport()
    deliver_batch(dispatch.pk, transport)
    sent = b"".join(data for _envelope, data in transport.sent)
    assert b"The approved title" in sent
    assert b"embarrassing" not in sent


@pytest.mark.parametrize("how", ["publish button", "revision", "workflow", "translation"])
def test_publishing_on_the_desk_shows_the_public_nothing(client: Client, unapproved: UUID, how: str) -> None:
    page = edition_of(unapproved)
    user = make_user()
    match how:
        case "publish button":
            page.save_revision().publish(user=user)
        case "revision":
            page.get_latest_revision().publish()
        case "workflow":
            page.get_workflow().start(page, user)
            page.current_workflow_task_state.approve(user=user)
        case _:
            from wagtail.models import Locale
            from wagtail_localize.models import Translation
            from wagtail_localize.operations import translate_object

            translate_object(page, [Locale.objects.get(language_code="zh-hans")])
            Translation.objects.get(source__object_id=unapproved).save_target(publish=True)
    for edition in EditionPage.objects.filter(translation_key=unapproved):
        answer = client.get(edition.url or "/nowhere", follow=True)
        assert answer.status_code == 404, edition.url
    for address in public_addresses(unapproved):
        answer = client.get(address, follow=True)
        assert b"embarrassing" not in b"".join(answer) if answer.streaming else b"embarrassing" not in answer.content


def test_a_calendars_entry_says_what_was_approved_and_not_what_was_edited_since(client: Client) -> None:
    event = Event(key=str(uuid4()), heading="The approved event", day=date(2026, 6, 2))
    key = make_issue(make_bulletin(), make_content("en", event))
    address = reverse("calendar-entry", args=[event.key])
    assert client.get(address).status_code == 404
    approve(key)
    page = edition_of(key).get_latest_revision_as_object()
    raw = list(page.body.raw_data)
    raw[0]["value"]["items"][0]["value"]["heading"] = "Something embarrassing"
    page.body = page.body.stream_block.to_python(raw)
    page.save()
    page.save_revision().publish()
    answer = client.get(address)
    assert b"The approved event" in answer.content
    assert b"embarrassing" not in answer.content


def public_addresses(key: UUID) -> list[str]:
    """Every address that a stranger may ask, of this issue and of what lists it."""
    bulletin = issue_of(key).bulletin.translation_key
    arguments = {"bulletin_key": bulletin, "issue_key": key, "locale": "en"}
    found = ["/", *(page.url for page in Page.objects.live().filter(depth__gt=1) if page.url)]
    for name, entries in get_resolver().reverse_dict.lists():
        if isinstance(name, str) and name.startswith("archive"):
            wanted = {argument: arguments[argument] for argument in entries[0][0][0][1] if argument in arguments}
            found.append(reverse(name, kwargs=wanted))
    return found


def test_no_command_sends(unapproved: UUID) -> None:
    """`circular` has no command that plans a dispatch; should it get one, this list says that it needs a test here."""
    import pkgutil

    ours = {module.name for module in pkgutil.iter_modules(config.commands.__path__)}
    assert not {name for name in ours if "send" in name or "dispatch" in name}, ours
    assert not {name for name, app in get_commands().items() if app in {"dispatch", "composer", "web"}}


def test_planning_is_in_one_place_and_asks_for_the_approval_there() -> None:
    """Whatever makes deliveries goes through `plan_dispatch`, which freezes what was approved and nothing else."""
    from pathlib import Path

    root = Path(config.commands.__file__).parents[2]
    inserts = "INSERT INTO dispatch_delivery"
    places = {
        path.relative_to(root).as_posix()
        for part in ("composer", "config", "dispatch", "subscribers", "web", "workers")
        for path in (root / part).rglob("*.py")
        if inserts in (text := path.read_text(encoding="utf-8"))
        or "Delivery.objects.create" in text
        or "Delivery.objects.bulk_create" in text
    }
    assert places == {"dispatch/planned.py"}
