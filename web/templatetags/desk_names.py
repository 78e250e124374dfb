"""Names of codes for the desk's templates."""

from __future__ import annotations

from django import template

from web.desk.names import country_label, language_label, region_of

register = template.Library()
register.filter("country_label", country_label)
register.filter("language_label", language_label)
register.filter("region_of", region_of)
