"""The demo's users of the desk: one for each role. The administrator is the account that every house begins with."""

from __future__ import annotations

from typing import Final

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

DESK_USERS: Final = {
    "editor": "Editors",
    "approver": "Approvers",
    "operator": "Operators",
    "steward": "Data stewards",
}


def make_desk_users(password: str) -> None:
    """Make those that are missing; the others keep their passwords and groups."""
    users = get_user_model().objects
    for name, group in DESK_USERS.items():
        if not users.filter(username=name).exists():
            user = users.create_user(name, f"{name}@circular.example", password)
            user.groups.add(Group.objects.get(name=group))
