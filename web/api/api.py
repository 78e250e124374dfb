"""The API, put together: `/api/v1/`, for other systems."""

from __future__ import annotations

from web.api import organisations, people, segments, subscriptions, suppressions, vocabulary, webhooks
from web.api.docs import PlainDocs
from web.api.parsing import CarefulParser
from web.api.problems import add_handlers
from web.api.schema import CircularAPI

api = CircularAPI(
    title="Circular",
    version="1",
    description="Keeps people, organisations, subscriptions and segments in step with other systems.",
    urls_namespace="api",
    docs=PlainDocs(),
    parser=CarefulParser(),
)
add_handlers(api)
api.add_router("/people", people.router)
api.add_router("/organisations", organisations.router)
api.add_router("", subscriptions.router)
api.add_router("/suppressions", suppressions.router)
api.add_router("", segments.router)
api.add_router("", vocabulary.router)
api.add_router("", webhooks.router)
