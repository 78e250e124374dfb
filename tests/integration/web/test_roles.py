"""Who may do what: the groups, the guide, and every page of ours asked by every role."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import translation
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from composer.models import BulletinPage
from config.commands import up
from dispatch.models import Attempt, Delivery
from subscribers.models import Segment, Subscriber
from tests.factories import edition_of, make_dispatch, make_issue, make_user
from tests.integration.web.desk_world import OUR_CODE, World, make_world, own_pages
from tests.integration.web.pages_and_duties import ANYBODY, EVERYBODY, OURS, WAGTAILS
from web.desk.role_groups import keep_roles
from web.desk.roles import DUTIES, DeskRole, duties_of, table

pytestmark = pytest.mark.django_db

GUIDE = Path(__file__).parents[3] / "docs" / "network.md"
REFUSED = {301, 302, 403, 404}
NEITHER = 405

WHO: dict[str, tuple[DeskRole, ...] | None] = {
    **{role.name.lower(): (role,) for role in DeskRole},
    "editor and data steward": (DeskRole.EDITOR, DeskRole.STEWARD),
    "without a role": (),
    "anonymous": None,
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PATH", "")  # no browser is started to print a page
    return make_world()


def client_of(roles: tuple[DeskRole, ...] | None) -> Client:
    client = Client(raise_request_exception=False)
    if roles is not None:
        user = make_user("somebody", superuser=False)
        user.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
        client.force_login(user)
    return client


def page_actions(group: Group) -> list[str]:
    return list(GroupPagePermission.objects.filter(group=group).values_list("permission__codename", flat=True))


def asked(client: Client, address: str, *, until_open: bool = False) -> list[int]:
    """The statuses of a GET and a POST, of which nothing stays; a way back to the desk's door is a refusal."""
    first = _status(client, "get", address)
    if until_open and first not in REFUSED | {NEITHER}:
        return [first]
    return [first, _status(client, "post", address)]


def _status(client: Client, method: str, address: str) -> int:
    with transaction.atomic():
        response: HttpResponseBase = getattr(client, method)(address)
        transaction.set_rollback(True)
    target = response.headers.get("Location", "").partition("?")[0]
    if response.status_code in {301, 302} and target not in {"/desk/", "/desk/login/"}:
        return 200  # on to where it leads
    return response.status_code


def test_every_page_of_ours_has_a_line_that_says_who_may() -> None:
    assert set(own_pages()) == set(OURS)
    assert set(OURS.values()) | set(WAGTAILS.values()) <= {duty.key for duty in DUTIES} | {ANYBODY, EVERYBODY}


@pytest.mark.parametrize("who", WHO)
def test_each_page_opens_to_those_whom_the_table_names_and_to_nobody_else(who: str, world: World) -> None:
    roles = WHO[who]
    duties = duties_of(roles or ()) | {ANYBODY} | ({EVERYBODY} if roles else frozenset())
    client, patterns, wrong = client_of(roles), own_pages(), []
    for name in [*patterns, *WAGTAILS]:
        duty = (OURS | WAGTAILS).get(name, "no line says who may")
        address = world.address(name, patterns.get(name))
        statuses = asked(client, address, until_open=duty in duties)
        opened = [status for status in statuses if status not in REFUSED | {NEITHER}]
        if any(status >= 500 for status in statuses) and 503 not in statuses:
            wrong.append(f"{name}: {statuses}, an error")
        elif duty in duties and not opened:
            wrong.append(f"{name}: {statuses}, and “{duty}” should open it")
        elif duty not in duties and opened:
            wrong.append(f"{name}: {statuses}, and only “{duty}” should open it")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", WHO)
def test_what_is_done_to_many_at_once_opens_to_those_who_keep_people_alone(who: str, world: World) -> None:
    roles = WHO[who]
    client, allowed = client_of(roles), "keep people" in duties_of(roles or ())
    bulk_action_registry._scan_for_bulk_actions()
    actions = [
        (model, name)
        for app, models in bulk_action_registry.actions.items()
        if app in OUR_CODE
        for model, named in models.items()
        for name in named
    ]
    assert ("subscriber", "erase") in actions
    for model, name in actions:
        address = f"/desk/bulk/subscribers/{model}/{name}/?id={world.person.pk}&next=/desk/network/subscribers/"
        opened = [status for status in asked(client, address) if status not in REFUSED | {NEITHER}]
        assert bool(opened) == allowed, (name, opened)
        assert Subscriber.objects.filter(pk=world.person.pk).exists()


@pytest.mark.parametrize("who", WHO)
def test_pages_pictures_and_documents_are_deleted_by_those_alone_who_keep_the_desk(who: str, world: World) -> None:
    roles = WHO[who]
    client, allowed = client_of(roles), "keep the desk" in duties_of(roles or ())
    draft = edition_of(make_issue(BulletinPage.objects.get(locale__language_code="en")))
    live = edition_of(make_issue(BulletinPage.objects.get(locale__language_code="en")))
    live.save_revision().publish()
    things: list[tuple[Any, str]] = [
        (get_image_model().objects.get(), "/desk/images/{0}/delete/"),
        (get_image_model().objects.get(), "/desk/images/multiple/{0}/delete/"),
        (get_image_model().objects.get(), "/desk/bulk/wagtailimages/image/delete/?id={0}"),
        (get_document_model().objects.get(), "/desk/documents/delete/{0}/"),
        (get_document_model().objects.get(), "/desk/documents/multiple/{0}/delete/"),
        (get_document_model().objects.get(), "/desk/bulk/wagtaildocs/document/delete/?id={0}"),
        *((page, "/desk/pages/{0}/delete/") for page in (draft, live)),
        *((page, "/desk/bulk/wagtailcore/page/delete/?id={0}") for page in (draft, live)),
    ]
    for thing, address in things:
        with transaction.atomic():
            status = client.post(address.format(thing.pk)).status_code
            gone = not type(thing).objects.filter(pk=thing.pk).exists()
            transaction.set_rollback(True)
        assert gone == allowed, (address, status)


def test_who_may_delete_no_page_is_offered_no_button_for_it(world: World) -> None:
    draft = edition_of(make_issue(BulletinPage.objects.get(locale__language_code="en")))
    offered = f"/desk/pages/{draft.pk}/delete/"
    for roles, allowed in (((DeskRole.APPROVER,), False), ((DeskRole.ADMINISTRATOR,), True)):
        client = client_of(roles)
        page = client.get(f"/desk/pages/{draft.get_parent().pk}/").content.decode()
        assert (offered in page) == allowed
        get_user_model().objects.filter(username="somebody").delete()


def test_an_administrator_by_account_is_counted_as_one_by_group_once() -> None:
    root, group = make_user("root"), Group.objects.get(name=DeskRole.ADMINISTRATOR.value)
    root.groups.add(group)
    make_user("second")
    client = Client()
    client.force_login(root)
    page = client.get(reverse("circular_roles"))
    counts = {column.label: column.people for column in page.context["columns"]}
    assert counts == {"Editor": 0, "Approver": 0, "Operator": 0, "Data steward": 0, "Administrator": 2}


def test_what_a_release_gives_a_role_comes_at_the_next_start_without_a_migration() -> None:
    operators = Group.objects.get(name=DeskRole.OPERATOR.value)
    operators.permissions.clear()

    up._prepare_database("a long password", alone=False)

    assert operators.permissions.filter(codename="add_dispatch").exists()


def test_the_guide_has_the_same_table() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.partition("<!-- roles -->\n")[2].partition("\n<!-- /roles -->")[0] == table()


def test_every_role_may_do_something_and_an_administrator_everything() -> None:
    assert all(duties_of([role]) for role in DeskRole)
    assert duties_of([DeskRole.ADMINISTRATOR]) == {duty.key for duty in DUTIES}


def test_people_are_for_data_stewards_and_administrators_alone() -> None:
    private = {"see people", "keep people", "import people", "export people", "suppress"}
    for role in DeskRole:
        may = bool(duties_of([role]) & private)
        assert may == (role in {DeskRole.STEWARD, DeskRole.ADMINISTRATOR})


def test_each_group_has_what_its_role_needs() -> None:
    for role in DeskRole:
        group = Group.objects.get(name=role.value)
        held = {f"{each.content_type.app_label}.{each.codename}" for each in group.permissions.all()}
        pages = set(page_actions(group))
        for duty in DUTIES:
            if role in duty.roles:
                assert set(duty.permissions) <= held
                assert {f"{action}_page" for action in duty.pages} <= pages


def test_what_an_administrator_added_to_a_group_stays_and_what_the_role_needs_comes_back() -> None:
    editors = Group.objects.get(name=DeskRole.EDITOR.value)
    export = Permission.objects.get(codename="export_subscriber")
    translate = Permission.objects.get(codename="submit_translation")
    editors.permissions.add(export)
    editors.permissions.remove(translate)
    GroupPagePermission.objects.filter(group=editors).delete()

    keep_roles()

    assert {export, translate} <= set(editors.permissions.all())
    assert set(page_actions(editors)) == {"add_page", "change_page"}


def test_keeping_the_roles_twice_changes_nothing() -> None:
    def counts() -> list[int]:
        kept = (Group.permissions.through, GroupPagePermission, GroupCollectionPermission, Group, Collection, Page)
        return [model.objects.count() for model in kept]

    before = counts()
    keep_roles()
    assert counts() == before


def test_wagtails_moderators_become_the_approvers_with_their_people() -> None:
    Group.objects.filter(name=DeskRole.APPROVER.value).delete()
    moderators, _made = Group.objects.get_or_create(name="Moderators")
    user = make_user(superuser=False)
    user.groups.add(moderators)

    keep_roles()

    assert list(user.groups.values_list("name", flat=True)) == [DeskRole.APPROVER.value]
    assert user.has_perm("composer.add_approval")


def test_roles_add_up(world: World) -> None:
    client = client_of((DeskRole.APPROVER, DeskRole.OPERATOR))
    for name in ("circular_issues", "circular_operations"):
        assert client.get(reverse(name)).status_code == 200
    assert client.get(reverse("circular_subscribers:index")).status_code == 302


def test_the_page_shows_the_table_in_the_desks_language_and_ones_own_roles() -> None:
    client = client_of((DeskRole.EDITOR,))
    page = client.get(reverse("circular_roles"))
    text = " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())
    assert "Your roles: Editor." in text
    for duty in DUTIES:
        with translation.override("en"):
            assert str(duty.words) in text
    assert "Give users their roles" not in text
    assert "Give users their roles" in client_of_admin().get(reverse("circular_roles")).content.decode()


def client_of_admin() -> Client:
    client = Client()
    client.force_login(make_user("root"))
    return client


def test_operators_see_deliveries_by_number_without_names_or_addresses() -> None:
    dispatch = make_dispatch(people=1)
    person = Subscriber.objects.get()
    delivery = Delivery.objects.get()
    Attempt.objects.create(
        delivery=delivery, number=1, outcome="failed", code=550, reply=f"<{person.email}>: no such user"
    )
    address = reverse("circular_dispatch_deliveries", args=[dispatch.pk])

    operator = client_of((DeskRole.OPERATOR,)).get(address).content.decode()
    assert person.name not in operator
    assert person.email not in operator
    assert "…@example.org" in operator

    steward = client_of_admin().get(address).content.decode()
    assert person.name in steward


def test_editors_see_a_segments_name_and_size_and_nobody_in_it(world: World) -> None:
    client = client_of((DeskRole.EDITOR,))
    person = Subscriber.objects.get()
    for name in ("index", "inspect"):
        arguments = [] if name == "index" else [Segment.objects.get(slug="some").pk]
        page = client.get(reverse(f"circular_segments:{name}", args=arguments))
        assert page.status_code == 200
        assert person.email not in page.content.decode()
        assert person.name not in page.content.decode()


def test_editors_cannot_ask_whether_an_address_is_known(world: World) -> None:
    rule = '{"field": "email", "is": "reader1@example.org"}'
    answer = client_of((DeskRole.EDITOR,)).post(reverse("circular_segments:matching"), {"rule": rule})
    assert answer.status_code in REFUSED
