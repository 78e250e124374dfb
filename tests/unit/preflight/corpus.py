"""Seeded defects: the clean issues with one thing wrong, and what preflight must say of it."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from urllib.parse import quote

from composer.content import (
    Contents,
    Divider,
    Figure,
    Imprint,
    Item,
    Paragraph,
    Partner,
    Picture,
    Section,
    Source,
    Span,
    Story,
)
from composer.preflight.facts import (
    Approval,
    EditionState,
    LinkResult,
    LinkStatus,
    MissingValue,
    VariantFacts,
)
from composer.preflight.findings import Severity
from composer.rendering.edition import Rendered
from composer.rendering.theme import DEFAULT

from .clean import (
    CASES,
    CITIES,
    CONTENTS,
    CRATES,
    DIVIDER,
    EVENT,
    FIGURES,
    HALF,
    IMPRINT,
    NEWCOMERS,
    OTHER_HALF,
    PARTNERS,
    PHONE,
    REPAIRS,
    SHEET,
    WIND,
    Case,
    append_text,
    edit_edition,
    edit_facts,
    edit_headers,
    edit_item,
    edit_masthead,
    in_both,
    item_of,
    map_items,
)

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Defect:
    """`also` are checks that the same mistake sets off besides, in whatever place."""

    name: str
    check: str
    severity: Severity
    change: Callable[[Case], Case]
    locale: str = "en"
    item_key: str = ""
    also: tuple[str, ...] = ()


def _linked(url: str, text: str = "the minutes of the meeting") -> Callable[[Case], Case]:
    """A link in a story, the same in both editions."""
    words = {"en": text, "zh-hans": text if text != "the minutes of the meeting" else "会议纪要"}
    return in_both(lambda case, locale: append_text(case, locale, CITIES, Span(words[locale], href=url)))


def _link(name: str, check: str, severity: Severity, url: str, text: str = "the minutes of the meeting") -> Defect:
    return Defect(name, check, severity, _linked(url, text), item_key=CITIES, also=(check,))


def _result(check: str, severity: Severity, status: LinkStatus, **more: object) -> Defect:
    url = "https://pages.example.org/minutes"

    def change(case: Case) -> Case:
        case = _linked(url)(case)
        result = LinkResult(url=url, status=status, **more)  # type: ignore[arg-type]
        return edit_facts(case, "en", links=(*case.facts["en"].links, result))

    return Defect(f"a link that is {status}: {check}", check, severity, change, item_key=CITIES)


def _body(text: str) -> tuple[Paragraph, ...]:
    return (Paragraph((Span(text),)),)


def _text(
    name: str, check: str, severity: Severity, text: str, *, locale: str = "en", also: tuple[str, ...] = ()
) -> Defect:
    return Defect(name, check, severity, lambda case: append_text(case, locale, WIND, text), locale, WIND, also)


def _field(name: str, check: str, severity: Severity, *, locale: str = "en", **changes: str) -> Defect:
    return Defect(name, check, severity, lambda case: edit_edition(case, locale, **changes), locale)


def _item(
    name: str,
    check: str,
    severity: Severity,
    key: str,
    *,
    locale: str = "en",
    also: tuple[str, ...] = (),
    both: bool = False,
    **changes: object,
) -> Defect:
    """A changed field of an item, in `locale`, or in both editions where it would differ between them otherwise."""

    def change(case: Case, where: str) -> Case:
        return edit_item(case, where, key, **changes)

    both_also = (check, *also) if both else also
    return Defect(
        name, check, severity, in_both(change) if both else lambda case: change(case, locale), locale, key, both_also
    )


def _picture(name: str, check: str, severity: Severity, **changes: object) -> Defect:
    def change(case: Case) -> Case:
        picture = item_of(case, "en", CRATES).picture
        return edit_item(case, "en", CRATES, picture=dataclasses.replace(picture, **changes))

    return Defect(name, check, severity, change, item_key=CRATES)


def _file(name: str, check: str, severity: Severity, *, item_key: str = CITIES, **changes: Any) -> Defect:
    def change(case: Case) -> Case:
        url = item_of(case, "en", item_key).picture.url
        pictures = (
            dataclasses.replace(fact, **changes) if fact.url == url else fact for fact in case.facts["en"].pictures
        )
        return edit_facts(case, "en", pictures=tuple(pictures))

    return Defect(name, check, severity, change, item_key=item_key)


def _header(name: str, check: str, severity: Severity, **changes: object) -> Defect:
    return Defect(name, check, severity, lambda case: edit_headers(case, "en", **changes))


def _variant(name: str, check: str, severity: Severity, variant: VariantFacts) -> Defect:
    return Defect(name, check, severity, lambda case: dataclasses.replace(case, variants=(*case.variants, variant)))


def _rendered(html: str) -> Rendered:
    return Rendered(locale="en", subject="x", preheader="", html=html, text="x", links=())


def _keila(url: str) -> str:
    return (
        f"https://keila.example.org/r/{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}/nms_abc/{'a1' * 20}"
    )


def _all_heavy(case: Case) -> Case:
    pictures = tuple(dataclasses.replace(fact, bytes=450_000) for fact in case.facts["en"].pictures)
    return edit_facts(case, "en", pictures=pictures)


def _repeated(case: Case, locale: str, *, elsewhere: bool) -> Case:
    copy = dataclasses.replace(
        item_of(case, locale, NEWCOMERS), key="copy", source=Source("A member", "https://www.example.org/copy")
    )
    after = REPAIRS if elsewhere else NEWCOMERS
    return map_items(case, locale, lambda item: (item, copy) if item.key == after else (item,))


def _same_source(case: Case, locale: str) -> Case:
    return edit_item(case, locale, REPAIRS, source=item_of(case, locale, NEWCOMERS).source)


def _added(item: Item, after: str) -> Callable[[Case], Case]:
    return in_both(
        lambda case, locale: map_items(case, locale, lambda here: (here, item) if here.key == after else (here,))
    )


def _without(*keys: str) -> Callable[[Case], Case]:
    return in_both(lambda case, locale: map_items(case, locale, lambda item: () if item.key in keys else (item,)))


def _only(*keys: str) -> Callable[[Case], Case]:
    def change(case: Case, locale: str) -> Case:
        case = map_items(case, locale, lambda item: (item,) if item.key in keys else ())
        sections = tuple(section for section in case.contents[locale].sections if section.items)
        return edit_edition(case, locale, sections=sections)

    return in_both(change)


def _section(heading: str) -> Callable[[Case], Case]:
    def change(case: Case) -> Case:
        first, second, *rest = case.contents["en"].sections
        return edit_edition(case, "en", sections=(first, Section(heading, second.items), *rest))

    return change


def _empty_section(case: Case, locale: str) -> Case:
    return edit_edition(case, locale, sections=(*case.contents[locale].sections, Section("Empty", ())))


def _missing(case: Case) -> Case:
    case = append_text(case, "en", WIND, "Dear {{name}}, look at this.")
    return edit_facts(case, "en", missing=(MissingValue(field="name", people=("Ada Ng", "Bo Li"), count=2),))


def _entry(case: Case) -> Case:
    entries = item_of(case, "en", FIGURES).entries
    return edit_item(case, "en", FIGURES, entries=(*entries, Figure("", "of something")))


def _partner(case: Case, locale: str) -> Case:
    entries = item_of(case, locale, PARTNERS).entries
    logo = Picture("https://media.example.org/x.png", "", 240, 80)
    return edit_item(case, locale, PARTNERS, entries=(*entries, Partner("", "", logo)))


MAILCHIMP = "https://example.us19.list-manage.com/track/click?u=0a1b&id=2c3d&e=4e5f"
LONG_ALT = "A very long description of three stacked crates, " * 4
FRENCH = (
    "La ville a choisi de louer les uniformes de ses agents plutôt que de les acheter, et elle paie chaque lavage. "
    "Les agents sont contents de la qualité et la ville a réduit ses dépenses dans le budget de cette année avec une "
    "méthode simple que les autres villes peuvent reprendre sur le site du réseau."
)
ENGLISH = (
    "The city has chosen to rent the uniforms of its staff and pays for every wash. It has lowered its costs with a "
    "simple method that other cities can take over from the site of the network."
)

DEFECTS: tuple[Defect, ...] = (
    # --- Another mailer's tracked links
    _link("Campaign Monitor", "link-tracked", ERROR, "https://mail.example.org/t/y-l-oikilj-jrkhjylua-r/"),
    _link("Mailchimp", "link-tracked", ERROR, MAILCHIMP),
    _link(
        "listmonk",
        "link-tracked",
        ERROR,
        "https://news.example.org/link/" + "/".join(["0f0e0d0c-1111-4222-8333-444455556666"] * 3),
    ),
    _link("Ghost", "link-tracked", ERROR, "https://blog.example.org/r/0a1b2c3d?m=0f0e0d0c-1111-4222-8333-444455556666"),
    _link("Keila", "link-tracked", ERROR, _keila("https://pages.example.org/minutes")),
    _link(
        "SafeLinks",
        "link-tracked",
        ERROR,
        "https://eur01.safelinks.protection.outlook.com/?url="
        + quote("https://pages.example.org/minutes?utm_source=x&a=1", safe="")
        + "&data=05%7C01%7Creader%40example.org&sdata=x&reserved=0",
    ),
    _link(
        "Proofpoint v2",
        "link-tracked",
        ERROR,
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__pages.example.org_minutes-3Fa-3D1&d=DwMFaQ&c=x&r=y",
    ),
    _link(
        "Proofpoint v3",
        "link-tracked",
        ERROR,
        "https://urldefense.com/v3/__https://pages.example.org/minutes*top__;Iw!!Abc123!xyz$",
    ),
    _link(
        "Barracuda",
        "link-tracked",
        ERROR,
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fpages.example.org%2fminutes&c=E,1,abc",
    ),
    _link("Mimecast", "link-tracked", ERROR, "https://protect-eu.mimecast.com/s/AbCdC1234?domain=pages.example.org"),
    _link("SendGrid", "link-tracked", ERROR, "https://u1.ct.example.net/ls/click?upn=abc"),
    _link(
        "Google's redirect",
        "link-tracked",
        ERROR,
        "https://www.google.com/url?q=https://pages.example.org/minutes&sa=D",
    ),
    # --- What an address says
    _link(
        "utm parameters", "link-parameters", WARNING, "https://pages.example.org/a?utm_source=x&utm_medium=mail&id=4"
    ),
    _link("fbclid", "link-parameters", WARNING, "https://pages.example.org/a?fbclid=IwAR0"),
    _link("mc_eid", "link-parameters", WARNING, "https://pages.example.org/a?mc_cid=1&mc_eid=2#part"),
    _link("the desk", "link-private", ERROR, "https://bulletin.example.org/admin/pages/4/edit/"),
    _link("localhost", "link-private", ERROR, "http://localhost:8000/draft"),
    _link("a private network", "link-private", ERROR, "https://192.168.1.20/minutes"),
    _link("mapped loopback", "link-private", ERROR, "http://[::ffff:127.0.0.1]/"),
    _link("a decimal address", "link-private", ERROR, "http://2130706433/"),
    _link("an intranet", "link-private", ERROR, "https://intranet/minutes"),
    _link("javascript", "link-malformed", ERROR, "javascript:alert(1)"),
    _link("no scheme", "link-malformed", ERROR, "//evil.example/x"),
    _link("data", "link-malformed", ERROR, "data:text/html,x"),
    _link("8 kB", "link-long", ERROR, "https://pages.example.org/" + "a" * 8000),
    _link("a password", "link-password", ERROR, "https://editor:secret@pages.example.org/"),
    _link("mailto without address", "link-mail-address", ERROR, "mailto:?subject=Hello"),
    _link("a homograph", "link-lookalike", WARNING, "https://ех\u0430mple.org/minutes"),
    _link("a homograph in punycode", "link-lookalike", WARNING, "https://xn--80ak6aa92e.com/"),
    _link("a host of numbers", "link-number", WARNING, "https://8.8.8.8/minutes"),
    _link("a document for editing", "link-editable", WARNING, "https://docs.google.com/document/d/1a2b3c/edit"),
    # --- What a link's words say
    _link("click here", "link-text-vague", WARNING, "https://pages.example.org/minutes", "Click here"),
    Defect(
        "点击这里",
        "link-text-vague",
        WARNING,
        _linked("https://pages.example.org/minutes", "点击这里"),
        "zh-hans",
        CITIES,
        ("link-text-vague",),
    ),
    _link("cliquez ici", "link-text-vague", WARNING, "https://pages.example.org/minutes", "cliquez ici"),
    _link(
        "a bare address",
        "link-text-address",
        WARNING,
        "https://pages.example.org/minutes/2026",
        "https://pages.example.org/minutes/2026",
    ),
    _link(
        "another host in the words",
        "link-text-other-host",
        ERROR,
        "https://pages.example.org/login",
        "bank.example.com",
    ),
    # --- What trying a link told
    _result("link-dead", ERROR, LinkStatus.DEAD, code=404),
    _result("link-private", ERROR, LinkStatus.PRIVATE),
    _result("link-moved", NOTE, LinkStatus.MOVED, code=200, final_url="https://pages.example.org/minutes/new"),
    _result("link-redirected", NOTE, LinkStatus.REDIRECTED, code=200, final_url="https://other.example.net/x"),
    _result("link-home", WARNING, LinkStatus.REDIRECTED, code=200, final_url="https://pages.example.org/"),
    _result(
        "link-sign-in", WARNING, LinkStatus.REDIRECTED, code=200, final_url="https://pages.example.org/login?next=x"
    ),
    _result("link-refused", WARNING, LinkStatus.REFUSED, code=403),
    _result("link-failing", WARNING, LinkStatus.FAILING, code=502),
    _result("link-timeout", WARNING, LinkStatus.TIMEOUT),
    _result("link-unreachable", WARNING, LinkStatus.UNREACHABLE),
    _result("link-certificate", WARNING, LinkStatus.INSECURE),
    _result("link-loop", WARNING, LinkStatus.LOOP),
    Defect(
        "http where https answers",
        "link-http",
        NOTE,
        lambda case: edit_facts(
            _linked("http://pages.example.org/minutes")(case),
            "en",
            links=(LinkResult(url="http://pages.example.org/minutes", status=LinkStatus.OK, code=200, https=True),),
        ),
        item_key=CITIES,
    ),
    Defect(
        "a tracked link that the network resolved",
        "link-tracked",
        ERROR,
        lambda case: edit_facts(
            append_text(
                append_text(case, "en", CITIES, Span("minutes", href=MAILCHIMP)),
                "zh-hans",
                CITIES,
                Span("纪要", href="https://pages.example.com/minutes"),
            ),
            "en",
            links=(
                LinkResult(url=MAILCHIMP, status=LinkStatus.OK, final_url="https://pages.example.com/minutes?utm_id=4"),
            ),
        ),
        item_key=CITIES,
        also=("links-differ",),
    ),
    _item("a button without a link", "button-without-link", ERROR, CASES, url="", both=True),
    # --- Words that were never filled in, and leftovers
    _text("lorem ipsum", "text-placeholder", ERROR, "Lorem ipsum dolor sit amet, consectetur."),
    _text("TODO", "text-placeholder", ERROR, "The date: TODO"),
    _text("[insert date]", "text-placeholder", ERROR, "The meeting takes place on [insert date]."),
    _text("XXX", "text-placeholder", ERROR, "It costs XXX per head."),
    _text("此处插入", "text-placeholder", ERROR, "会议日期此处插入。", locale="zh-hans"),
    _text("（待定）", "text-placeholder", ERROR, "会议日期（待定）。", locale="zh-hans"),
    _text("待定", "text-unsettled", WARNING, "会议地点待定，请留意通知。", locale="zh-hans"),
    _text("TBC", "text-unsettled", WARNING, "The place is TBC."),
    _text("another mailer's field", "text-foreign-field", ERROR, "Dear *|FNAME|*, welcome."),
    _text("an entity", "text-markup", WARNING, "Cost&nbsp;and quality"),
    _text("a tag", "text-markup", WARNING, "This is <b>important</b> news."),
    _text("Markdown", "text-markup", WARNING, "This is **important** news."),
    # --- Merge values
    _text("an unknown field", "merge-unknown", ERROR, "Dear {{firstname|colleague}}, look at this."),
    _text("open braces", "merge-broken", ERROR, "Dear {{name, look at this."),
    _text("an empty fallback", "merge-fallback", WARNING, "Dear {{name|}}, look at this."),
    Defect("a missing value", "merge-missing", ERROR, _missing, item_key=WIND),
    _link("a merge value in a link", "merge-in-link", ERROR, "https://pages.example.org/?n={{name}}"),
    # --- Characters
    _text("a replacement character", "text-broken", ERROR, "The caf\ufffd is open."),
    _text("a private character", "text-broken", ERROR, "A \uf0b7 bullet of Word's."),
    _text("mojibake", "text-mojibake", ERROR, "The cafÃ© is open."),
    _text("a mojibake apostrophe", "text-mojibake", ERROR, "The cityâ€™s office"),
    _text("mojibake of GBK", "text-mojibake", ERROR, "锟斤拷锟斤拷", locale="zh-hans"),
    _text("a zero-width space", "text-invisible", WARNING, "Nothing to\u200b see."),
    _text("two spaces", "spacing-double", NOTE, "There are  two spaces."),
    _text(
        "a space before Chinese punctuation", "spacing-punctuation", NOTE, "今年的会议 ，在线上举行。", locale="zh-hans"
    ),
    _text("a space before a comma", "spacing-punctuation", NOTE, "This , however, is well."),
    _text("a half-width comma", "punctuation-width", NOTE, "今年的会议,在线上举行。", locale="zh-hans"),
    _text("half-width brackets", "punctuation-width", NOTE, "今年的会议(线上)已经结束。", locale="zh-hans"),
    _text("a full-width comma", "punctuation-width", NOTE, "This， however, is well."),
    # --- The language of the text
    Defect(
        "an item in Chinese in the English edition",
        "language",
        WARNING,
        lambda case: edit_item(case, "en", WIND, body=item_of(case, "zh-hans", WIND).body),
        item_key=WIND,
        also=("numbers-differ", "punctuation-width"),
    ),
    Defect(
        "an item in English in the Chinese edition",
        "language",
        WARNING,
        lambda case: edit_item(case, "zh-hans", HALF, body=_body(ENGLISH)),
        "zh-hans",
        HALF,
    ),
    Defect(
        "an item in French in the English edition",
        "language",
        WARNING,
        lambda case: edit_item(case, "en", HALF, body=_body(FRENCH)),
        item_key=HALF,
    ),
    # --- Items and sections
    _item("no heading", "heading-missing", WARNING, CITIES, heading=""),
    _item("a heading in capitals", "heading-capitals", NOTE, CITIES, heading="NINE RIVER CITIES AGREE"),
    _item("a heading with a full stop", "heading-full-stop", NOTE, CITIES, heading="Nine river cities agree."),
    _item(
        "a Chinese heading with a full stop",
        "heading-full-stop",
        NOTE,
        CITIES,
        locale="zh-hans",
        heading="九座城市达成一致。",
    ),
    Defect("a section's heading in capitals", "heading-capitals", NOTE, _section("FROM THE NETWORK"), item_key=CITIES),
    Defect(
        "the same heading twice in a section",
        "heading-twice",
        WARNING,
        in_both(lambda case, locale: _repeated(case, locale, elsewhere=False)),
        item_key="copy",
        also=("heading-twice",),
    ),
    Defect(
        "the same item in two sections",
        "item-twice",
        WARNING,
        in_both(lambda case, locale: _repeated(case, locale, elsewhere=True)),
        item_key="copy",
        also=("item-twice",),
    ),
    Defect(
        "two items from one address",
        "item-twice",
        WARNING,
        in_both(_same_source),
        item_key=REPAIRS,
        also=("item-twice", "links-differ"),
    ),
    Defect(
        "an empty item",
        "item-empty",
        WARNING,
        _added(Story(key="empty"), CITIES),
        item_key="empty",
        also=("item-empty", "heading-missing"),
    ),
    Defect("an empty section", "section-empty", WARNING, in_both(_empty_section), also=("section-empty", "language")),
    Defect("no items at all", "edition-empty", ERROR, _only(IMPRINT), also=("edition-empty",)),
    _item("no source", "source-missing", WARNING, PHONE, both=True, source=None),
    _item(
        "a source of tomorrow",
        "source-date",
        WARNING,
        PHONE,
        source=Source("Notes", "https://buildings.example.org/workshop/day-two", date(2027, 3, 1)),
    ),
    _item("a note to check", "notes-left", WARNING, CITIES, notes=("The link was guessed.",)),
    _item("no speaker", "speaker-missing", WARNING, PHONE, speaker=""),
    Defect("a figure without a number", "figure-incomplete", WARNING, _entry, item_key=FIGURES),
    Defect(
        "a partner without a name",
        "partner-nameless",
        WARNING,
        in_both(_partner),
        item_key=PARTNERS,
        also=("partner-nameless",),
    ),
    _item("an unknown segment", "audience-unknown", ERROR, CITIES, both=True, audience="not:nobody"),
    Defect(
        "a half without a neighbour",
        "half-alone",
        NOTE,
        lambda case: edit_item(case, "en", OTHER_HALF, half=False),
        item_key=HALF,
    ),
    Defect(
        "contents of two items",
        "contents-short",
        NOTE,
        _only(SHEET, CITIES, CONTENTS, IMPRINT),
        item_key=CONTENTS,
        also=("contents-short",),
    ),
    Defect(
        "contents twice",
        "contents-twice",
        WARNING,
        _added(Contents(key="more"), CITIES),
        item_key="more",
        also=("contents-twice",),
    ),
    Defect(
        "an imprint twice",
        "imprint-twice",
        WARNING,
        _added(Imprint(key="more", heading="Editors"), CITIES),
        item_key=IMPRINT,
        also=("imprint-twice",),
    ),
    Defect("no imprint", "imprint-missing", NOTE, _without(IMPRINT), also=("imprint-missing", "section-empty")),
    Defect(
        "an idle divider",
        "divider-idle",
        NOTE,
        _added(Divider(key="more"), DIVIDER),
        item_key="more",
        also=("divider-idle",),
    ),
    # --- Dates
    _item("a deadline in the past", "deadline-past", WARNING, CASES, both=True, deadline=date(2026, 11, 1)),
    _item("an event in the past", "event-past", WARNING, EVENT, both=True, day=date(2026, 10, 7)),
    _item("an event without a day", "event-day", ERROR, EVENT, both=True, day=None),
    _item("an event without a zone", "event-zone", ERROR, EVENT, both=True, zone=""),
    _item("an event that ends before it begins", "event-order", ERROR, EVENT, both=True, end=time(13)),
    _item("an event that ends days before", "event-order", ERROR, EVENT, both=True, last_day=date(2026, 12, 1)),
    _item("an event with an end only", "event-start", WARNING, EVENT, both=True, start=None),
    _text("a wrong weekday", "weekday", NOTE, "We meet on Monday 3 March 2026.", also=("numbers-differ",)),
    _text(
        "a wrong weekday in Chinese",
        "weekday",
        NOTE,
        "会议于2026年3月3日（星期一）举行。",
        locale="zh-hans",
        also=("numbers-differ",),
    ),
    Defect(
        "the last issue's date",
        "issue-date",
        WARNING,
        lambda case: edit_edition(case, "en", published=date(2026, 9, 3)),
    ),
    # --- Pictures
    _picture("no description", "alt-missing", ERROR, alt=" "),
    _picture("a file's name", "alt-file-name", WARNING, alt="IMG_2041.jpg"),
    _picture("a camera's name", "alt-file-name", WARNING, alt="DSC 0042"),
    _picture(
        "the heading again", "alt-heading", WARNING, alt="Food systems: the school kitchens that send the crates back"
    ),
    _picture("image of", "alt-image-of", NOTE, alt="Image of three stacked crates"),
    _picture("a long description", "alt-long", WARNING, alt=LONG_ALT),
    _picture("a picture nowhere", "picture-address", ERROR, url="picture:crates.jpg"),
    _picture("a picture inside", "picture-private", ERROR, url="http://10.0.0.8/crates.jpg"),
    _file("a heavy picture", "picture-heavy", WARNING, bytes=900_000),
    _file("a narrow picture", "picture-narrow", WARNING, width=320),
    _file("an SVG", "picture-format", WARNING, format="svg"),
    _file("a moving picture", "picture-animated", NOTE, format="gif", animated=True),
    Defect("heavy pictures together", "pictures-heavy", WARNING, _all_heavy),
    # --- Subject and preheader
    _field("no subject", "subject-empty", ERROR, subject=" "),
    _field(
        "a long subject",
        "subject-long",
        WARNING,
        subject="What three hundred and twelve tenders taught us and how to send us yours",
    ),
    _field(
        "a long Chinese subject",
        "subject-long",
        WARNING,
        locale="zh-hans",
        subject="三百一十二次招标带来的启示与建议，也请您早日寄来自己的案例，供大家参考",
    ),
    _field("a subject in capitals", "subject-capitals", WARNING, subject="WHAT TENDERS TAUGHT US"),
    _field("a shouting subject", "subject-loud", WARNING, subject="What tenders taught us!!!"),
    _field("a forwarded subject", "subject-reply", WARNING, subject="Fwd: What tenders taught us"),
    _field("a subject of signs", "subject-emoji", NOTE, subject="🌱🌱"),
    _field("a long preheader", "preheader-long", WARNING, preheader="Lower costs and more small suppliers, " * 4),
    _field(
        "the subject again", "preheader-same", WARNING, preheader="What 312 tenders taught us, and how to send us yours"
    ),
    _field("no title", "title-empty", WARNING, title=""),
    Defect(
        "no postal address", "postal-address-missing", ERROR, lambda case: edit_masthead(case, "en", postal_address="")
    ),
    Defect("no reason", "reason-missing", ERROR, lambda case: edit_masthead(case, "zh-hans", reason=" "), "zh-hans"),
    # --- The header
    _header("a line break in the subject", "header-line-break", ERROR, subject="Hello\r\nBcc: x@example.org"),
    _header("an encoded line break", "header-encoded", ERROR, subject="Hello =?utf-8?q?a=0D=0ABcc:_x?="),
    _header("a tab in the sender's name", "header-line-break", ERROR, sender_name="The\tBulletin"),
    _header("no sender's name", "sender-name", ERROR, sender_name=""),
    _header("a sender that is no address", "sender-address", ERROR, sender_address="bulletin.circular.example"),
    _header("a free mailbox", "sender-free-mail", ERROR, sender_address="network.bulletin@qq.com"),
    _header("another address in the name", "sender-name-address", ERROR, sender_name="ceo@bank.example.com"),
    _header("replies nowhere", "reply-address", ERROR, reply_to="the secretariat"),
    _header("a list's identifier", "list-id", ERROR, list_id="my list"),
    _header("advertising unmarked", "subject-advertising", WARNING, advertising=True),
    # --- Variants
    _variant(
        "a large letter",
        "size",
        ERROR,
        VariantFacts(locale="en", items=3, rendered=_rendered("<h1>x</h1>" + "<p>字字字</p>" * 7000)),
    ),
    _variant(
        "a letter nearly too large",
        "size-near",
        WARNING,
        VariantFacts(locale="en", items=3, rendered=_rendered("<h1>x</h1>" + "x" * 95_000)),
    ),
    _variant(
        "an empty variant",
        "variant-empty",
        ERROR,
        VariantFacts(locale="en", segments=frozenset({"partners"}), recipients=3),
    ),
    _variant(
        "a variant for nobody",
        "variant-nobody",
        NOTE,
        VariantFacts(locale="en", segments=frozenset({"partners"}), recipients=0, items=4),
    ),
    _variant(
        "a skipped level",
        "heading-order",
        WARNING,
        VariantFacts(locale="en", items=3, rendered=_rendered("<h1>x</h1><h3>y</h3>")),
    ),
    _variant(
        "no first heading",
        "heading-first",
        WARNING,
        VariantFacts(locale="en", items=3, rendered=_rendered("<h2>y</h2>")),
    ),
    _variant(
        "grid",
        "client-support",
        WARNING,
        VariantFacts(locale="en", items=3, rendered=_rendered('<h1>x</h1><div style="display:grid">y</div>')),
    ),
    _variant(
        "a video",
        "client-support",
        WARNING,
        VariantFacts(locale="en", items=3, rendered=_rendered("<h1>x</h1><video></video>")),
    ),
    _variant(
        "a variable",
        "client-support",
        WARNING,
        VariantFacts(locale="en", items=3, rendered=_rendered("<h1>x</h1><style>p{color:var(--c)}</style>")),
    ),
    Defect(
        "faint text",
        "contrast",
        ERROR,
        lambda case: dataclasses.replace(
            case, theme=dataclasses.replace(DEFAULT, light=dataclasses.replace(DEFAULT.light, muted="#b8b8b8"))
        ),
        also=("contrast",),
    ),
    Defect(
        "faint text in the dark",
        "contrast-dark",
        ERROR,
        lambda case: dataclasses.replace(
            case, theme=dataclasses.replace(DEFAULT, dark=dataclasses.replace(DEFAULT.dark, accent="#3a4a3a"))
        ),
        also=("contrast-dark",),
    ),
    # --- The editions together
    Defect(
        "no Chinese edition",
        "edition-missing",
        WARNING,
        lambda case: dataclasses.replace(case, states=(EditionState(locale="fr", exists=False),)),
        "fr",
    ),
    Defect(
        "a stale item",
        "translation-stale",
        WARNING,
        lambda case: dataclasses.replace(case, states=(EditionState(locale="zh-hans", stale=(CITIES,)),)),
        "zh-hans",
        CITIES,
    ),
    Defect(
        "an untranslated item",
        "translation-missing",
        WARNING,
        lambda case: dataclasses.replace(case, states=(EditionState(locale="zh-hans", untranslated=(CITIES,)),)),
        "zh-hans",
        CITIES,
    ),
    Defect(
        "an item that the translation lacks",
        "item-missing",
        WARNING,
        lambda case: map_items(case, "zh-hans", lambda item: () if item.key == NEWCOMERS else (item,)),
        "zh-hans",
    ),
    Defect(
        "an item that only the translation has",
        "item-alone",
        WARNING,
        lambda case: map_items(case, "en", lambda item: () if item.key == NEWCOMERS else (item,)),
        "zh-hans",
        NEWCOMERS,
    ),
    Defect(
        "an item for others",
        "audience-differs",
        ERROR,
        lambda case: edit_item(case, "zh-hans", CITIES, audience="national-focal-points"),
        "zh-hans",
        CITIES,
    ),
    Defect(
        "another deadline",
        "dates-differ",
        WARNING,
        lambda case: edit_item(case, "zh-hans", CASES, deadline=date(2027, 2, 1)),
        "zh-hans",
        CASES,
    ),
    Defect(
        "other numbers",
        "numbers-differ",
        NOTE,
        lambda case: append_text(case, "zh-hans", WIND, "共有8125户。"),
        "zh-hans",
        WIND,
    ),
    Defect(
        "one link more",
        "links-differ",
        NOTE,
        lambda case: append_text(case, "zh-hans", WIND, Span("合作社介绍", href="https://www.example.org/x")),
        "zh-hans",
        WIND,
    ),
    Defect(
        "no picture in the translation",
        "picture-differs",
        NOTE,
        lambda case: edit_item(case, "zh-hans", WIND, picture=None),
        "zh-hans",
        WIND,
    ),
    Defect("a section less", "sections-differ", NOTE, lambda case: _joined(case), "zh-hans"),
    # --- Approval
    Defect("not approved", "approval-missing", ERROR, lambda case: dataclasses.replace(case, approval=Approval()), ""),
    Defect(
        "changed after the approval",
        "approval-void",
        ERROR,
        lambda case: dataclasses.replace(case, approval=Approval(given=True)),
        "",
    ),
)


def _joined(case: Case) -> Case:
    """The Chinese edition with its first two sections made one."""
    first, second, *rest = case.contents["zh-hans"].sections
    joined = Section(second.heading, (*first.items, *second.items))
    return edit_edition(case, "zh-hans", sections=(joined, *rest))
