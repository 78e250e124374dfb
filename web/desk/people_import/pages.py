"""Where the import of people is found on the desk, and what the audit log calls its steps."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from web.desk.people_import.columns import columns
from web.desk.people_import.reading import reading
from web.desk.people_import.running import live, refused, run_page, start, stop
from web.desk.people_import.template_file import template_file
from web.desk.people_import.uploading import imports
from web.desk.permissions import may_import


@hooks.register("register_admin_urls")
def people_import_urls() -> list[URLPattern]:
    return [
        path("network/import/", imports, name="circular_people_imports"),
        path("network/import/template.<slug:kind>", template_file, name="circular_people_template"),
        path("network/import/<int:pk>/", run_page, name="circular_people_run"),
        path("network/import/<int:pk>/reading/", reading, name="circular_people_reading"),
        path("network/import/<int:pk>/columns/", columns, name="circular_people_columns"),
        path("network/import/<int:pk>/live/", live, name="circular_people_live"),
        path("network/import/<int:pk>/start/", start, name="circular_people_start"),
        path("network/import/<int:pk>/stop/", stop, name="circular_people_cancel"),
        path("network/import/<int:pk>/refused.csv", refused, name="circular_people_refused"),
    ]


class PeopleImportItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_import(request.user)


@hooks.register("register_network_menu_item")
def people_import_item() -> MenuItem:
    """In the menu “Network”."""
    return PeopleImportItem(
        gettext_lazy("Import people"), reverse("circular_people_imports"), name="import-people", icon_name="upload"
    )


@hooks.register("register_log_actions")
def people_import_log_actions(actions: Any) -> None:
    for name, label, message in (
        ("upload", gettext_lazy("Upload people"), gettext_lazy("Uploaded the file")),
        ("reading", gettext_lazy("Choose a file's reading"), gettext_lazy("Chose how the file is read")),
        ("check", gettext_lazy("Check people"), gettext_lazy("Chose the columns and began the dry run")),
        ("start", gettext_lazy("Import people"), gettext_lazy("Started the import")),
        ("cancel", gettext_lazy("Stop an import"), gettext_lazy("Stopped it")),
        ("refused", gettext_lazy("Take refused rows"), gettext_lazy("Took the refused rows as a file")),
    ):
        actions.register_action(f"circular.people_import.{name}", label, message)
