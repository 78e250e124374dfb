"""Topics on the desk: a small list, each with its names in the languages of this Circular."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from subscribers.in_rules import segments_with_topic
from subscribers.models import Topic
from web.desk.names import desk_language
from web.desk.viewset import DirectoryViewSet

LONGEST_NAME = 80


class TopicForm(WagtailAdminModelForm):
    """A name for each language, the short name once for good, and the place in the list."""

    class Meta:
        model = Topic
        fields = ["slug", "position"]
        help_texts = {
            "slug": gettext_lazy(
                "Segments, imports and other systems name the topic by it, so it can't be changed later. Letters of "
                "English, digits, hyphens."
            ),
            "position": gettext_lazy("Lower numbers stand first where readers choose."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {
            f"name-{code}": forms.CharField(
                label=_("Name in %s") % label,
                max_length=LONGEST_NAME,
                required=code == "en",
                initial=self.instance.names.get(code, ""),
                widget=forms.TextInput(attrs={"lang": code}),
            )
            for code, label in settings.LANGUAGES
        }
        if self.instance.pk:
            del self.fields["slug"]
        self.fields |= names
        self.order_fields([*names, "slug", "position"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        names = dict(self.instance.names)
        for code, _label in settings.LANGUAGES:
            name = cleaned.get(f"name-{code}", "").strip()
            if not name.isprintable():
                self.add_error(f"name-{code}", _("One line only: no line breaks or control characters."))
            names[code] = name
        self.instance.names = {code: name for code, name in names.items() if name}
        return cleaned


def name_in(code: str) -> Any:
    return lambda topic: topic.names.get(code, "")


class TopicDeleteView(generic.DeleteView):
    """Refused while a segment's rule names the topic; else it says how many chose it."""

    template_name = "web/desk/named_confirm_delete.html"

    @property
    def segments(self) -> list[Any]:
        return segments_with_topic(self.object.slug)

    @property
    def confirmation_message(self) -> str:
        people = self.object.interests.count()
        said = ngettext(
            "%d subscriber chose it: that is forgotten.", "%d subscribers chose it: that is forgotten.", people
        )
        return " ".join([_("Are you sure you want to delete this topic?"), said % people])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segments = self.segments
        return super().get_context_data(**kwargs) | {"segments": segments, "is_protected": bool(segments)}

    def form_valid(self, form: Any) -> HttpResponse:
        if self.segments:
            messages.error(self.request, _("It was not deleted: segments are made with it."))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)


class TopicViewSet(DirectoryViewSet):
    model = Topic
    name = "circular_topics"
    url_prefix = "network/topics"
    icon = "tag"
    delete_view_class = TopicDeleteView
    inspect_view_enabled = False
    search_fields = ["slug"]
    ordering = "position"
    list_display = [
        Column("name", label=gettext_lazy("Name"), accessor=lambda topic: topic.name_in(desk_language())),
        "slug",
        *(Column(f"name_{code}", label=label, accessor=name_in(code)) for code, label in settings.LANGUAGES),
        "position",
    ]

    def get_form_class(self, for_update: bool = False) -> type[TopicForm]:
        return TopicForm
