"""What the product adds to Wagtail's admin; each module registers its own pages."""

from web import archive
from web.desk import (
    checks,
    directory,
    importing,
    issues,
    items,
    live_preview,
    merge_fields,
    preview,
    starting,
    test_letter,
    variants,
)
from web.operations import pages

__all__ = [
    "archive",
    "checks",
    "directory",
    "importing",
    "issues",
    "items",
    "live_preview",
    "merge_fields",
    "pages",
    "preview",
    "starting",
    "test_letter",
    "variants",
]
