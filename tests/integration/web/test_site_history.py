"""Wagtail's report of what was done on the desk, with an entry of everything of ours that there is."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from subscribers.models import Suppression
from tests.factories import make_user
from tests.integration.web.desk_world import OUR_CODE, make_world

pytestmark = pytest.mark.django_db

HISTORY = "/desk/reports/site-history/"


@pytest.mark.parametrize("who", ["root", "Data stewards", "Administrators"])
@pytest.mark.parametrize("address", [HISTORY, HISTORY + "results/", HISTORY + "?export=csv"])
def test_the_report_shows_an_entry_of_each_model_of_ours(client: Client, who: str, address: str) -> None:
    make_world()
    user = make_user("somebody", superuser=who == "root")
    if who != "root":
        user.groups.add(Group.objects.get(name=who))
    logged = set()
    for app in OUR_CODE:
        for model in apps.get_app_config(app).get_models():
            thing = model._default_manager.first()
            if thing is not None:
                log(instance=thing, action="wagtail.edit", user=user)
                logged.add(model.__name__)
    assert {"Suppression", "ImportRun", "ApiToken", "Webhook", "Topic", "CustomField", "Segment", "Dispatch"} <= logged

    client.force_login(user)
    answer = client.get(address)

    assert answer.status_code == 200


def test_an_entry_of_a_suppression_leads_to_the_page_that_shows_it(client: Client) -> None:
    suppression = Suppression.objects.create(address_hash="0" * 64)
    user = make_user()
    log(instance=suppression, action="wagtail.create", user=user)
    assert ModelLogEntry.objects.count() == 1
    client.force_login(user)

    page = client.get(HISTORY).content.decode()

    assert f"/desk/network/suppressions/inspect/{suppression.pk}/" in page
