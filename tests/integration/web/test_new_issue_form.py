"""The editor's own form for a new edition: it saves what was written, whatever stands beside the form."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from composer.extract import extract
from composer.models import EditionPage
from tests.factories import make_bulletin, make_user

pytestmark = pytest.mark.django_db


def test_a_new_edition_with_a_story_is_saved_as_a_draft(client: Client) -> None:
    client.force_login(make_user())
    bulletin = make_bulletin("en")
    story = {
        "heading": "A ledger in every workshop",
        "body": rich_text("<p>Twelve workshops write down what they mend.</p>"),
        "picture-image": "",
        "picture-alt_text": "",
        "picture_place": "above",
        "source": {
            "name": "The workshops",
            "url": "https://workshops.example.org/ledger",
            "published": "",
            "licence": "",
        },
        "notes": "",
        "audience": "",
        "topics": "12.7.1, repair",
    }
    posted = nested_form_data(
        {
            "title": "Three ways",
            "slug": "three-ways",
            "subject": "",
            "preheader": "",
            "number": "",
            "published": "",
            "body": streamfield([("section", {"heading": "Practice", "items": streamfield([("story", story)])})]),
            "comments-TOTAL_FORMS": 0,
            "comments-INITIAL_FORMS": 0,
        }
    )
    answer = client.post(
        reverse("wagtailadmin_pages:add", args=["composer", "editionpage", bulletin.pk]), posted, follow=True
    )
    assert answer.status_code == 200
    page = EditionPage.objects.get()
    (item,) = extract(page.latest_revision.as_object()).items()
    assert (item.heading, item.topics) == ("A ledger in every workshop", ("SDG 12.7.1", "repair"))
    assert item.key
