"""The deliveries of a dispatch, one by one, with what the servers said at each attempt."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dispatch.models import Attempt, Delivery, Dispatch
from web.desk.frame import desk_page
from web.desk.permissions import may_see_people, may_watch, only
from web.operations.figures import IN_ORDER, counts_of

PER_PAGE = 50


class Counted(Paginator):  # type: ignore[type-arg]  # Django itself has no generic paginator
    """A paginator that is told how many there are: the page has counted them already."""

    known: int

    @cached_property
    def count(self) -> int:
        return self.known


@require_safe
@only(may_watch)
def deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """`?state=` keeps the deliveries in that state."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    counts = counts_of([pk])[pk]
    state = request.GET.get("state", "")
    found = Delivery.objects.filter(dispatch=dispatch).select_related("subscriber")
    if state in counts:
        found = found.filter(state=state)
    log = Prefetch("attempt_log", Attempt.objects.order_by("pk"))
    paginator = Counted(found.prefetch_related(log).order_by("pk"), PER_PAGE)
    paginator.known = counts[state] if state in counts else sum(counts.values())
    page = paginator.get_page(request.GET.get("p"))
    filters = [("", _("All"), sum(counts.values()))]
    filters += [(str(each), str(each.label), counts[each]) for each in IN_ORDER]
    context = {
        "dispatch": dispatch,
        "page": page,
        "filters": filters,
        "state": state if state in counts else "",
        "may_see_people": may_see_people(request.user),
    }
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (dispatch.issue_title, reverse("circular_dispatch", args=[pk])),
    ]
    return desk_page(request, "operations/deliveries.html", context, title=_("Deliveries"), icon="mail", crumbs=crumbs)
