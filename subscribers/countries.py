"""The countries of ISO 3166-1, for choices."""

from __future__ import annotations

import pycountry

COUNTRY_CHOICES: list[tuple[str, str]] = sorted(
    ((country.alpha_2, getattr(country, "common_name", country.name)) for country in pycountry.countries),
    key=lambda choice: choice[1],
)
COUNTRIES = frozenset(code for code, _name in COUNTRY_CHOICES)
