"""What somebody may do with a page of ours, where that is less than Wagtail's own rules say."""

from __future__ import annotations

from typing import Any

from wagtail.models import Page, PagePermissionTester


class PageRights(PagePermissionTester):
    """To change a page is not to delete it: that is for who may delete any, with whatever is below."""

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        if not super().can_delete(ignore_bulk):
            return False
        return bool(self.user.is_superuser) or "bulk_delete" in self.permissions


def rights(page: Page, user: Any) -> PageRights:
    """To be a page model's `permissions_for_user`."""
    return PageRights(user, page)
