"""What a word in a cell means: countries, languages, roles and the like, by code or by name in three languages."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from functools import cache

import pycountry
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from subscribers.importing.fields import folded
from subscribers.models import Organisation, Programme, Role
from subscribers.regions import REGION_NAMES, country_name

_SPOKEN = ("en", "zh-hans", "fr")
_CATALOGUES = ("zh_CN", "fr")
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}").fullmatch

_OTHER_COUNTRIES = {
    "GB": "UK, Great Britain, Britain, England, Scotland, Wales, Royaume Uni, Grande Bretagne, Angleterre, 英国",
    "US": "USA, U.S.A., United States of America, America, États-Unis d’Amérique, 美国, 美利坚合众国",
    "CN": "PR China, PRC, Mainland China, 中国大陆, 中华人民共和国, RP Chine",
    "HK": "Hong Kong SAR, 中国香港, 香港特别行政区",
    "MO": "Macau, 中国澳门, 澳门特别行政区",
    "TW": "中国台湾, 台湾, Taiwan Province of China",
    "KR": "Korea, Republic of Korea, ROK, Corée, Corée du Sud, 韩国",
    "KP": "DPRK, 朝鲜",
    "CI": "Ivory Coast, Cote d'Ivoire",
    "CZ": "Czech Republic, République tchèque, 捷克",
    "VN": "Vietnam, Viêt Nam, 越南",
    "RU": "Russia, Russie, 俄罗斯",
    "IR": "Iran, 伊朗",
    "SY": "Syria, Syrie, 叙利亚",
    "LA": "Laos, 老挝",
    "TZ": "Tanzania, Tanzanie, 坦桑尼亚",
    "BO": "Bolivia, Bolivie",
    "VE": "Venezuela, 委内瑞拉",
    "MD": "Moldova, Moldavie, 摩尔多瓦",
    "MK": "Macedonia, Macédoine",
    "SZ": "Swaziland",
    "TR": "Turkey, Turquie",
    "AE": "UAE, Émirats, 阿联酋",
    "CD": "DRC, DR Congo, RDC, Congo-Kinshasa, 刚果民主共和国, 刚果（金）",
    "CG": "Congo-Brazzaville, Republic of the Congo, 刚果共和国, 刚果（布）",
    "CV": "Cape Verde, Cap-Vert",
    "TL": "East Timor, Timor oriental",
    "PS": "Palestine, 巴勒斯坦",
    "NL": "Holland, The Netherlands, Hollande",
    "MM": "Burma, Birmanie",
    "SA": "KSA",
}
_OTHER_LANGUAGES = {
    "zh-hans": "Chinese, Simplified Chinese, Chinese simplified, Mandarin, chinois, chinois simplifié, 中文, 汉语, "
    "简体中文, 中文（简体）, 简体, 普通话, zh, zh-cn, zh-sg, zh-hans-cn, cn, chs",
    "zh-hant": "Traditional Chinese, Chinese traditional, chinois traditionnel, 繁體中文, 繁体中文, 中文（繁體）, "
    "zh-tw, zh-hk, zh-mo, zh-hant-tw, cht",
    "en": "English, anglais, 英文, 英语, eng",
    "fr": "French, français, francais, 法文, 法语, fra, fre",
    "es": "Spanish, español, castellano, espagnol, 西班牙文, 西班牙语, spa",
    "pt": "Portuguese, português, portugais, 葡萄牙语, por",
    "ru": "Russian, русский, russe, 俄文, 俄语, rus",
    "ar": "Arabic, العربية, arabe, 阿拉伯文, 阿拉伯语, ara",
    "de": "German, Deutsch, allemand, 德语, 德文, deu, ger",
    "ja": "Japanese, 日本語, japonais, 日语, 日文, jpn",
    "ko": "Korean, 한국어, coréen, 韩语, kor",
    "vi": "Vietnamese, Tiếng Việt, vietnamien, 越南语",
    "id": "Indonesian, Bahasa Indonesia, indonésien",
    "it": "Italian, italiano, italien, 意大利语",
    "sw": "Swahili, Kiswahili",
    "tr": "Turkish, Türkçe, turc",
}


class UnknownWord(ValueError):
    """A cell that means nothing in its column; the message says what was expected."""


def country_code(text: str) -> str:
    """The ISO 3166-1 alpha-2 code that a code or a name means."""
    if code := _countries().get(folded(text)):
        return code
    raise UnknownWord(_("There is no country “%s”.") % text[:60])


def language_code(text: str) -> str:
    """The code, as in fr or zh-hans, that a code or a name means."""
    spelt = text.strip().casefold().replace("_", "-")
    if code := _languages().get(folded(spelt)):
        return code
    if _LANGUAGE_CODE(spelt) and spelt.split("-")[0] in _language_codes():
        return spelt if len(spelt) <= 12 else spelt.split("-")[0]
    raise UnknownWord(_("There is no language “%s”: write a code such as en, fr or zh-hans.") % text[:60])


def choice_word(kind: str, text: str) -> str:
    """The value of a role, a programme, a kind or a tier of organisation that its value or its name means."""
    known, what = _choices()[kind]
    if value := known.get(folded(text)):
        return value
    raise UnknownWord(_(what) % text[:60])


@cache
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    catalogues = [gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[name]) for name in _CATALOGUES]
    for country in pycountry.countries:
        code = country.alpha_2
        names = [country.name, getattr(country, "common_name", ""), getattr(country, "official_name", "")]
        names += [catalogue.gettext(name) for catalogue in catalogues for name in names if name]
        names += [country_name(code, locale) for locale in _SPOKEN]
        for name in [*names, code, country.alpha_3]:
            known.setdefault(folded(name), code)
    for code, words in _OTHER_COUNTRIES.items():
        known.update({folded(word): code for word in [*words.split(", "), code]})
    for place in REGION_NAMES.values():  # "America" and "Congo" are words of several places
        for word in place.values():
            if known.get(folded(word)) not in (None, "US", "FM"):
                del known[folded(word)]
    known.pop("", None)
    return known


@cache
def _languages() -> dict[str, str]:
    known: dict[str, str] = {}
    catalogues = [gettext.translation("iso639-3", pycountry.LOCALES_DIR, languages=[name]) for name in _CATALOGUES]
    for language in pycountry.languages:
        code = getattr(language, "alpha_2", "")
        if code:
            names = [language.name, language.alpha_3, *(each.gettext(language.name) for each in catalogues)]
            known.update({folded(name): code for name in names})
    known.update({folded(code): code for code in _language_codes() if len(code) == 2})
    for code, words in _OTHER_LANGUAGES.items():
        known.update({folded(word): code for word in [*words.split(", "), code]})
    return known


@cache
def _language_codes() -> frozenset[str]:
    codes = {getattr(language, "alpha_2", "") for language in pycountry.languages}
    return frozenset(codes | {language.alpha_3 for language in pycountry.languages}) - {""}


@cache
def _choices() -> dict[str, tuple[dict[str, str], str]]:
    expected = {
        "role": (Role, noop("There is no role “%s”.")),
        "programme": (Programme, noop("There is no programme “%s”.")),
        "organisation_kind": (Organisation.Kind, noop("There is no kind of organisation “%s”.")),
        "organisation_tier": (Organisation.Tier, noop("There is no tier “%s”.")),
    }
    found: dict[str, tuple[dict[str, str], str]] = {}
    for kind, (choices, sentence) in expected.items():
        known: dict[str, str] = {}
        for locale in _SPOKEN:
            with translation.override(locale):
                known.update({folded(str(label)): str(value) for value, label in choices.choices})
        known.update({folded(str(value)): str(value) for value in choices.values})
        found[kind] = (known, sentence)
    return found


def topic_words(names: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """Folded word -> slug, for topics given as (slug, names by locale)."""
    known: dict[str, str] = {}
    for slug, by_locale in names:
        known.update({folded(str(name)): slug for name in by_locale.values() if name})
        known[folded(slug)] = slug
    return known
