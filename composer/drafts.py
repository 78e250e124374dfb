"""Content to pages: an imported draft, or a sample, as editions on the editors' desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Locale

from composer.blocks import PAIR
from composer.content import (
    Call,
    EditionContent,
    Event,
    Figures,
    Guide,
    Item,
    ItemList,
    Partners,
    Picture,
    Quote,
    Section,
    Source,
    Story,
)
from composer.models import BulletinPage, EditionPage
from composer.richtext import line_to_html, to_html


class NoSuchBulletin(LookupError):
    """The bulletin, or its page in a language, doesn't exist; the message names what there is."""


def bulletin_in(slug: str, locale: str) -> BulletinPage:
    """The page of the bulletin `slug` in the language `locale`."""
    any_language = BulletinPage.objects.filter(slug=slug).first()
    if any_language is None:
        known = ", ".join(sorted(set(BulletinPage.objects.values_list("slug", flat=True)))) or "none yet"
        raise NoSuchBulletin(f"There is no bulletin “{slug}”. Bulletins here: {known}.")
    pages = {page.locale.language_code: page for page in any_language.get_translations(inclusive=True).specific()}
    if locale not in pages:
        raise NoSuchBulletin(
            f"The bulletin “{slug}” has no page in “{locale}”; it has {', '.join(sorted(pages))}. "
            "Translate the bulletin's page on the desk first, or name one of these languages."
        )
    page: BulletinPage = pages[locale]
    return page


@transaction.atomic
def save_edition(
    content: EditionContent,
    *,
    bulletin: BulletinPage,
    user: Any = None,
    issue_key: UUID | None = None,
    imported_digest: str = "",
    pictures: Mapping[str, Any] | None = None,
) -> EditionPage:
    """Make a draft page of `content` under `bulletin`; the same `issue_key` makes it an edition of that issue.

    `pictures` maps a picture's url in the content to an image of the library.
    """
    page = EditionPage(
        title=content.title,
        slug=free_slug(bulletin, content.number or content.title),
        subject=content.subject if content.subject != content.title else "",
        preheader=content.preheader,
        number=content.number,
        published=content.published,
        imported_digest=imported_digest,
        locale=Locale.objects.get(language_code=content.locale),
        translation_key=issue_key or uuid4(),
        live=False,
        owner=user,
    )
    page.body = page.body.stream_block.to_python([raw_section(section, pictures) for section in content.sections])
    bulletin.add_child(instance=page)
    page.save_revision(user=user)
    return page


def raw_section(section: Section, pictures: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The raw JSON of a section's block, as Wagtail stores it; neighbouring halves become a pair."""
    items: list[dict[str, Any]] = []
    waiting: Item | None = None
    for item in section.items:
        half = isinstance(item, Story) and item.half
        if half and waiting is not None:
            items[-1] = _raw_pair(waiting, item, pictures or {})
            waiting = None
        else:
            items.append(_raw(item, pictures or {}))
            waiting = item if half else None
    return {"type": "section", "value": {"heading": section.heading, "items": items}}


def _raw_pair(one: Item, other: Item, pictures: Mapping[str, Any]) -> dict[str, Any]:
    stories = [
        {"type": "item", "value": raw["value"], "id": raw["id"]} for raw in (_raw(one, pictures), _raw(other, pictures))
    ]
    return {"type": PAIR, "value": {"stories": stories}, "id": str(uuid4())}


def _raw(item: Item, pictures: Mapping[str, Any]) -> dict[str, Any]:
    """The block's raw JSON, as Wagtail stores it."""
    value: dict[str, Any] = {
        "heading": item.heading,
        "body": to_html(item.body),
        "source": _raw_source(item.source or Source()),
        "audience": item.audience,
        "topics": ", ".join(item.topics),
        "notes": "\n".join(item.notes),
    }
    for kind, fields in EXTRA:
        if isinstance(item, kind):
            value |= fields(item, pictures)
    return {"type": item.kind, "value": value, "id": item.key}


def _raw_source(source: Source) -> dict[str, Any]:
    published = source.published.isoformat() if source.published else None
    return {"name": source.name, "url": source.url, "published": published, "licence": source.licence}


def _raw_picture(field: str, picture: Picture | None, pictures: Mapping[str, Any]) -> dict[str, Any]:
    """The field, or nothing: a picture block can be left out, but not be empty."""
    image = pictures.get(picture.url) if picture else None
    if picture is None or image is None:
        return {}
    return {field: {"image": image.pk, "decorative": picture.decorative, "alt_text": picture.alt}}


def _raw_story(item: Story, pictures: Mapping[str, Any]) -> dict[str, Any]:
    place = {} if item.half else {"picture_place": item.picture_place}
    return _raw_picture("picture", item.picture, pictures) | place


def _raw_link(item: Call | Event | Guide) -> dict[str, Any]:
    return {"button": item.button, "url": item.url}


def _raw_event(item: Event, _pictures: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: getattr(item, name) for name in ("day", "start", "last_day", "end")}
    said = {name: value.isoformat() if value else None for name, value in times.items()}
    return _raw_link(item) | said | {"zone": item.zone, "place": item.place, "calendar": item.calendar}


def _raw_guide(item: Guide, pictures: Mapping[str, Any]) -> dict[str, Any]:
    return _raw_link(item) | {"details": item.details} | _raw_picture("cover", item.cover, pictures)


def _raw_partners(item: Partners, pictures: Mapping[str, Any]) -> dict[str, Any]:
    entries = []
    for partner in item.entries:
        image = pictures.get(partner.logo.url) if partner.logo else None
        entries.append({"name": partner.name, "url": partner.url, "logo": image.pk if image else None})
    return {"entries": [_raw_entry(entry) for entry in entries]}


def _raw_entry(value: Any) -> dict[str, Any]:
    """An entry of a list block; without an id, it would be taken for the value itself, and lost in translation."""
    return {"type": "item", "value": value, "id": str(uuid4())}


EXTRA: list[tuple[type[Item], Callable[[Any, Mapping[str, Any]], dict[str, Any]]]] = [
    (Story, _raw_story),
    (ItemList, lambda item, _pictures: {"entries": [_raw_entry(line_to_html(entry)) for entry in item.entries]}),
    (Quote, lambda item, _pictures: {"speaker": item.speaker}),
    (
        Figures,
        lambda item, _pictures: {
            "entries": [_raw_entry({"value": entry.value, "label": entry.label}) for entry in item.entries]
        },
    ),
    (Event, _raw_event),
    (
        Call,
        lambda item, _pictures: _raw_link(item) | {"deadline": item.deadline.isoformat() if item.deadline else None},
    ),
    (Guide, _raw_guide),
    (Partners, _raw_partners),
]


def free_slug(bulletin: BulletinPage, wanted: str) -> str:
    """A slug made of `wanted` that no page below `bulletin` has yet."""
    base = slugify(wanted, allow_unicode=True)[:80] or "issue"
    taken = set(bulletin.get_children().values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 3) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
