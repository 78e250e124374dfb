"""Importing people on the desk, step by step: nothing is written before “Import”, and bad files are said so."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from wagtail.models import ModelLogEntry

from subscribers.importing.runs import work
from subscribers.models import Consent, ImportRun, Subscriber, Subscription, Suppression
from subscribers.suppression import suppress
from tests.factories import make_bulletin, make_subscriber, make_user

pytestmark = pytest.mark.django_db

CSV = "Email,Name,Country\nada@example.org,Ada Brown,KE\nlin@example.org,林静,CN\nnobody,No Address,FR\n"
State = ImportRun.State


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def steward(username: str = "steward", *permissions: str) -> Any:
    """Somebody who may come to the desk, and what is named besides."""
    group = Group.objects.create(name=f"Group of {username}")
    names = ("access_admin", *permissions)
    group.permissions.add(*Permission.objects.filter(codename__in=names))
    user = make_user(username, superuser=False)
    user.groups.add(group)
    return user


def upload(desk: Client, data: bytes | str, name: str = "people.csv") -> Any:
    content = data.encode() if isinstance(data, str) else data
    return desk.post(reverse("circular_people_imports"), {"file": SimpleUploadedFile(name, content)})


def uploaded(desk: Client, data: bytes | str = CSV, name: str = "people.csv") -> ImportRun:
    response = upload(desk, data, name)
    assert response.status_code == 302, text_of(response)
    return ImportRun.objects.latest("pk")


def url(name: str, run: ImportRun) -> str:
    return reverse(f"circular_people_{name}", args=[run.pk])


def text_of(response: Any) -> str:
    return response.content.decode()


def mapped(run: ImportRun, *fields: str, **options: str) -> dict[str, str]:
    return {f"column-{place}": field for place, field in enumerate(fields)} | {"language": "en"} | options


def checked(desk: Client, data: bytes | str = CSV, *fields: str, **options: str) -> ImportRun:
    """An import whose dry run is done."""
    run = uploaded(desk, data)
    response = desk.post(url("columns", run), mapped(run, *(fields or ("email", "name", "country")), **options))
    assert response.status_code == 302, text_of(response)
    work(run.pk)
    run.refresh_from_db()
    assert run.state == State.CHECKED, run.error
    return run


def imported(desk: Client, data: bytes | str = CSV, *fields: str, **options: str) -> ImportRun:
    run = checked(desk, data, *fields, **options)
    desk.post(url("start", run))
    work(run.pk)
    run.refresh_from_db()
    assert run.state == State.FINISHED, run.error
    return run


def refused_of(page: str) -> str:
    return page.partition('id="refused-section"')[2]


def test_a_file_goes_from_upload_to_subscribers_and_nothing_is_written_before_the_last_step(desk: Client) -> None:
    run = uploaded(desk)
    assert "Ada Brown" in text_of(desk.get(url("reading", run)))
    assert desk.post(url("reading", run), {"encoding": "utf-8"})["Location"] == url("columns", run)
    page = text_of(desk.get(url("columns", run)))
    assert 'value="email" selected' in page  # guessed
    desk.post(url("columns", run), mapped(run, "email", "name", "country"))
    assert "Every row is being checked." in text_of(desk.get(url("run", run)))
    work(run.pk)
    page = text_of(desk.get(url("run", run)))
    assert "Nothing is written yet." in page
    assert "Import 2 people" in page
    assert "nobody" in refused_of(page)
    assert not Subscriber.objects.exists()
    desk.post(url("start", run))
    assert not Subscriber.objects.exists()  # the worker does it
    work(run.pk)
    assert "The import is done." in text_of(desk.get(url("run", run)))
    assert set(Subscriber.objects.values_list("email", "name", "country")) == {
        ("ada@example.org", "Ada Brown", "KE"),
        ("lin@example.org", "林静", "CN"),
    }


def test_a_file_in_gbk_is_shown_in_each_plausible_encoding_and_confirmed_by_looking(desk: Client) -> None:
    people = "邮箱,姓名,机构\nli@example.org,李娜,环境保护研究院\nwang@example.org,王伟,北京市政府采购中心\n"
    run = uploaded(desk, people.encode("gbk"))
    page = text_of(desk.get(url("reading", run)))
    assert "Which of these reads right?" in page
    assert "李娜" in page
    assert "ÀîÄÈ" in page  # what it is in a Western encoding, beside it
    desk.post(url("reading", run), {"encoding": "gb18030"})
    page = text_of(desk.get(url("columns", run)))
    assert "环境保护研究院" in page
    desk.post(url("columns", run), mapped(run, "email", "name", "organisation"))
    work(run.pk)
    desk.post(url("start", run))
    work(run.pk)
    assert set(Subscriber.objects.values_list("name", flat=True)) == {"李娜", "王伟"}


def test_a_plain_file_asks_nothing_about_its_letters(desk: Client) -> None:
    run = uploaded(desk, "email,name\nada@example.org,Ada\n")
    assert "Which of these reads right?" not in text_of(desk.get(url("reading", run)))


def test_another_separator_shows_the_rows_anew(desk: Client) -> None:
    run = uploaded(desk, "email;name\nada@example.org;Brown, Ada\n")
    desk.post(url("reading", run), {"delimiter": ",", "again": "1"})
    run.refresh_from_db()
    assert run.reading["delimiter"] == ","
    assert desk.post(url("reading", run), {"delimiter": ";", "again": "1"})["Location"] == url("reading", run)
    assert "Brown, Ada" in text_of(desk.get(url("reading", run)))


def test_a_workbook_offers_its_sheets(desk: Client) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    cover = book.create_sheet("Cover")
    cover.append(["A title"])
    cover.append(["Nothing of use"])
    sheet = book.create_sheet("People")
    sheet.append(["email", "name"])
    sheet.append(["ada@example.org", "Ada"])
    file = io.BytesIO()
    book.save(file)
    run = uploaded(desk, file.getvalue(), "people.xlsx")
    desk.post(url("reading", run), {"sheet": "People", "again": "1"})
    assert "ada@example.org" in text_of(desk.get(url("reading", run)))


def bomb() -> bytes:
    """A workbook of a gigabyte in a megabyte."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _megabyte in range(1100):
                sheet.write(b"\0" * 2**20)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.csv"),
        (b"MZ\x90\x00" + struct.pack("<60x") + b"\x00\xff" * 500, "people.csv"),
        (b"PK\x03\x04rest", "people.xlsx"),
        (b"%PDF-1.7 rest", "people.csv"),
        (b"\x89PNG\r\n\x1a\n" + bytes(300), "people.csv"),
    ],
    ids=["empty", "program", "damaged workbook", "pdf", "picture"],
)
def test_what_is_no_list_is_refused_with_a_sentence_and_leaves_nothing(desk: Client, data: bytes, name: str) -> None:
    response = upload(desk, data, name)
    page = text_of(response)
    assert response.status_code == 200
    assert "Nothing was imported, and nothing was changed." in page
    assert "help-critical" in page
    assert not ImportRun.objects.exists()


def test_a_workbook_that_unpacks_to_a_gigabyte_is_refused(desk: Client) -> None:
    page = text_of(upload(desk, bomb(), "people.xlsx"))
    assert "help-critical" in page
    assert not ImportRun.objects.exists()


def test_without_a_file_the_form_asks_for_one(desk: Client) -> None:
    assert "Choose a file first." in text_of(desk.post(reverse("circular_people_imports"), {}))


def test_the_name_of_a_file_leads_nowhere(desk: Client) -> None:
    run = uploaded(desk, CSV, "../../etc/pass\nwd.csv")
    assert "/" not in run.name
    assert run.name.isprintable()


def test_the_columns_must_have_an_address_and_no_field_twice(desk: Client) -> None:
    run = uploaded(desk)
    page = text_of(desk.post(url("columns", run), mapped(run, "", "name", "name")))
    assert "Say which column has the addresses" in page
    assert "“Name” is “Name” already. Leave one of the two out." in page
    run.refresh_from_db()
    assert run.state == State.UPLOADED


@pytest.mark.parametrize("field", ["email; DROP TABLE", "password", "custom.none"])
def test_a_field_that_is_none_is_refused(desk: Client, field: str) -> None:
    run = uploaded(desk)
    response = desk.post(url("columns", run), mapped(run, "email", field, ""))
    assert response.status_code == 400
    assert "not one of the available choices" in text_of(response)


def test_a_bulletin_needs_the_basis_on_which_people_agree(desk: Client) -> None:
    bulletin = make_bulletin()
    run = uploaded(desk)
    key = str(bulletin.translation_key)
    page = text_of(desk.post(url("columns", run), mapped(run, "email", "name", "country", bulletin=key)))
    assert "Say how we know that these people agree" in page
    run.refresh_from_db()
    assert run.state == State.UPLOADED


def test_the_basis_and_the_words_stand_in_the_ledger_and_whoever_left_stays_out(desk: Client) -> None:
    bulletin = make_bulletin()
    left = make_subscriber(email="ada@example.org")
    Subscription.objects.create(
        subscriber=left, bulletin_key=bulletin.translation_key, state=Subscription.State.UNSUBSCRIBED
    )
    suppress(make_subscriber(email="lin@example.org").address_hash, Suppression.Reason.COMPLAINT)
    people = f"{CSV}new@example.org,New,FR\n"
    run = imported(
        desk,
        people,
        "email",
        "name",
        "country",
        bulletin=str(bulletin.translation_key),
        basis="Signed the list at the annual meeting",
        words="I would like the bulletin.",
    )
    assert Subscription.objects.get(subscriber=left).state == Subscription.State.UNSUBSCRIBED
    assert Suppression.objects.count() == 1
    consent = Consent.objects.get(subscriber__email="new@example.org", purpose="mail")
    assert (consent.basis, consent.given) == (Consent.Basis.IMPORT, True)
    assert "Signed the list at the annual meeting" in consent.source
    assert consent.text_hash
    page = text_of(desk.get(url("run", run)))
    assert "Unsubscribed, kept so" in page
    assert "Suppressed, kept so" in page


def test_columns_are_remembered_for_the_next_file(desk: Client) -> None:
    checked(desk, "Wohin,Wer\nada@example.org,Ada\n", "email", "name")
    run = uploaded(desk, "Wer,Wohin\nLin,lin@example.org\n")
    page = text_of(desk.get(url("columns", run)))
    assert page.count("as last time") == 2


def test_refused_rows_are_grouped_by_reason_then_shown_in_pages(desk: Client) -> None:
    bad = "".join(f"nobody{number},Person {number},\n" for number in range(120))
    run = checked(desk, f"Email,Name,Country\nada@example.org,Ada,\n{bad}eve@example.org,Eve,Nowhereland\n")
    page = refused_of(text_of(desk.get(url("run", run))))
    assert "Person 3" in page
    assert "Person 60" not in page
    assert "Person 60" in refused_of(text_of(desk.get(url("run", run) + "?refused-page=2")))
    assert "There is no country “…”." in page
    only = refused_of(text_of(desk.get(url("run", run), {"refused": "There is no country “…”."})))
    assert "Nowhereland" in only
    assert "Person 3" not in only


def test_the_refused_rows_are_a_file_that_can_be_mended_and_imported(desk: Client) -> None:
    run = checked(desk)
    response = desk.get(url("refused", run))
    assert "people - refused.csv" in response["Content-Disposition"]
    data = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert data.startswith(b"\xef\xbb\xbf")
    header, row = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert header[:3] == ["Email", "Name", "Country"]
    assert row[:3] == ["nobody", "No Address", "FR"]
    assert row[-1]
    mended = data.replace(b"nobody", b"mended@example.org")
    again = uploaded(desk, mended)
    assert "mended@example.org" in text_of(desk.get(url("columns", again)))
    desk.post(url("columns", again), mapped(again, "email", "name", "country", ""))
    work(again.pk)
    again.refresh_from_db()
    assert again.counts["new"] == 1


def test_a_formula_in_a_refused_row_is_harmless_in_the_file(desk: Client) -> None:
    run = checked(desk, "Email,Name,Country\nada@example.org,Ada,\nnobody,=cmd|'/c calc'!A1,\n")
    data = b"".join(desk.get(url("refused", run)).streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=cmd|" in data


def test_a_file_whose_rows_are_all_refused_can_not_be_started(desk: Client) -> None:
    run = checked(desk, "Email,Name,Country\nnobody,No,\nnowhere,No,\n")
    page = text_of(desk.get(url("run", run)))
    assert "there is nothing to import" in page
    assert url("start", run) not in page
    desk.post(url("start", run))
    run.refresh_from_db()
    assert run.state == State.CHECKED


def test_a_file_with_a_header_alone_is_told_so(desk: Client) -> None:
    run = checked(desk, "Email,Name,Country\n")
    assert "there is nothing to import" in text_of(desk.get(url("run", run)))


def test_two_clicks_on_import_start_it_once(desk: Client) -> None:
    run = checked(desk)
    for _click in range(2):
        desk.post(url("start", run))
    started = ModelLogEntry.objects.for_instance(run).filter(action="circular.people_import.start")
    assert started.count() == 1
    work(run.pk)
    page = text_of(desk.post(url("start", run), follow=True))
    assert "Nothing to do: it has finished." in page
    assert Subscriber.objects.count() == 2


def test_starting_before_the_dry_run_does_nothing(desk: Client) -> None:
    run = uploaded(desk)
    desk.post(url("start", run))
    run.refresh_from_db()
    assert run.state == State.UPLOADED
    assert desk.get(url("start", run)).status_code == 405


def test_an_import_that_runs_can_be_stopped(desk: Client) -> None:
    run = checked(desk)
    desk.post(url("start", run))
    assert "Who was written so far stays" in text_of(desk.get(url("cancel", run)))
    desk.post(url("cancel", run))
    work(run.pk)
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert not Subscriber.objects.exists()
    assert "The import was stopped." in text_of(desk.get(url("run", run)))


def test_the_columns_can_be_changed_after_a_dry_run(desk: Client) -> None:
    run = checked(desk)
    assert "No Address" in text_of(desk.get(url("columns", run)))
    desk.post(url("columns", run), mapped(run, "email", "", "country"))
    run.refresh_from_db()
    assert run.state == State.CHECKING
    work(run.pk)
    desk.post(url("start", run))
    work(run.pk)
    assert set(Subscriber.objects.values_list("name", flat=True)) == {""}


def test_the_columns_of_an_import_that_is_done_can_not_be_changed(desk: Client) -> None:
    run = imported(desk)
    assert desk.get(url("columns", run))["Location"] == url("run", run)
    assert desk.post(url("columns", run), mapped(run, "email", "", ""))["Location"] == url("run", run)
    assert desk.post(url("reading", run), {"encoding": "cp1252"})["Location"] == url("run", run)
    run.refresh_from_db()
    assert run.mapping == ["email", "name", "country"]


def test_figures_move_as_json(desk: Client) -> None:
    run = checked(desk)
    figures = desk.get(url("live", run)).json()
    assert figures["state"] == "checked"
    assert figures["counts"]["new"] == "2"
    assert figures["percent"] == 100


def test_the_list_shows_every_import_with_who_and_what_came_of_it(desk: Client) -> None:
    run = imported(desk)
    page = text_of(desk.get(reverse("circular_people_imports")))
    assert url("run", run) in page
    assert "Finished" in page
    assert "editor" in page


def test_everything_stands_in_the_audit_log(desk: Client) -> None:
    run = imported(desk)
    desk.get(url("refused", run))
    actions = set(ModelLogEntry.objects.for_instance(run).values_list("action", flat=True))
    assert {f"circular.people_import.{name}" for name in ("upload", "check", "start", "refused")} <= actions
    page = text_of(desk.get(url("run", run)))
    assert "Started the import" in page


def test_the_new_people_are_a_click_away_as_a_filtered_list(desk: Client) -> None:
    run = imported(desk)
    for name, away in (("Was here before", -1), ("Came later", 1)):
        made = make_subscriber(name=name)
        Subscriber.objects.filter(pk=made.pk).update(created_at=now() + timedelta(hours=away))
    address = f"{reverse('circular_subscribers:index')}?brought={run.pk}"
    assert address in text_of(desk.get(url("run", run)))
    page = text_of(desk.get(address))
    assert "Ada Brown" in page
    assert "Was here before" not in page
    assert "Came later" not in page


def test_a_file_that_says_nothing_new_writes_nothing(desk: Client) -> None:
    imported(desk)
    run = checked(desk)
    page = text_of(desk.get(url("run", run)))
    assert "there is nothing to write" in page
    desk.post(url("start", run))
    run.refresh_from_db()
    assert run.state == State.CHECKED


def test_an_import_without_a_worker_says_so_and_a_lost_worker_too(desk: Client) -> None:
    run = checked(desk)
    desk.post(url("start", run))
    assert desk.get(url("live", run)).json()["trouble"] == ""
    ModelLogEntry.objects.for_instance(run).update(timestamp=now() - timedelta(minutes=1))
    assert "No worker has taken this up yet." in desk.get(url("live", run)).json()["trouble"]
    lost = now() - timedelta(seconds=1)
    ImportRun.objects.filter(pk=run.pk).update(lease=uuid4(), started_at=lost, leased_until=lost)
    assert "has stopped. Another one goes on" in desk.get(url("live", run)).json()["trouble"]
    work(run.pk)  # another one takes it over
    figures = desk.get(url("live", run)).json()
    assert (figures["state"], figures["trouble"]) == ("finished", "")


def test_an_import_that_was_stopped_can_begin_again_with_its_file(desk: Client) -> None:
    run = checked(desk)
    desk.post(url("start", run))
    desk.post(url("cancel", run))
    page = text_of(desk.get(url("run", run)))
    assert url("columns", run) in page
    desk.post(url("columns", run), mapped(run, "email", "name", "country"))
    work(run.pk)
    desk.post(url("start", run))
    work(run.pk)
    assert Subscriber.objects.count() == 2


def test_a_file_that_is_no_longer_kept_is_said(desk: Client) -> None:
    run = checked(desk)
    ImportRun.objects.filter(pk=run.pk).update(path="")
    assert "any more: bring it again" in text_of(desk.get(url("columns", run), follow=True))
    assert "any more: bring it again" in text_of(desk.get(url("refused", run), follow=True))
    assert "No Address" in text_of(desk.get(url("run", run)))


def test_names_in_a_file_are_text_wherever_they_are_shown(desk: Client) -> None:
    evil = "<script>alert(1)</script>"
    run = checked(desk, f"Email,{evil},Country\nada@example.org,{evil},\nnobody,{evil},\n")
    for name in ("columns", "run", "reading"):
        assert evil not in text_of(desk.get(url(name, run)))


@pytest.mark.parametrize("name", ["run", "reading", "columns", "live", "refused", "cancel"])
def test_an_import_that_does_not_exist_is_not_found(desk: Client, name: str) -> None:
    assert desk.get(reverse(f"circular_people_{name}", args=[987_654])).status_code == 404


def test_whoever_may_not_import_sees_and_does_nothing_at_a_guessed_address(client: Client) -> None:
    client.force_login(make_user())
    run = checked(client)
    client.force_login(steward("reader", "view_subscriber", "change_subscriber"))
    assert client.get(reverse("circular_people_imports")).status_code == 403
    assert upload(client, CSV).status_code == 403
    for name in ("run", "reading", "columns", "live", "refused", "cancel"):
        assert client.get(url(name, run)).status_code == 403, name
    for name in ("reading", "columns", "start", "cancel"):
        assert client.post(url(name, run)).status_code == 403, name
    run.refresh_from_db()
    assert run.state == State.CHECKED
    assert ImportRun.objects.count() == 1


def test_a_data_steward_imports_without_being_an_administrator(client: Client) -> None:
    client.force_login(steward("steward", "add_importrun"))
    run = imported(client)
    assert run.made_by is not None
    assert run.made_by.get_username() == "steward"


def test_without_signing_in_one_is_asked_to(client: Client) -> None:
    response = client.get(reverse("circular_people_imports"))
    assert response.status_code == 302
    assert "/login/" in response["Location"]
