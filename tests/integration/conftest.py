"""What integration tests share."""

from __future__ import annotations

import pytest
from django.conf import settings

from web import limits


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    """Each test begins with no counts of how often something was done."""
    if settings.REDIS_URL:
        limits.start_anew()
