"""The list of subscribers, at any size: `web.desk.late_rows` says how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column, DateColumn, StatusFlagColumn
from wagtail.admin.views import generic

from subscribers.models import Affiliation, Role, Subscriber, Suppression
from web.desk.affiliations import CURRENT
from web.desk.exporting_people import list_export_buttons
from web.desk.late_rows import LatePaginator
from web.desk.names import country_label, language_label
from web.desk.people_filters import BY_INDEX, search_people
from web.desk.viewset import DESK_CSS

ORDERS: dict[str, tuple[Any, ...]] = {
    "name": (Lower("name"), "pk"),
    "email": ("email",),
    "country": ("country", "pk"),
    "created": ("pk",),
}
"""What the list can be sorted by: each has an index of just these columns."""


def roles_of(subscriber: Subscriber) -> str:
    """The roles that the subscriber holds today."""
    return ", ".join(dict.fromkeys(str(Role(each.role).label) for each in subscriber.affiliations.all()))


def breakable_address(subscriber: Subscriber) -> str:
    """The address, which a narrow column may break before the @."""
    local, _at, domain = subscriber.email.rpartition("@")
    return format_html("{}<wbr>@{}", local, domain)


def ordered(people: QuerySet[Subscriber], ordering: str) -> QuerySet[Subscriber]:
    """`people` by a key of ORDERS, backwards where it begins with a hyphen."""
    columns = ORDERS.get(ordering.removeprefix("-"), ORDERS["name"])
    by = people.order_by(*(OrderBy(column) if isinstance(column, Lower) else column for column in columns))
    return by.reverse() if ordering.startswith("-") else by


def people_rows(keys: Sequence[Any], column: str = "pk") -> list[Subscriber]:
    """The people with these keys in this order, with all that a row of the list shows."""
    suppressed = Suppression.objects.filter(address_hash=OuterRef("address_hash"))
    found = (
        Subscriber.objects.filter(**{f"{column}__in": keys})
        .select_related("organisation")
        .prefetch_related(Prefetch("affiliations", Affiliation.objects.filter(CURRENT).order_by("pk")))
        .annotate(suppressed=Exists(suppressed))
        .order_by()
    )
    by_key = {getattr(person, column): person for person in found}
    return [by_key[key] for key in keys if key in by_key]


class SubscriberIndexView(generic.IndexView):
    template_name = "web/desk/people_index.html"
    results_template_name = "web/desk/people_index_results.html"
    default_ordering = "name"
    is_searchable = True

    def get_base_queryset(self) -> QuerySet[Subscriber]:
        return Subscriber.objects.order_by()

    def order_queryset(self, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        return ordered(queryset, self.ordering)

    def search_queryset(self, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        return search_people(queryset, self.search_query) if self.is_searching else queryset

    def paginate_queryset(self, queryset: QuerySet[Subscriber], page_size: int) -> tuple[Any, Any, Any, bool]:
        column = "email" if self.ordering.removeprefix("-") == "email" else "pk"
        paginator = LatePaginator(
            queryset.values_list(column, flat=True),
            page_size,
            rows=lambda keys: people_rows(keys, column),
            to_the_end=not self.is_searching and BY_INDEX.issuperset(self.chosen),
        )
        page = paginator.get_page(self.request.GET.get(self.page_kwarg))
        return paginator, page, page.object_list, page.has_other_pages()

    @property
    def chosen(self) -> list[str]:
        """The filters that are set."""
        return list(self.filters.form.changed_data) if self.filters else []

    @cached_property
    def columns(self) -> list[Any]:
        name, *others = super().columns
        name.width = "20%"
        name.empty_value_display = _("without a name")
        may_change = any(self.user_has_permission(action) for action in ("change", "delete"))
        tick = [BulkActionsCheckboxColumn("bulk_actions", obj_type="subscriber")] if may_change else []
        return [*tick, name, *others]

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [*super().header_more_buttons, *list_export_buttons(self.request)]

    def _get_title_column(self, field_name: str, *args: Any, **kwargs: Any) -> Any:
        return super()._get_title_column(
            field_name, *args, get_title_id=lambda person: f"subscriber_{person.pk}_title", **kwargs
        )

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        context["media"] += DESK_CSS
        context["paginator"].model = Subscriber
        return context


class TextColumn(Column):
    """Cells of text alone, written without a template each: a page has hundreds of them."""

    def render_cell_html(self, instance: Subscriber, parent_context: Any) -> str:
        value = self.get_value(instance)
        return format_html("<td>{}</td>", "" if value is None else value)


LIST_DISPLAY = [
    "name",
    TextColumn("email", label=gettext_lazy("Address"), accessor=breakable_address, sort_key="email"),
    TextColumn("organisation", label=gettext_lazy("Organisation"), accessor="organisation"),
    TextColumn(
        "country", label=gettext_lazy("Country"), accessor=lambda row: country_label(row.country), sort_key="country"
    ),
    TextColumn("language", label=gettext_lazy("Language"), accessor=lambda row: language_label(row.language)),
    TextColumn("roles", label=gettext_lazy("Roles"), accessor=roles_of),
    StatusFlagColumn("suppressed", label=gettext_lazy("Mail"), true_label=gettext_lazy("Suppressed")),
    DateColumn("created_at", label=gettext_lazy("Since"), sort_key="created"),
]
