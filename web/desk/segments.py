"""Segments on the desk: a rule built of conditions and groups, who matches it at once, and what uses it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models.functions import Now
from django.http import HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.slug import SlugInput

from subscribers.models import Segment
from subscribers.patience import TooSlow
from subscribers.rules import BadRule, check_rule, expanded
from subscribers.segments import vocabulary
from web.desk.audience_use import Uses, past_uses, uses_of
from web.desk.exporting_people import segment_export_buttons
from web.desk.permissions import may_see_people
from web.desk.rule_builder import BUILDER_MEDIA, builder_data
from web.desk.rule_form import EVERYONE, Problem, as_text, problems_of, rule_field
from web.desk.rule_matching import (
    count_in_words,
    matches_of,
    matching_now,
    organisations,
    too_slow,
)
from web.desk.rule_names import RuleNames
from web.desk.rule_words import in_words, outline
from web.desk.viewset import DESK_CSS, DirectoryViewSet


class SegmentForm(WagtailAdminModelForm):
    """Name, short name, what it is for, and the rule. What is wrong with the rule stands in `problems`, by place."""

    rule = rule_field()

    class Meta:
        model = Segment
        fields = ["name", "slug", "description", "rule"]
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
                "Items of issues and other segments name it by this, so it stays as it is once one of them does. "
                "Letters of English, digits, hyphens."
            ),
            "description": gettext_lazy("What it is for, in a few words. It is shown where a segment is chosen."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[Problem] = []
        if self.instance.pk:
            self.fields["name"].widget = forms.TextInput()  # a short name that stands doesn't follow the name
        self.initial["rule"] = self.instance.rule or EVERYONE

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError(_("One line only: no line breaks or control characters."))
        return name

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if self.instance.pk and slug != (before := self.initial["slug"]) and (uses := uses_of(before)):
            users = [page.get_admin_display_title() for page in uses.editions] + [each.name for each in uses.segments]
            named = {"slug": before, "users": ", ".join(f"“{user}”" for user in users[:5])}
            raise forms.ValidationError(
                _("Keep the short name “%(slug)s”: it is used by %(users)s. Give them another segment first.") % named
            )
        return slug

    def clean_rule(self) -> Any:
        rule = self.cleaned_data["rule"]
        self.problems = problems_of(rule, vocabulary(), of=self.cleaned_data.get("slug", ""))
        if self.problems:
            raise forms.ValidationError([problem.text for problem in self.problems])
        return rule

    def _post_clean(self) -> None:
        if "rule" in self.errors:
            self.instance.rule = self.initial["rule"]  # nothing is saved; the model looks at its own rule all the same
        super()._post_clean()


class SegmentFormMixin:
    """What creating, copying and editing share: the page with the builder."""

    template_name = "web/desk/segment_form.html"

    request: Any
    form: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        form, segment = context["form"], context["form"].instance
        shown = form["rule"].value()
        rule = form.cleaned_data.get("rule", form.initial["rule"]) if form.is_bound else form.initial["rule"]
        own = form.initial.get("slug", "") if segment.pk else ""
        context["builder"] = builder_data(RuleNames(rule), vocabulary(), own=own, problems=form.problems)
        context["own"] = own
        context["matching_url"] = reverse("circular_segments:matching")
        context["shown_rule"] = shown
        if segment.pk and segment.count is not None:
            context["stored"] = count_in_words(segment.count)
        context["media"] = context["media"] + BUILDER_MEDIA
        return context


def counted(segment: Segment) -> str:
    """A sentence on who matches a segment that was just saved; its count is kept."""
    try:
        count = matches_of(segment.rule, with_sample=False).count
    except TooSlow:
        Segment.objects.filter(pk=segment.pk).update(count=None, counted_at=None)  # a worker counts it
        return too_slow()
    Segment.objects.filter(pk=segment.pk).update(count=count, counted_at=Now())
    return f"{count_in_words(count)}."


class SegmentCreateView(SegmentFormMixin, generic.CreateView):
    def get_success_message(self, instance: Segment) -> str:
        return f"{super().get_success_message(instance)} {counted(instance)}"


class SegmentCopyView(SegmentFormMixin, generic.CopyView):
    def get_initial_form_instance(self) -> Segment:
        found: Segment = self.get_object()
        name = _("Copy of %s") % found.name
        return Segment(name=name[:120], description=found.description, rule=found.rule)

    def get_success_message(self, instance: Segment) -> str:
        return f"{super().get_success_message(instance)} {counted(instance)}"


class SegmentEditView(SegmentFormMixin, generic.EditView):
    def get_success_message(self) -> str:
        return f"{super().get_success_message()} {counted(self.object)}"


class SegmentIndexView(generic.IndexView):
    """Each segment with its rule in words; the names that the words need are asked for once."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        segments = list(context["object_list"])
        names, known = RuleNames(*(segment.rule for segment in segments)), vocabulary()
        for segment in segments:
            segment.words = _words(segment, names, known)
        context["object_list"] = segments
        return context


def _words(segment: Segment, names: RuleNames, known: Any) -> str:
    try:
        check_rule(segment.rule, known, of=segment.slug)
    except BadRule as error:
        return _("This rule can’t be used any more: %s") % error
    return in_words(segment.rule, names)


class SegmentInspectView(generic.InspectView):
    template_name = "web/desk/segment_inspect.html"
    page_title = gettext_lazy("View")

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [*super().header_more_buttons, *segment_export_buttons(self.request, self.object)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        segment: Segment = self.object
        past = past_uses(segment.slug)
        names = RuleNames(segment.rule, *(use.rule for use in past))
        context["rule"] = as_text(segment.rule)
        context["uses"] = uses_of(segment.slug)
        known = vocabulary()
        context["problems"] = problems_of(segment.rule, known, of=segment.slug)
        now = None if context["problems"] else expanded(segment.rule, known)
        context["past"] = [(use, None if use.rule == now else outline(use.rule, names)) for use in past]
        if not context["problems"]:
            context["outline"] = outline(segment.rule, names)
            try:
                context["matches"] = matches_of(segment.rule, with_sample=may_see_people(self.request.user))
            except TooSlow:
                context["slow"] = too_slow()
        context["media"] = DESK_CSS + forms.Media(css={"all": ["circular/desk/rule.css"]})
        return context


class SegmentDeleteView(generic.DeleteView):
    """Refused while an edition has an item for the segment, or another segment names it."""

    template_name = "web/desk/segment_confirm_delete.html"

    @property
    def uses(self) -> Uses:
        return uses_of(self.object.slug)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        uses = self.uses
        return super().get_context_data(**kwargs) | {"uses": uses, "is_protected": bool(uses)}

    def form_valid(self, form: Any) -> HttpResponse:
        if self.uses:
            messages.error(self.request, _("The segment was not deleted: something uses it."))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)


class SegmentViewSet(DirectoryViewSet):
    model = Segment
    name = "circular_segments"
    url_prefix = "network/segments"
    icon = "crosshairs"
    copy_view_enabled = True
    index_view_class = SegmentIndexView
    add_view_class = SegmentCreateView
    copy_view_class = SegmentCopyView
    edit_view_class = SegmentEditView
    inspect_view_class = SegmentInspectView
    delete_view_class = SegmentDeleteView
    inspect_view_fields = ["name", "slug", "description"]
    search_fields = ["name", "slug", "description"]
    ordering = "name"
    list_display = [
        "name",
        Column("words", label=gettext_lazy("Who belongs to it"), accessor="words"),
        Column(
            "count",
            label=gettext_lazy("People"),
            accessor=lambda segment: "" if segment.count is None else number_format(segment.count, force_grouping=True),
            sort_key="count",
        ),
        DateColumn("counted_at", label=gettext_lazy("Counted"), sort_key="counted_at"),
    ]

    def get_form_class(self, for_update: bool = False) -> type[SegmentForm]:
        return SegmentForm

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("matching/", matching_now, name="matching"),
            path("organisations/", organisations, name="organisations"),
        ]
