"""Who may come in: a token in the Authorization header, with the scope that the operation asks for. No cookies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from ninja import Router
from ninja.security import HttpBearer

from subscribers.keys import Scope, token_for
from subscribers.models import ApiToken
from subscribers.syncing_change import Actor
from web.api.problems import Problem, ProblemDetails
from web.limits import Limit, client_address

REFUSED = Limit("api-refused", times=20, seconds=60)


class Token(HttpBearer):
    """Lets a request in whose token has `scope`; the token is then `request.auth`."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiToken:
        translation.activate(
            "en"
        )  # programs get one language, whatever their Accept-Language; it ends with the request
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        token = token_for(key.strip()) if scheme.lower() == self.openapi_scheme else None
        if token is None:
            raise _stranger(request)
        if not _calls().allows(str(token.pk)):
            wait = _calls().seconds_left(str(token.pk))
            raise Problem(429, f"This token makes too many requests; wait {wait} seconds.", retry_after=max(wait, 1))
        if self.scope not in token.scopes:
            raise Problem(403, f"This token doesn’t have the scope {self.scope.value}.")
        return token

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError  # __call__ does it all


def operation(
    router: Router,
    method: str,
    path: str,
    scope: Scope,
    *,
    response: Any,
    problems: tuple[int, ...] = (),
    **more: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register an operation with the scope it asks for; `problems` are its own, besides those that all have."""
    replies = {200: response, **dict.fromkeys(problems, ProblemDetails)}
    return router.api_operation(
        [method], path, auth=Token(scope), response=replies, openapi_extra={"x-scope": scope.value}, **more
    )


def actor_of(request: HttpRequest) -> Actor:
    return Actor(token=token_of(request).name)


def token_of(request: HttpRequest) -> ApiToken:
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    return token


def _stranger(request: HttpRequest) -> Problem:
    """401, or 429 for an address that tries one key after another."""
    address = client_address(request)
    if not REFUSED.allows(address):
        wait = max(REFUSED.seconds_left(address), 1)
        return Problem(429, f"Too many requests without a valid token; wait {wait} seconds.", retry_after=wait)
    if "Authorization" not in request.headers:
        return Problem(401, "There is no token: send “Authorization: Bearer crc_…”.")
    return Problem(401, "The token is not known, was revoked, or its time is over.")


def _calls() -> Limit:
    return Limit("api", times=settings.API_CALLS_A_MINUTE, seconds=60)
