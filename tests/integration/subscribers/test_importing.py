"""Files of subscribers into the directory: faults.md, rows 1 to 12."""

from __future__ import annotations

import io
import stat
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models.functions import Now
from django.utils.translation import get_language, override

from subscribers.addresses import address_hash
from subscribers.importing.cells import Refused
from subscribers.importing.keeping import forget_old, path_of
from subscribers.importing.runs import (
    BadFile,
    BadMapping,
    cancel,
    receive,
    refused_rows,
    set_mapping,
    set_reading,
    start_check,
    start_import,
    work,
)
from subscribers.importing.runs import preview as preview_of
from subscribers.importing.working import MOST_FAILURES, are_due
from subscribers.models import (
    Affiliation,
    ColumnName,
    Consent,
    ConsentText,
    CustomField,
    ImportNote,
    ImportRun,
    Interest,
    Organisation,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
    Webhook,
    WebhookCall,
)

pytestmark = pytest.mark.django_db
BULLETIN = UUID("5f0f8a1e-0000-4000-8000-000000000001")
SUBSCRIBED: dict[str, Any] = {
    "bulletin": str(BULLETIN),
    "basis": "Signed the list at the assembly",
    "words": "Yes, write to me.",
}


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path


def brought(text: str | bytes, name: str = "people.csv") -> ImportRun:
    return receive(io.BytesIO(text.encode() if isinstance(text, str) else text), name)


def imported(text: str | bytes, *, name: str = "people.csv", check: bool = False, **options: Any) -> ImportRun:
    run = brought(text, name)
    set_mapping(run, run.mapping, options)
    assert start_check(run) if check else start_import(run)
    assert not work(run.pk)
    run.refresh_from_db()
    return run


def notes(run: ImportRun) -> list[tuple[int, bool, str]]:
    return list(ImportNote.objects.filter(run=run).order_by("row").values_list("row", "refused", "reason"))


def counted(run: ImportRun) -> dict[str, int]:
    return {what: count for what, count in run.counts.items() if count}


def test_new_people_come_with_their_fields() -> None:
    run = imported("E-mail;Name;Langue;Pays;Organisme\nA@X.com;Ana Ruiz;français;Kenya;City of Nairobi\n")
    assert run.state == ImportRun.State.FINISHED, run.error
    assert counted(run) == {"new": 1, "organisations": 1}
    ana = Subscriber.objects.select_related("organisation").get()
    assert (ana.email, ana.name, ana.language, ana.country) == ("a@x.com", "Ana Ruiz", "fr", "KE")
    assert ana.organisation is not None
    assert ana.organisation.name == "City of Nairobi"
    assert ana.address_hash == address_hash("a@x.com")


def test_an_empty_cell_leaves_a_value_as_it_is_and_only_what_differs_is_written() -> None:
    imported("email,name,country,language\na@x.com,Ana,KE,fr\nb@x.com,Ben,,en\n")
    before = Subscriber.objects.get(email="b@x.com").changed_at
    run = imported("email,name,country,language\na@x.com,,FR,\nb@x.com,Ben,,\nc@x.com,Chen,CN,zh-CN\n")
    assert counted(run) == {"new": 1, "changed": 1, "unchanged": 1}
    ana = Subscriber.objects.get(email="a@x.com")
    assert (ana.name, ana.country, ana.language) == ("Ana", "FR", "fr")
    assert Subscriber.objects.get(email="b@x.com").changed_at == before


def test_one_address_in_two_spellings_is_one_person_and_the_second_row_is_refused() -> None:
    run = imported("email,name\nA@X.com,First\na@x.com,Second\n")
    assert counted(run) == {"new": 1, "duplicate": 1}
    assert Subscriber.objects.get().name == "First"
    assert notes(run) == [(3, True, "The same address comes further up in the file.")]


def test_a_dry_run_says_what_would_happen_by_row_and_changes_nothing() -> None:
    imported("email,name\nold@x.com,Old\nsame@x.com,Same\n")
    Suppression.objects.create(address_hash=address_hash("gone@x.com"), reason=Suppression.Reason.COMPLAINT)
    rows = ["old@x.com,Older,City", "same@x.com,Same,", "new@x.com,New,", "nobody,Bad,", "gone@x.com,Gone,"]
    text = "\n".join(["email,name,organisation", *rows])
    run = imported(text, check=True, **SUBSCRIBED)
    assert run.state == ImportRun.State.CHECKED
    assert run.rows == 5
    assert counted(run) == {"new": 1, "changed": 2, "refused": 1, "suppressed": 1, "organisations": 1}
    said = notes(run)
    assert [(row, refused) for row, refused, _why in said] == [
        (2, False),
        (3, False),
        (4, False),
        (5, True),
        (6, False),
    ]
    assert "name, organisation" in said[0][2]
    assert "@-sign" in said[3][2]
    assert set(Subscriber.objects.values_list("email", "name")) == {("old@x.com", "Old"), ("same@x.com", "Same")}
    assert not Organisation.objects.exists()
    assert not Subscription.objects.exists()
    assert not Consent.objects.exists()


def test_a_subscription_comes_with_its_basis_in_the_ledger_once() -> None:
    text = "email,name\na@x.com,Ana\nb@x.com,Ben\n"
    run = imported(text, **SUBSCRIBED, measure=["open"])
    assert counted(run) == {"new": 2}
    assert Subscription.objects.filter(bulletin_key=BULLETIN, state="active").count() == 2
    mail = Consent.objects.filter(purpose="mail", given=True, basis=Consent.Basis.IMPORT)
    assert mail.count() == 2
    assert Consent.objects.filter(purpose="open", given=True).count() == 2
    entry = mail.first()
    assert entry is not None
    assert entry.source == "people.csv: Signed the list at the assembly"
    assert ConsentText.objects.get(hash=entry.text_hash).text == "Yes, write to me."
    again = imported(text, **SUBSCRIBED, measure=["open"])
    assert counted(again) == {"unchanged": 2}
    assert Consent.objects.count() == 4


def test_somebody_known_is_subscribed_too_and_counts_as_changed() -> None:
    imported("email\na@x.com\n")
    assert counted(imported("email\na@x.com\n", **SUBSCRIBED)) == {"changed": 1}
    assert Subscription.objects.get().state == "active"


@pytest.mark.parametrize("state", ["unsubscribed", "pending"])
def test_an_import_never_revives_who_left_or_has_not_confirmed(state: str) -> None:
    imported("email,name\na@x.com,Ana\n")
    person = Subscriber.objects.get()
    Subscription.objects.create(subscriber=person, bulletin_key=BULLETIN, state=state)
    run = imported("email,name\na@x.com,Anna\n", **SUBSCRIBED)
    assert Subscription.objects.get().state == state
    assert not Consent.objects.exists()
    assert Subscriber.objects.get().name == "Anna"
    assert counted(run) == {"changed": 1, **({"unsubscribed": 1} if state == "unsubscribed" else {})}
    assert [(row, refused) for row, refused, _why in notes(run)] == [(2, False)]
    assert "stays so" in notes(run)[0][2]


def test_whose_last_word_in_the_ledger_is_no_stays_out_even_without_a_subscription() -> None:
    imported("email\na@x.com\n")
    Consent.objects.create(subscriber=Subscriber.objects.get(), bulletin_key=BULLETIN, purpose="mail", given=False)
    assert counted(imported("email\na@x.com\n", **SUBSCRIBED)) == {"unchanged": 1, "unsubscribed": 1}
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_a_suppressed_or_erased_address_is_left_alone_and_reported(reason: str) -> None:
    Suppression.objects.create(address_hash=address_hash("gone@x.com"), reason=reason)
    run = imported("email,name\nGone@X.com,Gone\n", **SUBSCRIBED)
    assert counted(run) == {"suppressed": 1}
    assert not Subscriber.objects.exists()
    ((row, refused, why),) = notes(run)
    assert (row, refused) == (2, False)
    assert "Never to be written to" in why


def test_organisations_are_known_by_number_or_name_and_new_ones_come_with_their_facts() -> None:
    known = Organisation.objects.create(name="City of Nairobi", kind="government")
    numbered = Organisation.objects.create(name="UNEP", kind="un", external_id="O-1")
    text = (
        "email,organisation,organisation id,organisation kind,organisation country,tier\n"
        "a@x.com,city of nairobi,,,,\nb@x.com,,O-1,,,\nc@x.com,O-1,,,,\n"
        "d@x.com,Green Lab,O-2,Recherche,Kenia,full\ne@x.com,Green Lab,O-2,research,KE,full\n"
        "f@x.com,Green Lab,O-2,research,KE,full\n"
    )
    run = imported(text)
    assert counted(run) == {"new": 5, "refused": 1, "organisations": 1}
    assert "no country “Kenia”" in notes(run)[0][2]
    of = dict(Subscriber.objects.values_list("email", "organisation"))
    assert (of["a@x.com"], of["b@x.com"], of["c@x.com"]) == (known.pk, numbered.pk, numbered.pk)
    made = Organisation.objects.get(external_id="O-2")
    assert (made.name, made.kind, made.country, made.tier) == ("Green Lab", "research", "KE", "full")
    assert of["e@x.com"] == of["f@x.com"] == made.pk


def test_a_role_in_columns_becomes_an_affiliation_and_a_second_import_adds_none() -> None:
    header = "email,country,organisation,role,programme,from,until"
    text = f"{header}\na@x.com,KE,City,National focal point,tourism,2024-01-01,\n"
    assert counted(imported(text)) == {"new": 1, "organisations": 1}
    made = Affiliation.objects.get()
    assert (made.role, made.programme, made.country) == ("national-focal-point", "tourism", "KE")
    assert (str(made.since), made.until, made.organisation_id) == ("2024-01-01", None, Organisation.objects.get().pk)
    assert counted(imported(text)) == {"unchanged": 1}
    assert counted(imported(text.replace(",\n", ",2025-01-01\n"))) == {"changed": 1}
    assert str(Affiliation.objects.get().until) == "2025-01-01"


def test_topics_and_custom_fields_come_by_kind_and_nonsense_refuses_the_row() -> None:
    topic = Topic.objects.create(slug="food", names={"en": "Food systems", "zh-hans": "食品体系"})
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    CustomField.objects.create(key="joined", label="Joined", kind="date")
    run = imported(
        "email,topics,Seats,custom.joined\na@x.com,Food systems;食品体系,12,2024-05-01\n"
        "b@x.com,Cars,1,\nc@x.com,,many,\n"
    )
    assert counted(run) == {"new": 1, "refused": 2}
    person = Subscriber.objects.get()
    assert person.custom == {"seats": 12, "joined": "2024-05-01"}
    assert list(Interest.objects.values_list("subscriber", "topic")) == [(person.pk, topic.pk)]
    assert "no topic “Cars”" in notes(run)[0][2]
    assert "seats: “many” is no number" in notes(run)[1][2]


def test_a_number_elsewhere_of_another_person_refuses_the_row() -> None:
    imported("email,external id\na@x.com,P-1\n")
    run = imported("email,external id\nb@x.com,P-1\nc@x.com,P-2\nd@x.com,P-2\n")
    assert counted(run) == {"new": 1, "refused": 2}
    assert set(Subscriber.objects.values_list("email", flat=True)) == {"a@x.com", "c@x.com"}


def test_refused_rows_are_a_file_to_mend_and_import_again() -> None:
    text = "email,name,country\nnobody,\"=cmd|' /C calc'!A0\",KE\na@x.com,Ana,Atlantis\n"
    run = imported(text + "b@x.com,Ben,KE,too,many\nok@x.com,Ok,\n")
    rows = list(refused_rows(run))
    assert rows[0] == ["email", "name", "country", "reason", "", ""]
    assert rows[3][4:] == ["too", "many"]
    assert rows[1][:3] == ["nobody", "'=cmd|' /C calc'!A0", "KE"]
    assert [row[0] for row in rows[1:]] == ["nobody", "a@x.com", "b@x.com"]
    assert "no country “Atlantis”" in rows[2][3]
    assert "5 cells" in rows[3][3]
    mended = "\n".join([",".join(rows[0]), "x@x.com," + ",".join(rows[1][1:3]) + ",", "a@x.com,Ana,KE,"]) + "\n"
    again = imported(mended)
    assert counted(again) == {"new": 2}
    assert Subscriber.objects.get(email="x@x.com").name == "=cmd|' /C calc'!A0"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-16", "utf-16-le", "big5"])
def test_a_file_in_any_encoding_comes_without_mojibake(encoding: str) -> None:
    text = "邮箱,姓名,国家\r\nli@x.com,李刚,中国\r\nwang@x.com,王芳,法国\r\n"
    if encoding == "big5":
        text = "電子郵件,姓名,國家\r\nli@x.com,李四,FR\r\nwang@x.com,王大明,FR\r\n"
    run = brought(text.encode(encoding))
    shown = preview_of(run)
    assert [column.field for column in shown.columns] == ["email", "name", "country"]
    assert not shown.broken
    assert not imported(text.encode(encoding)).counts.get("refused")
    assert Subscriber.objects.get(email="li@x.com").name[0] == "李"


def test_broken_bytes_refuse_their_own_row_alone() -> None:
    data = "email,name\na@x.com,José\nb@x.com,Zoë\n".encode() + b"c@x.com,Ren\xe9\n" + "d@x.com,Çağ\n".encode()
    run = imported(data)
    assert run.reading["encoding"] == "utf-8"
    assert counted(run) == {"new": 3, "refused": 1}
    assert notes(run)[0][0] == 4
    assert "can’t be read in this encoding" in notes(run)[0][2]


def test_strange_rows_are_reported_and_good_rows_kept() -> None:
    long = "x" * 201
    odd = f"email,name\na@x.com,A\0B\nb@x.com,{long}\n\nc@x.com\n,\nd@x.com,D,,\n"
    run = imported(odd + 'e@x.com,"open\nf@x.com,F\n')
    assert set(Subscriber.objects.values_list("email", flat=True)) == {"c@x.com", "d@x.com", "f@x.com"}
    assert [(row, refused) for row, refused, _why in notes(run)] == [(2, True), (3, True), (8, True)]
    assert list(ImportNote.objects.filter(run=run, row=2).values_list("cells", flat=True)) == [["a@x.com", "A␀B"]]


def test_a_line_break_in_a_quoted_cell_is_one_row() -> None:
    imported('email,name\na@x.com,"Ana\nRuiz"\nb@x.com,Ben\n')
    assert list(Subscriber.objects.order_by("email").values_list("name", flat=True)) == ["Ana Ruiz", "Ben"]


def test_columns_are_remembered_under_their_names() -> None:
    run = brought("Kontakt,Wer\na@x.com,Ana\n")
    assert run.mapping == ["email", ""]
    set_mapping(run, ["email", "name"], {})
    assert ColumnName.objects.get(name="wer").field == "name"
    assert brought("KONTAKT,wer \n").mapping == ["email", "name"]


@pytest.mark.parametrize(
    ("mapping", "options", "why"),
    [
        (["", "name"], {}, "column with the addresses"),
        (["email", "email"], {}, "two columns"),
        (["email", "shoe size"], {}, "no field “shoe size”"),
        (["email", "since"], {}, "the role too"),
        (["email"], {}, "2 columns"),
        (["email", ""], {"bulletin": str(uuid4())}, "how you know"),
        (["email", ""], {"bulletin": "1; DROP TABLE"}, "no such bulletin"),
        (["email", ""], {"bulletin": str(uuid4()), "basis": "x", "measure": ["all"]}, "nothing else"),
        (["email", ""], {"measure": ["open"]}, "choose one"),
    ],
)
def test_a_mapping_that_does_not_do_is_refused_with_the_reason(
    mapping: list[str], options: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadMapping, match=why):
        set_mapping(brought("email,name\n"), mapping, options)


def test_a_file_is_kept_for_its_owner_alone_whatever_its_name_says(tmp_path: Path) -> None:
    run = brought("email\na@x.com\n", "../../../etc/cron.d/..\\x\0.csv")
    path = path_of(run)
    assert path.parent == tmp_path / "imports"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert run.name == "x.csv"


def test_files_and_notes_go_after_thirty_days() -> None:
    old, young = imported("email\nnobody\n"), imported("email\nnobody\n")
    kept = path_of(old)
    ImportRun.objects.filter(pk=old.pk).update(made_at=old.made_at - timedelta(days=31))
    forget_old()
    assert not kept.exists()
    assert path_of(young).exists()
    assert not ImportNote.objects.filter(run=old).exists()
    assert ImportNote.objects.filter(run=young).exists()


def test_a_cancelled_run_is_left_where_it_is_and_may_start_again() -> None:
    run = brought("email\na@x.com\n")
    assert start_import(run)
    assert not start_import(run)
    assert cancel(run)
    assert not cancel(run)
    assert not work(run.pk)
    assert not Subscriber.objects.exists()
    assert start_import(run)
    work(run.pk)
    assert Subscriber.objects.count() == 1


def test_a_run_that_another_worker_holds_is_left_to_it() -> None:
    run = brought("email\na@x.com\n")
    start_import(run)
    ImportRun.objects.filter(pk=run.pk).update(lease=uuid4(), leased_until=Now() + timedelta(seconds=60))
    assert not work(run.pk)
    assert are_due() == []
    ImportRun.objects.filter(pk=run.pk).update(leased_until=Now() - timedelta(seconds=1))
    assert are_due() == [run.pk]
    work(run.pk)
    assert Subscriber.objects.count() == 1


def test_work_in_slices_deals_with_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscribers.importing.going.BATCH", 7)
    text = "email,organisation\n" + "".join(f"p{n % 40}@x.com,Org {n % 5}\n" for n in range(50))
    run = brought(text)
    start_import(run)
    slices = 1
    while work(run.pk, seconds=0):
        slices += 1
    run.refresh_from_db()
    assert slices >= 7
    assert run.state == ImportRun.State.FINISHED
    assert counted(run) == {"new": 40, "duplicate": 10, "organisations": 5}
    assert Subscriber.objects.filter(organisation=None).count() == 0


def test_a_file_that_an_encoding_refuses_as_a_whole_says_so() -> None:
    run = brought("email,name\na@x.com,José\n".encode("cp1252"))
    with pytest.raises(BadFile, match="choose another"):
        preview_of(run, reading={"encoding": "utf-16"})
    with pytest.raises(BadFile, match="choose another"):
        set_reading(run, {"encoding": "utf-16", "delimiter": ","})
    run.refresh_from_db()
    assert run.reading["encoding"] == "cp1252"


def test_reasons_are_in_the_language_of_whoever_started_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    run = brought("email,name\nnobody,X\na@x.com,A\na@x.com,B\n")
    with override("fr"):
        assert start_import(run)
    spoken: list[str | None] = []

    def note(cell: str, *_more: Any) -> str:
        spoken.append(get_language())
        raise Refused("…")

    monkeypatch.setattr("subscribers.importing.cells.mailable_address", note)
    work(run.pk)
    assert spoken == ["fr"]
    assert get_language() == "en"


def broken(run: ImportRun, attempts: int) -> None:
    """So many attempts of a worker, each of which breaks off, and the lease has run out after each."""
    for _attempt in range(attempts):
        with pytest.raises(ValueError, match="badly formed"):
            work(run.pk)
        run.refresh_from_db()
        assert run.state == ImportRun.State.RUNNING
        ImportRun.objects.filter(pk=run.pk).update(leased_until=Now() - timedelta(seconds=1))


def test_an_import_that_breaks_off_again_and_again_fails_with_a_sentence_and_may_be_started_anew() -> None:
    run = brought("email,name\na@x.com,Ana\n")
    start_import(run)
    ImportRun.objects.filter(pk=run.pk).update(options={"bulletin": "what nobody foresaw"})
    broken(run, MOST_FAILURES - 1)
    assert are_due() == [run.pk]
    assert not work(run.pk)
    run.refresh_from_db()
    assert run.state == ImportRun.State.FAILED
    assert f"{MOST_FAILURES} times" in run.error
    assert are_due() == []
    set_mapping(run, run.mapping, {})
    assert start_import(run)
    assert not work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failures, run.error) == (ImportRun.State.FINISHED, 0, "")
    assert Subscriber.objects.count() == 1


def test_an_import_whose_process_is_killed_again_and_again_fails_too() -> None:
    run = brought("email\na@x.com\n")
    start_import(run)
    ImportRun.objects.filter(pk=run.pk).update(failures=MOST_FAILURES)
    assert not work(run.pk)
    run.refresh_from_db()
    assert run.state == ImportRun.State.FAILED
    assert not Subscriber.objects.exists()


def test_progress_forgives_the_failures_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscribers.importing.going.BATCH", 1)
    run = brought("email\na@x.com\nb@x.com\n")
    start_import(run)
    ImportRun.objects.filter(pk=run.pk).update(failures=MOST_FAILURES - 1)
    assert work(run.pk, seconds=0)
    run.refresh_from_db()
    assert (run.position, run.failures) == (1, 0)


def test_webhooks_are_told_of_an_import_in_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    Webhook.objects.create(url="https://hooks.example/x", events=["subscribed", "changed"])
    imported("email,name\nold@x.com,Old\nsame@x.com,Same\n")
    WebhookCall.objects.all().delete()
    people = "".join(f"p{number}@x.com,P\n" for number in range(50))
    run = brought(f"email,name\nold@x.com,Older\nsame@x.com,Same\n{people}")
    set_mapping(run, run.mapping, SUBSCRIBED)
    start_import(run)
    with django_assert_max_num_queries(60):
        work(run.pk)
    told = Counter(WebhookCall.objects.values_list("event", flat=True))
    assert told == {"changed": 52, "subscribed": 52}
    call = WebhookCall.objects.filter(event="subscribed").first()
    assert call is not None
    assert call.payload["data"]["bulletin"] == str(BULLETIN)
