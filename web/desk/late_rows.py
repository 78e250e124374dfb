"""Pages of a list of a million rows: first the keys of one page from an index, then its rows.

A list that is sorted and filtered by an index alone is counted to its end, and any page of it is as near as the
nearer end. Any other is looked through as far as `FAR_ENOUGH` rows: beyond, it says “more than”.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.paginator import WagtailPaginator

FAR_ENOUGH = 5_000  # rows


class LatePaginator(WagtailPaginator):
    """Pages over `keys`, an ordered queryset of one column; `rows` makes the rows of a page, in the order of keys."""

    def __init__(
        self,
        keys: QuerySet[Any, Any],
        per_page: int,
        *,
        rows: Callable[[Sequence[Any]], list[Any]],
        to_the_end: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(keys, per_page, **kwargs)
        self.rows = rows
        self.to_the_end = to_the_end

    @cached_property
    def found(self) -> list[Any]:
        """The keys as far as they are looked for, where not to the end; one more says that there are more."""
        return list(self.object_list[: FAR_ENOUGH + 1])

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().count() if self.to_the_end else min(len(self.found), FAR_ENOUGH)

    @property
    def is_more(self) -> bool:
        """Whether there are more than `count`."""
        return not self.to_the_end and len(self.found) > FAR_ENOUGH

    @cached_property
    def items_count_label(self) -> str:
        return _("more than %s") % super().items_count_label if self.is_more else str(super().items_count_label)

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        return self._get_page(self.rows(self._keys(first, last)), number, self)

    def _keys(self, first: int, last: int) -> list[Any]:
        if not self.to_the_end:
            return self.found[first:last]
        if first <= self.count // 2:
            return list(self.object_list[first:last])
        return list(self.object_list.reverse()[self.count - last : self.count - first])[::-1]
