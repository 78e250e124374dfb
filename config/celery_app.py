"""What `celery --app` loads: Django first, which loads the application."""

import django

from config import env

env.check()
django.setup()

from config.celery import app  # noqa: E402 - the application reads Django's settings

__all__ = ["app"]
