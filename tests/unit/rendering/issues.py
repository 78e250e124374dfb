"""An invented issue about sustainable procurement, in Chinese and in English, with every kind of item in it.

Organisations, people, figures and addresses are made up.
"""

from __future__ import annotations

from datetime import date

from composer.content import (
    Bullets,
    Call,
    EditionContent,
    Imprint,
    ItemList,
    Lead,
    Line,
    Masthead,
    Paragraph,
    Picture,
    Quote,
    Section,
    Source,
    Span,
    Story,
)


def line(*parts: str | Span) -> Line:
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def paragraph(*parts: str | Span) -> Paragraph:
    return Paragraph(line(*parts))


CHINESE = EditionContent(
    locale="zh-hans",
    masthead=Masthead(
        name="循环采购通讯",
        tagline="写给公共采购从业者的双月刊",
        publisher="循环采购实践网络秘书处",
        postal_address="日内瓦湖滨路 12 号\n1202 日内瓦，瑞士",
        reason="您是循环采购实践网络的成员，并于入会时订阅了本通讯。",
    ),
    title="让绿色采购从试点走向常态",
    subject="让绿色采购从试点走向常态｜循环采购通讯 2026年第3期",
    preheader="三座城市的招标文件公开了，还有一份可以直接使用的食堂采购清单。",
    number="2026年第3期",
    published=date(2026, 3, 5),
    sections=(
        Section(
            "",
            (
                Lead(
                    key="lead",
                    heading="试点结束之后，真正的工作才开始",
                    body=(
                        paragraph(
                            "过去两年，网络里有十七个城市做过循环采购试点。多数试点都成功了，但只有五个城市把做法写进了常规的招标文件。"
                            "本期我们请这五座城市的采购负责人讲讲：",
                            Span("究竟是什么让一次尝试变成了习惯", bold=True),
                            "。",
                        ),
                        paragraph(
                            "答案出人意料地朴素：把标准写短，把核查交给供应商自己，再给评标人员留出两个小时的培训。"
                            "完整的案例收在",
                            Span(
                                "《从试点到常态》案例集", href="https://library.example.org/zh/from-pilot-to-practice"
                            ),
                            "里。",
                        ),
                    ),
                    source=Source(name="循环采购实践网络", published=date(2026, 3, 2), licence="CC BY 4.0"),
                ),
            ),
        ),
        Section(
            "网络动态",
            (
                Story(
                    key="school-desks",
                    heading="一万两千张课桌的第二次生命",
                    body=(
                        paragraph(
                            "林桥市教育局没有购买新课桌，而是招标采购“课桌翻新服务”。合同按每张课桌再使用的年数付费，"
                            "供应商因此有了把桌子修得更牢的理由。",
                        ),
                        paragraph(
                            "第一年，翻新成本约为新购的四成，", Span("木材用量下降了八成以上", italic=True), "。"
                        ),
                    ),
                    picture=Picture(
                        "https://media.example.org/desks.jpg", "工人在车间里打磨一排旧课桌的桌面", 1200, 640
                    ),
                    source=Source(
                        name="林桥市教育局", url="https://linqiao.example/news/desks", published=date(2026, 2, 18)
                    ),
                ),
                Story(
                    key="shared-criteria",
                    heading="六个国家采用同一套笔记本电脑采购标准，供应商第一次不必为每份标书重新准备能效与可维修性证明",
                    body=(
                        paragraph(
                            "这套标准只有两页：电池可更换、备件供应七年、能效实测数据公开。文本可以直接复制到招标文件中。",
                        ),
                    ),
                    source=Source(url="https://www.standards.example.net/it/laptops/2026/common-criteria.html"),
                ),
                Story(
                    key="no-heading",
                    body=(
                        paragraph(
                            "人事：",
                            Span("陈若溪", bold=True),
                            "自四月起担任食品采购工作组召集人，工作邮箱为 ",
                            Span("food@network.example", href="mailto:food@network.example"),
                            "。",
                        ),
                    ),
                ),
            ),
        ),
        Section(
            "工具与资源",
            (
                ItemList(
                    key="tools",
                    heading="本月值得收藏",
                    body=(paragraph("三份短小的材料，都可以在一次会议前读完："),),
                    entries=(
                        line(
                            Span("食堂采购清单", href="https://library.example.org/zh/canteen"),
                            "：二十个问题，帮您在写招标文件之前想清楚要买什么。",
                        ),
                        line(
                            Span("全生命周期成本计算表", href="https://library.example.org/zh/lcc"),
                            "（电子表格，附照明与车辆两个例子）。",
                        ),
                        line("供应商对话指南：怎样在招标前公平地听取市场意见。"),
                    ),
                    source=Source(name="网络资料库", url="https://library.example.org/zh/"),
                ),
                Quote(
                    key="quote",
                    body=(
                        paragraph(
                            "“我们不再问‘有没有绿色产品’，而是问‘这件东西五年后会在哪里’。问题一变，投标的人也变了。”"
                        ),
                    ),
                    speaker="何塞·安德拉德，港口城采购处处长",
                    source=Source(name="三月网络例会发言", published=date(2026, 3, 1)),
                ),
            ),
        ),
        Section(
            "参与",
            (
                Call(
                    key="call",
                    heading="征集：您最好用的一条合同条款",
                    body=(
                        paragraph(
                            "一条就好。请附上它在哪份合同里用过、效果如何。入选条款会收入年底的条款手册，并注明出处。"
                        ),
                        Bullets(
                            (
                                line("中文、英文或法文均可"),
                                line("不超过三百字"),
                            )
                        ),
                    ),
                    button="提交条款",
                    url="https://forms.example.org/clauses?lang=zh&round=1",
                    deadline=date(2026, 4, 30),
                    source=Source(name="条款手册编辑组"),
                ),
                Story(
                    key="focal-points",
                    audience="focal-points",
                    heading="国家联络人会议改到五月",
                    body=(paragraph("新的日期是五月十二日至十三日，线上举行。议程将在四月初寄出。"),),
                    source=Source(name="秘书处", published=date(2026, 3, 4)),
                ),
            ),
        ),
        Section(
            "关于本期",
            (
                Imprint(
                    key="imprint",
                    heading="编辑",
                    body=(
                        paragraph(
                            "本期由秘书处根据成员来稿编成。欢迎来信：",
                            Span("editor@network.example", href="mailto:editor@network.example"),
                            "。转载请注明出处。",
                        ),
                    ),
                ),
            ),
        ),
    ),
)

ENGLISH = EditionContent(
    locale="en",
    masthead=Masthead(
        name="The Circular Buyer",
        tagline="A bimonthly letter for people who buy on the public’s behalf",
        publisher="Secretariat, Circular Procurement Practice Network",
        postal_address="12 Lakeside Road\n1202 Geneva, Switzerland",
        reason="You are a member of the Circular Procurement Practice Network and chose this letter when you joined.",
    ),
    title="From pilot to habit",
    subject="From pilot to habit: The Circular Buyer, No. 12",
    preheader="Three cities publish their tender files, and a canteen checklist you can use tomorrow.",
    number="No. 12",
    published=date(2026, 3, 5),
    sections=(
        Section(
            "",
            (
                Lead(
                    key="lead",
                    heading="The real work starts when the pilot is over",
                    body=(
                        paragraph(
                            "In two years, seventeen cities of our network have tried circular procurement. Most of "
                            "the pilots went well; only five cities made the practice part of their ordinary tenders. "
                            "In this issue the people who buy for those five tell us ",
                            Span("what turned one attempt into a habit", bold=True),
                            ".",
                        ),
                        paragraph(
                            "Their answers are surprisingly plain: keep the criteria short, let suppliers do the "
                            "measuring, and give evaluators two hours of training. All five cases are in ",
                            Span(
                                "From Pilot to Practice",
                                italic=True,
                                href="https://library.example.org/en/from-pilot-to-practice",
                            ),
                            ".",
                        ),
                    ),
                    source=Source(
                        name="Circular Procurement Practice Network", published=date(2026, 3, 2), licence="CC BY 4.0"
                    ),
                ),
            ),
        ),
        Section(
            "Around the network",
            (
                Story(
                    key="school-desks",
                    heading="Twelve thousand school desks get a second life",
                    body=(
                        paragraph(
                            "Instead of new desks, the school board of Linqiao bought desk renewal as a service. The "
                            "contract pays for every further year a desk is in use, so the supplier has a reason to "
                            "make it last.",
                        ),
                        paragraph(
                            "In the first year renewal cost about two fifths of buying new, and ",
                            Span("the timber needed fell by more than four fifths", italic=True),
                            ".",
                        ),
                    ),
                    picture=Picture(
                        "https://media.example.org/desks.jpg",
                        "Workers sanding the tops of a row of old school desks",
                        1200,
                        640,
                    ),
                    source=Source(
                        name="Linqiao School Board",
                        url="https://linqiao.example/news/desks",
                        published=date(2026, 2, 18),
                    ),
                ),
                Story(
                    key="shared-criteria",
                    heading="Six countries adopt one set of laptop criteria, and for the first time suppliers need not "
                    "prove energy use and repairability anew for every tender",
                    body=(
                        paragraph(
                            "The criteria fill two pages: a battery that can be replaced, spare parts for seven years, "
                            "measured energy use in the open. The wording is ready to be pasted into a tender.",
                        ),
                    ),
                    source=Source(url="https://www.standards.example.net/it/laptops/2026/common-criteria.html"),
                ),
                Story(
                    key="no-heading",
                    body=(
                        paragraph(
                            "People: ",
                            Span("Chen Ruoxi", bold=True),
                            " convenes the working group on food from April. Write to ",
                            Span("food@network.example", href="mailto:food@network.example"),
                            ".",
                        ),
                    ),
                ),
            ),
        ),
        Section(
            "Tools and reading",
            (
                ItemList(
                    key="tools",
                    heading="Worth keeping",
                    body=(paragraph("Three short papers, each read before a meeting begins:"),),
                    entries=(
                        line(
                            Span("The canteen checklist", href="https://library.example.org/en/canteen"),
                            ": twenty questions that tell you what you want to buy before you write the tender.",
                        ),
                        line(
                            Span("Life-cycle cost sheet", href="https://library.example.org/en/lcc"),
                            " (a spreadsheet, with lighting and vehicles as examples).",
                        ),
                        line("Talking to suppliers: how to hear the market fairly before a tender."),
                    ),
                    source=Source(name="The network’s library", url="https://library.example.org/en/"),
                ),
                Quote(
                    key="quote",
                    body=(
                        paragraph(
                            "“We stopped asking whether there is a green product. We ask where the thing will be in "
                            "five years. With the question, the bidders changed.”"
                        ),
                    ),
                    speaker="José Andrade, head of purchasing, Port City",
                    source=Source(name="Network meeting", published=date(2026, 3, 1)),
                ),
            ),
        ),
        Section(
            "Take part",
            (
                Call(
                    key="call",
                    heading="Wanted: the one contract clause that works best for you",
                    body=(
                        paragraph(
                            "One is enough. Tell us which contract it stood in and what came of it. The clauses we "
                            "choose will be printed in this year’s handbook, with your name."
                        ),
                        Bullets((line("In Chinese, English or French"), line("Three hundred words at most"))),
                    ),
                    button="Send a clause",
                    url="https://forms.example.org/clauses?lang=en&round=1",
                    deadline=date(2026, 4, 30),
                    source=Source(name="Editors of the handbook"),
                ),
                Story(
                    key="focal-points",
                    audience="focal-points",
                    heading="The focal points meet in May",
                    body=(paragraph("The new dates are 12 and 13 May, online. The agenda follows in early April."),),
                    source=Source(name="Secretariat", published=date(2026, 3, 4)),
                ),
            ),
        ),
        Section(
            "About this issue",
            (
                Imprint(
                    key="imprint",
                    heading="Editors",
                    body=(
                        paragraph(
                            "Made by the secretariat from what members sent in. Write to us: ",
                            Span("editor@network.example", href="mailto:editor@network.example"),
                            ". You may reprint with attribution.",
                        ),
                    ),
                ),
            ),
        ),
    ),
)

ISSUES = {"zh-hans": CHINESE, "en": ENGLISH}
