"""Who may do what on the desk: one table, from which come the groups' permissions, a page of the desk and the guide.

A role is a group of users with the same name. Somebody may have several; what they may do adds up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

EVERYWHERE = "wagtailadmin.access_admin"


class DeskRole(TextChoices):
    """The value is the group's name."""

    EDITOR = "Editors", _("Editor")
    APPROVER = "Approvers", _("Approver")
    OPERATOR = "Operators", _("Operator")
    STEWARD = "Data stewards", _("Data steward")
    ADMINISTRATOR = "Administrators", _("Administrator")


EDITOR, APPROVER, OPERATOR, STEWARD, ADMINISTRATOR = DeskRole


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that `roles` may do, said in `words`.

    `permissions` are Django's, as app.codename. `pages` are Wagtail's actions on all pages; `library` permissions
    (app.codename) on all pictures and documents.
    """

    key: str
    words: Any  # a lazy text
    roles: frozenset[DeskRole]
    permissions: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    library: tuple[str, ...] = ()


def _duty(key: str, words: Any, *roles: DeskRole, **given: tuple[str, ...]) -> Duty:
    """An administrator may do everything."""
    return Duty(key, words, frozenset({*roles, ADMINISTRATOR}), **given)


def _every(app: str, *models: str) -> tuple[str, ...]:
    return tuple(f"{app}.{action}_{model}" for model in models for action in ("view", "add", "change", "delete"))


DUTIES: tuple[Duty, ...] = (
    _duty("read issues", _("See the issues, with their previews, checks and translations"), EDITOR, APPROVER, OPERATOR),
    _duty(
        "write issues",
        _("Begin issues, import texts, and have issues translated"),
        EDITOR,
        pages=("add",),
        permissions=("wagtail_localize.submit_translation",),
    ),
    _duty(
        "edit issues",
        _("Change issues, send test letters, and keep pictures and documents"),
        EDITOR,
        APPROVER,
        pages=("change",),
        library=(
            *(f"wagtailimages.{action}_image" for action in ("add", "change", "choose")),
            *(f"wagtaildocs.{action}_document" for action in ("add", "change", "choose")),
        ),
    ),
    _duty("invite", _("Invite somebody outside to look at an issue"), EDITOR, APPROVER),
    _duty(
        "approve",
        _("Approve issues, ask for changes, and lock pages"),
        APPROVER,
        permissions=("composer.add_approval",),
        pages=("lock", "unlock"),
    ),
    _duty("publish", _("Put pages into the public archive and take them out"), APPROVER, pages=("publish",)),
    _duty("send", _("Send an approved issue"), OPERATOR, permissions=("dispatch.add_dispatch",)),
    _duty(
        "watch",
        _("Watch dispatches: deliveries by number, without names and addresses"),
        OPERATOR,
        permissions=("dispatch.view_dispatch",),
    ),
    _duty("operate", _("Pause, resume and cancel a dispatch"), OPERATOR, permissions=("dispatch.change_dispatch",)),
    _duty(
        "set paces",
        _("Set the pace: how fast and at which hours letters may leave"),
        OPERATOR,
        permissions=_every("dispatch", "pacerule"),
    ),
    _duty(
        "keep signing keys",
        _("Keep the keys that letters are signed with"),
        OPERATOR,
        permissions=_every("dispatch", "signingkey"),
    ),
    _duty(
        "see segments",
        _("See the segments’ names, rules and sizes, without the people"),
        EDITOR,
        APPROVER,
        OPERATOR,
        STEWARD,
        permissions=("subscribers.view_segment",),
    ),
    _duty("keep segments", _("Build and change segments"), STEWARD, permissions=_every("subscribers", "segment")),
    _duty(
        "see people",
        _("See people: addresses, consents with their proofs, deliveries"),
        STEWARD,
        permissions=tuple(f"subscribers.view_{model}" for model in ("subscriber", "organisation", "consent")),
    ),
    _duty(
        "keep people",
        _("Add, change, delete and erase people and organisations"),
        STEWARD,
        permissions=_every("subscribers", "subscriber", "organisation", "affiliation", "subscription"),
    ),
    _duty(
        "keep fields",
        _("Keep the topics and custom fields"),
        STEWARD,
        permissions=_every("subscribers", "topic", "customfield"),
    ),
    _duty("import people", _("Import people from files"), STEWARD, permissions=_every("subscribers", "importrun")),
    _duty("export people", _("Export people"), STEWARD, permissions=("subscribers.export_subscriber",)),
    _duty(
        "suppress",
        _("Keep the list of addresses that are never written to"),
        STEWARD,
        permissions=_every("subscribers", "suppression"),
    ),
    _duty(
        "keep machines",
        _("Let other systems in: API tokens and webhooks"),
        permissions=_every("subscribers", "apitoken", "webhook"),
    ),
    _duty(
        "keep the desk",
        _("Keep users, roles, workflows, languages and bulletins; delete pages, pictures and documents"),
        permissions=(
            *_every("auth", "user", "group"),
            *_every("wagtailcore", "workflow", "task", "locale", "site"),
            *_every("composer", "approvaltask"),
        ),
        pages=("bulk_delete",),
        library=(
            "wagtailimages.delete_image",
            "wagtaildocs.delete_document",
            *(f"wagtailcore.{action}_collection" for action in ("add", "change", "delete")),
        ),
    ),
)


def duties_of(roles: Iterable[DeskRole]) -> frozenset[str]:
    """The keys of everything that somebody with all of these roles may do."""
    held = frozenset(roles)
    return frozenset(duty.key for duty in DUTIES if duty.roles & held)


def table() -> str:
    """The table in Markdown and English, for the guide."""
    rows = [f"| | {' | '.join(_english(role.label) for role in DeskRole)} |", "| --- |" + " :-: |" * len(DeskRole)]
    for duty in DUTIES:
        ticks = " | ".join("✓" if role in duty.roles else " " for role in DeskRole)
        rows.append(f"| {_english(duty.words)} | {ticks} |")
    return "\n".join(rows)


def _english(words: Any) -> str:
    with override("en"):
        return str(words)
