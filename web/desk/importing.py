"""“Import”: contributions' files, or what was pasted, to a draft on the desk: a new issue, or more for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
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
from composer.importing.errors import ImportRefused
from composer.importing.formats import LARGEST_UPLOAD, SUFFIXES, suffix_of
from composer.importing.pictures import safe_name
from composer.imports import MOST_FILES, MOST_TOGETHER, Contribution, FilesRefused, Imported, add_files, import_files
from composer.models import BulletinPage, EditionPage
from web.desk.names import bulletin_titles, desk_language, language_label
from web.desk.viewset import DESK_CSS

LONGEST_PASTE = 500_000  # characters; Django takes 2.5 MB of a form without its files
LONGEST_RICH_PASTE = 1_000_000  # characters
LONGEST_NAME = 60  # characters of a file's name in a message
MOST_EDITIONS = 50  # to choose from
MOST_NOTES = 12  # in the message; an editor reads no more at once
NEW, ADD = "new", "add"


def addable_bulletins(user: Any) -> list[BulletinPage]:
    """The pages of bulletins under which the user may add an issue."""
    pages = BulletinPage.objects.select_related("locale").order_by("pk")
    return [page for page in pages if page.permissions_for_user(user).can_add_subpage()]


def editable_editions(user: Any) -> list[EditionPage]:
    """The newest drafts that the user may edit and that nobody has locked."""
    pages = EditionPage.objects.filter(live=False).select_related("locale").order_by("-latest_revision_created_at")
    found: list[EditionPage] = []
    for page in pages[: MOST_EDITIONS * 4]:
        allowed = page.permissions_for_user(user)
        if allowed.can_edit() and not allowed.page_locked():
            found.append(page)
        if len(found) == MOST_EDITIONS:
            break
    return found


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; each is checked for its size only, the import says the rest."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [file for each in given if (file := super(FilesField, self).clean(each, initial)) is not None]


class ImportForm(forms.Form):
    """Where to, and what: files, or a text that was pasted, plain or with its formatting (`html`)."""

    target = forms.ChoiceField(
        label=gettext_lazy("Make of it"),
        choices=[(NEW, gettext_lazy("A new issue")), (ADD, gettext_lazy("More items for an issue"))],
        initial=NEW,
        required=False,
        widget=forms.RadioSelect,
    )
    bulletin = forms.ChoiceField(label=gettext_lazy("Bulletin"), required=False)
    locale = forms.ChoiceField(
        label=gettext_lazy("Language of the text"),
        required=False,
        help_text=gettext_lazy("The draft becomes the edition in this language."),
    )
    edition = forms.ChoiceField(
        label=gettext_lazy("Issue and language"),
        required=False,
        help_text=gettext_lazy("The new items go to its end; nothing else of it changes. Only drafts are listed."),
    )
    file = FilesField(
        label=gettext_lazy("Files"),
        required=False,
        allow_empty_file=True,  # the import says what is wrong with it
        widget=FilesInput(attrs={"accept": ",".join([*SUFFIXES, ".htm", ".markdown"])}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste a text"),
        required=False,
        strip=False,
        max_length=LONGEST_PASTE,
        help_text=gettext_lazy("Plain text, Markdown, or a piece of a Word document or web page."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    html = forms.CharField(required=False, strip=False, max_length=LONGEST_RICH_PASTE, widget=forms.HiddenInput)

    def __init__(self, *args: Any, pages: list[BulletinPage], editions: list[EditionPage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pages = pages
        self.editions = {str(page.pk): page for page in editions}
        self.refusals: tuple[str, ...] = ()  # where there are several: a sentence for each file
        titles = bulletin_titles()
        keys = dict.fromkeys(page.translation_key for page in pages)
        languages = dict.fromkeys((page.locale.language_code, page.locale.get_display_name()) for page in pages)
        choices: dict[str, list[tuple[str, Any]]] = {
            "bulletin": [(str(key), titles[key]) for key in keys],
            "locale": list(languages),
            "edition": [(key, _edition_label(page)) for key, page in self.editions.items()],
        }
        for name, of_field in choices.items():
            self.fields[name].choices = of_field  # type: ignore[attr-defined]
        self.fields["file"].help_text = _(
            "%(kinds)s; at most %(files)d files, %(most)d MB each. Their items follow in the order of the files."
        ) % {"kinds": " ".join(SUFFIXES), "files": MOST_FILES, "most": LARGEST_UPLOAD // 10**6}
        if not pages or not editions:
            self.fields["target"].widget = forms.HiddenInput()
            self.fields["target"].initial = ADD if editions else NEW

    def clean_file(self) -> list[UploadedFile[bytes]]:
        files: list[UploadedFile[bytes]] = self.cleaned_data["file"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("There are %(number)d files, and at most %(most)d are taken at once.")
                % {"number": len(files), "most": MOST_FILES}
            )
        for file in files:
            if (file.size or 0) > LARGEST_UPLOAD:
                raise forms.ValidationError(
                    _("“%(name)s” has %(size).1f MB; at most %(most)d MB are taken.")
                    % {"name": file.name, "size": (file.size or 0) / 1e6, "most": LARGEST_UPLOAD // 10**6}
                )
        if sum(file.size or 0 for file in files) > MOST_TOGETHER:
            raise forms.ValidationError(
                _("The files have more than %d MB together: give fewer at once.") % (MOST_TOGETHER // 10**6)
            )
        return files

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["target"] = cleaned.get("target") or NEW
        needed = ("edition",) if cleaned["target"] == ADD else ("bulletin", "locale")
        for name in needed:
            if name in cleaned and not cleaned[name]:
                self.add_error(name, _("Choose one."))
        if "file" not in cleaned or "text" not in cleaned:
            return cleaned
        has_text = bool(cleaned["text"].strip())
        if cleaned["file"] and has_text:
            self.add_error("text", _("Give either files or a pasted text, not both."))
        elif not cleaned["file"] and not has_text:
            self.add_error("file", _("Choose a file, or paste the text below."))
        return cleaned

    def run(self, user: Any) -> Imported | None:
        """Import; None, with the reason among the form's errors, where that is refused."""
        try:
            if self.cleaned_data["target"] == ADD:
                return add_files(self._contributions(), page=self.editions[self.cleaned_data["edition"]], user=user)
            return self._import_new(user)
        except FilesRefused as error:
            if len(error.refusals) > 1:
                self.refusals = error.refusals
                self.add_error(
                    self._given,
                    ngettext("%d file can't be read.", "%d files can't be read.", len(error.refusals))
                    % len(error.refusals),
                )
            else:
                self.add_error(self._given, error.refusals[0])
        except ImportRefused as error:
            self.add_error(self._given, str(error))
        except NoSuchBulletin as error:
            self.add_error("locale", str(error))
        return None

    @property
    def _given(self) -> str:
        return "file" if self.cleaned_data["file"] else "text"

    def _import_new(self, user: Any) -> Imported | None:
        chosen, locale = self.cleaned_data["bulletin"], self.cleaned_data["locale"]
        of_bulletin = [page for page in self.pages if str(page.translation_key) == chosen]
        page = next((each for each in of_bulletin if each.locale.language_code == locale), of_bulletin[0])
        target = bulletin_in(page.slug, locale)
        if not target.permissions_for_user(user).can_add_subpage():
            self.add_error("locale", _("You may not add an issue of this bulletin in this language."))
            return None
        return import_files(self._contributions(), bulletin_slug=page.slug, locale=locale, user=user)

    def _contributions(self) -> list[Contribution]:
        if files := self.cleaned_data["file"]:
            return [Contribution(file.read(), _name(file)) for file in files]
        rich, plain = self.cleaned_data["html"], self.cleaned_data["text"]
        data = (rich if rich.strip() else plain).encode("utf-8", "surrogatepass")
        return [Contribution(data, _("the pasted text"), ".html" if rich.strip() else ".txt")]


def _name(file: UploadedFile[bytes]) -> str:
    """The file's own name, shown in messages: no path, and no longer than a line."""
    name = safe_name(file.name or "")
    suffix = suffix_of(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - len(suffix)]}…{suffix}"


def _edition_label(page: EditionPage) -> str:
    bulletin = page.bulletin.title
    number = f", {page.number}" if page.number else ""
    return f"{page.draft_title or page.title}{number} — {bulletin}, {language_label(page.locale.language_code)}"


class ImportView(WagtailAdminTemplateMixin, FormView):  # type: ignore[type-arg]
    form_class = ImportForm
    template_name = "web/desk/import.html"
    page_title = gettext_lazy("Import")
    header_icon = "upload"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.pages = addable_bulletins(request.user)
        self.editions = editable_editions(request.user)
        if not self.pages and not self.editions and BulletinPage.objects.exists():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "pages": self.pages, "editions": self.editions}

    def get_initial(self) -> dict[str, Any]:
        wanted = self.request.GET.get("edition", "")
        if wanted in {str(page.pk) for page in self.editions}:
            return {"target": ADD, "edition": wanted, "locale": desk_language()}
        return {"locale": desk_language(), "target": NEW if self.pages else ADD}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "action_url": reverse("circular_import"),
            "media": context["form"].media + DESK_CSS,
            "pages": self.pages,
            "editions": self.editions,
            "longest_rich_paste": LONGEST_RICH_PASTE,
            "submit_button_label": _("Make a draft"),
            "submit_button_active_label": _("Reading…"),
        }

    def form_valid(self, form: ImportForm) -> HttpResponse:
        imported = form.run(self.request.user)
        if imported is None:
            return self.form_invalid(form)
        if form.cleaned_data["target"] != ADD:
            log(instance=imported.page, action="wagtail.create", user=self.request.user)
        messages.success(self.request, summary(imported))
        if imported.notes:
            messages.warning(self.request, " ".join(_shown(imported.notes)))
        return HttpResponseRedirect(reverse("wagtailadmin_pages:edit", args=[imported.page.pk]))

    def form_invalid(self, form: ImportForm) -> HttpResponse:
        messages.error(self.request, _("Nothing was imported, and nothing was changed."))
        response: HttpResponse = super().form_invalid(form)
        return response


def _shown(notes: Sequence[str]) -> list[str]:
    rest = len(notes) - MOST_NOTES
    return [*notes[:MOST_NOTES], *([ngettext("And %d more.", "And %d more.", rest) % rest] if rest > 0 else [])]


def summary(imported: Imported) -> str:
    """What an editor wants to know first: “24 items in 5 sections, 3 with notes to check. Encoding: gb18030.”"""
    items = ngettext("%d item", "%d items", imported.items) % imported.items
    sections = ngettext("%d section", "%d sections", imported.sections) % imported.sections
    notes = (
        ngettext("%d with a note to check", "%d with notes to check", imported.to_check) % imported.to_check
        if imported.to_check
        else _("nothing to check")
    )
    counts = {"items": items, "sections": sections, "notes": notes}
    said = [_("Imported as a draft: %(items)s in %(sections)s, %(notes)s.") % counts]
    if imported.pictures:
        said.append(
            ngettext("%d picture is in the library.", "%d pictures are in the library.", imported.pictures)
            % imported.pictures
        )
    if imported.encoding:
        said.append(_("Encoding: %s.") % imported.encoding)
    return " ".join(said)


class ImportMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(addable_bulletins(request.user))


@hooks.register("register_admin_urls")
def register_import_url() -> list[URLPattern]:
    return [path("import/", ImportView.as_view(), name="circular_import")]


@hooks.register("register_admin_menu_item")
def register_import_menu_item() -> MenuItem:
    return ImportMenuItem(
        gettext_lazy("Import"), reverse("circular_import"), name="import-a-text", icon_name="upload", order=110
    )
