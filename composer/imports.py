"""Contributions' bytes to a draft edition on the desk: the same for the commands and the page.

All or nothing: where one of several files can't be read, nothing is made, and each is named with its reason.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from wagtail.images import get_image_model
from wagtail.images.fields import WagtailImageField

from composer.content import EditionContent, Item, Lead, Masthead, Section, Story
from composer.drafts import NoSuchBulletin, bulletin_in, raw_section, save_edition
from composer.importing.assemble import assemble
from composer.importing.bounded import read_bounded
from composer.importing.decoding import decode
from composer.importing.document import DocHeading, DocList, DocPicture, DocText
from composer.importing.draft import TITLE_NOTE, Draft
from composer.importing.errors import ImportRefused
from composer.importing.formats import Source, identify
from composer.importing.markdown import looks_like_markdown
from composer.importing.spans import text_of
from composer.importing.text import read_bulletin
from composer.models import BulletinPage, EditionPage
from composer.rawblocks import Keys, latest, put_sections, raw_sections, with_new_keys

MOST_FILES = 20
MOST_TOGETHER = 100_000_000  # bytes of all files
LONGEST_READING = 60.0  # seconds after which no further file is begun


@dataclass(frozen=True, slots=True)
class Contribution:
    """A file, or with `pasted_as` what was pasted, in the format of that suffix."""

    data: bytes
    name: str
    pasted_as: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """The draft, and what an editor wants to know of it first. `encoding` is of plain texts, else empty."""

    page: EditionPage
    encoding: str
    sections: int
    items: int
    to_check: int
    notes: tuple[str, ...]
    pictures: int = 0
    files: int = 1


@dataclass(frozen=True, slots=True)
class _Read:
    draft: Draft
    encoding: str
    name: str


class FilesRefused(ImportRefused):
    """Some of the files can't be imported; `refusals` has a sentence for each."""

    def __init__(self, refusals: Sequence[str]) -> None:
        super().__init__(" ".join(refusals))
        self.refusals = tuple(refusals)


def import_text(data: bytes, *, name: str, bulletin_slug: str, locale: str, user: Any = None) -> Imported:
    """Make a new issue of one file; as `import_files`."""
    return import_files([Contribution(data, name)], bulletin_slug=bulletin_slug, locale=locale, user=user)


def import_files(
    contributions: Sequence[Contribution], *, bulletin_slug: str, locale: str, user: Any = None
) -> Imported:
    """Make a new issue of files, as a draft in one language; the first one's title is the issue's.

    FilesRefused says what is wrong with which file, NoSuchBulletin what with the bulletin or the language; nothing
    is changed then.
    """
    codes = [code for code, _name in settings.LANGUAGES]
    if locale not in codes:
        raise NoSuchBulletin(f"“{locale}” is no language of this Circular; there are {', '.join(codes)}.")
    bulletin = bulletin_in(bulletin_slug, locale)
    read = _read_all(contributions, locale=locale, masthead_name=bulletin.title)
    with _library(user) as library:
        sections = library.fill(_merged(read))
        content = EditionContent(
            locale=locale,
            masthead=Masthead(bulletin.title),
            title=next((each.draft.title for each in read if each.draft.title), "")[:250],
            subject=next((each.draft.subject for each in read if each.draft.subject), "")[:200],
            number=next((each.draft.number for each in read if each.draft.number), "")[:60],
            sections=sections,
        )
        digest = hashlib.sha256(b"".join(each.data for each in contributions)).hexdigest()
        page = save_edition(content, bulletin=bulletin, user=user, imported_digest=digest, pictures=library.images)
    return _imported(page, sections, read, library, opens_issue=True)


def add_files(contributions: Sequence[Contribution], *, page: EditionPage, user: Any = None) -> Imported:
    """Append files to an edition as a new draft revision; nothing else of it is changed.

    FilesRefused says what is wrong with which file; nothing is changed then.
    """
    bulletin: BulletinPage = page.bulletin
    read = _read_all(contributions, locale=page.locale.language_code, masthead_name=bulletin.title)
    with _library(user) as library:
        sections = library.fill(_merged(read, opens_issue=False))
        newest = latest(EditionPage.objects.select_for_update().get(pk=page.pk))
        keys = Keys()
        added = [with_new_keys(raw_section(section, library.images), keys) for section in sections]
        put_sections(newest, [*raw_sections(newest), *added])
        newest.save_revision(user=user, log_action=True)
    return _imported(page, sections, read, library, opens_issue=False)


def _read_all(contributions: Sequence[Contribution], *, locale: str, masthead_name: str) -> list[_Read]:
    if len(contributions) > MOST_FILES:
        raise FilesRefused([f"There are {len(contributions)} files, and at most {MOST_FILES} are taken at once."])
    if sum(len(each.data) for each in contributions) > MOST_TOGETHER:
        raise FilesRefused([f"The files have more than {MOST_TOGETHER // 10**6} MB together: give fewer at once."])
    read: list[_Read] = []
    refusals: list[str] = []
    started = time.monotonic()
    for contribution in contributions:
        if time.monotonic() - started > LONGEST_READING:
            refusals.append(f"{contribution.name} was not read: the files before it took too long. Give fewer at once.")
            continue
        try:
            read.append(_read(contribution, locale=locale, masthead_name=masthead_name))
        except ImportRefused as refusal:
            refusals.append(str(refusal))
    if refusals:
        raise FilesRefused(refusals)
    return read


def _read(contribution: Contribution, *, locale: str, masthead_name: str) -> _Read:
    source = source_of(contribution)
    encoding = ""
    if source.is_plain:
        decoded = decode(source.data, name=source.name)
        encoding = decoded.encoding
        draft = read_bulletin(decoded.text, locale=locale, masthead_name=masthead_name)
    else:
        draft = assemble(read_bounded(source), locale=locale, masthead_name=masthead_name)
        if not any(draft.items()):
            raise ImportRefused(f"{source.name} holds no text and no pictures: choose one that holds the issue's text.")
    return _Read(draft, encoding, source.name)


def words_of(contribution: Contribution) -> str:
    """All words of a file, for a guess at its language; ImportRefused where it can't be read."""
    source = source_of(contribution)
    if source.is_plain:
        return decode(source.data, name=source.name).text
    blocks = read_bounded(source).blocks
    lines = [entry for block in blocks if isinstance(block, DocList) for entry in block.entries]
    lines += [block.line for block in blocks if isinstance(block, DocText | DocHeading)]
    return "\n".join(text_of(line) for line in lines)


def source_of(contribution: Contribution) -> Source:
    """What is to be read, its format known; ImportRefused where it is none of ours."""
    data, name, suffix = contribution.data, contribution.name, contribution.pasted_as
    if not suffix:
        return identify(data, name=name)
    if suffix == ".txt" and looks_like_markdown(data.decode("utf-8", "replace")):
        suffix = ".md"
    return Source(data, name, suffix)


def _merged(read: Sequence[_Read], *, opens_issue: bool = True) -> list[tuple[Section, dict[str, DocPicture]]]:
    """The sections of all drafts in the order of their files, each with its pictures; a key stands once."""
    merged: list[tuple[Section, dict[str, DocPicture]]] = []
    keys: set[str] = set()
    for number, each in enumerate(read):
        for section in each.draft.sections:
            items: list[Item] = []
            for item in section.items:
                kept = item if (opens_issue and number == 0) or not isinstance(item, Lead) else _as_story(item)
                while kept.key in keys:  # the same file twice
                    kept = replace(kept, key=Keys()[kept.key])
                keys.add(kept.key)
                items.append(kept)
            merged.append((Section(section.heading, tuple(items)), dict(each.draft.pictures)))
    return merged


def _as_story(lead: Lead) -> Story:
    return Story(**{field.name: getattr(lead, field.name) for field in fields(lead)})


@contextmanager
def _library(user: Any) -> Iterator[_Library]:
    """One transaction for the pictures and whatever is saved beside them; where it fails, their files go again."""
    library = _Library(user)
    try:
        with transaction.atomic():
            yield library
    except BaseException:
        for image in library.saved:
            image.file.storage.delete(image.file.name)
        raise


class _Library:
    """Puts pictures into the image library; one that the library refuses is noted on its item."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.images: dict[str, Any] = {}
        self.refused: dict[str, str] = {}
        self.saved: list[Any] = []

    def fill(self, merged: Iterable[tuple[Section, dict[str, DocPicture]]]) -> tuple[Section, ...]:
        """The sections, with their pictures in the library."""
        return tuple(
            replace(section, items=tuple(self._filled(item, pictures) for item in section.items))
            for section, pictures in merged
        )

    def _filled(self, item: Item, pictures: dict[str, DocPicture]) -> Item:
        if not isinstance(item, Story) or item.picture is None:
            return item
        url = item.picture.url
        if url not in self.images and url not in self.refused:
            self._add(url, pictures[url])
        if url in self.images:
            return item
        alt = f" “{item.picture.alt}”" if item.picture.alt else ""
        note = f"Left out: the picture “{pictures[url].name}” ({self.refused[url]}){alt}."
        return replace(item, picture=None, notes=(*item.notes, note))

    def _add(self, url: str, picture: DocPicture) -> None:
        try:
            WagtailImageField().clean(SimpleUploadedFile(picture.name, picture.data))
        except ValidationError as refusal:
            self.refused[url] = " ".join(refusal.messages).rstrip(".")
            return
        image = get_image_model()(
            title=picture.alt[:255] or PurePosixPath(picture.name).stem,
            description=picture.alt[:255],
            uploaded_by_user=self.user,
        )
        image.file = ImageFile(io.BytesIO(picture.data), name=picture.name)
        image.save()
        self.saved.append(image)
        self.images[url] = image


def _imported(
    page: EditionPage, sections: Sequence[Section], read: Sequence[_Read], library: _Library, *, opens_issue: bool
) -> Imported:
    items = [item for section in sections for item in section.items]
    return Imported(
        page=page,
        encoding=", ".join(dict.fromkeys(each.encoding for each in read if each.encoding)),
        sections=len(sections),
        items=len(items),
        to_check=sum(1 for item in items if item.notes),
        notes=tuple(_notes(read, opens_issue=opens_issue)),
        pictures=len(library.images),
        files=len(read),
    )


def _notes(read: Sequence[_Read], *, opens_issue: bool) -> Iterator[str]:
    """What is to be said of the whole; of the title only where the issue takes it."""
    for number, each in enumerate(read):
        for note in each.draft.notes:
            if note != TITLE_NOTE:
                yield f"{each.name}: {note}" if len(read) > 1 else note
            elif opens_issue and number == 0:
                yield note
