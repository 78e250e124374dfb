"""What can be wrong with a file of subscribers as a whole. The message is for the person who brought it."""

from __future__ import annotations


class BadImport(Exception):
    """The base of all of them."""


class BadFile(BadImport):
    """The file can't be read; the message says why and what to do."""


class BadMapping(BadImport):
    """The columns or the options don't do; the message says which and why."""
