"""Invented issues of the kinds that issues.py doesn't have, with audiences: Chinese, English and French."""

from __future__ import annotations

import dataclasses
from datetime import date, time

from composer.content import (
    Bullets,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Imprint,
    Lead,
    Masthead,
    Partner,
    Partners,
    Picture,
    Section,
    Source,
    Span,
    Story,
)

from .issues import line, paragraph

MEDIA = "https://media.example.org"

ENGLISH = EditionContent(
    locale="en",
    masthead=Masthead(
        name="The Circular Buyer",
        tagline="A bimonthly letter for people who buy on the public’s behalf",
        publisher="Secretariat, Circular Procurement Practice Network",
        postal_address="12 Lakeside Road\n1202 Geneva, Switzerland",
        reason="You are a member of the Circular Procurement Practice Network.",
    ),
    title="Kitchens first",
    subject="Kitchens first: The Circular Buyer, No. 13",
    preheader="What nine school kitchens changed, in figures, and where to meet in May.",
    number="No. 13",
    published=date(2026, 5, 4),
    sections=(
        Section(
            "",
            (
                Contents(key="contents"),
                Lead(
                    key="lead",
                    heading="Nine kitchens, one contract",
                    topics=("SDG 12.7", "Food"),
                    body=(
                        paragraph(
                            "Nine school kitchens bought together this year. The contract asks for seasonal food and "
                            "pays for meals eaten, not for meals cooked."
                        ),
                    ),
                    source=Source(name="Working group on food", published=date(2026, 4, 28)),
                ),
                Figures(
                    key="figures",
                    heading="What changed in a year",
                    entries=(
                        Figure("38 %", "less food thrown away"),
                        Figure("1.3 M", "meals served"),
                        Figure("9", "kitchens, four of them new to the contract"),
                        Figure("€0.04", "more a meal"),
                    ),
                    source=Source(name="Linqiao School Board", url="https://linqiao.example/figures"),
                ),
            ),
        ),
        Section(
            "Stories",
            (
                Story(
                    key="left",
                    heading="Crates that come back",
                    topics=("SDG 12.5.1", "Packaging", "Contracts that pay for use"),
                    picture=Picture(f"{MEDIA}/reusable-crates.jpg", "Stacked reusable crates in a yard", 1600, 1000),
                    picture_place="left",
                    body=(
                        paragraph(
                            "Suppliers deliver in crates that belong to the network and are counted on every trip. Of "
                            "four thousand crates, eleven were lost in the first season. ",
                            Span("How the count works", href="https://library.example.org/en/crates"),
                            ".",
                        ),
                    ),
                    source=Source(name="Port City", url="https://port.example/crates", licence="CC BY 4.0"),
                ),
                Story(
                    key="right",
                    heading="A hill of its own",
                    picture=Picture(f"{MEDIA}/hills-at-dawn.jpg", "Hills at dawn", 1600, 1000),
                    picture_place="right",
                    body=(
                        paragraph(
                            "Highland towns order their vegetables in January, before anything is sown. Growers plant "
                            "what has been sold, and prices are agreed for three years."
                        ),
                    ),
                    source=Source(name="Highland Towns", published=date(2026, 4, 12)),
                ),
                Divider(key="divider"),
                Story(
                    key="half-one",
                    half=True,
                    heading="A green roof for the depot",
                    topics=("SDG 11",),
                    picture=Picture(f"{MEDIA}/green-city.jpg", "A city with green roofs", 1600, 1000),
                    body=(paragraph("The depot’s new roof holds rain back and keeps the vans cool."),),
                    source=Source(name="Port City"),
                ),
                Story(
                    key="half-two",
                    half=True,
                    heading="Ovens on lease",
                    picture=Picture(f"{MEDIA}/reusable-crates.jpg", "Crates beside an oven", 1600, 1000),
                    body=(paragraph("Ovens stay with their maker, who repairs them within a day."),),
                    source=Source(name="Linqiao", url="https://linqiao.example/ovens"),
                ),
                Story(
                    key="for-members",
                    audience="members",
                    heading="Members vote in June",
                    body=(paragraph("The papers for the vote follow by post."),),
                ),
            ),
        ),
        Section(
            "Dates and reading",
            (
                Event(
                    key="workshop",
                    heading="Workshop: writing a food contract",
                    topics=("SDG 12.7.1",),
                    body=(paragraph("Bring a contract of your own. Two lawyers read it with you."),),
                    day=date(2026, 5, 12),
                    start=time(14),
                    end=time(16),
                    zone="Europe/Paris",
                    place="Geneva, and online",
                    button="Book a seat",
                    url="https://forms.example.org/workshop?lang=en",
                    source=Source(name="Secretariat"),
                ),
                Event(
                    key="fair",
                    heading="Fair of reusable packaging",
                    day=date(2026, 5, 30),
                    last_day=date(2026, 6, 2),
                    place="Port City",
                    calendar=False,
                    source=Source(url="https://fair.example.org/2026"),
                ),
                Event(
                    key="focal-points",
                    audience="not:members",
                    heading="An open hour for guests",
                    day=date(2026, 6, 9),
                    start=time(9, 30),
                ),
                Guide(
                    key="guide",
                    heading="The canteen contract, clause by clause",
                    details="Circular Procurement Practice Network, 2026, 48 pages, PDF",
                    cover=Picture(f"{MEDIA}/green-city.jpg", "Cover: a city with green roofs", 900, 1200),
                    body=(
                        paragraph("Each clause with the reason for it, a shorter form, and where it has been used."),
                        Bullets((line("In English and Chinese"), line("Free to copy"))),
                    ),
                    button="Download",
                    url="https://library.example.org/en/canteen-contract.pdf",
                    topics=("SDG 2.4", "SDG 12.3"),
                    source=Source(name="The network’s library", url="https://library.example.org/en/"),
                ),
            ),
        ),
        Section(
            "With thanks to",
            (
                Partners(
                    key="partners",
                    entries=(
                        Partner(
                            "Linqiao School Board", "https://linqiao.example", Picture(f"{MEDIA}/l.png", "x", 480, 120)
                        ),
                        Partner("Port City", "", Picture(f"{MEDIA}/p.png", "x", 200, 200)),
                        Partner("Highland Towns", "https://highland.example"),
                        Partner("Lake Foundation", "https://lake.example", Picture(f"{MEDIA}/k.png", "x", 900, 150)),
                        Partner("Friends of the network"),
                    ),
                    source=Source(name="Secretariat"),
                ),
                Imprint(key="imprint", heading="Editors", body=(paragraph("Made by the secretariat."),)),
            ),
        ),
    ),
)

CHINESE = EditionContent(
    locale="zh-hans",
    masthead=Masthead(
        name="循环采购通讯",
        tagline="写给公共采购从业者的双月刊",
        publisher="循环采购实践网络秘书处",
        postal_address="日内瓦湖滨路 12 号\n1202 日内瓦，瑞士",
        reason="您是循环采购实践网络的成员，并于入会时订阅了本通讯。",
    ),
    title="从厨房开始",
    subject="从厨房开始｜循环采购通讯 2026年第4期",
    preheader="九所学校厨房改变了什么，用数字说话；五月在哪里见面。",
    number="2026年第4期",
    published=date(2026, 5, 4),
    sections=(
        Section(
            "",
            (
                Contents(key="contents", heading="目录"),
                Lead(
                    key="lead",
                    heading="九间厨房，一份合同",
                    topics=("SDG 12.7", "食品"),
                    body=(
                        paragraph(
                            "今年有九所学校的厨房联合采购。合同要求使用时令食材，按吃掉的餐数而不是做出的餐数付款。"
                        ),
                    ),
                    source=Source(name="食品工作组", published=date(2026, 4, 28)),
                ),
                Figures(
                    key="figures",
                    heading="一年的变化",
                    entries=(
                        Figure("38%", "厨余减少"),
                        Figure("130 万份", "供餐总量"),
                        Figure("9 间", "参与的厨房，其中四间首次加入合同"),
                    ),
                    source=Source(name="林桥市教育局", url="https://linqiao.example/figures"),
                ),
            ),
        ),
        Section(
            "故事",
            (
                Story(
                    key="left",
                    heading="会回来的周转箱",
                    topics=("SDG 12.5.1", "包装", "按使用付费的合同"),
                    picture=Picture(f"{MEDIA}/reusable-crates.jpg", "院子里码放整齐的周转箱", 1600, 1000),
                    picture_place="left",
                    body=(
                        paragraph(
                            "供应商用网络共有的周转箱送货，每一趟都清点。四千只箱子，第一个季度只丢了十一只。",
                            Span("清点办法在这里", href="https://library.example.org/zh/crates"),
                            "。",
                        ),
                    ),
                    source=Source(name="港口城", url="https://port.example/crates", licence="CC BY 4.0"),
                ),
                Story(
                    key="right",
                    heading="山里的菜",
                    picture=Picture(f"{MEDIA}/hills-at-dawn.jpg", "晨光中的群山", 1600, 1000),
                    picture_place="right",
                    body=(
                        paragraph(
                            "高地的几座小镇在一月就订下全年的蔬菜，那时还没有播种。农户种的是已经卖出去的菜，价格三年不变。"
                        ),
                    ),
                    source=Source(name="高地诸镇", published=date(2026, 4, 12)),
                ),
                Divider(key="divider"),
                Story(
                    key="half-one",
                    half=True,
                    heading="车库的绿色屋顶",
                    topics=("SDG 11",),
                    picture=Picture(f"{MEDIA}/green-city.jpg", "有绿色屋顶的城市", 1600, 1000),
                    body=(paragraph("新屋顶能蓄住雨水，夏天也让车子凉快些。"),),
                    source=Source(name="港口城"),
                ),
                Story(
                    key="half-two",
                    half=True,
                    heading="租来的烤箱",
                    picture=Picture(f"{MEDIA}/reusable-crates.jpg", "烤箱旁的周转箱", 1600, 1000),
                    body=(paragraph("烤箱仍归制造商所有，一天之内修好。"),),
                    source=Source(name="林桥市", url="https://linqiao.example/ovens"),
                ),
                Story(
                    key="for-members",
                    audience="members",
                    heading="成员六月投票",
                    body=(paragraph("表决文件将另行寄出。"),),
                ),
            ),
        ),
        Section(
            "日程与阅读",
            (
                Event(
                    key="workshop",
                    heading="工作坊：怎样写一份食堂合同",
                    topics=("SDG 12.7.1",),
                    body=(paragraph("请带上您自己的合同，两位律师会和您一起读。"),),
                    day=date(2026, 5, 12),
                    start=time(14),
                    end=time(16),
                    zone="Europe/Paris",
                    place="日内瓦，同时线上举行",
                    button="预订座位",
                    url="https://forms.example.org/workshop?lang=zh",
                    source=Source(name="秘书处"),
                ),
                Event(
                    key="fair",
                    heading="可重复使用包装展",
                    day=date(2026, 5, 30),
                    last_day=date(2026, 6, 2),
                    place="港口城",
                    calendar=False,
                    source=Source(url="https://fair.example.org/2026"),
                ),
                Event(
                    key="focal-points",
                    audience="not:members",
                    heading="面向来宾的开放时间",
                    day=date(2026, 6, 9),
                    start=time(9, 30),
                ),
                Guide(
                    key="guide",
                    heading="逐条读懂食堂合同",
                    details="循环采购实践网络，2026 年，48 页，PDF",
                    cover=Picture(f"{MEDIA}/green-city.jpg", "封面：有绿色屋顶的城市", 900, 1200),
                    body=(
                        paragraph("每一条都说明理由，给出简短的写法，并注明在哪里用过。"),
                        Bullets((line("中文和英文"), line("可自由复制"))),
                    ),
                    button="下载",
                    url="https://library.example.org/zh/canteen-contract.pdf",
                    topics=("SDG 2.4", "SDG 12.3"),
                    source=Source(name="网络资料库", url="https://library.example.org/zh/"),
                ),
            ),
        ),
        Section(
            "致谢",
            (
                Partners(
                    key="partners",
                    entries=(
                        Partner("林桥市教育局", "https://linqiao.example", Picture(f"{MEDIA}/l.png", "x", 480, 120)),
                        Partner("港口城", "", Picture(f"{MEDIA}/p.png", "x", 200, 200)),
                        Partner("高地诸镇", "https://highland.example"),
                        Partner("湖泊基金会", "https://lake.example", Picture(f"{MEDIA}/k.png", "x", 900, 150)),
                        Partner("网络之友"),
                    ),
                    source=Source(name="秘书处"),
                ),
                Imprint(key="imprint", heading="编辑", body=(paragraph("本期由秘书处编成。"),)),
            ),
        ),
    ),
)

FRENCH = dataclasses.replace(ENGLISH, locale="fr", title="D’abord les cuisines", number="N° 13")

KINDS = {"zh-hans": CHINESE, "en": ENGLISH, "fr": FRENCH}
