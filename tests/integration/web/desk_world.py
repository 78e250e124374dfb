"""Something of everything on the desk, with the address of each page of ours; for tests that ask all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail_localize.models import Translation, TranslationSource

from composer.issues import issue_of
from composer.review import invite, make_token
from dispatch.models import Attempt, Delivery, PaceRule, PaceState, Schedule
from dispatch.signing_keys import make_key
from subscribers.models import (
    Affiliation,
    ApiToken,
    CustomField,
    ImportNote,
    ImportRun,
    Interest,
    OptIn,
    Organisation,
    Segment,
    Subscriber,
    Suppression,
    Topic,
    Webhook,
    WebhookCall,
)
from tests.factories import make_bulletin, make_content, make_dispatch, make_issue, make_item, make_user

OUR_CODE = ("web", "composer", "dispatch", "subscribers")


def own_pages() -> dict[str, URLPattern]:
    """Each pattern below /desk/ that is ours or leads to code of ours, by its full name."""
    found = {}
    for route, name, pattern in _walk(get_resolver(), "", ()):
        if not route.startswith("desk/"):
            continue
        view: Any = getattr(pattern.callback, "view_class", None) or pattern.callback
        while hasattr(view, "__wrapped__"):
            view = view.__wrapped__
        if name.startswith("circular") or view.__module__.split(".")[0] in OUR_CODE:
            found[name or view.__name__] = pattern
    return found


def token_pages() -> dict[str, URLPattern]:
    """Each public pattern whose address holds a token, by its name."""
    return {
        name: pattern
        for route, name, pattern in _walk(get_resolver(), "", ())
        if "<str:token>" in route and not route.startswith("desk/")
    }


def _walk(resolver: URLResolver, route: str, spaces: tuple[str, ...]) -> Iterator[tuple[str, str, URLPattern]]:
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each, here, (*spaces, each.namespace) if each.namespace else spaces)
        else:
            yield here, ":".join([*spaces, each.name or ""]), each


@dataclass(frozen=True)
class World:
    """`arguments` of addresses: for every page under "", for some by their namespace or name."""

    arguments: dict[str, dict[str, Any]]
    delivery: Delivery
    person: Subscriber
    review_token: str

    def address(self, name: str, pattern: URLPattern | None) -> str:
        if name == "SubmitEdition":
            return f"/desk/localize/submit/page/{self.arguments['']['page_id']}/"
        if pattern is None:
            of_a_page = {"page_id": self.arguments[""]["page_id"]} if name == "wagtailadmin_pages:delete" else {}
            return reverse(name, kwargs=of_a_page)
        given = {**self.arguments[""], **self.arguments.get(name.partition(":")[0], {}), **self.arguments.get(name, {})}
        return reverse(name, kwargs={key: given[key] for key in pattern.pattern.converters})


def make_world(words: str = "") -> World:
    """`words` stand wherever somebody can write something: as names, labels, notes, values, file names."""
    bulletin = make_bulletin()
    item = make_item(words or "A story", url="https://www.example.org/story")
    key = make_issue(bulletin, make_content("en", item), make_content("zh-hans"))
    dispatch = make_dispatch(bulletin, people=1)
    person = Subscriber.objects.get()
    delivery = Delivery.objects.get()
    owner = make_user("owner")
    owner.first_name = words[:150]
    owner.save()
    issue = issue_of(key)
    guest = words[:100] or "A guest"
    invitation = invite(key, digest=issue.digest(), name=guest, email="", days=3, user=owner, now=timezone.now())
    english = issue.editions["en"].page
    source, _made = TranslationSource.get_or_create_from_instance(english)
    chinese = issue.editions["zh-hans"].page
    translated = Translation.objects.create(source=source, target_locale=chinese.locale, enabled=True)
    organisation = Organisation.objects.create(name=words or "A ministry", kind="government")
    topic = Topic.objects.create(slug="repair", names={"en": words or "Repair"})
    field = CustomField.objects.create(key="motto", label=words[:80] or "Motto", kind="text")
    CustomField.objects.create(key="work", label="Work", kind="choice", choices=[words or "policy"])
    Subscriber.objects.filter(pk=person.pk).update(
        name=words or person.name,
        organisation=organisation,
        external_id=words[:100] or "CRM-1",
        custom={"motto": words or "On we go", "work": words or "policy"},
    )
    Interest.objects.create(subscriber=person, topic=topic)
    Affiliation.objects.create(subscriber=person, role="partner", organisation=organisation)
    OptIn.objects.create(
        subscriber=person,
        bulletin_key=bulletin.translation_key,
        text_hash="0" * 64,
        language="en",
        name=words[:200],
        source=words[:200] or "form",
    )
    segment = Segment.objects.create(
        slug="some",
        name=words[:120] or "Some people",
        description=words[:250],
        rule={"any": [{"field": "name", "contains": words or "Reader"}, {"field": "topic", "in": ["repair"]}]},
    )
    suppression = Suppression.objects.create(address_hash="0" * 64, note=words[:200])
    run = ImportRun.objects.create(
        name=words or "people.csv", path="gone.csv", digest="0" * 64, size=1, error=words, made_by=owner
    )
    ImportNote.objects.create(run=run, row=2, refused=True, reason=words or "No address.", cells=[words])
    Attempt.objects.create(delivery=delivery, number=1, outcome="failed", code=550, reply=words or "no such user")
    Delivery.objects.filter(pk=delivery.pk).update(state="failed", reason=words[:60] or "bounced", due_at=None)
    api_token = ApiToken.objects.create(name=words[:80] or "CRM", digest="0" * 64, beginning="crc_abc", scopes=[])
    webhook = Webhook.objects.create(url="https://www.example.org/hook", note=words[:120], problem=words[:300])
    WebhookCall.objects.create(webhook=webhook, event="subscribed", payload={"name": words}, reply=words[:300])
    pace = PaceRule.objects.create(domain=(words[:200] or "gmail") + ".com", per_minute=600)
    PaceState.objects.create(
        domain="slow.example", refusals=1, rests_until=timezone.now() + timedelta(days=1), rest_reason=words[:300]
    )
    signing = make_key("bulletin.example", "ed25519")
    picture = get_image_model().objects.create(title=words or "Roofs", file="gone.png", width=3, height=2, file_size=1)
    document = get_document_model().objects.create(title=words or "Terms", file="documents/gone.pdf", file_size=1)
    scheduled = Schedule.objects.create(
        issue_key=key,
        issue_title=words[:255] or "The first issue",
        digest="0" * 64,
        segment="some",
        audience_name=words[:120] or "Some people",
        audience_digest="0" * 64,
        at=timezone.now() + timedelta(days=1),
        time_zone="UTC",
        grace=timedelta(hours=1),
        reason=words[:500],
        made_by=owner,
    )
    everywhere = {
        "key": key,
        "locale": "en",
        "page_id": english.pk,
        "parent_page_id": bulletin.pk,
        "uidb64": "MQ",
        "token": "abc-def",
        "number": translated.pk,
        "pk": dispatch.pk,
        "kind": "csv",
        "image_id": picture.pk,
        "document_id": document.pk,
        "doc_id": document.pk,
    }
    special: dict[str, Any] = {
        "circular_invitation_end": {"number": invitation.pk},
        "circular_subscribers": {"pk": person.pk},
        "circular_organisations": {"pk": organisation.pk},
        "circular_organisation_chooser": {"pk": organisation.pk},
        "circular_segments": {"pk": segment.pk},
        "circular_segment_export": {"pk": segment.pk},
        "circular_suppressions": {"pk": suppression.pk},
        "circular_topics": {"pk": topic.pk},
        "circular_custom_fields": {"pk": field.pk},
        "circular_sign_up": {"key": bulletin.translation_key},
        "circular_pace": {"pk": pace.pk},
        "circular_pace_delete": {"pk": pace.pk},
        "circular_signing_key": {"pk": signing.pk},
        "circular_signing_key_action": {"pk": signing.pk},
        "circular_token_revoke": {"pk": api_token.pk},
        **{name: {"pk": scheduled.pk} for name in own_pages() if name.startswith("circular_schedule")},
        **{
            name: {"pk": webhook.pk}
            for name in ("circular_webhook", "circular_webhook_edit", "circular_webhook_action")
        },
    }
    imports = {name: {"pk": run.pk} for name in own_pages() if name.startswith("circular_people_")}
    person.refresh_from_db()
    delivery.refresh_from_db()
    return World({"": everywhere, **special, **imports}, delivery, person, make_token(invitation))
