"""From an issue's page into wagtail-localize and back: begin a translation, take over changes, save what is there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Locale
from wagtail_localize.models import Translation, TranslationSource
from wagtail_localize.views.submit_translations import SubmitPageTranslationView

from composer.models import EditionPage
from web.desk.frame import language_name
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only

SUBMIT = "wagtail_localize.submit_translation"


def may_translate(user: Any) -> bool:
    return bool(user.has_perm(SUBMIT))


class SubmitEdition(SubmitPageTranslationView):
    """Wagtail-localize's own page, less the languages in which an edition's bulletin has no page.

    It would make that page itself, in the source's language and without anybody's asking.
    """

    def get_object(self) -> Any:
        page = super().get_object()
        if isinstance(page, EditionPage) and not page.live:
            _bring_row_up_to_date(page)
            page = super().get_object()
        return page

    def get_form(self) -> Any:
        form = super().get_form()
        if isinstance(self.object, EditionPage):
            field = form.fields["locales"]
            there = self.object.bulletin.get_translations(inclusive=True).values("locale")
            without = [language_name(each.language_code) for each in field.queryset.exclude(pk__in=there)]
            field.queryset = field.queryset.filter(pk__in=there)
            if without:
                sentence = _("The bulletin has no page in these languages: %s. Translate the bulletin's page first.")
                field.help_text = sentence % ", ".join(without)
        return form


def _bring_row_up_to_date(page: EditionPage) -> None:
    """Wagtail-localize reads the page's row; of a draft, what was saved last may be in its revision alone."""
    if page.latest_revision is None:
        return
    latest = page.latest_revision.as_object()
    row = EditionPage.objects.get(pk=page.pk)
    if any(getattr(latest, name) != getattr(row, name) for name in ("title", "subject", "preheader", "number")) or (
        latest.published != row.published or latest.body.get_prep_value() != row.body.get_prep_value()
    ):
        latest.save(clean=False)


@require_POST
@only(may_see_issues)
def take_over(request: HttpRequest, key: UUID, number: int) -> HttpResponse:
    """Show the translators what the source says now; the edition stays as it is until their texts are saved."""
    translation = _translation(request, key, number)
    if translation is None:
        return redirect("circular_issue", key)
    source = EditionPage.objects.get(translation_key=key, locale=translation.source.locale)
    TranslationSource.update_or_create_from_instance(
        source.latest_revision.as_object() if source.latest_revision else source
    )
    messages.success(request, _("The changes are here to be translated. Texts that didn't change are kept."))
    return redirect("wagtailadmin_pages:edit", translation.get_target_instance().pk)


@require_POST
@only(may_see_issues)
def save_translation(request: HttpRequest, key: UUID, number: int) -> HttpResponse:
    """Put the translators' texts into the edition, as a draft."""
    translation = _translation(request, key, number)
    if translation is None:
        return redirect("circular_issue", key)
    language = language_name(translation.target_locale.language_code)
    try:
        translation.save_target(user=request.user, publish=False)
    except ValidationError as error:
        sentence = _("The edition in “%(language)s” can't be saved yet: %(why)s")
        messages.error(request, sentence % {"language": language, "why": " ".join(error.messages)})
    else:
        messages.success(request, _("The translated texts are in the edition in “%s” now.") % language)
    return redirect("circular_issue", key)


def _translation(request: HttpRequest, key: UUID, number: int) -> Translation | None:
    """The translation, if this user may edit its edition; says so where they may not."""
    visible_issue(key, request.user)
    found: Translation = get_object_or_404(Translation, pk=number, source__object_id=key, enabled=True)
    if found.get_target_instance().permissions_for_user(request.user).can_edit():
        return found
    messages.error(request, _("You may not edit this edition, or it awaits an approval just now."))
    return None


def translate_url(page: EditionPage, code: str) -> str:
    """Where `page` is submitted for translation into one language."""
    address = reverse("wagtail_localize:submit_page_translation", args=[page.pk])
    return f"{address}?select_locale={code}"


def bulletin_url(bulletin_id: int, code: str) -> str:
    """Where a bulletin's page is translated, if it is missing in a language."""
    locale = Locale.objects.filter(language_code=code).exists()
    address = reverse("wagtail_localize:submit_page_translation", args=[bulletin_id])
    return f"{address}?select_locale={code}" if locale else ""


@hooks.register("register_admin_urls")
def translating_urls() -> list[URLPattern]:
    return [
        # Before wagtail-localize's own of the same path, whose name leads here too.
        path("localize/submit/page/<int:page_id>/", SubmitEdition.as_view()),
        path("issues/<uuid:key>/translations/<int:number>/take-over/", take_over, name="circular_translation_take"),
        path("issues/<uuid:key>/translations/<int:number>/save/", save_translation, name="circular_translation_save"),
    ]
