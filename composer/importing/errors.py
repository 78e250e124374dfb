"""What the import says when it takes no draft from a file."""

from __future__ import annotations


class ImportRefused(Exception):
    """A file or text is not imported; the message says what, where, and what to do about it."""
