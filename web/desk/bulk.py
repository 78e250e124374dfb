"""Actions on many subscribers: those who are ticked in the list, or everyone whom it shows, after a page that asks.

Wagtail's bulk actions bring the boxes, the bar and the addresses; whom it is about, and what happens, is by query here,
for Wagtail's own way would load every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.models import ModelLogEntry

from subscribers.many import MOST
from subscribers.models import Subscriber
from web.desk.audit import BULK, KEPT_IDS
from web.desk.people_filters import matching_people, said_of
from web.desk.viewset import DESK_CSS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAMED = 30  # people named on the page that asks
NOT_A_FILTER = ("id", "next", "p", "ordering", "childOf")


@dataclass(frozen=True, slots=True)
class Selection:
    """Whom an action is about. `said` tells the list's search and filters, where it is about everyone it shows."""

    people: QuerySet[Subscriber]
    everyone: bool
    said: str


def selection_of(request: HttpRequest) -> Selection:
    """As the list's bar asks: `?id=1&id=2`, or `?id=all` with the list's own filters."""
    ids = request.GET.getlist("id")
    if "all" in ids:
        query = request.GET.copy()
        for name in NOT_A_FILTER:
            query.pop(name, None)
        return Selection(matching_people(query, request), True, said_of(query, request))
    numbers = [int(each) for each in ids if each.isdecimal() and len(each) < 19]
    return Selection(Subscriber.objects.filter(pk__in=numbers).order_by(), False, "")


class CountedForm(forms.Form):
    """Has the number that the person was asked about: if it is another one by then, they are asked again."""

    number = forms.IntegerField(widget=forms.HiddenInput, required=False)


class PeopleAction(BulkAction):
    """One kind of action. Subclasses say what it is called, what it asks, who may, and do it."""

    models: ClassVar[list[type[Subscriber]]] = [Subscriber]
    template_name = "web/desk/bulk.html"
    form_class: type[CountedForm] = CountedForm
    permission = "subscribers.change_subscriber"
    most = MOST
    serious = False

    question: StrOrPromise = ""
    button: StrOrPromise = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def act(self, ids: list[int], data: dict[str, Any]) -> int:
        """Do it and say to how many it made a difference."""
        raise NotImplementedError

    def details(self, data: dict[str, Any]) -> str:
        """What was chosen in the form, for the log."""
        return ""

    @property
    def source(self) -> str:
        return f"desk, {self.request.user.get_username()}"

    @property
    def back(self) -> str:
        """Where one came from; Wagtail takes this page itself where nothing says so."""
        return str(self.next_url) if self.next_url != self.request.path else reverse("circular_subscribers:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        selection = selection_of(self.request)
        count = selection.people.count()
        form = kwargs.get("form") or self.get_form()
        return {
            "view": self,
            "form": form,
            "selection": selection,
            "count": count,
            "too_many": count > self.most,
            "most": self.most,
            "named": list(selection.people.order_by("pk")[:NAMED]) if count <= NAMED else [],
            "next": self.back,
            "submit_url": f"{self.request.path}?{self.request.META['QUERY_STRING']}",
            "media": form.media + DESK_CSS,
            "header_title": str(self.display_name),
            "header_icon": "user",
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                {"url": reverse("circular_subscribers:index"), "label": _("Subscribers")},
                {"url": "", "label": str(self.display_name)},
            ],
        }

    def form_valid(self, form: CountedForm) -> HttpResponse:
        """All in one transaction, with one entry in the log."""
        with transaction.atomic():
            ids = list(selection_of(self.request).people.values_list("pk", flat=True)[: self.most + 1])
            if not ids or len(ids) > self.most or len(ids) != form.cleaned_data["number"]:
                if ids and len(ids) <= self.most:
                    form.add_error(None, _("Meanwhile it is about another number of people. Look again, then confirm."))
                return self.render_to_response(self.get_context_data(form=form), status=409)
            changed = self.act(ids, form.cleaned_data)
            self._log(ids, changed, self.details(form.cleaned_data))
        messages.success(self.request, self._said(len(ids), changed))
        return HttpResponseRedirect(self.back)

    def _said(self, asked: int, changed: int) -> str:
        done = ngettext("%(number)s subscriber was changed.", "%(number)s subscribers were changed.", changed)
        said = f"{self.display_name}: {done % {'number': localize(changed)}}"
        if changed < asked:
            same = ngettext("%(number)s was so already.", "%(number)s were so already.", asked - changed)
            said += " " + same % {"number": localize(asked - changed)}
        return said

    def _log(self, ids: list[int], changed: int, details: str) -> None:
        ModelLogEntry.objects.create(
            content_type=ContentType.objects.get_for_model(Subscriber),
            object_id="0",  # of nobody alone
            label=ngettext("%(number)s subscriber", "%(number)s subscribers", len(ids))
            % {"number": localize(len(ids))},
            action=BULK,
            user=self.request.user,
            timestamp=timezone.now(),
            content_changed=bool(changed),
            data={
                "action": self.action_type,
                "asked": len(ids),
                "changed": changed,
                "details": details,
                "people": ids if len(ids) <= KEPT_IDS else [],
            },
        )
