"""A contribution's bytes to a draft edition on the desk: the same for the command and the page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from composer.content import EditionContent, Masthead
from composer.drafts import NoSuchBulletin, bulletin_in, save_edition
from composer.importing.decoding import decode
from composer.importing.text import read_bulletin
from composer.models import EditionPage


@dataclass(frozen=True, slots=True)
class Imported:
    """The draft, and what an editor wants to know of it first."""

    page: EditionPage
    encoding: str
    sections: int
    items: int
    to_check: int
    notes: tuple[str, ...]


def import_text(data: bytes, *, name: str, bulletin_slug: str, locale: str, user: Any = None) -> Imported:
    """Make a new issue of a text, as a draft in one language.

    ImportRefused says what is wrong with the file, NoSuchBulletin with the bulletin or the language; nothing
    is changed then.
    """
    codes = [code for code, _name in settings.LANGUAGES]
    if locale not in codes:
        raise NoSuchBulletin(f"“{locale}” is no language of this Circular; there are {', '.join(codes)}.")
    bulletin = bulletin_in(bulletin_slug, locale)
    decoded = decode(data, name=name)
    draft = read_bulletin(decoded.text, locale=locale, masthead_name=bulletin.title)
    content = EditionContent(
        locale=locale,
        masthead=Masthead(bulletin.title),
        title=draft.title[:250],
        subject=draft.subject[:200],
        number=draft.number[:60],
        sections=draft.sections,
    )
    digest = hashlib.sha256(data).hexdigest()
    page = save_edition(content, bulletin=bulletin, user=user, imported_digest=digest)
    return Imported(
        page=page,
        encoding=decoded.encoding,
        sections=len(draft.sections),
        items=sum(1 for _item in content.items()),
        to_check=sum(1 for item in content.items() if item.notes),
        notes=draft.notes,
    )
