"""Where files of subscribers are kept: below the data directory, for the owner alone, for 30 days."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from subscribers.importing.errors import BadFile
from subscribers.importing.reading import LARGEST_FILE
from subscribers.models import ImportNote, ImportRun

KEPT = timedelta(days=30)
CHUNK = 1 << 20
COMING = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept file: its name in the folder, its SHA-256 in hex, its size in bytes."""

    name: str
    digest: str
    size: int


def folder() -> Path:
    return Path(settings.DATA) / "imports"


def path_of(run: ImportRun) -> Path:
    """Where the run's file is; BadFile if it is gone."""
    path = folder() / Path(run.path).name
    if not run.path or not path.is_file():
        raise BadFile(_("The file isn’t kept any more: bring it again."))
    return path


def keep(file: IO[bytes]) -> Kept:
    """Copy the file into the folder under a name of our own; BadFile for one over the limit."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder() / uuid4().hex
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_FILE:
                break
            digest.update(chunk)
            copy.write(chunk)
    if size > LARGEST_FILE:
        kept.unlink()
        raise BadFile(_("The file is larger than %d MB: divide it.") % (LARGEST_FILE >> 20))
    return Kept(kept.name, digest.hexdigest(), size)


def plain_name(name: str) -> str:
    """The file's own name, without the folders and strange characters that one may put into it."""
    last = PureWindowsPath(PurePosixPath(name.replace("\0", "")).name).name
    return "".join(letter for letter in last if letter.isprintable())[:250] or "file"


def forget_old() -> int:
    """Remove files and what was noted of their rows 30 days after, and files that belong to no import. How many."""
    moving = (ImportRun.State.CHECKING, ImportRun.State.RUNNING)
    old = ImportRun.objects.filter(made_at__lt=Now() - KEPT).exclude(path="").exclude(state__in=moving)
    ImportNote.objects.filter(run__in=old).delete()
    gone = [folder() / Path(name).name for name in old.values_list("path", flat=True)]
    known = set(ImportRun.objects.exclude(path="").values_list("path", flat=True))
    gone += [path for path in folder().glob("*") if path.name not in known and not _may_be_coming(path)]
    old.update(path="")
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _may_be_coming(path: Path) -> bool:
    """Whether it was kept a moment ago, so that its import may not be written yet."""
    try:
        return time.time() - path.stat().st_mtime < COMING
    except OSError:
        return True
