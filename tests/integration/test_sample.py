"""The sample in the database, and that an issue is sent once however often the demo is run."""

from __future__ import annotations

from collections import Counter

import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import localdate

from composer.issues import issue_of
from config.sample.desk_users import DESK_USERS, make_desk_users
from config.sample.load import ISSUE_KEY, SampleError, load_sample, sent_issue
from dispatch.models import Delivery, Dispatch
from subscribers.custom_values import read_value
from subscribers.models import (
    Affiliation,
    CustomField,
    Interest,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)
from subscribers.segments import matching
from web.desk.roles import DeskRole

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
    assert Subscriber.objects.count() == 520
    assert list(issue_of(ISSUE_KEY).editions) == ["en", "zh-hans"]


def test_the_samples_segments_are_sound_and_not_empty() -> None:
    sizes = {segment.slug: matching(segment.rule).count() for segment in Segment.objects.all()}
    assert sizes["everyone"] == 520
    assert sizes.pop("not-opened-lately") == 0  # nothing was sent yet
    assert all(sizes.values()), sizes


def test_besides_the_500_there_are_people_who_get_no_letters() -> None:
    states = Counter(Subscription.objects.values_list("state", flat=True))
    assert states == {"active": 500, "pending": 6, "unsubscribed": 14}
    suppressed = Subscriber.objects.filter(address_hash__in=Suppression.objects.values("address_hash"))
    assert suppressed.count() == Suppression.objects.count() == 6
    assert not suppressed.filter(subscriptions__state="active").exists()


def test_there_is_a_desk_user_for_each_role() -> None:
    make_desk_users("a password of theirs")
    make_desk_users("another one, which is not taken")
    users = get_user_model().objects.exclude(username="admin")
    assert set(users.values_list("username", "groups__name")) == set(DESK_USERS.items())
    assert set(DESK_USERS.values()) == set(DeskRole.values) - {DeskRole.ADMINISTRATOR.value}
    assert all(user.check_password("a password of theirs") for user in users)


def test_people_have_topics_custom_values_and_a_past() -> None:
    assert all(set(topic.names) == {"en", "zh-hans", "fr"} for topic in Topic.objects.all())
    assert Interest.objects.values("subscriber").distinct().count() > 250
    fields = {field.key: field for field in CustomField.objects.all()}
    assert {field.kind for field in fields.values()} == {"choice", "date", "boolean"}
    for person in Subscriber.objects.exclude(custom={}):
        for key, value in person.custom.items():
            words = {True: "yes", False: "no"}.get(value, value)
            assert read_value(fields[key].kind, words, choices=fields[key].choices) == value
    assert Affiliation.objects.filter(until__lt=localdate()).count() > 40
    assert Affiliation.objects.filter(since__isnull=False, until__isnull=True).count() > 300
    assert Subscriber.objects.exclude(external_id=None).count() > 150
    assert Subscription.objects.exclude(language="").exists()
    assert set(Subscription.objects.values_list("frequency", flat=True)) == {"every", "weekly", "monthly"}
    assert not Subscription.objects.filter(state="active").exclude(frequency="every").exists()


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
