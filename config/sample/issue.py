"""The sample bulletin's settings and its first issue, in English and in Simplified Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from composer.content import EditionContent, Masthead
from config.sample.edition_en import edition_in_english
from config.sample.edition_zh_hans import edition_in_chinese


@dataclass(frozen=True, slots=True)
class BulletinWords:
    """What a bulletin says of itself in one language."""

    sender_name: str
    masthead: Masthead


@dataclass(frozen=True, slots=True)
class SampleBulletin:
    """`fallback` is the order of languages for readers whose own has no edition."""

    slug: str
    sender_address: str
    reply_to: str
    fallback: tuple[str, ...]
    words: dict[str, BulletinWords]


def sample_issue() -> dict[str, EditionContent]:
    """The issue's editions by language, each a translation of the other; French readers get the English one."""
    return {
        "zh-hans": edition_in_chinese(BULLETIN.words["zh-hans"].masthead),
        "en": edition_in_english(BULLETIN.words["en"].masthead),
    }


BULLETIN: Final = SampleBulletin(
    slug="sustainable-procurement",
    sender_address="bulletin@circular.example",
    reply_to="secretariat@circular.example",
    fallback=("en", "zh-hans"),
    words={
        "en": BulletinWords(
            sender_name="Sustainable Procurement Circular",
            masthead=Masthead(
                name="Sustainable Procurement Circular",
                tagline="What our members buy, and what they learn from it",
                publisher="Secretariat of the Meridian Network for Sustainable Consumption and Production",
                postal_address="14 Lantern Quay, 00000 Exampleton",
                reason="You receive this bulletin because you are registered with the Meridian Network as a member, "
                "focal point, programme lead, working group member or partner.",
            ),
        ),
        "zh-hans": BulletinWords(
            sender_name="可持续采购通讯",
            masthead=Masthead(
                name="可持续采购通讯",
                tagline="成员买了什么，又从中学到什么",
                publisher="子午可持续消费与生产网络秘书处",
                postal_address="示例市灯塔码头路14号（邮编000000）",
                reason="您收到本通讯，是因为您已作为成员、国家联络人、方案负责人、工作组成员或合作伙伴在子午网络登记。",
            ),
        ),
        "fr": BulletinWords(
            sender_name="La Lettre des achats durables",
            masthead=Masthead(
                name="La Lettre des achats durables",
                tagline="Ce que nos membres achètent, et ce qu’ils en apprennent",
                publisher="Secrétariat du Réseau Méridien pour une consommation et une production durables",
                postal_address="14 quai de la Lanterne, 00000 Exampleville",
                reason="Vous recevez cette lettre parce que vous êtes inscrit auprès du Réseau Méridien en tant que "
                "membre, point focal, responsable de programme, membre d’un groupe de travail ou partenaire.",
            ),
        ),
    },
)
