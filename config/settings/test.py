"""The tests: throw-away servers, which tests/conftest.py starts when a test first needs one."""

from config.settings.base import *  # noqa: F403

SECRET_KEY = "tests-sign-with-this"  # noqa: S105 - not a secret: it signs nothing that leaves the tests
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
BASE_URL = "http://testserver"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405 - it warns where nothing was collected
