"""The demo and a developer's machine: everything on loopback, nothing to set."""

from config import env
from config.settings.base import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver", *env.value("ALLOWED_HOSTS")]  # type: ignore[misc]
SECRET_KEY = env.text("SECRET_KEY") or "only-for-commands-that-need-no-secret"
