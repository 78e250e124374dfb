"""“Import a text”: a contribution's file, or what was pasted, to a draft edition on the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from composer.drafts import NoSuchBulletin, bulletin_in
from composer.importing.decoding import LARGEST_FILE
from composer.importing.errors import ImportRefused
from composer.imports import Imported, import_text
from composer.models import BulletinPage
from web.desk.names import bulletin_titles, desk_language
from web.desk.viewset import DESK_CSS

LONGEST_PASTE = 500_000  # characters; Django takes 2.5 MB of a form without its files


def addable_bulletins(user: Any) -> list[BulletinPage]:
    """The pages of bulletins under which the user may add an issue."""
    pages = BulletinPage.objects.select_related("locale").order_by("pk")
    return [page for page in pages if page.permissions_for_user(user).can_add_subpage()]


class ImportForm(forms.Form):
    """A bulletin, a language, and a text: as a file or pasted."""

    bulletin = forms.ChoiceField(label=gettext_lazy("Bulletin"))
    locale = forms.ChoiceField(
        label=gettext_lazy("Language of the text"),
        help_text=gettext_lazy("The draft becomes the edition in this language."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,  # the import says what is wrong with it
        widget=forms.FileInput(attrs={"accept": ".txt,text/plain"}),
        help_text=gettext_lazy("A plain text, .txt, of at most 5 MB, in UTF-8, UTF-16, GB18030, Big5 or Windows-1252."),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text, pasted"),
        required=False,
        strip=False,
        max_length=LONGEST_PASTE,
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    def __init__(self, *args: Any, pages: list[BulletinPage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pages = pages
        titles = bulletin_titles()
        keys = dict.fromkeys(page.translation_key for page in pages)
        languages = dict.fromkeys((page.locale.language_code, page.locale.get_display_name()) for page in pages)
        self.fields["bulletin"].choices = [(str(key), titles[key]) for key in keys]  # type: ignore[attr-defined]
        self.fields["locale"].choices = list(languages)  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if not file.name.lower().endswith(".txt"):
            raise forms.ValidationError(
                _("Only plain text, .txt, is taken so far: open the file, copy its text and paste it below.")
            )
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                _("The file has %(size).1f MB; at most %(most)d MB are taken.")
                % {"size": file.size / 1e6, "most": LARGEST_FILE // 10**6}
            )
        return file

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "file" not in cleaned or "text" not in cleaned:
            return cleaned
        has_text = bool(cleaned["text"].strip())
        if cleaned["file"] is not None and has_text:
            self.add_error("text", _("Give either a file or a pasted text, not both."))
        elif cleaned["file"] is None and not has_text:
            self.add_error("file", _("Choose a file, or paste the text below."))
        return cleaned

    def run(self, user: Any) -> Imported | None:
        """Import; None, with the reason among the form's errors, where that is refused."""
        chosen, locale = self.cleaned_data["bulletin"], self.cleaned_data["locale"]
        of_bulletin = [page for page in self.pages if str(page.translation_key) == chosen]
        page = next((each for each in of_bulletin if each.locale.language_code == locale), of_bulletin[0])
        file = self.cleaned_data["file"]
        data = file.read() if file else self.cleaned_data["text"].encode("utf-8", "surrogatepass")
        try:
            target = bulletin_in(page.slug, locale)
            if not target.permissions_for_user(user).can_add_subpage():
                self.add_error("locale", _("You may not add an issue of this bulletin in this language."))
                return None
            return import_text(
                data, name=file.name if file else "the pasted text", bulletin_slug=page.slug, locale=locale, user=user
            )
        except ImportRefused as error:
            self.add_error("file" if file else "text", str(error))
        except NoSuchBulletin as error:
            self.add_error("locale", str(error))
        return None


class ImportView(WagtailAdminTemplateMixin, FormView):  # type: ignore[type-arg]
    form_class = ImportForm
    template_name = "web/desk/import.html"
    page_title = gettext_lazy("Import a text")
    header_icon = "upload"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.pages = addable_bulletins(request.user)
        if not self.pages and BulletinPage.objects.exists():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "pages": self.pages}

    def get_initial(self) -> dict[str, Any]:
        return {"locale": desk_language()}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "action_url": reverse("circular_import"),
            "media": context["form"].media + DESK_CSS,
            "pages": self.pages,
            "submit_button_label": _("Make a draft"),
            "submit_button_active_label": _("Reading…"),
        }

    def form_valid(self, form: ImportForm) -> HttpResponse:
        imported = form.run(self.request.user)
        if imported is None:
            return self.form_invalid(form)
        log(instance=imported.page, action="wagtail.create", user=self.request.user)
        messages.success(self.request, summary(imported))
        if imported.notes:
            messages.warning(self.request, " ".join(imported.notes))
        return HttpResponseRedirect(reverse("wagtailadmin_pages:edit", args=[imported.page.pk]))

    def form_invalid(self, form: ImportForm) -> HttpResponse:
        messages.error(self.request, _("Nothing was imported, and nothing was changed."))
        response: HttpResponse = super().form_invalid(form)
        return response


def summary(imported: Imported) -> str:
    """What an editor wants to know first: “24 items in 5 sections, 3 with notes to check. Encoding: gb18030.”"""
    items = ngettext("%d item", "%d items", imported.items) % imported.items
    sections = ngettext("%d section", "%d sections", imported.sections) % imported.sections
    notes = (
        ngettext("%d with a note to check", "%d with notes to check", imported.to_check) % imported.to_check
        if imported.to_check
        else _("nothing to check")
    )
    return _("Imported as a draft: %(items)s in %(sections)s, %(notes)s. Encoding: %(encoding)s.") % {
        "items": items,
        "sections": sections,
        "notes": notes,
        "encoding": imported.encoding,
    }


class ImportMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(addable_bulletins(request.user))


@hooks.register("register_admin_urls")
def register_import_url() -> list[URLPattern]:
    return [path("import/", ImportView.as_view(), name="circular_import")]


@hooks.register("register_admin_menu_item")
def register_import_menu_item() -> MenuItem:
    return ImportMenuItem(
        _("Import a text"), reverse("circular_import"), name="import-a-text", icon_name="upload", order=110
    )
