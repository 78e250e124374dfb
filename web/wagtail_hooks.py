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
    sign_up,
    starting,
    test_letter,
    variants,
)
from web.desk.people_import import pages as people_import_pages
from web.operations import pages

__all__ = [
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
    "pages",
    "people_import_pages",
    "preview",
    "role_page",
    "sign_up",
    "starting",
    "test_letter",
    "variants",
]
