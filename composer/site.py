"""The pages' root, the locales and the public front page, made where they are missing."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from wagtail.models import Collection, Locale, Page, Site, Workflow, WorkflowPage, WorkflowTask

TITLES = {"en": "Archive", "zh-hans": "往期通讯", "fr": "Archives"}


def ensure_site(**_signal: Any) -> None:
    """Make the page tree's root, one front page per language, the site, and the workflow of approval.

    Does nothing the second time: what an administrator changed or took away stays so.
    """
    from composer.models import HomePage

    ContentType.objects.clear_cache()  # after a flush, the types it remembers are gone
    locales = [Locale.objects.get_or_create(language_code=code)[0] for code, _name in settings.LANGUAGES]
    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root", locale=locales[0])
    home = HomePage.objects.filter(locale=locales[0]).first()
    if home is None:
        Page.objects.filter(depth=2, slug="home", content_type__model="page").delete()
        root.refresh_from_db()
        home = root.add_child(instance=HomePage(title=TITLES["en"], slug="home", locale=locales[0]))
    for locale in locales[1:]:
        if not home.has_translation(locale):
            translation = home.copy_for_translation(locale)
            translation.title = translation.draft_title = TITLES.get(locale.language_code, home.title)
            translation.save_revision().publish()
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"root_page": home, "hostname": "localhost", "site_name": settings.WAGTAIL_SITE_NAME},
    )
    _ensure_workflow()


def _ensure_workflow() -> None:
    """Editions go through one step, the approval of their issue; Wagtail's moderators may take it."""
    from composer.models import HomePage
    from composer.workflow import APPROVE, NAME, ApprovalTask

    if ApprovalTask.objects.exists():
        return
    workflow = Workflow.objects.create(name=NAME)
    WorkflowTask.objects.create(workflow=workflow, task=ApprovalTask.objects.create(name=NAME), sort_order=0)
    for home in HomePage.objects.all():
        WorkflowPage.objects.get_or_create(page=home, defaults={"workflow": workflow})
    moderators = Group.objects.filter(name="Moderators").first()
    if moderators is not None:
        create_permissions(apps.get_app_config("composer"), verbosity=0)  # its own turn may come later
        app, codename = APPROVE.split(".")
        moderators.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
