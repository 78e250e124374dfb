"""Organisations, kept in step by the numbers that another system gives them."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from subscribers.keys import Scope
from subscribers.models import Organisation
from subscribers.syncing_organisations import GivenOrganisation, upsert_organisation
from web.api.keys import actor_of, operation
from web.api.once import in_one_go
from web.api.pages import Limit
from web.api.problems import Problem
from web.api.reading import organisation_out
from web.api.shapes import Number, OrganisationFields, OrganisationOut, OrganisationsPage, UpsertOut

router = Router(tags=["Organisations"])

AfterId = Annotated[int, Query(ge=0, le=2**53, description="What the page before gave as “next”.")]


@operation(router, "GET", "", Scope.PEOPLE_READ, response=OrganisationsPage)
def list_organisations(request: HttpRequest, after: AfterId = 0, limit: Limit = 100) -> Any:
    """List organisations."""
    rows = list(Organisation.objects.filter(pk__gt=after).order_by("pk")[: limit + 1])
    more = str(rows[limit - 1].pk) if len(rows) > limit else None
    return OrganisationsPage(organisations=[organisation_out(row) for row in rows[:limit]], next=more)


@operation(router, "GET", "/{external_id}", Scope.PEOPLE_READ, response=OrganisationOut, problems=(404,))
def get_organisation(request: HttpRequest, external_id: Path[Number]) -> Any:
    """Read an organisation."""
    found = Organisation.objects.filter(external_id=external_id).first()
    if found is None:
        raise Problem(404, f"No organisation has the number “{external_id}”.")
    return organisation_out(found)


@operation(router, "PUT", "/{external_id}", Scope.PEOPLE_WRITE, response=UpsertOut)
def upsert_organisation_numbered(
    request: HttpRequest, external_id: Path[Number], organisation: OrganisationFields
) -> Any:
    """Add an organisation, or change what is given of it. The same again changes nothing and says “unchanged”.

    An organisation that has no number yet and, alone of all, exactly this name takes the number.
    """
    given: GivenOrganisation = organisation.model_dump(mode="json", exclude_unset=True)  # type: ignore[assignment]
    outcome = in_one_go(lambda: upsert_organisation(external_id, given, actor=actor_of(request)))
    return UpsertOut(
        external_id=external_id, outcome=outcome.made.value, id=outcome.id, fields=list(outcome.fields), suppressed=""
    )
