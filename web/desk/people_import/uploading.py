"""The first step: a file of people is brought, below it the imports that were made before."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from subscribers.importing.reading import LARGEST_FILE
from subscribers.importing.runs import BadFile, receive
from subscribers.models import ImportRun
from web.desk.frame import desk_page
from web.desk.people_import.forms import UploadForm
from web.desk.people_import.steps import ICON, note
from web.desk.permissions import may_import, only

PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_import)
def imports(request: HttpRequest) -> HttpResponse:
    """POST keeps the file and goes on to how it is read, or says what is wrong with it."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = receive(file, file.name or "", user=request.user)
        except BadFile as error:
            form.add_error("file", str(error))
        else:
            note(run, "upload", request.user)
            return redirect("circular_people_reading", run.pk)
    if form.errors:
        messages.error(request, _("Nothing was imported, and nothing was changed."))
    page = Paginator(ImportRun.objects.select_related("made_by"), PER_PAGE).get_page(request.GET.get("p"))
    limits = _("CSV or XLSX, at most %s. The first row has the names of the columns.") % filesizeformat(LARGEST_FILE)
    context = {"form": form, "page": page, "limits": limits, "largest": LARGEST_FILE}
    return desk_page(request, "web/desk/people_import/index.html", context, title=_("Import people"), icon=ICON)
