"""Small makers of what tests need, on a real database. Each takes only what a test cares about."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from wagtail.models import Locale

from composer.approval import approve_issue
from composer.content import EditionContent, Item, Masthead, Paragraph, Section, Source, Span, Story
from composer.drafts import save_edition
from composer.issues import issue_of
from composer.models import BulletinPage, EditionPage, HomePage
from dispatch.models import Dispatch
from dispatch.plan import plan_dispatch
from subscribers.models import Affiliation, Consent, Role, Segment, Subscriber, Subscription


def make_user(username: str = "editor", *, superuser: bool = True) -> Any:
    users = get_user_model().objects
    make = users.create_superuser if superuser else users.create_user
    return make(username, f"{username}@circular.example", "a long password")


def make_bulletin(*locales: str, **fields: Any) -> BulletinPage:
    """A bulletin with a page in each of `locales` (English and Chinese if none is named); returns the first."""
    first: BulletinPage | None = None
    for code in locales or ("en", "zh-hans"):
        page = BulletinPage(
            **{
                "title": {"zh-hans": "采购通讯"}.get(code, "Procurement Notes"),
                "slug": "notes",
                "sender_name": {"zh-hans": "秘书处"}.get(code, "The Secretariat"),
                "sender_address": "notes@bulletin.example",
                "reply_to": "secretariat@bulletin.example",
                "postal_address": "1 Example Street",
                "reason": "You are a member of the network.",
                "fallback": "en, zh-hans",
                "locale": Locale.objects.get(language_code=code),
                **fields,
            }
        )
        if first is not None:
            page.translation_key = first.translation_key
        HomePage.objects.get(locale__language_code=code).add_child(instance=page)
        page.save_revision().publish()
        first = first or page
    assert first is not None
    return first


def make_item(
    heading: str = "A story", *, audience: str = "", text: str = "Something happened.", url: str = ""
) -> Item:
    return Story(
        key=str(uuid4()),
        heading=heading,
        body=(Paragraph((Span(text),)),),
        source=Source(name="The network", url=url or "https://www.example.org/story"),
        audience=audience,
    )


def make_content(locale: str = "en", *items: Item, title: str = "The first issue") -> EditionContent:
    return EditionContent(
        locale=locale,
        masthead=Masthead("Procurement Notes"),
        title=title,
        subject=title,
        sections=(Section("News", items or (make_item(),)),),
    )


def make_issue(bulletin: BulletinPage, *contents: EditionContent) -> UUID:
    """A draft issue with an edition for each content; returns its key."""
    key = uuid4()
    for content in contents or (make_content(),):
        page = bulletin.get_translation(Locale.objects.get(language_code=content.locale))
        save_edition(content, bulletin=page, issue_key=key)
    return key


def edition_of(key: UUID, locale: str = "en") -> EditionPage:
    return EditionPage.objects.get(translation_key=key, locale__language_code=locale)


def make_subscriber(
    bulletin: BulletinPage | None = None,
    *,
    email: str = "",
    consents: tuple[str, ...] = (),
    role: str = "",
    **fields: Any,
) -> Subscriber:
    """A subscriber; with `bulletin`, an active one of it."""
    number = Subscriber.objects.count() + 1
    person = Subscriber.objects.create(
        **{"email": email or f"reader{number}@example.org", "name": f"Reader {number}", "language": "en", **fields}
    )
    if role:
        Affiliation.objects.create(subscriber=person, role=Role(role))
    if bulletin is not None:
        key = bulletin.translation_key
        Subscription.objects.create(subscriber=person, bulletin_key=key, state=Subscription.State.ACTIVE)
        for purpose in consents:
            Consent.objects.create(subscriber=person, bulletin_key=key, purpose=purpose, given=True, source="test")
    return person


def make_segment(slug: str = "everyone", rule: dict[str, Any] | None = None, name: str = "") -> Segment:
    return Segment.objects.create(slug=slug, name=name or slug.capitalize(), rule=rule or {"all": []})


def approve(key: UUID, user: Any = None) -> None:
    approve_issue(key, digest=issue_of(key).digest(), user=user)


def make_dispatch(
    bulletin: BulletinPage | None = None, *, people: int = 3, contents: tuple[EditionContent, ...] = (), **fields: Any
) -> Dispatch:
    """A planned dispatch to `people` new subscribers and whoever takes the bulletin already."""
    bulletin = bulletin or make_bulletin(**fields)
    for _person in range(people):
        make_subscriber(bulletin)
    key = make_issue(bulletin, *contents)
    approve(key)
    segment = Segment.objects.filter(slug="everyone").first() or make_segment()
    return plan_dispatch(issue_key=key, segment=segment, request_key=uuid4())


def make_sent_issue(bulletin: BulletinPage, *contents: EditionContent) -> UUID:
    """An issue that was approved, sent to one reader and published, so that the archive has it; returns its key."""
    make_subscriber(bulletin)
    key = make_issue(bulletin, *contents)
    approve(key)
    segment = Segment.objects.filter(slug="everyone").first() or make_segment()
    dispatch = plan_dispatch(issue_key=key, segment=segment, request_key=uuid4())
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.FINISHED)
    for page in EditionPage.objects.filter(translation_key=key).select_related("latest_revision"):
        page.latest_revision.publish()
    return key
