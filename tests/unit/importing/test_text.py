"""A bulletin's text becomes a draft as its editor would have laid it out."""

from __future__ import annotations

import pytest

from composer.content import Bullets, Call, Imprint, Item, ItemList, Lead, Quote, Section, Story, plain_text
from composer.importing.characters import width
from composer.importing.draft import Draft
from composer.importing.errors import ImportRefused
from composer.importing.links import TRACKED_NOTE
from composer.importing.text import LARGEST_TEXT, read_bulletin


def wrap(text: str, columns: int = 36) -> list[str]:
    """Chinese set in a column, the first line standing in by two characters."""
    lines, room = [""], columns - 4
    for character in text:
        if width(lines[-1] + character) > room and character not in "，。；、）":
            lines.append("")
            room = columns
        lines[-1] += character
    return lines


def extract(*pages: list[str]) -> str:
    """Pages as a PDF reader gives them: a blank line between every two lines, a wider gap between pages."""
    return "\n\n\n\n".join("\n\n".join(page) for page in pages)


def read(text: str, masthead_name: str = "") -> Draft:
    return read_bulletin(text, locale="zh-hans", masthead_name=masthead_name)


def items_of(draft: Draft) -> list[Item]:
    return [item for section in draft.sections for item in section.items]


def paragraphs(item: Item) -> list[str]:
    return plain_text(item.body).splitlines()


MEETING = (
    "三月，十个城市在示例市召开了会议，讨论了家具采购的共同清单，清单包括维修、再利用和回收，并要求供应商保证十年备件。"
)
DECISION = "会议决定，清单向所有成员开放，各成员可以自由使用并且提出修改意见，明年再作修订。"
CANTEENS = (
    "指南介绍了十二个步骤，每个步骤都附有成员城市的例子和一张每周填写的表格，食堂只要坚持称重，浪费就可以减少一半。"
)
PAPER = "稻草可以制成好纸，示例镇的工厂已经证明了这一点，工厂每年生产的纸张足够十个城市的学校使用。"
TRUCK = "两个城市共用一辆卡车运送采购的货物，既节省了费用又减少了排放，其他城市也可以向它们提出申请加入。"

LEAD_PAGE = [*wrap(MEETING), *wrap(DECISION), "(摘自示例网络简报", "https://news.example.org/a/long-", "path/)"]
HEADED_PAGE = [
    "示例市发布食堂采购指南",
    "帮助食堂减少浪费",
    *wrap(CANTEENS),
    "纸张采购不再使用木材",
    *wrap(PAPER),
    "合作伙伴最新进展",
]
TRAILING_PAGE = [*wrap(PAPER), "示例镇工厂用稻草造纸", "合作伙伴最新进展", *wrap(TRUCK), "两个城市共用", "一辆卡车"]


def test_running_headings_fold_into_one_section_whatever_their_place_on_the_page() -> None:
    draft = read(extract(LEAD_PAGE, HEADED_PAGE, TRAILING_PAGE))
    assert [section.heading for section in draft.sections] == ["", "合作伙伴最新进展"]
    assert draft.running_headings == ("合作伙伴最新进展",)
    assert [len(section.items) for section in draft.sections] == [1, 4]


def test_headings_before_after_and_broken_over_lines_are_given_to_their_texts() -> None:
    items = items_of(read(extract(LEAD_PAGE, HEADED_PAGE, TRAILING_PAGE)))
    assert [item.heading for item in items] == [
        "",
        "示例市发布食堂采购指南帮助食堂减少浪费",
        "纸张采购不再使用木材",
        "示例镇工厂用稻草造纸",
        "两个城市共用一辆卡车",
    ]
    assert [paragraphs(item)[0][:4] for item in items] == ["三月，十", "指南介绍", "稻草可以", "稻草可以", "两个城市"]
    assert "The heading was guessed: it stood after its text." in items[4].notes
    assert "No heading was found: write one." in items[0].notes


def test_hard_wrapped_lines_are_joined_and_paragraphs_kept_apart() -> None:
    lead = items_of(read(extract(LEAD_PAGE, HEADED_PAGE)))[0]
    assert isinstance(lead, Lead)
    assert paragraphs(lead) == [MEETING, DECISION]


def test_a_source_in_brackets_gives_name_and_broken_link() -> None:
    lead = items_of(read(extract(LEAD_PAGE, HEADED_PAGE)))[0]
    assert lead.source is not None
    assert (lead.source.name, lead.source.url) == ("示例网络简报", "https://news.example.org/a/long-path/")


def test_form_feeds_end_pages_too() -> None:
    text = "\f".join("\n\n".join(page) + "\n\n" for page in (LEAD_PAGE, HEADED_PAGE, TRAILING_PAGE))
    assert [section.heading for section in read(text).sections] == ["", "合作伙伴最新进展"]


def test_a_first_page_with_text_above_the_first_section_opens_with_a_lead() -> None:
    page = [*wrap(MEETING), *wrap(DECISION), "合作伙伴最新进展", *HEADED_PAGE[:-1]]
    draft = read(extract(page, TRAILING_PAGE))
    assert [(section.heading, len(section.items)) for section in draft.sections] == [("", 1), ("合作伙伴最新进展", 4)]
    assert isinstance(draft.sections[0].items[0], Lead)


def test_a_list_that_a_call_leads_up_to_becomes_a_call() -> None:
    page = [
        *wrap("示例网络发布了行动倡议，希望各个成员在采购家具和食品的时候一起减少浪费。"),
        *wrap("示例网络呼吁各成员在如下方面采取行动："),
        "• 采用全生命周期成本的计算",
        "方法；",
        "• 公布采购的数量；",
        "• 加入工作组。",
        *wrap("该行动由示例网络和它的十个成员共同发起，欢迎其他成员参加。"),
        "（来源：示例网络 https://example.org）",
        "合作伙伴最新进展",
    ]
    draft = read(extract(page, HEADED_PAGE))
    call = items_of(draft)[0]
    assert isinstance(call, Call)
    assert call.source is not None
    assert [type(block).__name__ for block in call.body] == ["Paragraph", "Paragraph", "Bullets", "Paragraph"]
    bullets = call.body[2]
    assert isinstance(bullets, Bullets)
    assert [plain_text(entry) for entry in bullets.entries] == [
        "采用全生命周期成本的计算方法；",
        "公布采购的数量；",
        "加入工作组。",
    ]


def test_links_at_the_end_of_a_page_go_to_its_stories_in_order() -> None:
    draft = read(extract([*HEADED_PAGE, "https://example.org/1", "https://example.org/2"], TRAILING_PAGE))
    urls = [item.source.url for item in items_of(draft) if item.source]
    assert urls == ["https://example.org/1", "https://example.org/2"]
    assert "The link was guessed: the page's links stood together after its texts." in items_of(draft)[0].notes


def test_a_paragraph_that_a_page_broke_off_goes_on() -> None:
    lines = wrap(MEETING + TRUCK)
    draft = read(extract([*lines[:4], "合作伙伴最新进展"], ["合作伙伴最新进展", *lines[4:]]))
    (item,) = items_of(draft)
    assert paragraphs(item) == [MEETING + TRUCK]
    assert "Its text went on over the end of a page: check where it was joined." in item.notes


ENGLISH = """The Example Bulletin

Issue 7, March 2024

Cities agree on a common checklist

Twelve cities met in Example City and agreed on a checklist for buying
furniture. It names repair, re-use and
take-back, and asks suppliers for spare parts.

The checklist is open to others.

(Source: Example Cities Network https://example.org/news/a-
checklist)

NEWS FROM PARTNERS

A guide for canteens

Write to info@example.org or visit www.example.org/canteens for the guide.

https://example.org/guide

What to do next:

- Register for the webinar
- Read the guide
  in full

Call for action: join us

We call on all members to do the following:
1. Sign the pledge.
2. Measure your emissions

“Buying less is the best purchase of all.” — Ada Example, City of Example

This bulletin is published by the Example Secretariat.
"""


def test_an_ordinary_text_is_read_by_its_blank_lines() -> None:
    draft = read_bulletin(ENGLISH, locale="en")
    assert (draft.title, draft.number) == ("The Example Bulletin", "Issue 7, March 2024")
    assert [section.heading for section in draft.sections] == ["", "NEWS FROM PARTNERS", ""]
    assert [(type(item), item.heading) for item in items_of(draft)] == [
        (Lead, "Cities agree on a common checklist"),
        (Story, "A guide for canteens"),
        (ItemList, ""),
        (Call, "Call for action: join us"),
        (Quote, ""),
        (Imprint, ""),
    ]


def test_latin_lines_are_joined_with_a_space_and_hyphens_kept() -> None:
    lead = items_of(read_bulletin(ENGLISH, locale="en"))[0]
    assert paragraphs(lead)[0].endswith(
        "furniture. It names repair, re-use and take-back, and asks suppliers for spare parts."
    )
    assert lead.source is not None
    assert lead.source.url == "https://example.org/news/a-checklist"


def test_addresses_in_a_text_are_linked() -> None:
    story = items_of(read_bulletin(ENGLISH, locale="en"))[1]
    hrefs = [span.href for block in story.body if not isinstance(block, Bullets) for span in block.spans if span.href]
    assert hrefs == ["mailto:info@example.org", "https://www.example.org/canteens"]


def test_markdown_is_read_lightly() -> None:
    draft = read_bulletin(
        "# Title\n\n## News\n\n### A story\n\nSome **bold** text, [here](https://example.org/a).\n\n> Said so\n\n"
        "## Events\n\n* One\n* Two\n",
        locale="en",
    )
    assert (draft.title, [section.heading for section in draft.sections]) == ("Title", ["News", "Events"])
    story, listing = items_of(draft)
    assert [(span.text, span.bold, span.href) for span in story.body[0].spans] == [  # type: ignore[union-attr]
        ("Some ", False, ""),
        ("bold", True, ""),
        (" text, ", False, ""),
        ("here", False, "https://example.org/a"),
        (".", False, ""),
    ]
    assert isinstance(listing, ItemList)


def test_indented_chinese_paragraphs_and_counted_sections_are_read() -> None:
    draft = read(
        "示例简报\n\n2024年第3期\n\n　　三月，十个城市召开了会议。\n　　会议通过了清单。（摘自：示例网 https://example.org/a）\n\n"
        "一、网络动态\n\n食堂指南发布\n示例市发布了食堂采购指南。\n原文链接：https://example.org/b\n\n二、活动预告\n\n1、三月网络研讨会\n2、四月年会\n",
        masthead_name="示例简报",
    )
    assert [section.heading for section in draft.sections] == ["", "一、网络动态", "二、活动预告"]
    assert draft.number == "2024年第3期"
    lead, story, _ = items_of(draft)
    assert paragraphs(lead) == ["三月，十个城市召开了会议。", "会议通过了清单。"]
    assert (story.heading, story.source.url if story.source else "") == ("食堂指南发布", "https://example.org/b")


def test_letter_spaced_lines_lose_their_spaces() -> None:
    (item,) = items_of(read("示 例 市 圣 保 罗 医 院 （ EXH ） 率先减少了浪费。"))
    assert paragraphs(item) == ["示例市圣保罗医院（EXH）率先减少了浪费。"]


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.example.org/t/y-l-abcdefgh-ijklmnop-t/",
        "https://example.us19.list-manage.com/track/click?u=1&id=2&e=3",
    ],
)
def test_a_tracked_link_is_noted(url: str) -> None:
    draft = read(f"十个城市召开了会议。\n\n{url}\n")
    assert TRACKED_NOTE in items_of(draft)[0].notes


def test_only_web_and_mail_addresses_become_links() -> None:
    draft = read_bulletin(
        "See [this](javascript:alert(1)) and data:text/html,x and ftp://example.org/x today.", locale="en"
    )
    assert all(not span.href for item in items_of(draft) for span in item.body[0].spans)  # type: ignore[union-attr]


def test_characters_that_must_not_be_printed_are_set_aside() -> None:
    draft = read("十个\ue000城市\x00召开了\u202e会议\ue001。")
    assert paragraphs(items_of(draft)[0]) == ["十个城市召开了会议。"]
    assert draft.set_aside == ("\ue000\x00\u202e\ue001",)


def test_keys_are_unique_and_the_same_each_time() -> None:
    first, again = (items_of(read_bulletin(ENGLISH, locale="en")) for _ in range(2))
    keys = [item.key for item in first]
    assert len(set(keys)) == len(keys)
    assert keys == [item.key for item in again]


def test_an_empty_text_makes_an_empty_draft() -> None:
    assert read(" \n\f\n").sections == ()


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ImportRefused, match="at most 5,000,000"):
        read("字" * (LARGEST_TEXT + 1))


@pytest.mark.parametrize(
    "text",
    [
        "字" * 100_000,
        "word " * 20_000,
        "(摘自 x\n" * 4_000,
        "#" + " " * 300_000 + "x",
        "https://example.org/" + ")" * 100_000,
        "https://example.org/x-\n" + "abc/def-\n" * 10_000,
        "• 公共采购。\n\n" * 4_000,
        "标题\f正文在这里。\f" * 2_000,
        "**a" * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_long_lines_and_many_lines_take_no_long_time(text: str) -> None:
    assert isinstance(read(text), Draft)


def test_sections_are_content_of_the_common_kind() -> None:
    assert all(isinstance(section, Section) for section in read_bulletin(ENGLISH, locale="en").sections)
