"""Reading a mailbox that reports come back to, by IMAP: for networks whose return paths another server receives.

A message is marked as read after what it says is in the database. A crash in between reads it once more, harmlessly.
"""

from __future__ import annotations

import logging

from dispatch.alone import alone
from dispatch.bounces import MOST_READ
from dispatch.imap import Mailbox, beginning_of, mark_read, opened, unread
from dispatch.returned import Fate, take_back

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200  # messages; the rest waits for the next time
_LOCK = 7_201_646_330_119  # any number that nobody else locks


def poll(url: str, *, most: int = MOST_AT_ONCE) -> dict[Fate, int]:
    """Take what is unread, up to `most` messages; how many came to which fate. MailboxError if it can't be read.

    Nothing is done while another worker is at it.
    """
    fates: dict[Fate, int] = {}
    with alone(_LOCK) as mine:
        if not mine:
            return fates
        with opened(Mailbox.from_url(url)) as door:
            for uid in unread(door)[:most]:
                raw = beginning_of(door, uid, octets=MOST_READ)
                if raw is None:
                    continue  # somebody took it away meanwhile
                fate = take_back(raw)
                fates[fate] = fates.get(fate, 0) + 1
                mark_read(door, uid)
    if fates:
        logger.info("the mailbox had %s", ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items())))
    return fates
