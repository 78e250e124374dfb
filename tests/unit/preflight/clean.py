"""Two clean issues: the sample in English and in Chinese, with every kind of item, and facts that find no fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from typing import Any

from composer.content import (
    Divider,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Item,
    Paragraph,
    Partner,
    Partners,
    Picture,
    Section,
    Source,
    Span,
    Story,
)
from composer.preflight.approval import check_approval
from composer.preflight.edition import check_edition
from composer.preflight.facts import (
    Approval,
    EditionFacts,
    EditionState,
    HeaderFacts,
    LinkResult,
    LinkStatus,
    PictureFacts,
    VariantFacts,
)
from composer.preflight.findings import Finding, Fix, FixKind
from composer.preflight.fixes import apply_fix
from composer.preflight.headers import check_headers
from composer.preflight.issue import check_issue
from composer.preflight.pieces import take_apart
from composer.preflight.variants import check_variants
from composer.rendering.theme import DEFAULT, Theme
from config.sample import facts as sample
from config.sample.issue import BULLETIN, sample_issue

TODAY = date(2026, 11, 20)
BASE_URL = "https://bulletin.example.org"
SEGMENTS = frozenset({"members-in-africa", "national-focal-points"})

EVENT, FIGURES, GUIDE, PARTNERS = "an-event", "some-figures", "a-guide", "our-partners"
DIVIDER, HALF, OTHER_HALF = "a-divider", "half", "other-half"


@dataclass(frozen=True, slots=True)
class Case:
    """An issue with all that preflight is told of it."""

    contents: dict[str, EditionContent]
    facts: dict[str, EditionFacts]
    headers: dict[str, HeaderFacts]
    variants: tuple[VariantFacts, ...] = ()
    states: tuple[EditionState, ...] = ()
    approval: Approval = field(default=Approval(given=True, stands=True))
    theme: Theme = DEFAULT
    today: date = TODAY


def check(case: Case) -> list[Finding]:
    """Everything that preflight has to say."""
    findings = []
    for locale in case.contents:
        findings += check_alone(case, locale) + check_headers(case.headers[locale])
    findings += check_issue(case.contents, original="en", states=case.states)
    findings += check_variants(case.variants)
    return findings + check_approval(case.approval)


def check_alone(case: Case, locale: str) -> list[Finding]:
    """What it says of one edition by itself."""
    return check_edition(case.contents[locale], today=case.today, theme=case.theme, facts=case.facts[locale])


@cache
def clean_case() -> Case:
    contents = {locale: _complete(content) for locale, content in sample_issue().items()}
    return Case(
        contents=contents,
        facts={locale: _facts(content) for locale, content in contents.items()},
        headers={
            locale: HeaderFacts(
                locale=locale,
                sender_name=BULLETIN.words[locale].sender_name,
                sender_address=BULLETIN.sender_address,
                reply_to=BULLETIN.reply_to,
                subject=content.subject,
                list_id="sustainable-procurement.circular.example",
                list_name=content.masthead.name,
            )
            for locale, content in contents.items()
        },
        variants=tuple(VariantFacts(locale=locale, recipients=40, items=14) for locale in contents),
        states=tuple(EditionState(locale=locale) for locale in contents),
    )


def _facts(content: EditionContent) -> EditionFacts:
    pieces = take_apart(content)
    return EditionFacts(
        pictures=tuple(
            PictureFacts(url=shown.picture.url, bytes=90_000, width=shown.picture.width, format="jpeg")
            for shown in pieces.pictures
        ),
        links=tuple(
            LinkResult(url=link.url, status=LinkStatus.OK, code=200, final_url=link.url) for link in pieces.links
        ),
        segments=SEGMENTS,
        base_url=BASE_URL,
        desk=(BASE_URL + "/admin/",),
    )


def _complete(content: EditionContent) -> EditionContent:
    """The sample's edition with more of every kind, its pictures at addresses of the web."""
    for shown in take_apart(content).pictures:
        url = shown.picture.url
        new = url.replace("picture:", "https://media.example.org/")
        content = apply_fix(content, Fix(kind=FixKind.REPLACE_URL, item_key=shown.item.key, old=url, new=new))
    *sections, last = content.sections
    return dataclasses.replace(content, sections=(*sections, _MORE[content.locale], last))


def _text(*parts: str | Span) -> tuple[Paragraph, ...]:
    return (Paragraph(tuple(Span(part) if isinstance(part, str) else part for part in parts)),)


_SOURCE = {"en": "Meridian Network", "zh-hans": "子午网络"}


def _source(locale: str, path: str) -> Source:
    return Source(_SOURCE[locale], f"https://www.example.org/{path}", date(2026, 11, 10), "CC BY 4.0")


_MORE = {
    "en": Section(
        "Dates and figures",
        (
            Event(
                key=EVENT,
                heading="Open hour: writing criteria that can be checked",
                body=_text("An hour for questions, on Wednesday 9 December 2026, with two buyers who have done it."),
                source=_source("en", "events/open-hour"),
                day=date(2026, 12, 9),
                start=time(14),
                end=time(15),
                zone="Europe/Zurich",
                place="Online",
                button="Register",
                url="https://www.example.org/events/open-hour/register",
            ),
            Figures(
                key=FIGURES,
                heading="The year in figures",
                source=_source("en", "figures"),
                entries=(Figure("312", "tenders with the shared sheet"), Figure("2.4 %", "lower cost over a life")),
            ),
            Divider(key=DIVIDER),
            Story(
                key=HALF,
                heading="Uniforms that are rented",
                body=_text("A hospital rents what its nurses wear, and pays by the wash."),
                source=_source("en", "uniforms"),
                half=True,
            ),
            Story(
                key=OTHER_HALF,
                heading="Lamps that are leased",
                body=_text("A town pays for light and leaves the lamps to their maker."),
                source=_source("en", "lamps"),
                half=True,
            ),
            Guide(
                key=GUIDE,
                heading="Buying repairs",
                body=_text("What to ask of a workshop before you sign."),
                source=_source("en", "guides/repairs"),
                cover=Picture("https://media.example.org/cover.jpg", "A screwdriver on a green ground", 400, 560),
                details="Meridian Network, 2026, 36 pages, PDF",
                button="Download",
                url="https://library.example.org/guides/repairs.pdf",
            ),
            Partners(
                key=PARTNERS,
                entries=(
                    Partner(
                        "Three Ridges Cooperative",
                        "https://three-ridges.example.com/",
                        Picture("https://media.example.org/ridges.png", "Three Ridges Cooperative", 240, 80),
                    ),
                    Partner("Tallow Street Foundation"),
                ),
            ),
        ),
    ),
    "zh-hans": Section(
        "日程与数字",
        (
            Event(
                key=EVENT,
                heading="线上答疑：怎样写出可核查的标准",
                body=_text("两位有经验的采购人在线答疑一小时，时间为2026年12月9日（星期三）。"),
                source=_source("zh-hans", "events/open-hour"),
                day=date(2026, 12, 9),
                start=time(14),
                end=time(15),
                zone="Europe/Zurich",
                place="线上",
                button="报名",
                url="https://www.example.org/events/open-hour/register",
            ),
            Figures(
                key=FIGURES,
                heading="数字看一年",
                source=_source("zh-hans", "figures"),
                entries=(Figure("312", "次招标使用了共同清单"), Figure("2.4%", "全生命周期成本降幅")),
            ),
            Divider(key=DIVIDER),
            Story(
                key=HALF,
                heading="制服也能租",
                body=_text("一家医院租用护士服，按洗涤次数付费。"),
                source=_source("zh-hans", "uniforms"),
                half=True,
            ),
            Story(
                key=OTHER_HALF,
                heading="路灯按光付费",
                body=_text("一座小镇只为照明付费，灯具归制造商所有。"),
                source=_source("zh-hans", "lamps"),
                half=True,
            ),
            Guide(
                key=GUIDE,
                heading="怎样采购维修服务",
                body=_text("签约之前，该向维修工坊问些什么。"),
                source=_source("zh-hans", "guides/repairs"),
                cover=Picture("https://media.example.org/cover.jpg", "绿色封面上的一把螺丝刀", 400, 560),
                details="子午网络，2026年，36页，PDF",
                button="下载",
                url="https://library.example.org/guides/repairs.pdf",
            ),
            Partners(
                key=PARTNERS,
                entries=(
                    Partner(
                        "三岭合作社",
                        "https://three-ridges.example.com/",
                        Picture("https://media.example.org/ridges.png", "三岭合作社", 240, 80),
                    ),
                    Partner("烛街基金会"),
                ),
            ),
        ),
    ),
}


# Ways to change one thing of a case.


def edit_edition(case: Case, locale: str, **changes: Any) -> Case:
    contents = {**case.contents, locale: dataclasses.replace(case.contents[locale], **changes)}
    return dataclasses.replace(case, contents=contents)


def edit_masthead(case: Case, locale: str, **changes: Any) -> Case:
    return edit_edition(case, locale, masthead=dataclasses.replace(case.contents[locale].masthead, **changes))


def map_items(case: Case, locale: str, change: Callable[[Item], tuple[Item, ...]]) -> Case:
    content = case.contents[locale]
    sections = (
        Section(section.heading, tuple(new for item in section.items for new in change(item)))
        for section in content.sections
    )
    return edit_edition(case, locale, sections=tuple(sections))


def edit_item(case: Case, locale: str, key: str, **changes: Any) -> Case:
    return map_items(case, locale, lambda item: (dataclasses.replace(item, **changes) if item.key == key else item,))


def item_of(case: Case, locale: str, key: str) -> Any:
    return next(item for item in case.contents[locale].items() if item.key == key)


def append_text(case: Case, locale: str, key: str, *parts: str | Span) -> Case:
    """One more paragraph at the end of an item."""
    return edit_item(case, locale, key, body=(*item_of(case, locale, key).body, *_text(*parts)))


def edit_facts(case: Case, locale: str, **changes: Any) -> Case:
    facts = {**case.facts, locale: dataclasses.replace(case.facts[locale], **changes)}
    return dataclasses.replace(case, facts=facts)


def edit_headers(case: Case, locale: str, **changes: Any) -> Case:
    headers = {**case.headers, locale: dataclasses.replace(case.headers[locale], **changes)}
    return dataclasses.replace(case, headers=headers)


def in_both(change: Callable[[Case, str], Case]) -> Callable[[Case], Case]:
    """The same change in both editions, so that they stay each other's translation."""
    return lambda case: change(change(case, "en"), "zh-hans")


LATER = TODAY + timedelta(days=30)
CITIES = sample.CITIES.key
CRATES = sample.CRATES.key
CASES = sample.CASES.key
WIND = sample.WIND.key
SHEET = sample.SHEET.key
PHONE = sample.PHONE.key
GUIDES = sample.GUIDES.key
HELP_DESK = sample.HELP_DESK.key
NEWCOMERS = sample.NEWCOMERS.key
REPAIRS = sample.REPAIRS.key
IMPRINT = sample.IMPRINT_KEY
CONTENTS = sample.CONTENTS_KEY
