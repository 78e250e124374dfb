"""The sample network's topics, in three languages, and its custom fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SampleTopic:
    slug: str
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class SampleField:
    """`kind` and `choices` as `subscribers.custom_values` has them."""

    key: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()


def _topic(slug: str, english: str, chinese: str, french: str) -> SampleTopic:
    return SampleTopic(slug, {"en": english, "zh-hans": chinese, "fr": french})


TOPICS: Final = (
    _topic("circular-economy", "Circular economy", "循环经济", "Économie circulaire"),
    _topic("public-procurement", "Public procurement", "公共采购", "Achats publics"),
    _topic("food-and-farming", "Food and farming", "食物与农业", "Alimentation et agriculture"),
    _topic("buildings", "Buildings and cities", "建筑与城市", "Bâtiments et villes"),
    _topic("tourism", "Tourism", "旅游", "Tourisme"),
    _topic("labels", "Labels and product information", "标识与产品信息", "Labels et information produits"),
    _topic("repair", "Repair and reuse", "维修与再利用", "Réparation et réemploi"),
    _topic("events", "Events and training", "活动与培训", "Rencontres et formations"),
)

FIELDS: Final = (
    SampleField("expertise", "Field of work", "choice", ("policy", "research", "business", "communication")),
    SampleField("member_since", "Member since", "date"),
    SampleField("speaker", "Speaks at events", "boolean"),
)
