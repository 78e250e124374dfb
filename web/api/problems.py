"""What the API answers where it can't do as asked: problem details (RFC 9457) with a sentence for who reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, Field

from subscribers.rules import BadRule
from subscribers.syncing_change import Kind, Refused
from web.api.wording import place_of, sentence_of

CONTENT_TYPE = "application/problem+json"
MOST_ERRORS = 20
_STATUS = {Kind.INVALID: 422, Kind.CONFLICT: 409, Kind.UNKNOWN: 404}

KINDS = {
    400: ("unreadable", "The request can’t be read"),
    401: ("no-key", "No valid token"),
    403: ("not-allowed", "The token doesn’t allow it"),
    404: ("not-found", "There is no such thing"),
    405: ("no-such-method", "That can’t be done here"),
    409: ("conflict", "It contradicts what is there"),
    413: ("too-large", "The request is too large"),
    422: ("invalid", "Something given can’t be used"),
    429: ("too-often", "Too many requests"),
}


class Trouble(BaseModel):
    """One thing that is wrong."""

    where: str = Field(description="The field, in words: “affiliations › 2 › role”.")
    problem: str


class ProblemDetails(BaseModel):
    """Why a request was not done (RFC 9457). Nothing was changed by it."""

    type: str = Field(description="An address that names the kind of problem; it ends in #conflict, #invalid, …")
    title: str
    status: int
    detail: str = Field(description="What is wrong, and what to do.")
    errors: list[Trouble] = Field(default_factory=list, description="Each field that can’t be used.")


class Problem(Exception):
    """Ends a request with problem details."""

    def __init__(self, status: int, detail: str, *, where: str = "", retry_after: int = 0) -> None:
        super().__init__(detail)
        self.status = status
        self.where = where
        self.retry_after = retry_after


def type_of(status: int) -> str:
    return f"{settings.BASE_URL}/api/v1/docs#{KINDS[status][0]}" if status in KINDS else "about:blank"


def problem_response(status: int, detail: str, *, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    title = KINDS[status][1] if status in KINDS else HTTPStatus(status).phrase
    body = {"type": type_of(status), "title": title, "status": status, "detail": detail, "errors": errors or []}
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Circular"'
    return response


def refusal_of(refused: Refused) -> Problem:
    return Problem(_STATUS[refused.kind], str(refused), where=refused.where)


@csrf_exempt  # a wrong address is told as one, posted or not
def unknown_path(request: HttpRequest) -> HttpResponse:
    """Any address below /api/ that is none of ours."""
    return problem_response(
        404, f"There is nothing at this address. {settings.BASE_URL}/api/v1/docs says what there is."
    )


def in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, with problem details where an address doesn't take the method."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        methods = ", ".join(sorted(response["Allow"].split(", ")))
        problem = problem_response(405, f"{request.method} can’t be done at this address; it takes {methods}.")
        problem["Allow"] = methods
        return problem

    return told


def add_handlers(api: NinjaAPI) -> None:
    """Answer every error that has a reason with that reason; others are faults of ours."""

    def on_problem(request: HttpRequest, problem: Any) -> HttpResponse:
        errors = [{"where": problem.where, "problem": str(problem)}] if problem.where else []
        response = problem_response(problem.status, str(problem), errors=errors)
        if problem.retry_after:
            response["Retry-After"] = str(problem.retry_after)
        return response

    def on_refused(request: HttpRequest, refused: Any) -> HttpResponse:
        return on_problem(request, refusal_of(refused))

    def on_bad_rule(request: HttpRequest, error: Any) -> HttpResponse:
        return on_problem(request, Problem(422, str(error), where="rule"))

    def on_invalid(request: HttpRequest, error: Any) -> HttpResponse:
        errors = _troubles(error.errors)
        first = errors[0]
        return problem_response(422, f"{first['where']}: {first['problem']}.", errors=errors)

    def on_http_error(request: HttpRequest, error: Any) -> HttpResponse:
        cause = error.__cause__
        if isinstance(cause, Problem):
            return on_problem(request, cause)
        if error.status_code == HTTPStatus.BAD_REQUEST:
            return problem_response(400, "The body is not JSON in UTF-8.")
        return problem_response(error.status_code, str(error))

    def on_too_big(request: HttpRequest, error: Any) -> HttpResponse:
        most = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1024
        return problem_response(413, f"The body is larger than {most} KB; send it in several parts.")

    api.add_exception_handler(Problem, on_problem)
    api.add_exception_handler(Refused, on_refused)
    api.add_exception_handler(BadRule, on_bad_rule)
    api.add_exception_handler(ValidationError, on_invalid)
    api.add_exception_handler(HttpError, on_http_error)
    api.add_exception_handler(RequestDataTooBig, on_too_big)


def _troubles(errors: list[dict[str, Any]]) -> list[dict[str, str]]:
    """One for each field: of what it might have been, the first."""
    found: dict[str, dict[str, str]] = {}
    for trouble in map(_trouble, errors):
        found.setdefault(trouble["where"], trouble)
    return list(found.values())[:MOST_ERRORS]


def _trouble(error: dict[str, Any]) -> dict[str, str]:
    """One of pydantic's errors in words: where, without its own names for the parts of a request."""
    source, *rest = error.get("loc") or ["request"]
    names = rest[1:] if source == "body" else rest
    return {"where": place_of(tuple(names)) or str(source), "problem": sentence_of(error)}
