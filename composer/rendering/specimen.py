"""An invented edition with every kind of item, in English and in Chinese: what a theme is tried on."""

from __future__ import annotations

from datetime import date, time

from composer.content import (
    Bullets,
    Call,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Imprint,
    Item,
    ItemList,
    Lead,
    Masthead,
    Paragraph,
    Partner,
    Partners,
    Picture,
    Quote,
    Section,
    Source,
    Span,
    Story,
)

PICTURES = "https://specimen.example/"
"""What the addresses of the specimen's pictures begin with; nothing answers there."""
LOCALES = ("en", "zh-hans")

_PUBLISHED = date(2026, 3, 5)

_ENGLISH = {
    "name": "The Quiet Harbour",
    "tagline": "A letter about things that last",
    "publisher": "Secretariat of the Network of Quiet Harbours",
    "postal address": "1 Quay Street\nExampleton 10001",
    "reason": "You joined the network and asked for this letter.",
    "title": "What lasts, and who repairs it",
    "subject": "A letter from the quay, with all that a letter may hold",
    "preheader": "Nine cities count in one way, and three tools you can use tomorrow.",
    "number": "No. 3",
    "news": "From the network",
    "act": "Take part",
    "about": "About this issue",
    "lead": "Three hundred tenders, one shared sheet",
    "story": "Nine river cities agree on one way to count",
    "half": "A help desk for buyers",
    "other half": "Newcomers read along",
    "list": "Worth keeping",
    "quote": "In the words of a buyer",
    "figures": "The year in figures",
    "event": "Open workshop on repair",
    "call": "Wanted: the clause that works for you",
    "guide": "A guide to canteens",
    "partners": "Our partners",
    "imprint": "Editors",
    "text": "For eighteen months the members attached one sheet to every tender. It asks how long a thing will last, ",
    "bold": "who will repair it",
    "link": "and where it goes afterwards",
    "short": "Everybody may come, and nobody needs to prepare anything.",
    "entry": "Twenty questions before the tender",
    "said": "We ask where the thing will be in five years.",
    "speaker": "José Andrade, Port City",
    "value": "2.4 %",
    "label": "lower costs over the whole life",
    "place": "Town hall, Exampleton",
    "button": "Send yours",
    "details": "Working group on food, 2026, 24 pages",
    "partner": "River Cities Office",
    "source": "Members’ report",
    "alt": "A city by a river",
    "topic": "Repair",
}  # fmt: skip
_CHINESE = {
    "name": "静港通讯",
    "tagline": "写给关心耐用之物的人",
    "publisher": "静港网络秘书处",
    "postal address": "示例城码头街 1 号\n邮编 10001",
    "reason": "您加入了本网络，并订阅了这份通讯。",
    "title": "什么经久耐用，由谁来修",
    "subject": "码头来信：一封信可以有的都在这里",
    "preheader": "九座城市用同一种方法计数，还有三件明天就能用的工具。",
    "number": "2026年第3期",
    "news": "网络动态",
    "act": "参与",
    "about": "关于本期",
    "lead": "三百份招标文件，一张共用的表",
    "story": "九座沿河城市统一了计数方法",
    "half": "采购人员的服务台",
    "other half": "新成员一起读",
    "list": "值得收藏",
    "quote": "一位采购者的话",
    "figures": "数字里的一年",
    "event": "维修开放工作坊",
    "call": "征集：您最好用的一条合同条款",
    "guide": "食堂采购指南",
    "partners": "合作伙伴",
    "imprint": "编辑",
    "text": "十八个月里，成员们在每份招标文件后面都附上了同一张表。它问的是：一件东西能用多久，",
    "bold": "由谁来修",
    "link": "用完以后去哪里",
    "short": "人人都可以来，不需要任何准备。",
    "entry": "招标之前的二十个问题",
    "said": "我们问的是：这件东西五年以后会在哪里。",
    "speaker": "何塞·安德拉德，港口城",
    "value": "2.4%",
    "label": "全生命周期成本下降",
    "place": "示例城市政厅",
    "button": "提交条款",
    "details": "食品工作组，2026年，24 页",
    "partner": "沿河城市办公室",
    "source": "成员报告",
    "alt": "河边的城市",
    "topic": "维修",
}  # fmt: skip
_WORDS = {"en": _ENGLISH, "zh-hans": _CHINESE}


def specimen(locale: str) -> EditionContent:
    """The whole edition in one of LOCALES."""
    words = _WORDS[locale]
    items = {item.key: item for item in specimen_items(locale)}
    imprint = items.pop("imprint")
    act = tuple(items.pop(key) for key in ("event", "call", "guide", "partners"))
    opening = tuple(items.pop(key) for key in ("contents", "lead"))
    return _edition(
        words,
        locale,
        Section("", opening),
        Section(words["news"], tuple(items.values())),
        Section(words["act"], act),
        Section(words["about"], (imprint,)),
    )


def specimen_of(locale: str, item: Item) -> EditionContent:
    """The edition with nothing but `item`, in a section of its own."""
    words = _WORDS[locale]
    return _edition(words, locale, Section(words["news"], (item,)))


def specimen_items(locale: str) -> tuple[Item, ...]:
    """An item of every kind with all that it may have; two of them are halves side by side."""
    words = _WORDS[locale]
    body = (
        Paragraph(
            (
                Span(words["text"]),
                Span(words["bold"], bold=True),
                Span(" "),
                Span(words["link"], italic=True, href="https://specimen.example/report"),
            )
        ),
    )
    short = (Paragraph((Span(words["short"]),)),)
    source = Source(words["source"], "https://specimen.example/source", _PUBLISHED, "CC BY 4.0")
    picture = Picture(f"{PICTURES}wide.png", words["alt"], 1200, 640)
    logo = Picture(f"{PICTURES}logo.png", words["partner"], 320, 120)
    topics = (words["topic"], "SDG 12.7")
    url = "https://specimen.example/form"
    entries = tuple(
        (Span(f"{words['entry']} {number}", href=f"https://specimen.example/{number}"),) for number in "123"
    )
    listed = Bullets(((Span(words["label"]),), (Span(words["place"]),)))
    return (
        Contents(key="contents"),
        Lead(key="lead", heading=words["lead"], body=(*body, listed), source=source, topics=topics),
        Story(key="story", heading=words["story"], body=body, source=source, picture=picture, topics=topics),
        Story(key="left", heading=words["story"], body=body * 2, source=source, picture=picture, picture_place="left"),
        Story(key="right", heading=words["story"], body=body, source=source, picture=picture, picture_place="right"),
        Story(key="half", heading=words["half"], body=short, source=source, picture=picture, half=True),
        Story(key="other", heading=words["other half"], body=short, source=source, half=True),
        ItemList(key="list", heading=words["list"], body=short, entries=entries, source=source),
        Divider(key="divider"),
        Quote(
            key="quote",
            heading=words["quote"],
            body=(Paragraph((Span(words["said"]),)),),
            speaker=words["speaker"],
            source=source,
        ),
        Figures(
            key="figures",
            heading=words["figures"],
            body=short,
            entries=tuple(Figure(value, words["label"]) for value in (words["value"], "312", "1 250 000")),
            source=source,
        ),
        Event(
            key="event",
            heading=words["event"],
            body=short,
            source=source,
            day=date(2026, 4, 14),
            start=time(14),
            end=time(16, 30),
            zone="Europe/Paris",
            place=words["place"],
            button=words["button"],
            url=url,
        ),
        Call(
            key="call",
            heading=words["call"],
            body=short,
            source=source,
            button=words["button"],
            url=url,
            deadline=date(2026, 4, 30),
        ),
        Guide(
            key="guide",
            heading=words["guide"],
            body=short,
            source=source,
            cover=Picture(f"{PICTURES}cover.png", words["alt"], 600, 800),
            details=words["details"],
            button=words["button"],
            url=url,
        ),
        Partners(
            key="partners",
            heading=words["partners"],
            body=short,
            entries=(Partner(words["partner"], url, logo), Partner(words["publisher"], url)),
        ),
        Imprint(key="imprint", heading=words["imprint"], body=short, source=source),
    )


def _edition(words: dict[str, str], locale: str, *sections: Section) -> EditionContent:
    masthead = Masthead(words["name"], words["tagline"], words["publisher"], words["postal address"], words["reason"])
    return EditionContent(
        locale=locale,
        masthead=masthead,
        title=words["title"],
        subject=words["subject"],
        preheader=words["preheader"],
        number=words["number"],
        published=_PUBLISHED,
        sections=sections,
    )
