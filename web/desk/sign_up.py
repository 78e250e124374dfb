"""“Sign-up form” on the desk: the link of a bulletin's public form, and what to copy onto other sites."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from composer.models import BulletinPage
from subscribers.models import Topic
from web.desk.frame import desk_page, language_name
from web.desk.permissions import may_see_issues, only
from web.selfservice.agreement import agreement_to_join
from web.selfservice.bulletins import bulletin_to_join, languages_of

USUAL_HEIGHT = 800  # of the form in a frame on a phone, in pixels: where no script fits it


@require_safe
@only(may_see_issues)
def sign_up(request: HttpRequest, key: UUID) -> HttpResponse:
    """Each language's link, frame and form of a bulletin."""
    page = BulletinPage.objects.filter(translation_key=key).select_related("locale").order_by("pk").first()
    if page is None:
        raise Http404
    ways = []
    for code in languages_of(key):
        bulletin = bulletin_to_join(key, code)
        if bulletin is None:
            continue
        address = settings.BASE_URL + reverse("subscribe", args=[key])
        ways.append(
            {
                "code": code,
                "language": language_name(code),
                "link": f"{address}?lang={code}",
                "frame": frame_code(bulletin, code, f"{address}embed?lang={code}"),
                "form": form_code(bulletin, code, address),
            }
        )
    return desk_page(
        request,
        "web/desk/sign_up.html",
        {"bulletin": page, "ways": ways},
        title=_("Sign-up form"),
        icon="clipboard-list",
        crumbs=[(page.title, reverse("wagtailadmin_explore", args=[page.pk]))],
    )


def frame_code(bulletin: BulletinPage, code: str, address: str) -> str:
    """The form in a frame, as HTML to copy. Its script fits the height; sites that take it out keep a usual one."""
    context = {
        "bulletin": bulletin,
        "address": address,
        "language": code,
        "name": f"circular-{str(bulletin.translation_key)[:8]}-{code}",
        "height": USUAL_HEIGHT,
    }
    with translation.override(code):
        return _in_ascii(render_to_string("web/selfservice/frame_code.html", context))


def form_code(bulletin: BulletinPage, code: str, address: str) -> str:
    """A plain form, as HTML to copy. It has the hash of its words: once they change, readers are shown the new ones."""
    with translation.override(code):
        context = {
            "bulletin": bulletin,
            "address": address,
            "language": code,
            "agreement": agreement_to_join(bulletin, code),
            "topics": [(each.slug, each.name_in(code)) for each in Topic.objects.all()],
        }
        return _in_ascii(render_to_string("web/selfservice/form_code.html", context))


def _in_ascii(html: str) -> str:
    """The same HTML with character references, which any page shows rightly, whatever it is encoded in."""
    return html.strip().encode("ascii", "xmlcharrefreplace").decode()


@hooks.register("register_admin_urls")
def sign_up_urls() -> list[URLPattern]:
    return [path("bulletins/<uuid:key>/sign-up/", sign_up, name="circular_sign_up")]


def _button(page: Page) -> Button | None:
    if not isinstance(page.specific_deferred, BulletinPage):
        return None
    return Button(
        _("Sign-up form"),
        reverse("circular_sign_up", args=[page.translation_key]),
        icon_name="clipboard-list",
        priority=55,
    )


@hooks.register("register_page_header_buttons")
def header_button(page: Page, user: object, view_name: str, next_url: str | None = None) -> list[Button]:
    button = _button(page)
    return [button] if button else []


@hooks.register("register_page_listing_more_buttons")
def listing_button(page: Page, user: object, next_url: str | None = None) -> list[Button]:
    button = _button(page)
    return [button] if button else []
