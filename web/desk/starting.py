"""“New issue”: drafts in the chosen languages, with the frame of the bulletin's last issue or empty."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.widgets import AdminDateInput

from composer.frames import editions_of, last_issue, start_issue
from composer.models import ONE_LINE, BulletinPage, EditionPage
from web.desk.frame import desk_page, language_name
from web.desk.importing import addable_bulletins
from web.desk.names import bulletin_titles
from web.desk.permissions import may_see_issues, only

EMPTY = "empty"
FRAME = "frame"


class StartForm(forms.Form):
    """What a new issue needs at first. `pages` are the bulletin's, in the languages that one may add to."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=250, validators=[ONE_LINE])
    published = forms.DateField(label=gettext_lazy("Date"), required=False, widget=AdminDateInput)
    locales = forms.MultipleChoiceField(
        label=gettext_lazy("Languages to write in"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "One is enough: the others are translated from it on the issue's page. Tick more only for editions that "
            "are written by themselves."
        ),
    )
    begin = forms.ChoiceField(label=gettext_lazy("Begin with"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, pages: list[BulletinPage], last_title: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [(page.locale.language_code, language_name(page.locale.language_code)) for page in pages]
        self.fields["locales"].choices = languages  # type: ignore[attr-defined]
        self.fields["locales"].initial = [code for code, _name in languages[:1]]
        ways = [(EMPTY, _("Nothing"))]
        if last_title:
            frame = _("The frame of “%s”: sections, contents, partners and imprint, without its news") % last_title
            ways.insert(0, (FRAME, frame))
        self.fields["begin"].choices = ways  # type: ignore[attr-defined]
        self.fields["begin"].initial = ways[0][0]


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_see_issues)
def start(request: HttpRequest) -> HttpResponse:
    """`?bulletin=` is a bulletin's key; without one, the first that the user may add to."""
    addable = addable_bulletins(request.user)
    if not addable and BulletinPage.objects.exists():
        raise PermissionDenied
    titles = {key: title for key, title in bulletin_titles().items() if key in {p.translation_key for p in addable}}
    chosen = next((key for key in titles if str(key) == request.GET.get("bulletin")), next(iter(titles), None))
    pages = _in_their_order([page for page in addable if page.translation_key == chosen])
    last = last_issue(pages[0]) if pages else None
    titled = editions_of(pages[0]).filter(translation_key=last) if pages and last else None
    last_title = titled.values_list("draft_title", flat=True)[0] if titled else ""
    form = StartForm(request.POST or None, pages=pages, last_title=last_title)
    if pages and request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        key = start_issue(
            pages[0],
            title=wanted["title"],
            published=wanted["published"],
            locales=wanted["locales"],
            frame=last if wanted["begin"] == FRAME else None,
            user=request.user,
        )
        messages.success(request, _("“%s” is begun, as a draft in each language.") % wanted["title"])
        return _to_its_editor(key, wanted["locales"])
    context = {"form": form, "bulletins": titles, "chosen": chosen, "pages": pages, "media": form.media}
    crumbs = [(_("Issues"), reverse("circular_issues"))]
    return desk_page(
        request, "web/desk/start.html", context, title=_("New issue"), icon="doc-empty-inverse", crumbs=crumbs
    )


def _in_their_order(pages: list[BulletinPage]) -> list[BulletinPage]:
    """The bulletin's pages by its languages, in the order that it gives them."""
    chain = pages[0].fallback_chain() if pages else []
    codes = [page.locale.language_code for page in pages]
    order = [code for code in chain if code in codes]
    return sorted(pages, key=lambda page: (*order, *codes).index(page.locale.language_code))


def _to_its_editor(key: UUID, locales: list[str]) -> HttpResponse:
    """One language: straight to writing; several: the issue's page has them all."""
    if len(locales) > 1:
        return redirect("circular_issue", key)
    page = EditionPage.objects.get(translation_key=key)
    return redirect("wagtailadmin_pages:edit", page.pk)


@hooks.register("register_admin_urls")
def start_urls() -> list[URLPattern]:
    return [path("issues/new/", start, name="circular_issue_start")]
