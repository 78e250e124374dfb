"""The roles as groups of users in the database, made and kept at every migration.

A role always has what the table of `web.desk.roles` gives it. What an administrator added to a group stays; what
they took away comes back with the next update: whoever wants less makes a group of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from web.desk.roles import DUTIES, EVERYWHERE, DeskRole, Duty

MODERATORS = "Moderators"  # Wagtail's own group of those who approve


@transaction.atomic
def keep_roles(**_signal: Any) -> None:
    """Make the groups that are missing, and give each what its role has and it lacks."""
    from composer.site import ensure_site

    ContentType.objects.clear_cache()  # after a flush, the types it remembers are gone
    if not Page.objects.exists() or not Collection.objects.exists():
        ensure_site()
    _rename_moderators()
    found = _permissions()
    for role in DeskRole:
        group, _made = Group.objects.get_or_create(name=role.value)
        duties = [duty for duty in DUTIES if role in duty.roles]
        named = {EVERYWHERE}.union(*(duty.permissions for duty in duties))
        group.permissions.add(*(found[name] for name in sorted(named)))
        _give_pages(group, duties, found)
        _give_library(group, duties, found)


def _rename_moderators() -> None:
    """Who approved in a desk before there were roles goes on doing so, under the role's name.

    If nobody did, the group is as Wagtail made it, with what is no matter of approvers, and begins anew.
    """
    moderators = Group.objects.filter(name=MODERATORS).first()
    if moderators is None or Group.objects.filter(name=DeskRole.APPROVER.value).exists():
        return
    moderators.name = DeskRole.APPROVER.value
    moderators.save()
    if not moderators.user_set.exists():
        moderators.permissions.clear()
        GroupPagePermission.objects.filter(group=moderators).delete()


def _permissions() -> dict[str, Permission]:
    """All that the table names, by app.codename; those of apps whose turn comes later are made now."""
    named = {EVERYWHERE}.union(*(_names(duty) for duty in DUTIES))
    for label in sorted({name.partition(".")[0] for name in named}):
        create_permissions(apps.get_app_config(label), verbosity=0)
    _make_those_of_migrations()
    wanted = Q()
    for name in named:
        app, _dot, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    rows = Permission.objects.filter(wanted).select_related("content_type")
    found = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    if missing := named - found.keys():
        raise LookupError(f"The table of roles names permissions that there are not: {', '.join(sorted(missing))}")
    return found


def _names(duty: Duty) -> Iterable[str]:
    return (*duty.permissions, *(_of_pages(action) for action in duty.pages), *duty.library)


def _of_pages(action: str) -> str:
    return f"wagtailcore.{action}_page"


# Those that others make in migrations of their own: a flushed database has lost them.
MADE_ONCE = (
    ("wagtailadmin", "admin", "access_admin", "Can access Wagtail admin"),
    ("wagtail_localize", "translation", "submit_translation", "Can submit translations"),
)


def _make_those_of_migrations() -> None:
    for app, model, codename, name in MADE_ONCE:
        kind, _made = ContentType.objects.get_or_create(app_label=app, model=model)
        Permission.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": name})


def _give_pages(group: Group, duties: list[Duty], found: dict[str, Permission]) -> None:
    root = Page.get_first_root_node()
    for action in {action for duty in duties for action in duty.pages}:
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=found[_of_pages(action)])


def _give_library(group: Group, duties: list[Duty], found: dict[str, Permission]) -> None:
    root = Collection.get_first_root_node()
    for name in {name for duty in duties for name in duty.library}:
        GroupCollectionPermission.objects.get_or_create(group=group, collection=root, permission=found[name])
