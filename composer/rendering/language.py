"""What a language asks of typography and markup."""

from __future__ import annotations

from enum import Enum

_CJK = frozenset({"zh", "ja", "ko", "yue"})
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc"})


_OWN_NAMES = {"en": "English", "fr": "Français", "zh-hans": "简体中文"}


class Script(Enum):
    """The two families of type we set: with alphabets, and with full-width characters."""

    ALPHABETIC = "alphabetic"
    CJK = "cjk"


def script(locale: str) -> Script:
    return Script.CJK if _subtags(locale)[0] in _CJK else Script.ALPHABETIC


def tag(locale: str) -> str:
    """The locale as a BCP 47 tag in its customary case: `zh-hans` is `zh-Hans`, `pt-br` is `pt-BR`."""
    language, *rest = _subtags(locale)
    return "-".join([language, *map(_cased, rest)])


def own_name(locale: str) -> str:
    """What the language calls itself, as the desk does; its tag where we have no name for it."""
    return _OWN_NAMES.get(locale.lower().replace("_", "-")) or tag(locale)


def direction(locale: str) -> str:
    """`ltr` or `rtl`."""
    language, *rest = _subtags(locale)
    scripts = [subtag for subtag in rest if len(subtag) == 4 and subtag.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def _subtags(locale: str) -> list[str]:
    return locale.lower().replace("_", "-").split("-")


def _cased(subtag: str) -> str:
    match len(subtag):
        case 4:
            return subtag.capitalize()
        case 2:
            return subtag.upper()
        case _:
            return subtag
