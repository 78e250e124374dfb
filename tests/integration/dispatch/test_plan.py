"""Planning: one delivery a subscriber, in their language, with the items meant for them; all or nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dispatch.control import cancel_dispatch
from dispatch.errors import PlanRefused
from dispatch.frozen import audience, freeze, groups
from dispatch.models import Delivery, Dispatch, Variant
from dispatch.plan import plan_dispatch
from subscribers.models import Subscription, Suppression
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_content,
    make_dispatch,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
)

pytestmark = pytest.mark.django_db


def test_everyone_who_takes_the_bulletin_gets_one_delivery_and_nobody_else_does() -> None:
    bulletin = make_bulletin()
    make_subscriber()  # takes nothing
    former = make_subscriber(bulletin)
    Subscription.objects.filter(subscriber=former).update(state=Subscription.State.UNSUBSCRIBED)
    dispatch = make_dispatch(bulletin, people=4)
    assert dispatch.audience_size == 4
    assert Delivery.objects.filter(dispatch=dispatch, state="planned").count() == 4


def test_the_suppressed_are_in_the_ledger_as_excluded() -> None:
    bulletin = make_bulletin()
    gone = make_subscriber(bulletin)
    Suppression.objects.create(address_hash=gone.address_hash, reason="complaint")
    dispatch = make_dispatch(bulletin, people=2)
    assert dispatch.audience_size == 3
    assert Delivery.objects.get(dispatch=dispatch, subscriber=gone).state == "excluded"


@pytest.mark.parametrize(
    ("language", "editions", "gets"),
    [
        ("zh-hans", ("en", "zh-hans"), "zh-hans"),
        ("en", ("en", "zh-hans"), "en"),
        ("fr", ("en", "zh-hans"), "en"),
        ("fr-ca", ("en", "fr"), "fr"),
        ("zh-cn", ("en", "zh-hans"), "zh-hans"),
        ("ZH", ("en", "zh-hans"), "zh-hans"),
        ("fr", ("zh-hans",), "zh-hans"),
        ("", ("en", "zh-hans"), "en"),
    ],
)
def test_a_reader_gets_their_language_or_the_first_of_the_bulletins_chain(
    language: str, editions: tuple[str, ...], gets: str
) -> None:
    bulletin = make_bulletin("en", "zh-hans", "fr")
    reader = make_subscriber(bulletin, language=language)
    dispatch = make_dispatch(bulletin, people=0, contents=tuple(make_content(code) for code in editions))
    assert Delivery.objects.get(dispatch=dispatch, subscriber=reader).locale == gets


def test_an_items_text_is_in_the_variants_of_its_audience_alone() -> None:
    bulletin = make_bulletin()
    make_segment("focal-points", {"field": "role", "in": ["national-focal-point"]})
    focal = make_subscriber(bulletin, role="national-focal-point")
    dispatch = make_dispatch(
        bulletin,
        people=2,
        contents=(make_content("en", make_item("For all"), make_item("Secret", audience="focal-points", text="Hush")),),
    )
    variants = {bool(variant.mask): variant for variant in Variant.objects.filter(dispatch=dispatch)}
    assert len(variants) == 2
    assert "Hush" in variants[True].html
    assert "Hush" in variants[True].text
    assert "Hush" not in variants[False].html + variants[False].text
    assert Delivery.objects.get(dispatch=dispatch, subscriber=focal).mask == variants[True].mask


def test_an_audience_of_one_language_makes_no_variant_of_the_other() -> None:
    bulletin = make_bulletin()
    make_segment("focal-points", {"field": "role", "in": ["national-focal-point"]})
    for language in ("en", "zh-hans"):
        make_subscriber(bulletin, language=language, role="national-focal-point")
        make_subscriber(bulletin, language=language)
    dispatch = make_dispatch(
        bulletin,
        people=0,
        contents=(make_content("en", make_item(), make_item(audience="focal-points")), make_content("zh-hans")),
    )
    assert sorted(dispatch.variants.values_list("locale", "mask")) == [("en", 0), ("en", 1), ("zh-hans", 0)]


def test_who_would_get_an_empty_letter_gets_none() -> None:
    bulletin = make_bulletin()
    make_segment("focal-points", {"field": "role", "in": ["national-focal-point"]})
    make_subscriber(bulletin, role="national-focal-point")
    other = make_subscriber(bulletin)
    dispatch = make_dispatch(bulletin, people=0, contents=(make_content("en", make_item(audience="focal-points")),))
    assert Delivery.objects.get(dispatch=dispatch, subscriber=other).reason == "no item for them"


def test_the_confirmations_groups_are_what_is_planned() -> None:
    bulletin = make_bulletin()
    make_segment("focal-points", {"field": "role", "in": ["national-focal-point"]})
    segment = make_segment()
    for number in range(9):
        role = "national-focal-point" if number % 3 == 0 else ""
        make_subscriber(bulletin, language=("en", "zh-hans", "fr")[number % 3], role=role)
    contents = (make_content("en", make_item(), make_item(audience="focal-points")), make_content("zh-hans"))
    key = make_issue(bulletin, *contents)
    approve(key)
    frozen = freeze(key)
    found = groups(frozen, audience(frozen, segment.rule))
    shown = {(group.locale, group.segments): group.size for group in found}
    dispatch = plan_dispatch(issue_key=key, segment=segment, request_key=uuid4())
    planned = {
        (variant.locale, tuple(variant.segments)): Delivery.objects.filter(
            dispatch=dispatch, locale=variant.locale, mask=variant.mask
        ).count()
        for variant in dispatch.variants.all()
    }
    assert shown == planned == {("en", ("focal-points",)): 3, ("en", ()): 3, ("zh-hans", ()): 3}


def test_an_unapproved_issue_is_refused_and_nothing_is_left_behind() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    key = make_issue(bulletin)
    with pytest.raises(PlanRefused, match="nobody has approved"):
        plan_dispatch(issue_key=key, segment=make_segment(), request_key=uuid4())
    assert not Dispatch.objects.exists()
    assert not Delivery.objects.exists()


def test_an_edit_voids_the_approval() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    key = make_issue(bulletin)
    approve(key)
    page = edition_of(key)
    page.title = "Another title"
    page.save_revision()
    with pytest.raises(PlanRefused, match="nobody has approved"):
        plan_dispatch(issue_key=key, segment=make_segment(), request_key=uuid4())


def test_what_is_edited_after_planning_is_not_what_is_sent() -> None:
    dispatch = make_dispatch()
    before = Variant.objects.get(dispatch=dispatch).html
    page = edition_of(dispatch.issue_key)
    page.title = "Another title"
    page.save_revision().publish()
    assert Variant.objects.get(dispatch=dispatch).html == before
    assert "Another title" not in before


def test_a_double_click_makes_one_dispatch() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    key = make_issue(bulletin)
    approve(key)
    segment, request = make_segment(), uuid4()
    first = plan_dispatch(issue_key=key, segment=segment, request_key=request)
    assert plan_dispatch(issue_key=key, segment=segment, request_key=request) == first
    with pytest.raises(PlanRefused, match="being sent already"):
        plan_dispatch(issue_key=key, segment=segment, request_key=uuid4())
    assert Dispatch.objects.count() == 1


def test_a_second_dispatch_of_an_issue_leaves_out_who_has_it() -> None:
    bulletin = make_bulletin()
    dispatch = make_dispatch(bulletin, people=3)
    had = Delivery.objects.filter(dispatch=dispatch).order_by("pk").first()
    assert had is not None
    Delivery.objects.filter(pk=had.pk).update(state="accepted", due_at=None)
    assert cancel_dispatch(dispatch.pk)
    segment = make_segment("again")
    second = plan_dispatch(issue_key=dispatch.issue_key, segment=segment, request_key=uuid4())
    assert second.audience_size == 2
    assert not Delivery.objects.filter(dispatch=second, subscriber=had.subscriber).exists()


def test_an_empty_audience_is_refused() -> None:
    bulletin = make_bulletin()
    make_subscriber(bulletin)
    key = make_issue(bulletin)
    approve(key)
    nobody = make_segment("nobody", {"any": []})
    with pytest.raises(PlanRefused, match="Nobody in"):
        plan_dispatch(issue_key=key, segment=nobody, request_key=uuid4())
    assert not Dispatch.objects.exists()
