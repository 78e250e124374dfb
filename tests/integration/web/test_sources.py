"""The sources of an issue, from the desk as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest
from django.test import Client

from tests.factories import make_bulletin, make_content, make_issue, make_item, make_user

pytestmark = pytest.mark.django_db


def test_an_issues_sources_come_as_a_table_of_all_editions(client: Client) -> None:
    key = make_issue(
        make_bulletin(),
        make_content("en", make_item("=cmd|' /C calc'!A0", url="https://www.example.org/1")),
        make_content("zh-hans", make_item("新闻")),
    )
    client.force_login(make_user())
    response = client.get(f"/desk/issues/{key}/sources.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="sources-the-first-issue.csv"'
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert [(row["edition"], row["item"]) for row in rows] == [("en", "'=cmd|' /C calc'!A0"), ("zh-hans", "新闻")]
    assert rows[0]["link"] == "https://www.example.org/1"


def test_the_table_is_for_those_who_see_the_issue(client: Client) -> None:
    key = make_issue(make_bulletin())
    path = f"/desk/issues/{key}/sources.csv"
    assert client.get(path).status_code == 302
    client.force_login(make_user("nobody", superuser=False))
    assert client.get(path).status_code in {302, 403}
    client.force_login(make_user())
    assert client.get(f"/desk/issues/{uuid4()}/sources.csv").status_code == 404
    assert f'href="{path}"' in client.get(f"/desk/issues/{key}/").content.decode()
