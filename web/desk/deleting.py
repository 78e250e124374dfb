"""Who may delete, and what nobody may: the table of roles asked at Wagtail's own doors, and what was sent kept whole.

Wagtail lets whoever may change a picture or a page delete it. Here the table gives deleting to administrators.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.documents import get_document_model
from wagtail.documents.views import documents as document_pages
from wagtail.documents.views import multiple as new_documents
from wagtail.images import get_image_model
from wagtail.images.views import images as picture_pages
from wagtail.images.views import multiple as new_pictures
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy
from wagtail.permissions import policy_registry, register_permission_policy

from composer.models import EditionPage
from dispatch.models import Dispatch, Link, Variant
from web.desk.permissions import View

DELETE = "delete"
DELETE_PAGES = "bulk_delete"  # what the table gives for it: Wagtail's own rule asks it for a page with others below
EDIT_PAGE = {"image": "wagtailimages:edit", "document": "wagtaildocs:edit"}


class LibraryPolicy(CollectionOwnershipPermissionPolicy):
    """Wagtail's, but that somebody may change a picture, or brought it, doesn't let them delete it."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        if action == DELETE:
            return bool(self._check_perm(user, [DELETE]))
        return bool(super().user_has_permission(user, action))

    def user_has_any_permission_for_instance(self, user: Any, actions: Iterable[str], instance: Any) -> bool:
        if DELETE in actions and self._check_perm(user, [DELETE], collection=instance.collection):
            return True
        others = set(actions) - {DELETE}
        return bool(others) and bool(super().user_has_any_permission_for_instance(user, others, instance))

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> QuerySet[Any]:
        others = set(actions) - {DELETE}
        found: QuerySet[Any] = super().instances_user_has_any_permission_for(user, others)
        if DELETE in actions and user.is_active and user.is_authenticated:
            found = found | self.model._default_manager.filter(
                collection__in=self.collections_user_has_permission_for(user, DELETE)
            )
        return found

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[AbstractBaseUser]:
        others = set(actions) - {DELETE}
        found: QuerySet[AbstractBaseUser] = self._users_with_perm([DELETE] if DELETE in actions else [])
        return found | super().users_with_any_permission(others) if others else found

    def users_with_any_permission_for_instance(
        self, actions: Iterable[str], instance: Any
    ) -> QuerySet[AbstractBaseUser]:
        others = set(actions) - {DELETE}
        found: QuerySet[AbstractBaseUser] = self._users_with_perm(
            [DELETE] if DELETE in actions else [], collection=instance.collection
        )
        return found | super().users_with_any_permission_for_instance(others, instance) if others else found

    def collections_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> QuerySet[Any]:
        if set(actions) != {DELETE} or user.is_superuser or not user.is_authenticated:
            found: QuerySet[Any] = super().collections_user_has_any_permission_for(user, actions)
            return found
        held: QuerySet[Any] = self._collections_with_perm(user, [DELETE])
        return held


LIBRARY = (get_image_model(), get_document_model())
for _model in LIBRARY:  # exactly these classes: it counts before Wagtail's own, whichever of the two is registered last
    _policy = LibraryPolicy(_model, auth_model=_model, owner_field_name="uploaded_by_user")
    register_permission_policy(_model, _policy, exact_class=True)


def is_in_sent_letters(thing: Model) -> bool:
    """Whether a letter of some dispatch shows this picture or links to this document."""
    if isinstance(thing, get_document_model()):
        return Link.objects.filter(url__contains=thing.url).exists()
    wanted = Q()
    for name in thing.renditions.values_list("file", flat=True):  # type: ignore[attr-defined]
        wanted |= Q(html__contains=name)
    return bool(wanted) and Variant.objects.filter(wanted).exists()


def was_sent(page: Page) -> bool:
    """Whether the page or one below it, in any of its languages, is an edition of an issue that was sent."""
    below = Q()
    for each in page.get_translations(inclusive=True):
        below |= Q(path__startswith=each.path)
    editions = EditionPage.objects.filter(below, translation_key__in=Dispatch.objects.values("issue_key"))
    return editions.exists()


def may_delete_page(user: Any, page: Page) -> bool:
    return bool(policy_registry.get_by_type(Page).user_has_permission_for_instance(user, DELETE_PAGES, page))


@hooks.register("before_delete_page")
def keep_page(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse who may not delete pages, and to delete what was sent."""
    if not may_delete_page(request.user, page):
        raise PermissionDenied
    if was_sent(page):
        _tell_of_page(request, page)
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


@hooks.register("before_bulk_action")
def keep_many(request: HttpRequest, action_type: str, objects: list[Any], action: Any) -> HttpResponse | None:
    """The same for many at once: all stay if one of them must."""
    if action_type != DELETE:
        return None
    pages = [each for each in objects if isinstance(each, Page)]
    files = [each for each in objects if isinstance(each, LIBRARY)]
    if not all(may_delete_page(request.user, page) for page in pages):
        raise PermissionDenied
    kept_pages = [page for page in pages if was_sent(page)]
    kept_files = [file for file in files if is_in_sent_letters(file)]
    for page in kept_pages:
        _tell_of_page(request, page)
    for file in kept_files:
        _tell_of_file(request, file)
    return redirect(action.next_url) if kept_pages or kept_files else None


@hooks.register("after_bulk_action")
def note_files(request: HttpRequest, action_type: str, objects: list[Any], _action: Any) -> None:
    """Many files at once go without a word in Wagtail's audit log; one by one it notes them, and pages always."""
    for file in objects if action_type == DELETE else []:
        if isinstance(file, LIBRARY):
            log(instance=file, action="wagtail.delete", user=request.user, deleted=True)


def _tell_of_page(request: HttpRequest, page: Page) -> None:
    sentence = _(
        "“%s” was sent, or an issue below it was, so it can’t be deleted. Unpublish it to take it out of the archive."
    )
    messages.error(request, sentence % page.get_admin_display_title())


def _tell_of_file(request: HttpRequest, file: Any) -> None:
    sentence = _("“%s” is in a letter that was sent, so it has to stay as it is: readers would miss it.")
    messages.error(request, sentence % file.title)


def _kept(model: type[Model], view: View, *, replaced: bool = False) -> View:
    """`view`, but not for a file that sent letters have; with `replaced`, only if it brings another file."""

    @wraps(view)
    def answer(request: HttpRequest, **given: int) -> HttpResponseBase:
        (number,) = given.values()
        file = get_object_or_404(model, pk=number)
        if (request.FILES or not replaced) and is_in_sent_letters(file):
            _tell_of_file(request, file)
            return redirect(EDIT_PAGE[str(model._meta.model_name)], number)
        return view(request, **given)

    return answer


@hooks.register("register_admin_urls", order=-1)  # before Wagtail's, which these stand for
def library_urls() -> list[URLPattern]:
    picture, document = LIBRARY
    change, remove = picture_pages.EditView.as_view(), picture_pages.DeleteView.as_view()
    take_back = new_pictures.DeleteView.as_view()
    bin_document, take_back_document = document_pages.DeleteView.as_view(), new_documents.DeleteView.as_view()
    return [
        path("images/<int:image_id>/", _kept(picture, change, replaced=True), name="circular_picture"),
        path("images/<int:image_id>/delete/", _kept(picture, remove), name="circular_picture_delete"),
        path("images/multiple/<int:image_id>/delete/", _kept(picture, take_back), name="circular_picture_undo"),
        path("documents/delete/<int:document_id>/", _kept(document, bin_document), name="circular_document_delete"),
        path(
            "documents/multiple/<int:doc_id>/delete/",
            _kept(document, take_back_document),
            name="circular_document_undo",
        ),
    ]
