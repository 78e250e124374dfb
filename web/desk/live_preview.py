"""The letter beside the editor: made of what stands in the form, saved or not, in the answer to the form itself.

Wagtail's own preview keeps the form in one request and shows it in the next. Here the first answer brings the
letter along: that, and no waiting in the browser, is what lets it follow the keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.views.pages.preview import PreviewOnCreateView, PreviewOnEditView

from composer.audiences import audiences_held
from composer.content import EditionContent
from composer.extract import extract
from composer.issues import Issue, latest_edition
from composer.models import BulletinPage, EditionPage
from web.desk.frame import language_name
from web.desk.personas import Setting, archetypes, may_see_subscribers
from web.desk.preview import Choices, page_for
from web.desk.test_letter import may_edit


@dataclass(frozen=True, slots=True)
class Panel:
    """What the preview's toolbar offers: where it asks, as whom and in which languages one may look.

    `memory` names the place where the browser keeps what was chosen. `own` is the edition in the form, if it is one;
    the editor has the scripts already, for another page's toolbar they are `scripts`.
    """

    url: str
    readers_url: str
    test_url: str
    readers: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    memory: str
    own: str = ""
    scripts: tuple[str, ...] = ("circular/desk/listbox.js", "circular/desk/preview.js")


def issue_panel(issue: Issue, request: HttpRequest) -> Panel:
    """The toolbar of an issue's page."""
    return Panel(
        url=reverse("circular_issue_preview", args=[issue.key]),
        readers_url=_readers_url(request),
        test_url=reverse("circular_issue_test", args=[issue.key]) if may_edit(issue, request.user) else "",
        readers=archetypes(issue.contents().values()),
        languages=[(code, language_name(code)) for code in issue.editions],
        memory=f"circular-issue-{issue.key}",
    )


def editor_panel(edition: EditionPage, request: HttpRequest) -> Panel:
    """The toolbar of the editor of `edition`, which may not be saved yet."""
    parent = None if edition.pk else _parent(request)  # a new page has no place in the tree yet
    setting = setting_in_form(edition, bulletin=parent)
    key = edition.translation_key
    return Panel(
        url=(
            reverse("circular_live_preview", args=[edition.pk])
            if edition.pk
            else reverse("circular_live_preview_new", args=[setting.bulletin.pk])
        ),
        readers_url=_readers_url(request),
        test_url=reverse("circular_issue_test", args=[key]) if edition.pk else "",
        readers=archetypes(map(setting.content_of, setting.locales)),
        languages=[(code, language_name(code)) for code in setting.locales],
        memory=f"circular-editor-{key if edition.pk else 'new'}",
        own=setting.own,
    )


def setting_in_form(edition: EditionPage, *, bulletin: BulletinPage | None = None) -> Setting:
    """The issue with this edition as it stands in the form, the others as they were saved last."""
    own = edition.locale.language_code
    pages: dict[str, EditionPage] = {own: edition}
    if edition.pk:
        others = EditionPage.objects.filter(translation_key=edition.translation_key).exclude(pk=edition.pk)
        pages |= {page.locale.language_code: page for page in others.select_related("locale", "latest_revision")}
    bulletin = bulletin or edition.bulletin
    chain = bulletin.fallback_chain()

    @lru_cache(maxsize=8)
    def content_of(locale: str) -> EditionContent:
        return extract(edition, bulletin=bulletin) if locale == own else latest_edition(pages[locale]).content

    return Setting(
        issue_key=edition.translation_key,
        bulletin=bulletin,
        locales=sorted(pages, key=lambda code: (chain.index(code) if code in chain else len(chain), code)),
        own=own,
        content_of=content_of,
        page_of=pages.__getitem__,
    )


class LivePreview:
    """Wagtail's preview of a form, whose answer to the form holds the page that the query chooses."""

    object: EditionPage
    request: HttpRequest

    def get_form(self, query_dict: Mapping[str, Any]) -> Any:
        self.form = super().get_form(query_dict)  # type: ignore[misc]
        return self.form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the form as Wagtail does, for the preview in a tab of its own, and answer with the page."""
        with audiences_held():
            checked = json.loads(super().post(request, *args, **kwargs).content)  # type: ignore[misc]
            if not checked["is_valid"]:
                return JsonResponse(checked)
            self.form.save(commit=False)
            setting = setting_in_form(self.object)
            page = page_for(request, setting, Choices.of(request.GET))
            readers = archetypes([setting.content_of(setting.own)])
        return JsonResponse({**checked, **asdict(page), "readers": readers})

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form that was kept last, as a page of its own."""
        form = self.get_form(self._get_form_data(self._get_form_state()))  # type: ignore[attr-defined]
        if not self.validate_form(form):  # type: ignore[attr-defined]
            return HttpResponse(self.error_response().rendered_content)  # type: ignore[attr-defined]
        form.save(commit=False)
        choices = Choices.of(request.GET)
        return page_for(request, setting_in_form(self.object), choices).response(choices)


class LivePreviewOnEdit(LivePreview, PreviewOnEditView):
    """Of an edition that was saved before."""


class LivePreviewOnCreate(LivePreview, PreviewOnCreateView):
    """Of a new one."""


def _parent(request: HttpRequest) -> BulletinPage:
    match = request.resolver_match
    return get_object_or_404(BulletinPage, pk=match.kwargs["parent_page_id"] if match else 0)


def _readers_url(request: HttpRequest) -> str:
    return reverse("circular_readers") if may_see_subscribers(request.user) else ""


@hooks.register("register_admin_urls")
def live_preview_urls() -> list[URLPattern]:
    new = {"content_type_app_name": "composer", "content_type_model_name": "editionpage"}
    return [
        path("issues/live/<int:page_id>/", LivePreviewOnEdit.as_view(), name="circular_live_preview"),
        path("issues/live/new/<int:parent_page_id>/", LivePreviewOnCreate.as_view(), new, "circular_live_preview_new"),
    ]
