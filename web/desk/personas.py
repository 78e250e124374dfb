"""Looking at a letter as somebody: whom the desk offers, which edition they get, and what they see of it.

A choice of reader is one word: nothing for a reader of no special audience, `*` for nobody (all items together), a
segment's short name for a reader who is in that one, `@` and a number for a subscriber.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from composer.audiences import audience_choices, audience_name
from composer.content import EditionContent
from composer.models import BulletinPage, EditionPage
from composer.rendering.merge import MissingValueError, merges_in, slot_values
from dispatch.frozen import resolve_locale
from dispatch.models import Delivery
from subscribers.models import Subscriber, Subscription, Suppression
from subscribers.readers import reader_values
from subscribers.segments import segment_conditions
from web.desk.frame import language_name

ANYBODY = ""
ALL_ITEMS = "*"
SUBSCRIBER = "@"
MOST_FOUND = 8
GOOD, WARN, BAD = "good", "warn", "bad"


class NoSuchReaderError(LookupError):
    """The reader to look as is gone, or the user may not know of them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The issue to look at. `own` is the edition to show where nothing else is asked for."""

    issue_key: UUID
    bulletin: BulletinPage
    locales: Sequence[str]
    own: str
    content_of: Callable[[str], EditionContent]
    page_of: Callable[[str], EditionPage]


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader sees: `content` is theirs alone, `values` are for the merge values.

    `says` is a sentence on what they get, `tone` how good that is.
    """

    locale: str
    content: EditionContent
    says: str
    tone: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What keeps a subscriber from a letter, if anything: the words for it."""

    refused: str = ""
    warned: str = ""


def may_see_subscribers(user: Any) -> bool:
    return any(user.has_perm(f"subscribers.{action}_subscriber") for action in ("view", "change", "add", "delete"))


def archetypes(contents: Iterable[EditionContent]) -> list[tuple[str, str]]:
    """(choice, words) of the readers who are nobody in particular, for an issue with these contents."""
    named = frozenset[str]().union(*(content.audiences() for content in contents))
    offered = [(ANYBODY, _("Readers of no special audience"))]
    offered += [(slug, str(name)) for slug, name in _names(named)]
    return [*offered, (ALL_ITEMS, _("Nobody: all items together"))] if named else offered


def found_subscribers(text: str) -> list[Subscriber]:
    """The first few subscribers with each of these words in name or address."""
    words = text.split()[:5]
    if not words:
        return []
    people: QuerySet[Subscriber] = Subscriber.objects.all()
    for word in words:
        people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return list(people.order_by("name", "email")[:MOST_FOUND])


def reader_label(choice: str, user: Any) -> str:
    """The subscriber whom `choice` names, in a word; empty for other choices, and for who is gone."""
    if not choice.startswith(SUBSCRIBER):
        return ""
    try:
        return str(_subscriber(choice, user))
    except NoSuchReaderError:
        return ""


def look(setting: Setting, choice: str, *, wanted: str, user: Any) -> Look:
    """The issue as the reader of `choice` sees it, in the edition `wanted` (empty: theirs); NoSuchReaderError."""
    if choice.startswith(SUBSCRIBER):
        return _as_subscriber(setting, _subscriber(choice, user), wanted)
    locale = wanted if wanted in setting.locales else setting.own
    content = setting.content_of(locale)
    if not any(content.items()):
        return Look(
            locale, content.public(), _("Nothing is written yet: the letter appears with the first item."), WARN
        )
    if choice == ALL_ITEMS:
        return Look(locale, content, _("All items together. Nobody gets this letter."), WARN)
    seen = content.seen_by(frozenset({choice} if choice else ()))
    if not seen.sections:
        return Look(locale, seen, nothing_for_them(), BAD)
    return Look(locale, seen, _items_of(seen), GOOD)


def nothing_for_them() -> str:
    return _("No item of this edition is meant for these readers: they would get no letter.")


def _as_subscriber(setting: Setting, person: Subscriber, wanted: str) -> Look:
    theirs = resolve_locale(person.language, dict.fromkeys(setting.locales), setting.bulletin.fallback_chain())
    locale = wanted if wanted in setting.locales else theirs
    content = setting.content_of(locale)
    try:
        seen = content.seen_by(segments_of(person, content.audiences()))
    except LookupError as error:
        return Look(locale, content.seen_by(frozenset()), str(error), BAD)
    values = reader_values([person.pk], locale=locale)[person.pk]
    standing = _standing(person, setting)
    refused = standing.refused or _without_letter(seen, values)
    if refused:
        return Look(locale, seen, refused, BAD, values)
    if locale != theirs:
        says = _("Gets the edition in %(theirs)s; this is the one in %(shown)s.") % {
            "theirs": language_name(theirs),
            "shown": language_name(locale),
        }
        return Look(locale, seen, says, WARN, values)
    says = _("Gets the edition in %(language)s. %(items)s") % {
        "language": language_name(theirs),
        "items": _items_of(seen),
    }
    return Look(locale, seen, standing.warned or says, WARN if standing.warned else GOOD, values)


def segments_of(person: Subscriber, named: frozenset[str]) -> frozenset[str]:
    """Those of the segments `named` that `person` is in; LookupError where one is gone."""
    if not named:
        return frozenset()
    order = sorted(named)
    conditions = segment_conditions(named)
    columns = {
        f"in_{number}": Case(
            When(conditions[slug], then=Value(True)), default=Value(False), output_field=BooleanField()
        )
        for number, slug in enumerate(order)
    }
    row = Subscriber.objects.filter(pk=person.pk).annotate(**columns).order_by().values_list(*columns).get()
    return frozenset(slug for slug, is_in in zip(order, row, strict=True) if is_in)


def _subscriber(choice: str, user: Any) -> Subscriber:
    number = choice.removeprefix(SUBSCRIBER)
    known = number.isascii() and number.isdigit() and len(number) < 19 and may_see_subscribers(user)
    person = Subscriber.objects.filter(pk=int(number)).first() if known else None
    if person is None:
        raise NoSuchReaderError(_("This subscriber isn't there any more. Choose another reader."))
    return person


def _standing(person: Subscriber, setting: Setting) -> Standing:
    suppression = Suppression.objects.filter(address_hash=person.address_hash).first()
    if suppression is not None:
        return Standing(_("Gets no letter: the address is suppressed (%s).") % suppression.get_reason_display())
    taken = Subscription.objects.filter(subscriber=person, bulletin_key=setting.bulletin.translation_key).first()
    if taken is None:
        return Standing(_("Gets no letter: doesn't take this bulletin."))
    if taken.state == Subscription.State.PENDING:
        return Standing(_("Gets no letter: the subscription isn't confirmed yet."))
    if taken.state != Subscription.State.ACTIVE:
        return Standing(_("Gets no letter: unsubscribed from this bulletin."))
    had = Delivery.objects.filter(
        subscriber=person,
        dispatch__issue_key=setting.issue_key,
        state__in=[Delivery.State.ACCEPTED, Delivery.State.UNKNOWN, Delivery.State.COMPLAINED],
    )
    return Standing(warned=_("Has this issue already: it isn't sent to them again.") if had.exists() else "")


def _without_letter(seen: EditionContent, values: dict[str, str]) -> str:
    if not seen.sections:
        return _("Gets no letter: no item of this edition is meant for them.")
    try:
        slot_values(merges_in(seen), values)
    except MissingValueError as error:
        return _("Gets no letter: no %s is known, and the text has no fallback for it.") % error.field
    return ""


def _items_of(seen: EditionContent) -> str:
    audiences = dict.fromkeys(item.audience for item in seen.items() if item.audience)
    if not audiences:
        return _("Sees the items for everyone.")
    named = get_text_list([audience_name(each) for each in audiences], _("and"))
    if all(item.audience for item in seen.items()):
        return _("Sees the items for %s.") % named
    return _("Sees the items for everyone, and those for %s.") % named


def _names(named: frozenset[str]) -> list[tuple[str, str]]:
    names = dict(audience_choices())
    return sorted(((slug, str(names.get(slug, slug))) for slug in named), key=lambda each: each[1].casefold())
