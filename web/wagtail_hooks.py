"""What the product adds to Wagtail's admin; each module registers its own pages."""

from web.desk import directory, importing, issues
from web.operations import pages

__all__ = ["directory", "importing", "issues", "pages"]
