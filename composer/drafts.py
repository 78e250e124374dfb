"""Content to pages: an imported draft, or a sample, as editions on the editors' desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Locale

from composer.content import Call, EditionContent, Item, ItemList, Picture, Quote, Source, Story
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
        slug=_free_slug(bulletin, content.number or content.title),
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
    page.body = page.body.stream_block.to_python(
        [
            {
                "type": "section",
                "value": {
                    "heading": section.heading,
                    "items": [_raw(item, pictures or {}) for item in section.items],
                },
            }
            for section in content.sections
        ]
    )
    bulletin.add_child(instance=page)
    page.save_revision(user=user)
    return page


def _raw(item: Item, pictures: Mapping[str, Any]) -> dict[str, Any]:
    """The block's raw JSON, as Wagtail stores it."""
    value: dict[str, Any] = {
        "heading": item.heading,
        "body": to_html(item.body),
        "source": _raw_source(item.source or Source()),
        "audience": item.audience,
        "notes": "\n".join(item.notes),
    }
    for kind, fields in EXTRA:
        if isinstance(item, kind):
            value |= fields(item, pictures)
    return {"type": item.kind, "value": value, "id": item.key}


def _raw_source(source: Source) -> dict[str, Any]:
    published = source.published.isoformat() if source.published else None
    return {"name": source.name, "url": source.url, "published": published, "licence": source.licence}


def _raw_picture(picture: Picture | None, pictures: Mapping[str, Any]) -> dict[str, Any]:
    """The field, or nothing: a picture block can be left out, but not be empty."""
    image = pictures.get(picture.url) if picture else None
    if picture is None or image is None:
        return {}
    return {"picture": {"image": image.pk, "decorative": False, "alt_text": picture.alt}}


EXTRA: list[tuple[type[Item], Callable[[Any, Mapping[str, Any]], dict[str, Any]]]] = [
    (Story, lambda item, pictures: _raw_picture(item.picture, pictures)),
    (ItemList, lambda item, _pictures: {"entries": [line_to_html(entry) for entry in item.entries]}),
    (Quote, lambda item, _pictures: {"speaker": item.speaker}),
    (
        Call,
        lambda item, _pictures: {
            "button": item.button,
            "url": item.url,
            "deadline": item.deadline.isoformat() if item.deadline else None,
        },
    ),
]


def _free_slug(bulletin: BulletinPage, wanted: str) -> str:
    base = slugify(wanted, allow_unicode=True)[:80] or "issue"
    taken = set(bulletin.get_children().values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 3) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
