"""The words that people agree to, exactly as the page shows them: they are kept with each consent."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from composer.models import BulletinPage
from subscribers.consent import words_hash


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a button (`mail`) and two boxes say."""

    mail: str
    opens: str
    clicks: str
    privacy_url: str

    @property
    def text(self) -> str:
        return "\n\n".join(part for part in (self.mail, self.opens, self.clicks, self.privacy_url) if part)

    @property
    def hash(self) -> str:
        return words_hash(self.text)


def agreement_to_join(bulletin: BulletinPage, language: str) -> Agreement:
    """What somebody agrees to who subscribes."""
    named = {"bulletin": bulletin.title, "publisher": bulletin.publisher or bulletin.sender_name}
    with translation.override(language):
        return Agreement(
            mail=_(
                "I want to receive “%(bulletin)s” from %(publisher)s by mail at this address. I can leave at any time,"
                " by a link in every letter."
            )
            % named,
            opens=_opens(),
            clicks=_clicks(),
            privacy_url=bulletin.privacy_url,
        )


def agreement_to_choose(language: str) -> Agreement:
    """What somebody agrees to who saves their preferences."""
    with translation.override(language):
        return Agreement(
            mail=_(
                "I want to receive the bulletins that I ticked, by mail at my address, and no others. I can leave each"
                " of them at any time, by a link in every letter."
            ),
            opens=_opens(),
            clicks=_clicks(),
            privacy_url="",
        )


def _opens() -> str:
    return _("It may be recorded which letters I open, so that the editors learn what is read.")


def _clicks() -> str:
    return _("It may be recorded which links in the letters I follow.")
