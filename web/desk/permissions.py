"""Who may see, approve, send and operate: Django's own permissions, given to groups in Wagtail's settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.models import Page
from wagtail.permissions import policy_registry

from composer.models import EditionPage

APPROVE = "composer.add_approval"
SEND = "dispatch.add_dispatch"
OPERATE = "dispatch.change_dispatch"
WATCH = "dispatch.view_dispatch"
PACE = "dispatch.change_pacerule"
IMPORT = "subscribers.add_importrun"
EXPORT = "subscribers.export_subscriber"
TOKENS = "subscribers.add_apitoken"
WEBHOOKS = "subscribers.add_webhook"
KEYS = "dispatch.add_signingkey"

View = Callable[..., HttpResponseBase]


def may_approve(user: Any) -> bool:
    return bool(user.has_perm(APPROVE))


def may_send(user: Any) -> bool:
    return bool(user.has_perm(SEND))


def may_operate(user: Any) -> bool:
    """Pause, resume and cancel a dispatch."""
    return bool(user.has_perm(OPERATE))


def may_set_paces(user: Any) -> bool:
    """Say how fast letters may leave, and end a rest."""
    return bool(user.has_perm(PACE))


def may_watch(user: Any) -> bool:
    """See the dispatches: whoever sends or operates does."""
    return any(user.has_perm(name) for name in (WATCH, SEND, OPERATE))


def may_see_people(user: Any) -> bool:
    """See who somebody is: names, addresses and what belongs to them. Others see numbers."""
    return any(user.has_perm(f"subscribers.{action}_subscriber") for action in ("view", "change"))


def may_import(user: Any) -> bool:
    """Bring people in from files, and see every import with the rows that it refused."""
    return bool(user.has_perm(IMPORT))


def may_export(user: Any) -> bool:
    """Take the directory out as a file."""
    return bool(user.has_perm(EXPORT))


def may_have_tokens(user: Any) -> bool:
    """Make tokens of the API, and revoke them."""
    return bool(user.has_perm(TOKENS))


def may_have_webhooks(user: Any) -> bool:
    """Make webhooks, see what they were told, and switch them off."""
    return bool(user.has_perm(WEBHOOKS))


def may_keep_keys(user: Any) -> bool:
    """Make the keys that letters are signed with, use and retire them."""
    return bool(user.has_perm(KEYS))


def may_see_issues(user: Any) -> bool:
    return may_approve(user) or may_send(user) or bool(user_has_any_page_permission(user))


def visible_editions(user: Any) -> QuerySet[EditionPage]:
    """The editions that `user` may see: all for who approves or sends, else those they work on as an editor."""
    if may_approve(user) or may_send(user):
        return EditionPage.objects.all()
    policy = policy_registry.get_by_type(Page)
    own = policy.instances_user_has_any_permission_for(user, {"add", "change", "publish", "lock"})
    return EditionPage.objects.filter(pk__in=own.values("pk"))


def only(test: Callable[[Any], bool]) -> Callable[[View], View]:
    """Answer 403 to a user who doesn't pass `test`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if test(request.user):
                return view(request, *args, **kwargs)
            return not_for_you(request)

        return guarded

    return decorate


def not_for_you(request: HttpRequest) -> HttpResponse:
    """The page that says so."""
    return render(request, "web/desk/forbidden.html", status=403)


def registered_permissions() -> QuerySet[Permission]:
    """What a group can be given on Wagtail's page of groups."""
    names = (name.split(".") for name in (APPROVE, SEND, OPERATE, WATCH, PACE, IMPORT, EXPORT, TOKENS, WEBHOOKS, KEYS))
    wanted = Q()
    for app, codename in names:
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted)
