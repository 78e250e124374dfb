"""Where everything is found. Paths of letters (`/c/ /o/ /u/ /v/`) are for good: mail circulates for years."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from web import (
    archive,
    calendar,
    edition_pdf,
    esp_webhooks,
    feeds,
    inbox,
    media,
    review,
    signing_in,
    theme_logos,
    tracking,
)
from web.api.api import api
from web.api.problems import unknown_path
from web.selfservice import confirm, erase, held, preferences, subscribe, unsubscribe, why

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<str:token>/<int:number>", tracking.click, name="click"),
    path("o/<str:token>.gif", tracking.opened, name="open"),
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("u/<str:token>/link", unsubscribe.mail_link, name="unsubscribe-link"),
    path("why/<str:token>", why.why, name="why"),
    path("subscribe/<uuid:key>/", subscribe.subscribe, name="subscribe"),
    path("subscribe/<uuid:key>/embed", subscribe.embedded, name="subscribe-embed"),
    path("confirm/<str:token>", confirm.confirm, name="confirm"),
    path("preferences/", preferences.ask_for_link, name="preferences-ask"),
    path("preferences/<str:token>", preferences.preferences, name="preferences"),
    path("held/<str:token>", held.held, name="held"),
    path("erase/<str:token>", erase.erase, name="erase"),
    path("v/<str:token>", archive.view_in_browser, name="view-in-browser"),
    path("review/<str:token>/", review.review, name="review"),
    path("review/<str:token>/<slug:locale>/", review.review_letter, name="review-letter"),
    path("themes/<slug:slug>/<str:name>", theme_logos.logo, name="theme-logo"),
    path("favicon.ico", archive.no_icon),
    path("archive/", archive.index, name="archive"),
    path("archive/<uuid:bulletin_key>/", archive.bulletin, name="archive-bulletin"),
    path("archive/<uuid:bulletin_key>/<slug:locale>.atom", feeds.feed, name="archive-feed"),
    path("archive/issues/<uuid:issue_key>/<slug:locale>.pdf", edition_pdf.public_pdf, name="archive-pdf"),
    path("calendar/<uuid:key>.ics", calendar.entry, name="calendar-entry"),
    path("hooks/esp/<slug:provider>/", esp_webhooks.report, name="esp-webhook"),
    path("api/v1/", api.urls),
    re_path(r"^api/", unknown_path),
    path("desk/login/", signing_in.SignIn.as_view(), name="wagtailadmin_login"),
    path("desk/password_reset/", signing_in.Forgotten.as_view(), name="wagtailadmin_password_reset"),
    path(
        "desk/password_reset/confirm/<uidb64>/<token>/",
        signing_in.ChooseAnew.as_view(),
        name="wagtailadmin_password_reset_confirm",
    ),
    path("desk/account/", signing_in.Account.as_view(), name="wagtailadmin_account"),
    path("desk/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    re_path(r"^media/(?P<path>.*)$", media.media),
]
if settings.INBOX is not None:
    urlpatterns.append(path("inbox/", include(inbox.urlpatterns)))
urlpatterns += i18n_patterns(path("", include(wagtail_urls)), prefix_default_language=True)
urlpatterns.insert(0, path("", archive.front_page, name="front-page"))
