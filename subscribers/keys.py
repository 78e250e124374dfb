"""Keys of other systems to the API: made once, known by their SHA-256, each with the scopes it was given."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from subscribers.models import ApiToken

PREFIX = "crc_"  # by which scanners of published code know a leaked one
BYTES = 32
SHOWN = 9  # characters of a key that lists show
USED_EVERY = "1 minute"  # how exactly the last use is kept

_FORM = re.compile(r"crc_[A-Za-z0-9_-]{43}\Z")


class Scope(models.TextChoices):
    PEOPLE_READ = "people:read", _("Read people, organisations and topics")
    PEOPLE_WRITE = "people:write", _("Add and change people and organisations")
    PEOPLE_ERASE = "people:erase", _("Erase people for good")
    SEGMENTS_READ = "segments:read", _("Read segments and count rules")
    SEGMENTS_WRITE = "segments:write", _("Make and change segments")
    SUBSCRIPTIONS_WRITE = "subscriptions:write", _("Subscribe and unsubscribe people")
    SUPPRESSIONS_READ = "suppressions:read", _("Ask whether an address is suppressed")
    SUPPRESSIONS_WRITE = "suppressions:write", _("Add addresses never to be written to")
    WEBHOOKS_READ = "webhooks:read", _("See webhooks and their calls")


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token, and the key itself: nobody can see it again."""

    token: ApiToken
    key: str


def make_token(*, name: str, scopes: list[str], expires_at: datetime | None, user: Any) -> MadeToken:
    """A token for another system; ValueError for a scope that there isn't."""
    key = PREFIX + secrets.token_urlsafe(BYTES)
    token = ApiToken.objects.create(
        name=name,
        digest=digest_of(key),
        beginning=key[:SHOWN],
        scopes=sorted({Scope(scope).value for scope in scopes}),
        expires_at=expires_at,
        made_by=user,
    )
    return MadeToken(token, key)


def token_for(key: str) -> ApiToken | None:
    """The token that `key` opens with now; None if there is none, or it is revoked or its time is over.

    It is looked for by its hash, so the time that takes tells nothing about a guess; the database's clock decides.
    """
    if not _FORM.match(key):
        return None
    digest = digest_of(key)
    valid = Q(expires_at=None) | Q(expires_at__gt=Now())
    token = ApiToken.objects.filter(valid, digest=digest, revoked_at=None).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    _note_use(token)
    return token


def revoke(token_id: int) -> bool:
    """End a token at once; False if it was revoked before."""
    return bool(ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=Now()))


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _note_use(token: ApiToken) -> None:
    """Write down that it was used, at most once a minute: a batch of calls is no batch of writes."""
    ApiToken.objects.filter(pk=token.pk).extra(
        where=["used_at IS NULL OR used_at < clock_timestamp() - interval %s"], params=[USED_EVERY]
    ).update(used_at=Now())
