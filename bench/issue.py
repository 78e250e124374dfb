"""An issue to be sent and its audience: twelve variants, thirty tracked links, letters of about 50 KB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

LOCALES = ("en", "fr", "zh-hans")
SEGMENTS = ("ministries", "cities")
LINKS = 30
BULLETIN_KEY = UUID(int=7)

_TEXTS = {
    "en": "Seventeen cities of the network have bought desks and laptops as a service this year for less than before. ",
    "fr": "Dix-sept villes du réseau ont pris cette année des bureaux et des ordinateurs en location, à moindre prix. ",
    "zh-hans": "今年，网络里有十七个城市把课桌和笔记本电脑作为服务来采购。",
}
_REPEATS = {"en": 8, "fr": 7, "zh-hans": 4}

# Every second reader of a language is in the one segment, every third in the other: four variants of each edition.
_READERS = """
INSERT INTO subscribers_subscriber (id, email, address_hash, name, language, country, custom, created_at, changed_at)
SELECT n, 'reader' || n || '@city' || n %% 5000 || '.example', encode(sha256(('reader' || n)::bytea), 'hex'),
       'Reader ' || n, (%(locales)s::text[])[1 + n %% 3],
       CASE n / 3 %% 4 WHEN 0 THEN 'FR' WHEN 1 THEN 'CN' WHEN 2 THEN 'KE' ELSE 'BR' END, '{}', now(), now()
  FROM generate_series(1, %(size)s) AS n
"""

_SUBSCRIPTIONS = """
INSERT INTO subscribers_subscription (subscriber_id, bulletin_key, state, language, frequency, changed_at)
SELECT n, %(bulletin)s, 'active', '', 'every', now() FROM generate_series(1, %(size)s) AS n
"""


def make_audience(size: int) -> Any:
    """`size` readers of the bulletin in empty tables, and the segment of all of them."""
    from django.db import connection

    from subscribers.models import Segment

    values: dict[str, Any] = {"size": size, "locales": list(LOCALES), "bulletin": BULLETIN_KEY}
    with connection.cursor() as cursor:
        cursor.execute(_READERS, values)
        cursor.execute(_SUBSCRIPTIONS, values)
        cursor.execute("SELECT setval(pg_get_serial_sequence('subscribers_subscriber', 'id'), %(size)s)", values)
        cursor.execute("VACUUM ANALYZE subscribers_subscriber, subscribers_subscription")
    rules = {"ministries": ["FR", "CN"], "cities": ["CN", "KE"]}
    for slug, countries in rules.items():
        rule = {"all": [{"field": "country", "in": countries}]}
        Segment.objects.create(slug=slug, name=slug.capitalize(), rule=rule)
    return Segment.objects.create(slug="everyone", name="Everyone", rule={"all": []})


def make_issue(*, items: Sequence[int] = range(LINKS // 2), **fields: Any) -> UUID:
    """An approved issue of these items in three languages; its key. `fields` are the bulletin's."""
    from wagtail.models import Locale

    from composer.approval import approve_issue
    from composer.drafts import save_edition
    from composer.issues import issue_of
    from composer.models import BulletinPage, HomePage

    key = uuid4()
    for code in LOCALES:
        page = BulletinPage(
            title="Procurement Notes",
            slug="notes",
            sender_name="The Secretariat",
            sender_address="notes@bulletin.example",
            reply_to="secretariat@bulletin.example",
            postal_address="1 Example Street",
            reason="You are a member of the network.",
            fallback="en",
            locale=Locale.objects.get(language_code=code),
            translation_key=BULLETIN_KEY,
            **fields,
        )
        HomePage.objects.get(locale__language_code=code).add_child(instance=page)
        page.save_revision().publish()
        save_edition(_content(code, items), bulletin=page, issue_key=key)
    approve_issue(key, digest=issue_of(key).digest(), user=None)
    return key


def _content(locale: str, items: Sequence[int]) -> Any:
    from composer.content import EditionContent, Item, Masthead, Paragraph, Section, Source, Span, Story

    def item(number: int) -> Item:
        url = f"https://library.example.org/{locale}/{number}"
        audience = {3: "ministries", 6: "cities"}.get(number, "")
        paragraph = Paragraph((Span(_TEXTS[locale] * _REPEATS[locale]), Span(f"{number}", href=url)))
        return Story(
            key=f"item-{number}",
            heading=f"{_TEXTS[locale][:30]} {number}",
            body=(paragraph,),
            source=Source("Port City", f"https://port.example/{locale}/{number}"),
            audience=audience,
        )

    stories = tuple(item(number) for number in items)
    sections = tuple(Section(f"{start}", stories[start : start + 5]) for start in range(0, len(stories), 5))
    masthead = Masthead("Procurement Notes", "", "The Secretariat", "1 Example Street", "You are a member.")
    return EditionContent(
        locale=locale, masthead=masthead, title="The first issue", subject="The first issue", sections=sections
    )
