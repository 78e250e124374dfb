"""What the product adds to Wagtail's admin; each module registers its own pages."""

from web import archive
from web.desk import (
    checks,
    deleting,
    directory,
    exporting_people,
    importing,
    issues,
    items,
    live_preview,
    machines,
    merge_fields,
    preview,
    role_page,
    schedules,
    sign_up,
    signing_keys,
    starting,
    test_letter,
    variants,
)
from web.desk.people_import import pages as people_import_pages
from web.operations import again, paces, pages, waves

__all__ = [
    "again",
    "archive",
    "checks",
    "deleting",
    "directory",
    "exporting_people",
    "importing",
    "issues",
    "items",
    "live_preview",
    "machines",
    "merge_fields",
    "paces",
    "pages",
    "people_import_pages",
    "preview",
    "role_page",
    "schedules",
    "sign_up",
    "signing_keys",
    "starting",
    "test_letter",
    "variants",
    "waves",
]
