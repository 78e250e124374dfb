"""Segments on the desk: a rule made of conditions, and at once who matches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.widgets.slug import SlugInput

from subscribers.models import Segment, Subscriber
from subscribers.segments import matching
from web.desk.audience_use import editions_for
from web.desk.conditions import Rule, in_words
from web.desk.rule_form import RuleEditor, as_text
from web.desk.viewset import DESK_CSS, DirectoryViewSet

SAMPLE = 10  # people


@dataclass(frozen=True, slots=True)
class Matches:
    """How many of all subscribers a rule matches, and some of them: always the same ones, in no order of theirs."""

    count: int
    total: int
    sample: list[Subscriber]

    @property
    def sentence(self) -> str:
        pattern = ngettext("%(count)d subscriber matches", "%(count)d subscribers match", self.count)
        return pattern % {"count": self.count}


def matches_of(rule: Rule, *, with_sample: bool) -> Matches:
    people = matching(rule)
    sample = people.select_related("organisation").order_by("address_hash")[:SAMPLE] if with_sample else []
    return Matches(people.count(), Subscriber.objects.count(), list(sample))


class SegmentForm(WagtailAdminModelForm):
    """Name and short name; the rule comes from its `editor`. The short name is asked for once."""

    class Meta:
        model = Segment
        fields = ["name", "slug"]
        widgets = {
            "name": forms.TextInput(
                attrs={
                    "data-controller": "w-sync",
                    "data-action": "focus->w-sync#check blur->w-sync#apply change->w-sync#apply keyup->w-sync#apply",
                    "data-w-sync-target-value": "#id_slug",
                }
            ),
            "slug": SlugInput(attrs={"data-w-slug-allow-unicode-value": "false"}),
        }
        help_texts = {
            "slug": gettext_lazy(
                "Items of issues name their audience by it, so it can't be changed later. "
                "Letters of English, digits, hyphens."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.rule if self.instance.pk else {"all": []}
        self.editor = RuleEditor(rule=stored, data=self.data if self.is_bound else None)
        if self.instance.pk:
            del self.fields["slug"]

    @property
    def media(self) -> forms.Media:
        return super().media + self.editor.media

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError(_("One line only: no line breaks or control characters."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.editor.is_valid():
            self.instance.rule = self.editor.rule
        else:
            self.instance.rule = {"all": []}  # any sound one: nothing is saved
            self.add_error(None, _("The rule can't be used: %s") % " ".join(self.editor.errors()))
        return cleaned


class SegmentFormMixin:
    """What creating and editing share: the page, with who matches the rule at this moment."""

    template_name = "web/desk/segment_form.html"

    request: Any
    form: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        editor = self.form.editor
        context["matching_url"] = reverse("circular_segments:matching")
        if not self.form.is_bound or editor.is_valid():
            context["matches"] = matches_of(editor.rule, with_sample=may_see_people(self.request.user))
        return context


class SegmentCreateView(SegmentFormMixin, generic.CreateView):
    def get_success_message(self, instance: Segment) -> str:
        return f"{super().get_success_message(instance)} {matches_of(instance.rule, with_sample=False).sentence}."


class SegmentEditView(SegmentFormMixin, generic.EditView):
    def get_success_message(self) -> str:
        return f"{super().get_success_message()} {matches_of(self.object.rule, with_sample=False).sentence}."


class SegmentInspectView(generic.InspectView):
    template_name = "web/desk/segment_inspect.html"
    page_title = gettext_lazy("View")
    fields = ["name", "slug"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["words"] = in_words(self.object.rule)
        context["rule"] = as_text(self.object.rule)
        context["matches"] = matches_of(self.object.rule, with_sample=may_see_people(self.request.user))
        context["media"] = DESK_CSS
        return context


class SegmentDeleteView(generic.DeleteView):
    """Refused while an edition has an item for the segment: its readers would be nobody."""

    template_name = "web/desk/segment_confirm_delete.html"

    @property
    def editions(self) -> list[Any]:
        return editions_for(self.object.slug)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        editions = self.editions
        return super().get_context_data(**kwargs) | {"editions": editions, "is_protected": bool(editions)}

    def form_valid(self, form: Any) -> HttpResponse:
        if self.editions:
            messages.error(self.request, _("The segment was not deleted: items of issues are only for it."))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)


def may_see_people(user: Any) -> bool:
    return any(user.has_perm(f"subscribers.{action}_subscriber") for action in ("view", "change"))


@require_POST
def matching_now(request: HttpRequest) -> HttpResponse:
    """Who matches the rule of the posted form, as JSON: `{count, total, rule, html}`, or `{error, html}`.

    It reads only; POST because a rule may be long, and so that no rule stands in a log of addresses.
    """
    actions = ("view", "add", "change")
    if not any(request.user.has_perm(f"subscribers.{action}_segment") for action in actions):
        raise PermissionDenied
    editor = RuleEditor(data=request.POST)
    if not editor.is_valid():
        errors = editor.errors()
        html = render_to_string("web/desk/segment_matches.html", {"errors": errors}, request)
        return JsonResponse({"error": " ".join(errors), "html": html})
    matches = matches_of(editor.rule, with_sample=may_see_people(request.user))
    html = render_to_string("web/desk/segment_matches.html", {"matches": matches}, request)
    return JsonResponse({"count": matches.count, "total": matches.total, "rule": as_text(editor.rule), "html": html})


class SegmentViewSet(DirectoryViewSet):
    model = Segment
    name = "circular_segments"
    url_prefix = "network/segments"
    icon = "crosshairs"
    add_view_class = SegmentCreateView
    edit_view_class = SegmentEditView
    inspect_view_class = SegmentInspectView
    delete_view_class = SegmentDeleteView
    search_fields = ["name", "slug"]
    ordering = "name"
    list_display = [
        "name",
        "slug",
        Column("rule", label=gettext_lazy("Who belongs to it"), accessor=lambda segment: in_words(segment.rule)),
    ]

    def get_form_class(self, for_update: bool = False) -> type[SegmentForm]:
        return SegmentForm

    def get_urlpatterns(self) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("matching/", matching_now, name="matching")]
