"""Personal letters on the wire: composed in the reader's language, with the bulletin's sender, sent once.

They are no bulletin: nothing in them is measured, and there is no List-Unsubscribe, since nobody is on a list for them.
Nothing that a stranger typed into a form stands in them, so that nobody's words travel under our name.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from composer.models import BulletinPage
from composer.rendering.edition import Rendered
from composer.rendering.letter import encode_letter, join_letter
from composer.rendering.wrapping import wrap
from dispatch.claim import database_now
from dispatch.classify import Outcome, classify
from dispatch.dkim import signatures
from dispatch.errors import BadHeader
from dispatch.frozen import resolve_locale
from dispatch.headers import address_in_ascii, header, mailbox, text_header
from dispatch.letter import content_language
from dispatch.signing_keys import SigningKeyUnreadable, signers_for
from dispatch.transports.base import Envelope, Transport
from subscribers import notices
from subscribers.links import Purpose, confirm_token, person_token
from subscribers.models import Notice

logger = logging.getLogger(__name__)

Kind = Notice.Kind

_PATHS = {
    Kind.CONFIRM: "confirm",
    Kind.ALREADY: "preferences",
    Kind.PREFERENCES: "preferences",
    Kind.EXPORT: "held",
    Kind.ERASE: "erase",
}
_PURPOSES = {
    Kind.ALREADY: Purpose.PREFERENCES,
    Kind.PREFERENCES: Purpose.PREFERENCES,
    Kind.EXPORT: Purpose.EXPORT,
    Kind.ERASE: Purpose.ERASE,
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter says: a subject, a heading, what for, the button, and what is to be known about it."""

    subject: str
    heading: str
    body: str
    button: str
    note: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter that is ready to leave."""

    envelope: Envelope
    data: bytes


def send_notices(transport: Transport, *, most: int = 50) -> int:
    """Send notices that are due, one after the other; returns how many left. Where the server takes nothing now, the
    others stay as they are."""
    left = 0
    for _time in range(most):
        notice = notices.claim()
        if notice is None:
            break
        outcome = send_one(notice, transport)
        left += outcome is Outcome.ACCEPTED
        if outcome is Outcome.RELEASED:
            break
    return left


def send_one(notice: Notice, transport: Transport) -> Outcome:
    """Send one letter, and note what came of it."""
    try:
        letter = compose(notice, now=database_now())
    except (BadHeader, BulletinPage.DoesNotExist) as error:
        notices.give_up(notice, str(error))
        return Outcome.FAILED
    except SigningKeyUnreadable as error:  # it waits until the key is mended: unsigned it would look forged
        notices.try_later(notice, str(error))
        return Outcome.DEFERRED
    result = transport.send(letter.envelope, letter.data, may_send=lambda: notices.may_leave(notice))
    verdict = classify(result)
    match verdict.outcome:
        case Outcome.ACCEPTED:
            notices.sent(notice)
        case Outcome.UNKNOWN:
            notices.doubt(notice)
        case Outcome.FAILED:
            notices.give_up(notice, verdict.reason)
        case Outcome.DEFERRED | Outcome.RELEASED if not result.withheld:
            notices.try_later(notice, verdict.pause or verdict.reason)
    if verdict.outcome is not Outcome.ACCEPTED:
        logger.info("notice %s: %s (%s)", notice.pk, verdict.outcome, verdict.reason)
    return verdict.outcome


def compose(notice: Notice, *, now: datetime) -> Composed:
    """The whole letter, with CRLF line ends, signed where the sender's domain has a key.

    BadHeader for what can't be a header, DoesNotExist without a bulletin, SigningKeyUnreadable for a key that is shut.
    """
    locale = spoken(notice.language)
    bulletin = bulletin_for(notice.bulletin_key, locale)
    link = _link(notice, now)
    with translation.override(locale):
        words = words_of(Kind(notice.kind), bulletin.title)
        context = {
            "words": words,
            "link": link,
            "bulletin": bulletin,
            "language": content_language(locale),
            "site": settings.BASE_URL,
        }
        html = render_to_string("web/notices/letter.html", context)
        text = _text(words, link, bulletin, cjk=locale.startswith("zh"))
    rendered = Rendered(locale=locale, subject=words.subject, preheader="", html=html, text=text, links=())
    body = encode_letter(rendered)
    domain = address_in_ascii(bulletin.sender_address).rpartition("@")[2]
    address = notice.subscriber.email
    lines = [
        header("From", mailbox(bulletin.sender_name, bulletin.sender_address, "From")),
        header("To", mailbox("", address, "To")),
        header("Date", format_datetime(now)),
        text_header("Subject", words.subject),
        header("Message-ID", message_id(notice.pk, domain)),
        header("Auto-Submitted", "auto-generated"),
        header("Content-Language", content_language(locale)),
    ]
    if bulletin.reply_to:
        lines.append(header("Reply-To", mailbox("", bulletin.reply_to, "Reply-To")))
    headers, text_of_letter = b"".join(lines) + body.content_headers, join_letter(body, {})
    data = signatures(signers_for(domain), headers, [text_of_letter], now) + headers + b"\r\n" + text_of_letter
    return Composed(Envelope(address_in_ascii(bulletin.sender_address), address_in_ascii(address)), data)


def words_of(kind: Notice.Kind, bulletin: str) -> Words:
    """What a letter of `kind` says, in the active language."""
    named = {"bulletin": bulletin}
    ignore = _("If you didn’t ask for this, do nothing: nothing changes, and we won’t write again about it.")
    own = _("The link is yours alone: please don’t pass the letter on.")
    match kind:
        case Kind.CONFIRM:
            return Words(
                _("Please confirm: %(bulletin)s") % named,
                _("One more step"),
                _(
                    "Somebody, you we hope, asked to receive “%(bulletin)s” at this address. The link leads to a page"
                    " with a button. Nothing is sent to you before you press it."
                )
                % named,
                _("Yes, subscribe me"),
                _("The link works for seven days.") + " " + ignore,
            )
        case Kind.ALREADY:
            return Words(
                _("You receive it already: %(bulletin)s") % named,
                _("You are subscribed already"),
                _(
                    "Somebody, you we hope, asked to receive “%(bulletin)s” at this address. It comes here already, so"
                    " there is nothing to do. If you wanted to change something, you can do it here."
                )
                % named,
                _("Your preferences"),
                _("The link works for 24 hours.") + " " + own,
            )
        case Kind.PREFERENCES:
            return Words(
                _("Your preferences: %(bulletin)s") % named,
                _("Your preferences"),
                _(
                    "Here you choose which bulletins you receive, how often and in which language, and what may be"
                    " measured. You can leave all of them there too."
                ),
                _("Open your preferences"),
                _("The link works for 24 hours.") + " " + own + " " + ignore,
            )
        case Kind.EXPORT:
            return Words(
                _("What we hold on you: %(bulletin)s") % named,
                _("What we hold on you"),
                _("The link leads to a page where you can take away everything that is held on you, as a file."),
                _("See what is held"),
                _("The link works for four hours.") + " " + own + " " + ignore,
            )
        case Kind.ERASE:
            return Words(
                _("To be erased: %(bulletin)s") % named,
                _("To be erased"),
                _(
                    "The link leads to a page that says what is erased and what is left. Nothing is erased before you"
                    " press the button there."
                ),
                _("Go to the page"),
                _("The link works for four hours.") + " " + own + " " + ignore,
            )


def spoken(language: str) -> str:
    """The language of ours that is nearest to a reader's."""
    return resolve_locale(language, dict(settings.LANGUAGES), ["en"])


def bulletin_for(key: UUID | None, locale: str) -> BulletinPage:
    """The bulletin in whose name to write, as its page in `locale` or its first has it; without a key, the first."""
    pages = BulletinPage.objects.live().order_by("pk")
    if key is not None and pages.filter(translation_key=key).exists():
        pages = pages.filter(translation_key=key)
    return pages.filter(locale__language_code=locale).first() or pages.earliest("pk")


def message_id(number: int, domain: str) -> str:
    """The Message-ID of a notice: the same at every attempt, and no clue to who it is for."""
    key = salted_hmac("circular.notice", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return f"<n.{hmac.new(key, str(number).encode(), hashlib.sha256).hexdigest()[:32]}@{domain}>"


def _link(notice: Notice, now: datetime) -> str:
    kind = Kind(notice.kind)
    if kind is Kind.CONFIRM:
        if notice.opt_in is None:
            raise BadHeader("There is nothing left to confirm.")
        token = confirm_token(notice.opt_in)
    else:
        token = person_token(_PURPOSES[kind], notice.subscriber, now=now)
    return f"{settings.BASE_URL}/{_PATHS[kind]}/{token}"


def _text(words: Words, link: str, bulletin: BulletinPage, *, cjk: bool) -> str:
    def paragraph(text: str) -> str:
        return "\n".join(wrap(text, cjk=cjk))

    foot = [part for part in (bulletin.title, bulletin.publisher, bulletin.postal_address) if part]
    parts = [words.heading, paragraph(words.body), f"{words.button}:\n{link}", paragraph(words.note)]
    return "\n\n".join([*parts, "-- \n" + "\n".join(foot)]) + "\n"
