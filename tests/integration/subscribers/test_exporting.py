"""The directory into a file and back: what was exported is imported as it was, and no cell is a formula."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers.exporting import people_of, write_people
from subscribers.importing.runs import receive, set_mapping, start_import, work
from subscribers.models import (
    Affiliation,
    CustomField,
    Interest,
    Organisation,
    Segment,
    Subscriber,
    Subscription,
    Topic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


def directory() -> list[tuple[object, ...]]:
    """All that the directory says of its people, without the database's own numbers."""
    people = Subscriber.objects.select_related("organisation").order_by("email")
    return [
        (
            *(person.email, person.name, person.language, person.country, person.external_id, person.custom),
            told(person.organisation),
            sorted(
                (
                    each.role,
                    each.programme,
                    each.country,
                    str(each.since),
                    str(each.until),
                    str(told(each.organisation)),
                )
                for each in person.affiliations.select_related("organisation")
            ),
            sorted(person.interests.values_list("topic__slug", flat=True)),
        )
        for person in people
    ]


def told(of: Organisation | None) -> tuple[object, ...] | None:
    return (of.name, of.kind, of.country, of.tier, of.external_id) if of else None


def brought_back(path: Path) -> dict[str, int]:
    with path.open("rb") as file:
        run = receive(file, path.name)
    set_mapping(run, run.mapping, {})
    start_import(run)
    work(run.pk)
    run.refresh_from_db()
    assert run.state == "finished", run.error
    return {what: count for what, count in run.counts.items() if count}


def peopled() -> None:
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    CustomField.objects.create(key="member", label="Member", kind="boolean")
    CustomField.objects.create(key="note", label="Note", kind="text")
    food, travel = (Topic.objects.create(slug=slug, names={"en": slug}) for slug in ("food", "travel"))
    unep = Organisation.objects.create(name="UNEP; the | one", kind="un", country="KE", tier="full", external_id="O-1")
    lab = Organisation.objects.create(name="=Lab\\", kind="research")
    ana = Subscriber.objects.create(
        email="+ana@x.com", name="=cmd|' /C calc'!A0", language="fr", country="KE", organisation=unep, external_id="-7",
        custom={"seats": -2.5, "member": False, "note": "@here"},
    )  # fmt: skip
    Subscriber.objects.create(email="li@例子.中国", name="李刚", language="zh-hans", organisation=lab)
    Affiliation.objects.create(subscriber=ana, role="partner", organisation=lab, since=date(2024, 1, 1))
    Affiliation.objects.create(
        subscriber=ana, role="programme-lead", programme="tourism", country="FR", organisation=unep
    )
    Interest.objects.create(subscriber=ana, topic=food)
    Interest.objects.create(subscriber=ana, topic=travel)
    Subscription.objects.create(subscriber=ana, bulletin_key=uuid4(), state="active")


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
def test_what_was_exported_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    peopled()
    before = directory()
    assert write_people(tmp_path / name, people_of(""), bom=True) == 2
    assert brought_back(tmp_path / name) == {"unchanged": 2}
    Subscriber.objects.all().delete()
    Organisation.objects.all().delete()
    assert brought_back(tmp_path / name) == {"new": 2, "organisations": 2}
    assert directory() == before
    assert not Subscription.objects.exists()


def test_no_cell_of_an_export_is_a_formula(tmp_path: Path) -> None:
    peopled()
    write_people(tmp_path / "people.csv", people_of(""))
    with (tmp_path / "people.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert not [cell for cell in cells if cell[:1] in {*"=+-@\t\r\n"} - {""}]


def test_a_segment_alone_can_be_exported(tmp_path: Path) -> None:
    peopled()
    Segment.objects.create(slug="french", name="French", rule={"field": "language", "in": ["fr"]})
    assert write_people(tmp_path / "people.csv", people_of("french")) == 1
    with pytest.raises(LookupError, match="no segment “dutch”"):
        people_of("dutch")


_NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_NAMES, _NAMES, _NAMES), min_size=1, max_size=4))
def test_any_names_come_back_as_they_were(tmp_path: Path, texts: list[tuple[str, str, str]]) -> None:
    Subscriber.objects.all().delete()
    Organisation.objects.all().delete()
    CustomField.objects.get_or_create(key="note", defaults={"label": "Note", "kind": "text"})
    for number, (name, organisation, note) in enumerate(texts):
        of = Organisation.objects.create(name=f"{number}{organisation}", kind="un") if organisation else None
        person = Subscriber.objects.create(
            email=f"p{number}@x.com", name=name, language="en", organisation=of, custom={"note": note} if note else {}
        )
        Affiliation.objects.create(subscriber=person, role="partner", organisation=of)
    before = directory()
    write_people(tmp_path / "people.csv", people_of(""))
    Subscriber.objects.all().delete()
    Organisation.objects.all().delete()
    brought_back(tmp_path / "people.csv")
    assert directory() == before
