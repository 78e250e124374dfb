"""Doing a request once: its Idempotency-Key is kept with the reply, in the transaction of what it did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from ninja import Header
from psycopg.errors import DeadlockDetected, SerializationFailure
from pydantic import BaseModel

from subscribers.models import ApiReply
from web.api.keys import token_of
from web.api.problems import Problem

TRIES = 3

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="A name of your own for the request. Sent again within a day, it has the first reply again.",
    ),
]


def once(request: HttpRequest, key: str | None, do: Callable[[], BaseModel]) -> Any:
    """The reply of `do`, which is done in one transaction; of the same request before, if it was made with `key`.

    Of two requests at once the second waits for the first. A request that was refused may be sent again.
    """
    if key is None:
        return in_one_go(do)
    return in_one_go(lambda: _remembered(request, key, do))


def in_one_go(do: Callable[[], Any]) -> Any:
    """Do it in one transaction, again if the database gave it up for another's sake."""
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return do()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise
    raise AssertionError


def _remembered(request: HttpRequest, key: str, do: Callable[[], BaseModel]) -> Any:
    token = token_of(request)
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subscribers_apireply (token_id, key, digest) VALUES (%s, %s, %s)"
            " ON CONFLICT (token_id, key) DO NOTHING",
            [token.pk, key, digest],
        )
        is_first = cursor.rowcount == 1
    if is_first:
        reply = do()
        body = reply.model_dump(mode="json", by_alias=True)
        ApiReply.objects.filter(token=token, key=key).update(body=body)
        return reply
    kept = ApiReply.objects.get(token=token, key=key)
    if kept.digest != digest:
        raise Problem(422, "This Idempotency-Key was used for another request; make a new one for each.")
    return kept.body
