"""The words that everything else is said in: codes of roles and kinds, topics, custom fields, bulletins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel

from composer.models import BulletinPage
from subscribers.keys import Scope
from subscribers.models import CustomField, Organisation, Programme, Role, Subscription, Topic
from web.api.keys import operation

router = Router(tags=["Vocabulary"])


class Code(BaseModel):
    code: str
    name: str


class FieldOut(BaseModel):
    key: str
    label: str
    kind: str
    choices: list[str]


class TopicOut(BaseModel):
    slug: str
    names: dict[str, str]


class BulletinOut(BaseModel):
    """A bulletin, with its name in each of its languages."""

    key: UUID
    names: dict[str, str]


class VocabularyOut(BaseModel):
    roles: list[Code]
    programmes: list[Code]
    organisation_kinds: list[Code]
    tiers: list[Code]
    frequencies: list[Code]
    topics: list[TopicOut]
    fields: list[FieldOut]
    bulletins: list[BulletinOut]


@operation(router, "GET", "/vocabulary", Scope.PEOPLE_READ, response=VocabularyOut)
def get_vocabulary(request: HttpRequest) -> Any:
    """List the codes, topics, custom fields and bulletins of this network."""
    return VocabularyOut(
        roles=_codes(Role),
        programmes=_codes(Programme),
        organisation_kinds=_codes(Organisation.Kind),
        tiers=_codes(Organisation.Tier),
        frequencies=_codes(Subscription.Frequency),
        topics=[TopicOut(slug=topic.slug, names=topic.names) for topic in Topic.objects.all()],
        fields=[
            FieldOut(key=each.key, label=each.label, kind=each.kind, choices=each.choices)
            for each in CustomField.objects.all()
        ],
        bulletins=_bulletins(),
    )


def _codes(choices: type[TextChoices]) -> list[Code]:
    return [Code(code=choice.value, name=str(choice.label)) for choice in choices]


def _bulletins() -> list[BulletinOut]:
    names: dict[UUID, dict[str, str]] = {}
    for page in BulletinPage.objects.select_related("locale").order_by("pk"):
        names.setdefault(page.translation_key, {})[page.locale.language_code] = page.title
    return [BulletinOut(key=key, names=titles) for key, titles in names.items()]
