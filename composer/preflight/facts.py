"""What preflight must be told, since only a database, a file or the network knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from composer.rendering.edition import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """A picture's file as the letter loads it. `url` is that of the content's picture; `format` such as `jpeg`."""

    url: str
    bytes: int = 0
    width: int = 0
    height: int = 0
    format: str = ""
    animated: bool = False


class LinkStatus(StrEnum):
    """What became of trying a link."""

    OK = "ok"
    MOVED = "moved"  # for good: 301 or 308, and the target answers
    REDIRECTED = "redirected"  # for now: 302, 303 or 307, and the target answers
    DEAD = "dead"  # 404 or 410, or a host that doesn't exist
    REFUSED = "refused"  # 401, 403, 429 and the like: perhaps it answers only to browsers
    FAILING = "failing"  # 5xx, or an answer that is no HTTP
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no connection
    PRIVATE = "private"  # an address that the public can't reach, itself or by a redirect
    INSECURE = "insecure"  # its certificate isn't good
    LOOP = "loop"  # too many redirects
    INVALID = "invalid"  # no address that can be tried
    SKIPPED = "skipped"  # another mailer's tracked link: trying it would count as a reader's click


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResult:
    """One link tried. `final_url` is where it led; `code` the last HTTP status, 0 where there was none.

    `https` says, for an http link, whether the same address answers by https too.
    """

    url: str
    status: LinkStatus
    code: int = 0
    final_url: str = ""
    https: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue:
    """People for whom a merge field has no value: `count` in all, `people` the first of them as they are shown."""

    field: str
    people: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFacts:
    """One variant. `segments` are those named by items that its readers are in; `label` names it to editors.

    `recipients` is None where nobody has counted. `items` are those that it shows, besides contents, dividers and
    imprint. `rendered` is the letter with its slots (`tracked=True`), or None where there is none.
    """

    locale: str
    segments: frozenset[str] = frozenset()
    label: str = ""
    recipients: int | None = None
    items: int = 0
    rendered: Rendered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What a letter's header will be made of. `advertising` asks for the mark that Chinese law wants."""

    locale: str
    sender_name: str
    sender_address: str
    subject: str
    reply_to: str = ""
    list_id: str = ""
    list_name: str = ""
    advertising: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`stands` says whether the approval holds for the content as it is; `required` whether one is needed."""

    required: bool = True
    given: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionState:
    """How an edition stands to the one it is translated from. `stale` are keys of items that changed there since."""

    locale: str
    exists: bool = True
    stale: tuple[str, ...] = ()
    untranslated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFacts:
    """All that is known of one edition besides its content.

    `links` are results of earlier tries. `missing` lists merge values that people lack. `segments` are the slugs that
    exist, None where that isn't known. `base_url` is where readers reach the product: links and pictures there are
    good even where the host is a private one, as in a trial. `desk` are addresses (beginnings) for editors only.
    """

    pictures: tuple[PictureFacts, ...] = ()
    links: tuple[LinkResult, ...] = ()
    missing: tuple[MissingValue, ...] = ()
    segments: frozenset[str] | None = None
    base_url: str = ""
    desk: tuple[str, ...] = ()


NOTHING_KNOWN = EditionFacts()
