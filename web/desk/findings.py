"""Findings as the desk shows them: by edition and by item, each with its sentence, its place and its way out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from composer.blocks import ITEM_BLOCKS
from composer.content import EditionContent, Item, plain_text
from composer.fixing import is_fixable, is_translated
from composer.issues import Issue
from composer.linkchecks import is_awaited, results_of
from composer.models import BulletinPage, EditionPage
from composer.preflight.findings import Finding, Fix, FixKind, Severity, by_severity
from composer.preflight.links import check_links
from composer.preflight.pieces import take_apart
from composer.preflight.trackers import recognise
from web.desk.frame import language_name

ON_THE_BULLETIN = {
    "name": "title",
    "tagline": "tagline",
    "publisher": "publisher",
    "postal_address": "postal_address",
    "reason": "reason",
    "theme": "theme",
    "sender_name": "sender_name",
    "sender_address": "sender_address",
    "reply_to": "reply_to",
    "list_name": "title",
    "list_id": "slug",
}
"""A finding's field, and the bulletin's field that it is about."""

OWN_FIELDS = {"title", "subject", "preheader", "number", "published"}
FEWEST_TOGETHER = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `old` becomes `new` by its fix; `together` are the ids of all of its kind in the edition.

    `tracked`: only the network knows where this link leads; `awaited`: it is being asked; `silent`: it was, in vain.
    """

    id: str
    severity: str
    sentence: str
    url: str
    fix: str = ""
    old: str = ""
    new: str = ""
    together: tuple[str, ...] = ()
    tracked: bool = False
    awaited: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class ItemLines:
    """An item with its findings, the worst first; without a key, the edition itself."""

    key: str
    name: str
    url: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class EditionLines:
    """An edition with its findings, in reading order; without a code, the issue as a whole."""

    code: str
    language: str
    items: tuple[ItemLines, ...]
    counts: Counts
    may_fix: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    errors: int = 0
    warnings: int = 0
    notes: int = 0

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.notes

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Counts:
        found = Counter(finding.severity for finding in findings)
        return cls(found[Severity.ERROR], found[Severity.WARNING], found[Severity.NOTE])


def fix_words(fix: Fix) -> str:
    """What the button of a fix says."""
    return {
        FixKind.REPLACE_URL: _("Use that address"),
        FixKind.STRIP_PARAMETERS: _("Take them out"),
        FixKind.REPLACE_TEXT: _("Correct it"),
        FixKind.REMOVE_ITEM: _("Remove it"),
        FixKind.SET_WHOLE: _("Use the whole width"),
    }[fix.kind]


def edition_lines(
    issue: Issue, findings: Iterable[Finding], *, fixable: Mapping[str, bool], in_form: EditionContent | None = None
) -> list[EditionLines]:
    """`findings` by edition, in the issue's order. `fixable` says for each locale whether its fixes may be made.

    `in_form` is an edition as it stands in its editor: links lead to blocks of that page.
    """
    by_locale: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_locale[finding.locale].append(finding)
    order = ["", *issue.editions, *sorted(by_locale.keys() - issue.editions.keys() - {""})]
    places = _Places(issue, in_form)
    return [
        EditionLines(
            code=code,
            language=language_name(code) if code else _("All languages"),
            items=tuple(_by_item(by_locale[code], code, places, may_fix=fixable.get(code, False))),
            counts=Counts.of(by_locale[code]),
            may_fix=fixable.get(code, False),
        )
        for code in order
        if by_locale.get(code)
    ]


def _by_item(findings: list[Finding], code: str, places: _Places, *, may_fix: bool) -> Iterable[ItemLines]:
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for finding in findings:
        if may_fix and is_fixable(finding) and finding.fix:
            kinds[finding.check, finding.fix.kind].append(finding.id)
    by_key: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_key[finding.item_key].append(finding)
    told: set[tuple[str, str]] = set()
    for key in places.in_order(code, by_key):
        lines = tuple(_line(finding, places, kinds, told, may_fix=may_fix) for finding in by_severity(by_key[key]))
        yield ItemLines(key, places.name(code, key), places.item_url(code, key), lines)


def _line(
    finding: Finding,
    places: _Places,
    kinds: dict[tuple[str, str], list[str]],
    told: set[tuple[str, str]],
    *,
    may_fix: bool,
) -> Line:
    fix = finding.fix if may_fix and is_fixable(finding) else None
    together: tuple[str, ...] = ()
    if fix:
        kind = (finding.check, str(fix.kind))
        ids = kinds[finding.check, fix.kind]
        if len(ids) >= FEWEST_TOGETHER and kind not in told:
            together = tuple(ids)
            told.add(kind)
    url = places.tracked.get(finding.id, "")
    return Line(
        id=finding.id,
        severity=str(finding.severity),
        sentence=finding.message.said(_),
        url=places.url(finding),
        fix=fix_words(fix) if fix else "",
        old=_visible(fix.old) if fix else "",
        new=_visible(fix.new) if fix else "",
        together=together,
        tracked=bool(url) and may_fix,
        awaited=bool(url) and is_awaited(url),
        silent=url in places.silent,
    )


def tracked_addresses(contents: Mapping[str, EditionContent]) -> dict[str, str]:
    """By the id of its finding, each tracked link that only the network knows the destination of.

    Not those that end a subscription: nobody may follow them.
    """
    return {
        finding.id: link.url.strip()
        for locale, content in contents.items()
        for link in take_apart(content).links
        if (known := recognise(link.url)) is not None and not known.destination and not known.ends_subscription
        for finding in check_links((link,), locale=locale)
    }


def _visible(text: str) -> str:
    """A piece of text with its spaces to be seen, in one line."""
    return Truncator(text.replace("\u00a0", "⍽").replace("\u200b", "·")).chars(120)


class _Places:
    """Where on the desk the things are that findings speak of."""

    def __init__(self, issue: Issue, in_form: EditionContent | None) -> None:
        self._issue = issue
        self._contents = issue.contents()
        self._own = ""
        if in_form is not None:
            self._own = in_form.locale
            self._contents[in_form.locale] = in_form
        self._items: dict[str, dict[str, Item]] = {
            code: {item.key: item for item in content.items()} for code, content in self._contents.items()
        }
        self.tracked = tracked_addresses(self._contents)
        self.silent = {result.url for result in results_of(self.tracked.values())} if self.tracked else set()
        self._bulletins: dict[str, BulletinPage] = {}
        self._translated: dict[str, bool] = {}

    def in_order(self, code: str, keys: Iterable[str]) -> list[str]:
        order = {key: place for place, key in enumerate(self._items.get(code, {}))}
        return sorted(keys, key=lambda key: (bool(key), order.get(key, len(order))))

    def name(self, code: str, key: str) -> str:
        if not key:
            return _("The edition as a whole") if code else _("The issue as a whole")
        item = self._items.get(code, {}).get(key)
        if item is None:
            return _("An item")
        text = item.heading or Truncator(plain_text(item.body)).chars(60)
        return text or str(ITEM_BLOCKS[item.kind]._meta_class.label)

    def item_url(self, code: str, key: str) -> str:
        if not key or code not in self._contents:
            return ""
        return self._edition(code) + ("" if self._is_translated(code) else f"#block-{key}-section")

    def url(self, finding: Finding) -> str:
        code, field = finding.locale, finding.field
        if field == "variants":
            return reverse("circular_issue_variants", args=[self._issue.key])
        if finding.item_key:
            return self.item_url(code, finding.item_key)
        if field in ON_THE_BULLETIN:
            return f"{self._bulletin(code)}#id_{ON_THE_BULLETIN[field]}"
        if code in self._contents:
            return self._edition(code) + (f"#id_{field}" if field in OWN_FIELDS else "")
        return ""

    def _edition(self, code: str) -> str:
        """The editor's address; nothing before the `#` where the reader is in it."""
        if code == self._own:
            return ""
        return reverse("wagtailadmin_pages:edit", args=[self._issue.editions[code].page.pk])

    def _is_translated(self, code: str) -> bool:
        if code == self._own:
            return False
        if code not in self._translated:
            self._translated[code] = is_translated(self._issue.editions[code].page)
        return self._translated[code]

    def _bulletin(self, code: str) -> str:
        if not self._bulletins:
            pages = self._issue.bulletin.get_translations(inclusive=True).select_related("locale")
            self._bulletins = {page.locale.language_code: page for page in pages}
        page = self._bulletins.get(code, self._issue.bulletin)
        return reverse("wagtailadmin_pages:edit", args=[page.pk])


def fixable_editions(issue: Issue, user: object) -> dict[str, bool]:
    """For each locale, whether `user` may have its findings mended by a click."""
    return {code: _may_fix(edition.page, user) for code, edition in issue.editions.items()}


def _may_fix(page: EditionPage, user: object) -> bool:
    tester = page.permissions_for_user(user)
    return bool(tester.can_edit() and not tester.page_locked() and not is_translated(page))
