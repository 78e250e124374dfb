"""A file read by a process of its own, which has only so much time and memory, and knows no secret.

Whatever a file does to a reader, it does there: the web process gets a document, or a sentence.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import subprocess
import sys
from pathlib import Path

from composer.importing.document import Document
from composer.importing.errors import ImportRefused
from composer.importing.formats import SUFFIXES, Source, read_document
from composer.importing.packing import pack, unpack

MOST_SECONDS = 30  # of computing for one file
MOST_MEMORY = 1_500_000_000  # bytes of addresses
_PATIENCE = 2  # times as long by the clock, on a machine that is busy
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from composer.importing.bounded import main; main()"
_ROOT = Path(__file__).resolve().parents[2]
_REFUSED, _READ = b"-", b"+"
logger = logging.getLogger(__name__)


def read_bounded(source: Source, *, seconds: int = MOST_SECONDS, memory: int = MOST_MEMORY) -> Document:
    """The document that `source` holds, read in another process; ImportRefused with a sentence where it can't be."""
    header = json.dumps([source.name, source.suffix, seconds, memory]).encode()
    command = [sys.executable, "-I", "-c", _CODE, str(_ROOT)]
    try:
        done = subprocess.run(
            command,
            input=header + b"\n" + source.data,
            capture_output=True,
            timeout=seconds * _PATIENCE,
            check=False,
            env={"LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired as error:
        raise _takes_too_long(source.name, seconds) from error
    answer, rest = done.stdout[:1], done.stdout[1:]
    if answer == _REFUSED:
        raise ImportRefused(rest.decode("utf-8", "replace"))
    if answer == _READ and done.returncode == 0:
        return unpack(rest)
    if done.returncode == -signal.SIGXCPU:
        raise _takes_too_long(source.name, seconds)
    logger.warning("reading a %s file ended with %s: %s", source.suffix, done.returncode, done.stderr[-2000:].decode())
    raise _too_complicated(source.name)


def main() -> None:
    """The other process: limits first, then one file from the standard input, its document to the output."""
    name, suffix, seconds, memory = json.loads(sys.stdin.buffer.readline())
    _limit(seconds, memory)
    if suffix not in SUFFIXES:
        raise SystemExit(2)
    source = Source(sys.stdin.buffer.read(), name, suffix)
    output = sys.stdout.buffer
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # nothing that a library prints is an answer
            packed = pack(read_document(source))
        output.write(_READ + packed)
    except ImportRefused as refusal:
        output.write(_REFUSED + str(refusal).encode())
    except (MemoryError, RecursionError):
        output.write(_REFUSED + str(_too_complicated(name)).encode())
    output.flush()


def _limit(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # a system without limits; time by the clock still counts
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # some systems know this limit, but refuse to set it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _takes_too_long(name: str, seconds: int) -> ImportRefused:
    return ImportRefused(
        f"{name} takes longer than {seconds} seconds to read: take only the issue's own pages, or paste its text."
    )


def _too_complicated(name: str) -> ImportRefused:
    return ImportRefused(
        f"{name} can't be read: it is damaged, or too complicated. Save it again where it was made, or paste its text."
    )
