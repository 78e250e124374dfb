import pytest
from wagtail.models import Locale, Site

from composer.models import HomePage
from composer.site import ensure_site

pytestmark = pytest.mark.django_db


def test_a_new_database_has_a_front_page_in_every_language() -> None:
    assert set(HomePage.objects.values_list("locale__language_code", flat=True)) == {"en", "zh-hans", "fr"}
    assert Site.objects.get(is_default_site=True).root_page.specific == HomePage.objects.get(locale__language_code="en")


def test_making_the_site_twice_changes_nothing() -> None:
    before = list(HomePage.objects.order_by("pk").values_list("pk", "slug", "path"))
    ensure_site()
    assert list(HomePage.objects.order_by("pk").values_list("pk", "slug", "path")) == before
    assert Locale.objects.count() == 3
