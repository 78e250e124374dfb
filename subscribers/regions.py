"""Which regions a country lies in, after UN M49, and what countries and regions are called.

The codes are those of the United Nations Statistics Division's "Standard country or area codes for
statistical use (M49)", as strings of three digits: regions ("002" Africa), sub-regions ("202" Sub-Saharan
Africa) and intermediate regions ("011" Western Africa). Countries are ISO 3166-1 alpha-2 codes in capitals.
Country names come from pycountry and its gettext catalogues.

Two ISO codes need a decision of ours, because M49 has no region for them:

- TW: M49 does not list Taiwan separately; its people are counted in Eastern Asia, so that is where it stands.
- AQ: M49 lists Antarctica outside every region, so `regions_of("AQ")` is empty.
"""

from __future__ import annotations

import functools
import gettext
from types import MappingProxyType
from typing import Final

import pycountry


class UnknownCodeError(LookupError):
    """No country or region has this code, or no names exist in this locale."""


def regions_of(country: str) -> tuple[str, ...]:
    """The M49 codes of the regions `country` lies in, from wide to narrow; empty for Antarctica only."""
    try:
        return _REGIONS_OF[country]
    except KeyError:
        raise UnknownCodeError(f"No ISO 3166-1 alpha-2 country {country!r}") from None


def countries_in(region: str) -> frozenset[str]:
    """The alpha-2 codes of all countries within `region`, however wide or narrow it is."""
    try:
        return _COUNTRIES_IN[region]
    except KeyError:
        raise UnknownCodeError(f"No M49 region {region!r}") from None


@functools.cache
def country_name(alpha2: str, locale: str) -> str:
    """What readers of `locale` ("en", "zh-hans" or "fr") call the country: its common name where it has one."""
    if alpha2 not in _REGIONS_OF:  # pycountry itself would take "cn", "CHN" and "156" too
        raise UnknownCodeError(f"No ISO 3166-1 alpha-2 country {alpha2!r}")
    translations = _translations(locale)
    if own := _OWN_NAMES[locale].get(alpha2):
        return own
    country = pycountry.countries.lookup(alpha2)
    return translations.gettext(getattr(country, "common_name", country.name))


@functools.cache
def _translations(locale: str) -> gettext.NullTranslations:
    if locale == "en":
        return gettext.NullTranslations()
    try:
        catalogue = _CATALOGUES[locale]
    except KeyError:
        raise UnknownCodeError(f"No country names in {locale!r}") from None
    return gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[catalogue])


_CATALOGUES: Final = {"zh-hans": "zh_CN", "fr": "fr"}

# Read in a letter, "Virgin Islands, British" is an index entry and the catalogues have a few misprints.
_OWN_NAMES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "CD": "Democratic Republic of the Congo",
        "FM": "Micronesia",
        "PS": "State of Palestine",
        "VA": "Holy See",
        "VG": "British Virgin Islands",
        "VI": "United States Virgin Islands",
    },
    "zh-hans": {
        "BD": "孟加拉国",
        "BO": "玻利维亚",
        "CC": "科科斯（基林）群岛",
        "FK": "福克兰群岛（马尔维纳斯）",
        "IM": "马恩岛",
        "KG": "吉尔吉斯斯坦",
        "KH": "柬埔寨",
        "MT": "马耳他",
    },
    "fr": {
        "AX": "Îles Åland",
        "CC": "Îles Cocos (Keeling)",
        "CX": "Île Christmas",
        "FK": "Îles Malouines (Falkland)",
        "FM": "Micronésie",
        "GL": "Groenland",
        "MM": "Myanmar",
        "MO": "Macao",
        "NU": "Niue",
        "PS": "État de Palestine",
        "RE": "La Réunion",
        "RU": "Fédération de Russie",
        "SB": "Îles Salomon",
        "SR": "Suriname",
        "VA": "Saint-Siège",
        "VE": "Venezuela",
        "VI": "Îles Vierges américaines",
    },
}


def _names(en: str, zh_hans: str, fr: str) -> dict[str, str]:
    return {"en": en, "zh-hans": zh_hans, "fr": fr}


REGION_NAMES: Final[dict[str, dict[str, str]]] = {
    "002": _names("Africa", "非洲", "Afrique"),
    "015": _names("Northern Africa", "北非", "Afrique septentrionale"),
    "202": _names("Sub-Saharan Africa", "撒哈拉以南非洲", "Afrique subsaharienne"),
    "014": _names("Eastern Africa", "东非", "Afrique orientale"),
    "017": _names("Middle Africa", "中部非洲", "Afrique centrale"),
    "018": _names("Southern Africa", "南部非洲", "Afrique australe"),
    "011": _names("Western Africa", "西非", "Afrique occidentale"),
    "019": _names("Americas", "美洲", "Amériques"),
    "419": _names("Latin America and the Caribbean", "拉丁美洲和加勒比", "Amérique latine et Caraïbes"),
    "029": _names("Caribbean", "加勒比", "Caraïbes"),
    "013": _names("Central America", "中美洲", "Amérique centrale"),
    "005": _names("South America", "南美洲", "Amérique du Sud"),
    "021": _names("Northern America", "北美洲", "Amérique septentrionale"),
    "142": _names("Asia", "亚洲", "Asie"),
    "143": _names("Central Asia", "中亚", "Asie centrale"),
    "030": _names("Eastern Asia", "东亚", "Asie orientale"),
    "035": _names("South-eastern Asia", "东南亚", "Asie du Sud-Est"),
    "034": _names("Southern Asia", "南亚", "Asie méridionale"),
    "145": _names("Western Asia", "西亚", "Asie occidentale"),
    "150": _names("Europe", "欧洲", "Europe"),
    "151": _names("Eastern Europe", "东欧", "Europe orientale"),
    "154": _names("Northern Europe", "北欧", "Europe septentrionale"),
    "830": _names("Channel Islands", "海峡群岛", "Îles Anglo-Normandes"),
    "039": _names("Southern Europe", "南欧", "Europe méridionale"),
    "155": _names("Western Europe", "西欧", "Europe occidentale"),
    "009": _names("Oceania", "大洋洲", "Océanie"),
    "053": _names("Australia and New Zealand", "澳大利亚和新西兰", "Australie et Nouvelle-Zélande"),
    "054": _names("Melanesia", "美拉尼西亚", "Mélanésie"),
    "057": _names("Micronesia", "密克罗尼西亚", "Micronésie"),
    "061": _names("Polynesia", "波利尼西亚", "Polynésie"),
}
"""Region code -> locale -> name, every region above the narrower ones within it."""

# The way down to each narrowest region, and the countries that lie there.
_MEMBERS: Final[dict[tuple[str, ...], str]] = {
    ("002", "015"): "DZ EG EH LY MA SD TN",
    ("002", "202", "014"): "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    ("002", "202", "017"): "AO CD CF CG CM GA GQ ST TD",
    ("002", "202", "018"): "BW LS NA SZ ZA",
    ("002", "202", "011"): "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    ("019", "419", "029"): "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    ("019", "419", "013"): "BZ CR GT HN MX NI PA SV",
    ("019", "419", "005"): "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
    ("019", "021"): "BM CA GL PM US",
    ("142", "143"): "KG KZ TJ TM UZ",
    ("142", "030"): "CN HK JP KP KR MN MO TW",
    ("142", "035"): "BN ID KH LA MM MY PH SG TH TL VN",
    ("142", "034"): "AF BD BT IN IR LK MV NP PK",
    ("142", "145"): "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    ("150", "151"): "BG BY CZ HU MD PL RO RU SK UA",
    ("150", "154"): "AX DK EE FI FO GB IE IM IS LT LV NO SE SJ",
    ("150", "154", "830"): "GG JE",
    ("150", "039"): "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA",
    ("150", "155"): "AT BE CH DE FR LI LU MC NL",
    ("009", "053"): "AU CC CX HM NF NZ",
    ("009", "054"): "FJ NC PG SB VU",
    ("009", "057"): "FM GU KI MH MP NR PW UM",
    ("009", "061"): "AS CK NU PF PN TK TO TV WF WS",
    (): "AQ",
}

_REGIONS_OF: Final = MappingProxyType(
    {country: path for path, members in _MEMBERS.items() for country in members.split()}
)

_COUNTRIES_IN: Final = MappingProxyType(
    {region: frozenset(country for country, path in _REGIONS_OF.items() if region in path) for region in REGION_NAMES}
)
