"""What acceptance tests share: data that other processes can see, and that is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

TABLES = "dispatch_dispatch, subscribers_subscriber, subscribers_segment, subscribers_suppression, composer_approval"


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Commits are real. A flush would take Wagtail's root with it, so what the test made is removed by name."""
    from composer.models import BulletinPage

    with django_db_blocker.unblock():
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {TABLES} CASCADE")
            for bulletin in BulletinPage.objects.all():
                bulletin.delete()
            connection.close()
