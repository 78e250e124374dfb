"""Whether an issue may go out: preflight with all the facts that it asks for, and what of it is binding.

No network call is made here: what became of links is what `composer.linkchecks` keeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from composer.approval import standing_approval
from composer.audiences import audience_choices
from composer.content import EditionContent
from composer.editions import standings
from composer.issues import Issue
from composer.linkchecks import results_of, web_addresses
from composer.models import Approval as ApprovalRecord
from composer.picturefiles import picture_facts
from composer.preflight.approval import check_approval
from composer.preflight.edition import check_edition
from composer.preflight.facts import Approval, EditionFacts, EditionState, HeaderFacts, LinkResult, VariantFacts
from composer.preflight.findings import Finding, Severity, gettext_noop, message
from composer.preflight.headers import check_headers
from composer.preflight.issue import check_issue
from composer.preflight.items import FRAME
from composer.preflight.variants import check_rendering, check_variants
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from composer.rendering.theme import DEFAULT, Theme
from composer.rendering.themes import theme_of
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen, Group, audience, frozen_of, groups, takers
from dispatch.lacking import missing_values
from dispatch.letter import list_label
from dispatch.models import Dispatch
from subscribers.models import Segment
from subscribers.rules import BadRule

EVERYONE: dict[str, Any] = {"all": []}
_KEPT = 3600  # seconds


def findings_of(
    issue: Issue, *, rule: dict[str, Any] | None = None, rendered: bool = True, today: date | None = None
) -> list[Finding]:
    """All that is to be said of the issue as its latest revisions have it, but for its approval.

    `rule` is the audience, everybody who takes the bulletin if it is None. Without `rendered`, nothing is said of the
    letters themselves (their size, what mail programs drop of them), and it is quick.
    """
    try:
        frozen = frozen_of(issue)
    except PlanRefused as error:
        return [_finding("audiences-many", gettext_noop("{problem}"), problem=str(error))]
    states = [_state(standing) for standing in _expected(issue)]
    return findings_in(frozen, rule=rule or EVERYONE, rendered=rendered, today=today, states=states)


def findings_in(
    frozen: Frozen,
    *,
    rule: dict[str, Any],
    rendered: bool = True,
    today: date | None = None,
    states: Iterable[EditionState] = (),
    only_audience: bool = False,
) -> list[Finding]:
    """The findings of content that is given, such as the approved one, for exactly the audience of `rule`.

    `only_audience`: nothing is said of a letter that nobody in it would get.
    """
    today = today or timezone.localdate()
    contents = frozen.contents
    known = _facts(frozen, rule)
    found: list[Finding] = []
    for locale, content in contents.items():
        theme, fault = _theme(content)
        found += fault
        found += check_edition(content, today=today, theme=theme, facts=known[locale])
    found += check_issue(contents, original=next(iter(contents), ""), states=list(states))
    for facts in _headers(frozen):
        found += check_headers(facts)
    if rendered:
        found += _variants(frozen, rule, only_audience=only_audience)
    return _once(found)


def edition_findings(issue: Issue, content: EditionContent, *, today: date | None = None) -> list[Finding]:
    """The findings of one edition as it stands in an editor's form, held against the others as they were saved."""
    contents = {locale: content if locale == content.locale else saved for locale, saved in issue.contents().items()}
    contents.setdefault(content.locale, content)
    try:
        frozen = frozen_of(issue, contents=contents)
    except PlanRefused as error:
        return [_finding("audiences-many", gettext_noop("{problem}"), problem=str(error))]
    found = findings_in(frozen, rule=EVERYONE, rendered=False, today=today)
    return [finding for finding in found if finding.locale == content.locale]


def approval_findings(issue: Issue) -> list[Finding]:
    """Whether the issue's approval stands: an error where it doesn't."""
    given = ApprovalRecord.objects.filter(issue_key=issue.key).exists()
    return check_approval(Approval(given=given, stands=given and standing_approval(issue) is not None))


def _expected(issue: Issue) -> Iterator[Any]:
    """How the issue's editions stand, and which of the bulletin's languages, in order, has none."""
    chain = set(issue.bulletin.fallback_chain())
    return (standing for standing in standings(issue) if standing.exists or standing.locale in chain)


def _state(standing: Any) -> EditionState:
    return EditionState(
        locale=standing.locale,
        exists=standing.exists,
        stale=tuple(key for key in standing.stale if key),
        untranslated=tuple(key for key in standing.untranslated if key),
    )


def _facts(frozen: Frozen, rule: dict[str, Any]) -> dict[str, EditionFacts]:
    """What the database and the files know of each edition."""
    contents = frozen.contents
    links = known_links(contents.values())
    pictures = picture_facts(contents.values())
    segments = frozenset(Segment.objects.values_list("slug", flat=True))
    facts = EditionFacts(
        pictures=pictures,
        links=links,
        segments=segments,
        base_url=settings.BASE_URL,
        desk=(f"{settings.BASE_URL}/desk/",),
    )
    return {locale: replace(facts, missing=_missing(frozen, content, rule)) for locale, content in contents.items()}


def known_links(contents: Iterable[EditionContent]) -> tuple[LinkResult, ...]:
    """What became of trying the links, and of asking where tracked ones lead."""
    return results_of(web_addresses(contents))


def _missing(frozen: Frozen, content: EditionContent, rule: dict[str, Any]) -> Any:
    try:
        return missing_values(content, audience(frozen, rule))
    except (LookupError, BadRule):
        return ()  # an item names a segment that is gone: that is told by itself


def _theme(content: EditionContent) -> tuple[Theme, list[Finding]]:
    try:
        return theme_of(content.masthead.theme), []
    except RenderingError as error:
        return DEFAULT, [check_rendering(error, locale=content.locale)]


def _headers(frozen: Frozen) -> Iterator[HeaderFacts]:
    """What `dispatch.letter` will make each edition's header of."""
    bulletin = frozen.issue.bulletin
    pages = {page.locale.language_code: page for page in bulletin.get_translations(inclusive=True).specific()}
    stand_in = Dispatch(list_slug=bulletin.slug, bulletin_key=bulletin.translation_key)
    domain = bulletin.sender_address.rpartition("@")[2]
    for locale, content in frozen.contents.items():
        yield HeaderFacts(
            locale=locale,
            sender_name=pages[locale].sender_name if locale in pages else bulletin.title,
            sender_address=bulletin.sender_address,
            subject=content.subject,
            reply_to=bulletin.reply_to,
            list_id=f"{list_label(stand_in)}.{domain}",
            list_name=bulletin.title,
        )


def _variants(frozen: Frozen, rule: dict[str, Any], *, only_audience: bool) -> list[Finding]:
    """What is wrong with the letters that the audience gets; where nobody gets an edition, with that of all items."""
    try:
        found = groups(frozen, (audience if only_audience else takers)(frozen, rule))
    except (LookupError, BadRule):
        found = []
    names = dict(audience_choices())
    findings: list[Finding] = []
    for group in found:
        findings += _variant_findings(frozen, group, names)
    read = {group.locale for group in found if not group.empty}
    for locale in () if only_audience else frozen.contents.keys() - read:
        everything = tuple(sorted(frozen.contents[locale].audiences()))
        findings += _variant_findings(frozen, Group(locale, everything, 0, 0, empty=False), names, counted=False)
    return findings


def _variant_findings(
    frozen: Frozen, group: Group, names: dict[str, str], *, counted: bool = True
) -> Iterable[Finding]:
    content = frozen.contents[group.locale].seen_by(frozenset(group.segments))
    facts = VariantFacts(
        locale=group.locale,
        segments=frozenset(group.segments),
        label=", ".join(str(names.get(slug, slug)) for slug in group.segments),
        recipients=group.size - group.suppressed - group.resting if counted else None,
        items=sum(not isinstance(item, FRAME) for item in content.items()),
    )
    if not content.sections:
        # Who would get an empty letter gets none and is counted as excluded: no reason not to send the others'.
        return [replace(finding, severity=Severity.WARNING) for finding in check_variants([facts])]
    try:
        theme = theme_of(content.masthead.theme)
    except RenderingError:
        return []  # told with the edition
    told = f"{content.digest()} {theme.slug} {theme.version} {settings.BASE_URL} {facts}"
    name = f"variant-findings:{hashlib.sha256(told.encode()).hexdigest()}"
    findings: list[Finding] | None = cache.get(name)
    if findings is None:
        try:
            rendered = render_edition(content, base_url=settings.BASE_URL, tracked=True)
            findings = check_variants([replace(facts, rendered=rendered)])
        except RenderingError as error:
            findings = [check_rendering(error, locale=group.locale)]
        cache.set(name, findings, _KEPT)
    return findings


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once: variants share templates, and editions a theme."""
    return list({finding.id: finding for finding in findings}.values())


def _finding(check: str, text: str, **values: str) -> Finding:
    return Finding(check=check, severity=Severity.ERROR, message=message(text, **values))
