"""Whether an issue may go out: the facts behind the findings, and what of them is binding."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.images import ImageFile
from django.utils import timezone
from PIL import Image
from wagtail.images import get_image_model
from wagtail.log_actions import registry

from composer.content import EXCEPT, EditionContent, Item, Paragraph, Picture, Section, Source, Span, Story
from composer.drafts import save_edition
from composer.issues import issue_of
from composer.linkchecks import want
from composer.models import BulletinPage, LinkCheck
from composer.preflight.facts import LinkStatus
from composer.preflight.findings import Finding, Severity
from config.sample.load import ISSUE_KEY, load_sample
from dispatch.binding import Despite, binding_errors
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Dispatch
from dispatch.plan import plan_dispatch
from dispatch.readiness import approval_findings, edition_findings, findings_of
from subscribers.models import Segment
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
    make_user,
)

pytestmark = pytest.mark.django_db

TRACKED = "https://em.example/t/y-l-uktltkd-iytjiuiydl-y/"
PURE_MS = 150


@pytest.fixture
def bulletin() -> BulletinPage:
    return make_bulletin("en")


def found(key: UUID, **fields: Any) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings_of(issue_of(key), **fields)}


def checks(key: UUID, **fields: Any) -> set[str]:
    return set(found(key, **fields))


def tried(url: str, status: LinkStatus, **fields: Any) -> None:
    """The link as a worker would have left it."""
    want([url])
    now = timezone.now()
    LinkCheck.objects.filter(url=url).update(
        **{"status": status, "wanted_at": None, "checked_at": now, "code": 200, **fields}
    )


def plan(key: UUID, segment: Segment, **fields: Any) -> Dispatch:
    return plan_dispatch(issue_key=key, segment=segment, request_key=uuid4(), **fields)


def saying(text: str, *, audience: str = "") -> Item:
    return make_item("Dear reader", text=text, audience=audience)


# What is found


def test_the_sample_issue_is_clean(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    load_sample()
    assert [finding.sentence for finding in findings_of(issue_of(ISSUE_KEY), today=date(2026, 6, 1))] == []


def test_a_links_last_result_is_told(bulletin: BulletinPage) -> None:
    url = "https://www.example.org/gone"
    key = make_issue(bulletin, make_content("en", make_item(url=url)))
    assert "link-dead" not in checks(key)
    tried(url, LinkStatus.DEAD, code=404)
    assert found(key)["link-dead"].severity is Severity.ERROR


def test_a_tracked_link_gets_its_fix_when_somebody_has_asked_where_it_leads(bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", make_item(url=TRACKED)))
    assert found(key)["link-tracked"].fix is None
    tried(TRACKED, LinkStatus.REDIRECTED, final_url="https://www.example.org/story?utm_source=x", follow=True)
    fix = found(key)["link-tracked"].fix
    assert fix is not None
    assert fix.new == "https://www.example.org/story"


def test_a_picture_is_weighed_as_the_letter_loads_it(bulletin: BulletinPage, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    data = BytesIO()
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    image = get_image_model()(title="Moving", width=300, height=200)
    image.file.save("moving.gif", ImageFile(BytesIO(data.getvalue()), name="moving.gif"), save=False)
    image.save()
    story = Story(
        key=str(uuid4()),
        heading="A story",
        body=(Paragraph((Span("Something happened."),)),),
        source=Source(name="The network"),
        picture=Picture("picture:1", "Two colours that take turns", 300, 200),
    )
    save_edition(
        make_content("en", story), bulletin=bulletin, issue_key=(key := uuid4()), pictures={"picture:1": image}
    )
    assert "picture-narrow" in checks(key)
    assert "picture-animated" not in checks(key), "the library's copy for letters stands still"


def test_readers_without_a_value_are_named_for_exactly_the_audience(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin, name="", email="nameless@example.org", country="FR")
    make_subscriber(bulletin, name="Known", country="DE")
    key = make_issue(bulletin, make_content("en", saying("Dear {{name}}, good news.")))
    told = found(key)["merge-missing"].sentence
    assert "nameless@example.org" in told
    assert "Known" not in told
    germans = {"field": "country", "in": ["DE"]}
    assert "merge-missing" not in checks(key, rule=germans)


@pytest.mark.parametrize(("audience", "lacking"), [("focal", False), (EXCEPT + "focal", True), ("", True)])
def test_only_who_sees_the_item_lacks_its_value(bulletin: BulletinPage, audience: str, lacking: bool) -> None:
    make_segment("focal", {"field": "role", "in": ["national-focal-point"]})
    make_subscriber(bulletin, name="")
    make_subscriber(bulletin, name="Known", role="national-focal-point")
    key = make_issue(bulletin, make_content("en", make_item(), saying("Dear {{name}}, news.", audience=audience)))
    assert ("merge-missing" in checks(key)) is lacking


def test_at_most_ten_readers_are_named_and_all_are_counted(bulletin: BulletinPage) -> None:
    for number in range(14):
        make_subscriber(bulletin, name="", email=f"nameless{number:02}@example.org")
    key = make_issue(bulletin, make_content("en", saying("Dear {{name}}, good news.")))
    told = found(key)["merge-missing"].sentence
    assert "14" in told
    assert "nameless13" not in told


def test_an_item_for_a_segment_that_is_gone_is_told_and_nothing_breaks(bulletin: BulletinPage) -> None:
    key = make_issue(bulletin, make_content("en", make_item(audience="gone"), saying("Dear {{name}}", audience="gone")))
    assert found(key)["audience-unknown"].severity is Severity.ERROR


def test_readers_whom_nothing_is_meant_for_are_a_warning_since_they_get_no_letter(bulletin: BulletinPage) -> None:
    make_segment("focal", {"field": "role", "in": ["national-focal-point"]})
    make_subscriber(bulletin)
    make_subscriber(bulletin, role="national-focal-point")
    key = make_issue(bulletin, make_content("en", make_item(audience="focal")))
    assert found(key)["variant-empty"].severity is Severity.WARNING


def test_the_letters_of_an_issue_that_nobody_takes_yet_are_weighed_too(bulletin: BulletinPage) -> None:
    long = make_item(text="A long story. " * 9000)
    key = make_issue(bulletin, make_content("en", long))
    assert found(key)["size"].severity is Severity.ERROR
    assert "size" not in checks(key, rendered=False)


def test_the_header_is_made_of_the_bulletins_page(bulletin: BulletinPage) -> None:
    key = make_issue(bulletin)
    bulletin.sender_address = "notes@gmail.com"
    bulletin.save()
    assert "sender-free-mail" in checks(key)


def test_a_language_of_the_bulletin_without_an_edition_is_told() -> None:
    key = make_issue(make_bulletin("en", "zh-hans"), make_content("en"))
    missing = found(key)["edition-missing"]
    assert (missing.locale, missing.severity) == ("zh-hans", Severity.WARNING)


def test_what_stands_in_a_form_is_checked_against_the_other_editions_as_saved() -> None:
    shared = make_item("Shared")
    chinese = replace(make_content("zh-hans", shared), title="第一期", subject="第一期")
    key = make_issue(make_bulletin(), make_content("en", shared), chinese)
    unsaved = replace(make_content("en", shared), subject="NEWS FOR YOU NOW!!")
    found = {finding.check for finding in edition_findings(issue_of(key), unsaved)}
    assert {"subject-capitals", "subject-loud"} <= found


def test_the_approval_is_told_beside_the_findings(bulletin: BulletinPage) -> None:
    key = make_issue(bulletin)
    assert [finding.check for finding in approval_findings(issue_of(key))] == ["approval-missing"]
    approve(key)
    assert approval_findings(issue_of(key)) == []
    page = edition_of(key).get_latest_revision_as_object()
    page.title = "Another title"
    page.save_revision()
    assert [finding.check for finding in approval_findings(issue_of(key))] == ["approval-void"]


def test_forty_items_are_checked_while_one_writes(bulletin: BulletinPage) -> None:
    items = [make_item(f"Story number {number}", text="Something happened there. " * 30) for number in range(40)]
    key = make_issue(bulletin, make_content("en", *items))
    issue, content = issue_of(key), issue_of(key).editions["en"].content
    times = []
    for _time in range(5):
        start = time.process_time()
        edition_findings(issue, content)
        times.append(1000 * (time.process_time() - start))
    assert min(times) < PURE_MS, times


# What is binding


def test_nothing_with_an_error_is_planned_and_the_refusal_names_it(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", make_item("With a counter", url=TRACKED)))
    approve(key)
    with pytest.raises(PlanRefused, match=r"1 error .*“With a counter”.*Campaign Monitor"):
        plan(key, make_segment())
    assert not Dispatch.objects.exists()


def test_warnings_bind_nobody(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin)
    bare = Story(key="k", heading="No source", body=(Paragraph((Span("Something happened."),)),))
    key = make_issue(bulletin, make_content("en", bare))
    assert found(key)["source-missing"].severity is Severity.WARNING
    approve(key)
    assert plan(key, make_segment()).audience_size == 1


def test_an_unchecked_link_binds_nobody_and_a_dead_one_does(bulletin: BulletinPage) -> None:
    url = "https://www.example.org/gone"
    make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", make_item(url=url)))
    approve(key)
    assert binding_errors(freeze(key), {"all": []}) == []
    tried(url, LinkStatus.DEAD, code=404)
    assert [error.check for error in binding_errors(freeze(key), {"all": []})] == ["link-dead"]


def test_a_missing_value_binds_only_the_audience_that_lacks_it(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin, name="", country="FR")
    make_subscriber(bulletin, name="Known", country="DE")
    key = make_issue(bulletin, make_content("en", saying("Dear {{name}}, good news.")))
    approve(key)
    germans = make_segment("germans", {"field": "country", "in": ["DE"]})
    with pytest.raises(PlanRefused, match="no value for “name”"):
        plan(key, make_segment())
    assert plan(key, germans).audience_size == 1


def test_what_is_edited_after_the_approval_is_not_what_is_checked(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", make_item(url=TRACKED)))
    approve(key)
    page = edition_of(key).get_latest_revision_as_object()
    page.body = page.body.stream_block.to_python([])
    page.save_revision()
    with pytest.raises(PlanRefused, match="nobody has approved"):
        plan(key, make_segment())


def test_somebody_may_answer_for_an_error_by_name_and_the_log_keeps_it(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", make_item(url=TRACKED)))
    approve(key)
    user, segment = make_user(), make_segment()
    errors = binding_errors(freeze(key), segment.rule)
    despite = Despite(frozenset(error.id for error in errors), "The other mailer's page is all there is.")
    dispatch = plan(key, segment, user=user, despite=despite)
    (entry,) = registry.get_logs_for_instance(dispatch).filter(action="circular.dispatch.despite")
    assert entry.user == user
    assert entry.data["reason"] == "The other mailer's page is all there is."
    assert [each["check"] for each in entry.data["findings"]] == ["link-tracked"]


def test_nobody_answers_for_an_error_that_they_did_not_see(bulletin: BulletinPage) -> None:
    make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", make_item(url=TRACKED)))
    approve(key)
    with pytest.raises(PlanRefused):
        plan(key, make_segment(), despite=Despite(frozenset({"0123456789abcdef"}), "Whatever."))
    assert not Dispatch.objects.exists()


def private_link(content: EditionContent) -> EditionContent:
    return replace(content, sections=(Section("News", (make_item(url="http://192.168.1.1/story"),)),))


def broken_merge(content: EditionContent) -> EditionContent:
    return replace(content, sections=(Section("News", (saying("Dear {{name, hello"),)),))


def encoded_subject(content: EditionContent) -> EditionContent:
    return replace(content, subject="=?utf-8?q?a=0D=0ABcc:_x?=")


@pytest.mark.parametrize("spoil", [private_link, broken_merge, encoded_subject], ids=lambda spoil: spoil.__name__)
def test_for_some_errors_nobody_can_answer(bulletin: BulletinPage, spoil: Any) -> None:
    make_subscriber(bulletin)
    key = make_issue(bulletin, spoil(make_content("en")))
    approve(key)
    segment = make_segment()
    errors = binding_errors(freeze(key), segment.rule)
    assert errors
    with pytest.raises(PlanRefused, match="has to be corrected first"):
        plan(key, segment, despite=Despite(frozenset(error.id for error in errors), "I want it."))


def test_a_bulletin_without_a_postal_address_sends_nothing() -> None:
    bulletin = make_bulletin("en", postal_address=" ")
    make_subscriber(bulletin)
    key = make_issue(bulletin)
    approve(key)
    with pytest.raises(PlanRefused, match="postal address"):
        plan(key, make_segment())
