"""A server on the network: everything that must not be guessed is required, by name."""

from urllib.parse import urlsplit

from config import env
from config.settings.base import *  # noqa: F403

env.require("DATABASE_URL", "REDIS_URL", *([] if env.is_set("ESP") else ["SMTP_URL"]), "SECRET_KEY", "BASE_URL")

ALLOWED_HOSTS = [str(urlsplit(env.text("BASE_URL")).hostname), *env.value("ALLOWED_HOSTS")]  # type: ignore[misc]
CSRF_TRUSTED_ORIGINS = [env.text("BASE_URL")]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.text("BASE_URL").startswith("https://")
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
