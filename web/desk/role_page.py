"""“Who may do what”: the table of roles, for everyone on the desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from web.desk.frame import desk_page
from web.desk.roles import DUTIES, DeskRole

ICON = "group"


@dataclass(frozen=True, slots=True)
class Column:
    """A role, and whether the reader of the page has it; `people` only for those who keep the desk's users."""

    label: str
    mine: bool
    people: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do, and for each role whether it may."""

    words: str
    may: tuple[tuple[Column, bool], ...]


@require_safe
def who_may_do_what(request: HttpRequest) -> HttpResponse:
    columns = _columns(request.user)
    lines = [Line(str(duty.words), tuple((columns[role], role in duty.roles) for role in DeskRole)) for duty in DUTIES]
    mine = [column.label for column in columns.values() if column.mine]
    context = {"columns": list(columns.values()), "lines": lines, "mine": mine}
    return desk_page(request, "web/desk/roles.html", context, title=_("Who may do what"), icon=ICON)


def _columns(user: Any) -> dict[DeskRole, Column]:
    held = set(user.groups.values_list("name", flat=True))
    counts: dict[str, int] = {}
    keeps = user.has_perm("auth.change_user")
    if keeps:
        active = get_user_model().objects.filter(is_active=True)
        people = active.filter(groups__name__in=DeskRole.values)
        counts = dict(people.values_list("groups__name").annotate(n=Count("pk")).order_by())
        keepers = Q(groups__name=DeskRole.ADMINISTRATOR.value) | Q(is_superuser=True)
        counts[DeskRole.ADMINISTRATOR.value] = active.filter(keepers).distinct().count()
    return {
        role: Column(
            label=str(role.label),
            mine=role.value in held,
            people=counts.get(role.value, 0) if keeps else None,
            url=reverse("wagtailusers_users:index") if keeps else "",
        )
        for role in DeskRole
    }


@hooks.register("register_admin_urls")
def role_urls() -> list[URLPattern]:
    return [path("roles/", who_may_do_what, name="circular_roles")]


@hooks.register("register_settings_menu_item")
def role_menu_item() -> MenuItem:
    return MenuItem(
        gettext_lazy("Who may do what"), reverse("circular_roles"), name="circular-roles", icon_name=ICON, order=610
    )
