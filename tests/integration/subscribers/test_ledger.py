"""The database itself keeps the consent ledger as it was written."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from subscribers.erasure import ledger_may_go
from subscribers.models import Consent
from tests.factories import make_bulletin, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subscribers_consent SET given = NOT given",
        "UPDATE subscribers_consent SET source = source",
        "DELETE FROM subscribers_consent",
        "TRUNCATE subscribers_consent",
        "TRUNCATE subscribers_subscriber CASCADE",
    ],
)
def test_no_entry_is_changed_or_taken_out(statement: str) -> None:
    make_subscriber(make_bulletin(), consents=("mail", "open"))
    before = list(Consent.objects.order_by("pk").values())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL circular.emptying = ''; SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert list(Consent.objects.order_by("pk").values()) == before


def test_an_erasure_alone_takes_a_persons_entries_with_them() -> None:
    person = make_subscriber(make_bulletin(), consents=("mail",))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Consent.objects.all().delete()
    with ledger_may_go():
        person.delete()
    assert not Consent.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('circular.erasing', true)")
        assert cursor.fetchone() == ("",)
