"""What a column of a file can be, under which names columns mostly come, and which were used the last time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class Field:
    """`name` stands in a mapping, `label` and `group` are for people."""

    name: str
    label: str
    group: str


_PERSON = noop("The person")
_ORGANISATION = noop("Their organisation")
_AFFILIATION = noop("What they are in the network")
CUSTOM_GROUP = noop("Custom fields")

# name, label, group, and the names of columns that mean it: English, Chinese, French.
_KNOWN: tuple[tuple[str, str, str, str], ...] = (
    (
        "email",
        noop("Address"),
        _PERSON,
        (
            "email, e-mail, mail, email address, e-mail address, mail address, courriel, adresse email, "
            "adresse e-mail, adresse électronique, adresse de courriel, adresse mail, mél, adresse, address, "
            "邮箱, 电子邮箱, 邮件, 电子邮件, 邮箱地址, 电邮, 邮件地址, 电子邮件地址, 郵箱, 電子郵件, 電郵, 電子信箱"
        ),
    ),
    (
        "name",
        noop("Name"),
        _PERSON,
        ("name, full name, person, contact, contact name, nom, nom complet, nom et prénom, 姓名, 名字, 联系人, 聯絡人"),
    ),
    (
        "language",
        noop("Language"),
        _PERSON,
        "language, lang, locale, preferred language, langue, langue préférée, 语言, 语种, 語言, 首选语言",
    ),
    (
        "country",
        noop("Country"),
        _PERSON,
        "country, country code, country or area, nation, pays, code pays, 国家, 国别, 國家, 国家或地区, 国家代码",
    ),
    (
        "external_id",
        noop("Number elsewhere"),
        _PERSON,
        (
            "external id, external_id, id, crm id, contact id, number elsewhere, identifiant, numéro, "
            "编号, 外部编号, 編號"
        ),
    ),
    (
        "topics",
        noop("Topics, with semicolons between them"),
        _PERSON,
        "topics, topic, interests, interest, tags, themes, thèmes, sujets, centres d’intérêt, 主题, 话题, 兴趣, 主題",
    ),
    (
        "organisation",
        noop("Organisation"),
        _ORGANISATION,
        (
            "organisation, organization, organisation name, company, institution, employer, affiliation, organisme, "
            "entreprise, 机构, 单位, 组织, 公司, 机构名称, 单位名称, 組織, 機構, 單位"
        ),
    ),
    (
        "organisation_external_id",
        noop("Number of the organisation elsewhere"),
        _ORGANISATION,
        (
            "organisation id, organization id, organisation number, organisation_external_id, account id, "
            "numéro de l’organisation, 机构编号, 单位编号"
        ),
    ),
    (
        "organisation_kind",
        noop("Kind of organisation"),
        _ORGANISATION,
        (
            "organisation kind, organization kind, kind, organisation type, organization type, sector, "
            "type d’organisation, type, secteur, 机构类型, 单位类型, 机构性质"
        ),
    ),
    (
        "organisation_country",
        noop("Country of the organisation"),
        _ORGANISATION,
        "organisation country, organization country, pays de l’organisation, 机构所在国, 机构国家",
    ),
    (
        "organisation_tier",
        noop("Tier of the organisation"),
        _ORGANISATION,
        "organisation tier, organization tier, tier, niveau, niveau de l’organisation, 级别, 机构级别",
    ),
    ("role", noop("Role"), _AFFILIATION, "role, function, rôle, fonction, 角色, 职能"),
    ("programme", noop("Programme"), _AFFILIATION, "programme, program, 项目, 计划, 方案"),
    (
        "affiliation_organisation",
        noop("Organisation that the role is for"),
        _AFFILIATION,
        "role organisation, role organization, affiliation_organisation, organisation du rôle, 角色所属机构",
    ),
    (
        "affiliation_country",
        noop("Country that the role is for"),
        _AFFILIATION,
        "role country, affiliation_country, pays du rôle, 角色所属国家",
    ),
    (
        "since",
        noop("Role held from"),
        _AFFILIATION,
        "from, since, start, start date, role from, depuis, du, début, 开始日期, 起始, 从",
    ),
    (
        "until",
        noop("Role held until"),
        _AFFILIATION,
        "until, to, end, end date, role until, jusqu’au, jusqu’à, au, fin, 结束日期, 截止, 至",
    ),
    (
        "affiliations",
        noop("All roles in one cell, as an export has them"),
        _AFFILIATION,
        "affiliations, roles, rôles",
    ),
)

NAMES = frozenset(name for name, *_rest in _KNOWN)
_GROUND = re.compile(r"[\s_\-./:*’'`()（）]+")


def folded(name: str) -> str:
    """A column's name without case, accents, spaces and marks, by which names are compared."""
    plain = unicodedata.normalize("NFKD", name.replace("\ufeff", "")).casefold()
    return _GROUND.sub("", "".join(letter for letter in plain if not unicodedata.combining(letter)))


_MEANT = {folded(word): name for name, _label, _group, words in _KNOWN for word in [name, *words.split(", ")]}


def known_fields(custom: Mapping[str, str]) -> list[Field]:
    """Every field, in the order of the form; `custom` is key -> label of the custom fields."""
    fields = [Field(name, str(_(label)), str(_(group))) for name, label, group, _words in _KNOWN]
    return fields + [Field(CUSTOM + key, label, str(_(CUSTOM_GROUP))) for key, label in custom.items()]


def guess_fields(
    names: Sequence[str], samples: Sequence[Sequence[str]], *, remembered: Mapping[str, str], custom: Mapping[str, str]
) -> list[str]:
    """For each column the field that its name means, else an empty text; no field twice.

    `remembered` is case-folded name -> field of earlier imports; `samples` are a few rows, by which a column of
    addresses is known even without a name.
    """
    own = {folded(label): CUSTOM + key for key, label in custom.items()}
    own.update({folded(word): CUSTOM + key for key in custom for word in (key, CUSTOM + key)})
    known = NAMES | {CUSTOM + key for key in custom}
    guesses: list[str] = []
    for name in names:
        word = folded(name)
        guess = remembered.get(name.strip().casefold())
        if guess is None or (guess and guess not in known):
            guess = own.get(word) or _MEANT.get(word, "")
        guesses.append(guess if guess and guess not in guesses else "")
    if "email" not in guesses:
        shares = [sum("@" in row[place] for row in samples if place < len(row)) for place in range(len(names))]
        if shares and max(shares) * 2 > len(samples):
            guesses[shares.index(max(shares))] = "email"
    return guesses
