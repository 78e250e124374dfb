"""The accounts of a dispatch: they agree after whatever may happen, and every fault is found."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from wagtail.models import ModelLogEntry

from composer.models import BulletinPage
from config.commands import reconcile as command
from dispatch.claim import claim_batch, database_now
from dispatch.control import cancel_dispatch, finish_if_done
from dispatch.models import Attempt, Delivery, Dispatch
from dispatch.reconcile import ACTION, SENTENCES, account_of, accounts, last_proof, prove_lately_finished
from tests.factories import make_bulletin, make_dispatch

pytestmark = pytest.mark.django_db


def sent(bulletin: BulletinPage | None = None) -> Dispatch:
    """A dispatch whose letters were all accepted."""
    dispatch = make_dispatch(bulletin, people=3)
    for delivery in Delivery.objects.filter(dispatch=dispatch):
        tried(delivery, "accepted")
    Delivery.objects.filter(dispatch=dispatch).update(state="accepted", due_at=None)
    assert finish_if_done(dispatch.pk)
    dispatch.refresh_from_db()
    return dispatch


def tried(delivery: Delivery, *outcomes: str) -> None:
    for outcome in outcomes:
        number = delivery.attempt_log.count() + 1
        Attempt.objects.create(delivery=delivery, number=number, stage="dot", outcome=outcome)
    Delivery.objects.filter(pk=delivery.pk).update(attempts=delivery.attempt_log.count())


def found(dispatch: Dispatch) -> list[str]:
    account = account_of(dispatch.pk)
    assert account is not None
    return [finding.check for finding in account.findings]


def without_rules(*names: str) -> None:
    """Take constraints of the deliveries away: what they forbid is to be found none the less."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f"ALTER TABLE dispatch_delivery DROP CONSTRAINT {name}")


def test_the_accounts_of_a_planned_a_sent_and_a_cancelled_dispatch_agree() -> None:
    bulletin = make_bulletin()
    assert found(sent(bulletin)) == []
    dispatch = make_dispatch(bulletin, people=4)
    assert found(dispatch) == []
    claim_batch(dispatch.pk, size=2)
    assert found(dispatch) == []
    cancel_dispatch(dispatch.pk)
    assert found(dispatch) == []


def test_there_are_no_accounts_of_a_dispatch_that_does_not_exist() -> None:
    assert account_of(4242) is None


def test_a_lost_delivery_is_found() -> None:
    dispatch = sent()
    Delivery.objects.filter(dispatch=dispatch).first().delete()  # type: ignore[union-attr]
    account = account_of(dispatch.pk)
    assert account is not None
    assert [(finding.check, finding.count) for finding in account.findings] == [("sum", 1)]
    assert (account.total, account.audience, account.agrees) == (2, 3, False)


def test_somebody_with_two_deliveries_is_found() -> None:
    dispatch = sent()
    without_rules("delivery_once")
    first, second, _third = Delivery.objects.filter(dispatch=dispatch)
    Delivery.objects.filter(pk=second.pk).update(subscriber=first.subscriber)
    assert found(dispatch) == ["twice"]


def test_accepted_without_anybody_having_accepted_is_found_with_its_number() -> None:
    dispatch = sent()
    delivery = Delivery.objects.filter(dispatch=dispatch).order_by("-pk")[0]
    Attempt.objects.filter(delivery=delivery).update(outcome="deferred")
    account = account_of(dispatch.pk)
    assert account is not None
    assert [(each.check, each.examples) for each in account.findings] == [("unproven", (delivery.pk,))]


@pytest.mark.parametrize(
    ("outcomes", "checks", "twice"),
    [
        (["deferred", "accepted"], [], 0),
        (["unknown", "accepted"], [], 0),
        (["unknown"], [], 0),  # settled by hand, or by what came back
        (["unknown", "accepted", "accepted"], [], 1),
        (["accepted", "accepted"], ["doubled"], 1),
        (["accepted", "accepted", "unknown"], ["doubled"], 1),
        (["deferred"], ["unproven"], 0),
        ([], ["unproven"], 0),
    ],
)
def test_how_often_it_was_accepted_must_be_explained(outcomes: list[str], checks: list[str], twice: int) -> None:
    dispatch = make_dispatch(people=1)
    delivery = Delivery.objects.get(dispatch=dispatch)
    tried(delivery, *outcomes)
    Delivery.objects.filter(pk=delivery.pk).update(state="accepted", due_at=None)
    finish_if_done(dispatch.pk)
    account = account_of(dispatch.pk)
    assert account is not None
    assert ([finding.check for finding in account.findings], account.accepted_twice) == (checks, twice)


@pytest.mark.parametrize("state", ["finished", "cancelled"])
def test_what_is_open_in_an_ended_dispatch_is_found(state: str) -> None:
    dispatch = make_dispatch(people=2)
    Dispatch.objects.filter(pk=dispatch.pk).update(state=state, finished_at=database_now())
    assert found(dispatch) == ["left-open"]


def test_a_lease_that_nobody_settles_is_found_and_one_that_runs_is_not() -> None:
    dispatch = make_dispatch(people=2)
    claim_batch(dispatch.pk, size=2)
    assert found(dispatch) == []
    Delivery.objects.filter(dispatch=dispatch).update(leased_until=database_now() - timedelta(hours=1))
    assert found(dispatch) == ["lost-lease"]


def test_attempts_that_are_missing_or_without_an_outcome_are_found() -> None:
    bulletin = make_bulletin()
    dispatch = sent(bulletin)
    Delivery.objects.filter(dispatch=dispatch).update(attempts=2)
    assert found(dispatch) == ["attempts"]
    dispatch = sent(bulletin)
    tried(Delivery.objects.filter(dispatch=dispatch)[0], "")
    assert found(dispatch) == ["half-logged"]


def test_an_unknown_without_a_doubt_is_found() -> None:
    dispatch = sent()
    Delivery.objects.filter(dispatch=dispatch).update(state="unknown")
    assert found(dispatch) == ["undoubted"]


def test_a_state_and_a_time_that_do_not_fit_are_found() -> None:
    dispatch = sent()
    Dispatch.objects.filter(pk=dispatch.pk).update(state="running", finished_at=None)
    without_rules("due_while_open")
    Delivery.objects.filter(dispatch=dispatch).update(due_at=database_now())
    assert found(dispatch) == ["due"]
    Delivery.objects.filter(dispatch=dispatch).update(due_at=None, lease=uuid4())
    assert found(dispatch) == ["lease"]


def test_an_end_without_a_time_is_found() -> None:
    dispatch = sent()
    Dispatch.objects.filter(pk=dispatch.pk).update(finished_at=None)
    assert found(dispatch) == ["ended"]


def test_every_check_has_its_sentence_and_fits_json() -> None:
    dispatch = sent()
    Dispatch.objects.filter(pk=dispatch.pk).update(audience_size=7, finished_at=None)
    account = account_of(dispatch.pk)
    assert account is not None
    told = json.loads(json.dumps(account.plain()))
    assert [each["sentence"] for each in told["findings"]] == [SENTENCES["sum"], SENTENCES["ended"]]
    assert (told["sum"], told["audience"], told["agrees"]) == (3, 7, False)


def test_all_dispatches_are_told_the_latest_first() -> None:
    bulletin = make_bulletin()
    first, second = make_dispatch(bulletin), make_dispatch(bulletin)
    assert [account.dispatch_id for account in accounts()] == [second.pk, first.pk]


def test_what_finished_lately_is_proved_once_and_again_after_it_was_reopened() -> None:
    bulletin = make_bulletin()
    dispatch = sent(bulletin)
    make_dispatch(bulletin, people=1)
    assert (prove_lately_finished(), prove_lately_finished()) == (1, 0)
    entry = ModelLogEntry.objects.get(action=ACTION)
    assert (entry.data["sum"], entry.data["audience"], entry.data["findings"]) == (3, 3, [])
    assert last_proof(dispatch) == entry.data
    Dispatch.objects.filter(pk=dispatch.pk).update(finished_at=database_now())
    dispatch.refresh_from_db()
    assert last_proof(dispatch) is None
    assert prove_lately_finished() == 1


def test_a_proof_that_fails_is_noted_and_logged(caplog: Any) -> None:
    dispatch = sent()
    Dispatch.objects.filter(pk=dispatch.pk).update(audience_size=4)
    assert prove_lately_finished() == 1
    assert [each["check"] for each in ModelLogEntry.objects.get(action=ACTION).data["findings"]] == ["sum"]
    assert f"dispatch {dispatch.pk}: sum" in caplog.text


def test_the_command_says_what_does_not_agree_and_exits_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "servers", nullcontext)
    assert command.main([]) == 0
    assert "Nothing has been sent yet" in capsys.readouterr().out
    dispatch = sent()
    assert command.main([]) == 0
    assert "3 of 3 accounted for (3 accepted)" in capsys.readouterr().out
    Delivery.objects.filter(dispatch=dispatch).update(attempts=2)
    assert command.main(["--dispatch", str(dispatch.pk)]) == 1
    first = Delivery.objects.order_by("pk")[0].pk
    out, err = capsys.readouterr()
    assert f"3 × {SENTENCES['attempts']}: deliveries {first}," in out
    assert "1 of 1 dispatches don't agree" in err
    assert command.main(["--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["findings"][0]["check"] == "attempts"
    assert command.main(["--dispatch", "4242"]) == 1
    assert "There is no dispatch 4242" in capsys.readouterr().err
