"""What codes and keys are called on the desk, in the language of whoever sits at it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from composer.models import BulletinPage
from subscribers.countries import COUNTRIES
from subscribers.regions import REGION_NAMES, UnknownCodeError, countries_in, country_name, regions_of

Choices = list[tuple[str, str]]


def desk_language() -> str:
    """The desk's language, of those that countries and regions have names in."""
    language = get_language() or "en"
    return language if language in next(iter(REGION_NAMES.values())) else "en"


def country_label(code: str) -> str:
    """The country's name; a code without one as it is, and nothing for nothing."""
    try:
        return country_name(code, desk_language()) if code else ""
    except UnknownCodeError:
        return code


def country_choices() -> Choices:
    return sorted(((code, country_label(code)) for code in COUNTRIES), key=lambda choice: choice[1].casefold())


def region_choices() -> Choices:
    """Every region above the narrower ones within it, these indented with no-break spaces."""
    depths = {code: sum(countries_in(code) < countries_in(wider) for wider in REGION_NAMES) for code in REGION_NAMES}
    return [(code, "\u00a0\u00a0\u00a0" * depths[code] + region_label(code)) for code in REGION_NAMES]


def region_label(code: str) -> str:
    return REGION_NAMES[code][desk_language()] if code in REGION_NAMES else code


def region_of(country: str) -> str:
    """The narrowest region that the country lies in; nothing where there is none."""
    try:
        path = regions_of(country) if country else ()
    except UnknownCodeError:
        path = ()
    return region_label(path[-1]) if path else ""


def language_label(code: str) -> str:
    """The language's own name with its code where it is no language of this Circular."""
    own = dict(settings.LANGUAGES)
    if code in own:
        return str(own[code])
    try:
        return f"{get_language_info(code)['name_local']} ({code})"
    except KeyError:
        return code


def bulletin_titles() -> dict[UUID, str]:
    """Every bulletin's key with its title, in the desk's language if it has a page in it, else its first page's."""
    pages = BulletinPage.objects.order_by("pk").values_list("translation_key", "title", "locale__language_code")
    titles: dict[UUID, str] = {}
    for key, title, locale in pages:
        if key not in titles or locale == desk_language():
            titles[key] = title
    return titles


def bulletin_label(key: UUID, titles: dict[UUID, str]) -> str:
    return titles.get(key) or _("A bulletin that was deleted (%s…)") % str(key)[:8]
