"""The sample in the database, and that an issue is sent once however often the demo is run."""

from __future__ import annotations

import pytest

from composer.issues import issue_of
from config.sample.load import ISSUE_KEY, SampleError, load_sample, sent_issue
from dispatch.models import Delivery, Dispatch
from subscribers.models import Segment, Subscriber
from subscribers.segments import matching

pytestmark = pytest.mark.django_db

TEXT = """采购网络通讯

各成员国代表上周在会议上商定，明年起共用一份公共采购的环境标准清单。这份清单列出了十二类产品。

（摘自网络简报 https://www.example.org/standards）
""".encode("gb18030")


@pytest.fixture(autouse=True)
def _sample(settings: pytest.FixtureRequest, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    load_sample()


def test_loading_the_sample_twice_changes_nothing() -> None:
    load_sample()
    assert Subscriber.objects.count() == 500
    assert list(issue_of(ISSUE_KEY).editions) == ["en", "zh-hans"]


def test_the_samples_segments_are_sound_and_not_empty() -> None:
    sizes = {segment.slug: matching(segment.rule).count() for segment in Segment.objects.all()}
    assert sizes["everyone"] == 500
    assert all(sizes.values())


def test_the_sample_issue_is_sent_once_however_often_the_demo_is_run() -> None:
    first = sent_issue(None, name="")
    Delivery.objects.filter(dispatch=first).update(state="accepted", due_at=None)
    Dispatch.objects.update(state="finished")
    assert sent_issue(None, name="") == first
    assert Dispatch.objects.count() == 1


def test_the_same_text_is_one_issue() -> None:
    first = sent_issue(TEXT, name="a.txt")
    assert sent_issue(TEXT, name="b.txt") == first
    assert first.audience_size == 500
    assert {variant.locale for variant in first.variants.all()} == {"zh-hans"}


def test_a_text_of_which_nothing_is_left_is_refused_with_a_sentence() -> None:
    with pytest.raises(SampleError, match="empty"):
        sent_issue(b" ", name="a.txt")
