"""Settling what a lost worker left behind, from the journals of this machine."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings

from dispatch.claim import release_rest
from dispatch.control import pause_dispatch
from dispatch.journal import Found, abandoned, clock
from dispatch.outcomes import record_outcomes
from dispatch.said import lost

logger = logging.getLogger(__name__)


def journals() -> Path:
    """Where this machine keeps its journals. Not for sharing between machines: a lock must mean a living owner."""
    return Path(settings.DATA) / "journal"


def recover() -> int:
    """Record what lost workers had sent, call unknown what they had begun, give back the rest; returns how many did.

    An exception (PostgreSQL away) leaves the journals for the next time.
    """
    count = 0
    for found in abandoned(journals()):
        settle(found)
        count += 1
    return count


def settle(found: Found) -> None:
    """Bring what one journal says into the ledger. May be done twice."""
    now = clock()
    in_doubt = [lost(delivery, began=began, ended=now) for delivery, began in found.begun.items()]
    record_outcomes(found.lease, [*found.said, *in_doubt])
    back = release_rest(found.lease)
    logger.warning(
        "dispatch %s: a worker was lost; %d letters had an answer, %d are in doubt, %d go back",
        found.dispatch_id,
        len(found.said),
        len(in_doubt),
        back.total(),
    )
    for said in found.said:
        if said.pauses:
            pause_dispatch(found.dispatch_id, reason=f"{said.code} {said.reply}".strip())
