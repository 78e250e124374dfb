"""What a letter may say of its reader, and who has nothing to be said."""

from __future__ import annotations

import pytest

from subscribers.models import Affiliation, Organisation, Role, Subscriber
from subscribers.readers import reader_values, without_value
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db


def test_a_readers_values_are_in_the_letters_language() -> None:
    office = Organisation.objects.create(name="Ministry", kind="government", country="KE")
    person = make_subscriber(name="Amina", country="CN", organisation=office, role=Role.NATIONAL_FOCAL_POINT)
    values = {locale: reader_values([person.pk], locale=locale)[person.pk] for locale in ("en", "zh-hans", "fr")}
    assert values["en"] == {
        "name": "Amina",
        "organisation": "Ministry",
        "country": "China",
        "role": "National focal point",
    }
    assert values["zh-hans"]["country"] == "中国"
    assert values["fr"]["country"] == "Chine"


def test_what_a_reader_lacks_comes_from_an_affiliation_or_the_organisation() -> None:
    office = Organisation.objects.create(name="Ministry", kind="government", country="KE")
    own, by_role = make_subscriber(organisation=office), make_subscriber()
    Affiliation.objects.create(subscriber=by_role, role=Role.PARTNER)
    Affiliation.objects.create(subscriber=by_role, role=Role.PROGRAMME_LEAD, organisation=office, country="FR")
    values = reader_values([own.pk, by_role.pk], locale="en")
    assert (values[own.pk]["country"], values[own.pk]["role"]) == ("Kenya", "")
    assert values[by_role.pk] == {
        "name": by_role.name,
        "organisation": "Ministry",
        "country": "France",
        "role": "Partner",
    }


@pytest.mark.parametrize("field", ["name", "organisation", "country", "role"])
def test_who_is_said_to_lack_a_value_is_who_has_none(field: str) -> None:
    office = Organisation.objects.create(name="Ministry", kind="government", country="KE")
    make_subscriber(name="", organisation=office)
    make_subscriber(country="CN", role=Role.PARTNER)
    Affiliation.objects.create(subscriber=make_subscriber(name=""), role=Role.PARTNER, country="FR")
    make_subscriber()
    everyone = Subscriber.objects.all()
    values = reader_values([person.pk for person in everyone], locale="en")
    lacking = {pk for pk, of_reader in values.items() if not of_reader[field]}
    assert set(without_value(everyone, field).values_list("pk", flat=True)) == lacking
    assert lacking
