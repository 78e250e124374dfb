"""The sample issue in Simplified Chinese."""

from __future__ import annotations

from composer.content import (
    Call,
    Contents,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Imprint,
    ItemList,
    Lead,
    Masthead,
    Partner,
    Partners,
    Quote,
    Section,
    Story,
)
from config.sample import facts
from config.sample.words import bold, bullets, italic, line, link, paragraph


def edition_in_chinese(masthead: Masthead) -> EditionContent:
    return EditionContent(
        locale="zh-hans",
        masthead=masthead,
        title="用得久，修得好",
        subject="312次招标带来的启示，也请您寄来自己的案例",
        preheader="成本降了，小型供应商多了；九座城市统一统计口径；周转箱有去有回。",
        number="2026年第3期",
        published=facts.PUBLISHED,
        sections=(
            Section("", (_LEAD, _NUMBERS, _CONTENTS)),
            Section("网络动态", (_CITIES, _HELP_DESK, _NEWCOMERS)),
            Section("方案进展", (_CRATES, _PHONE, _REPAIR_GUIDE, _GUIDES)),
            Section("邀您行动", (_WORKSHOP, _CASES, _PROFILES, _VACANT)),
            Section("伙伴消息", (_WIND, _REPAIRS, _PARTNERS)),
            Section("关于本期", (_IMPRINT,)),
        ),
    )


_LEAD = Lead(
    key=facts.SHEET.key,
    heading="三百次招标，同一张清单",
    body=(
        paragraph("{{name|各位同事}}，您好："),
        paragraph(
            "十八个月里，31家成员在采购家具、保洁服务和办公设备时，都在招标文件后附上了同一份两页清单。"
            "清单只问四件事：能用多久？由谁维修？用什么做成？用完之后去哪里？"
        ),
        paragraph(
            bold("312次招标"),
            "的结果现已公布。使用清单后，收到的投标并未减少，所购物品的全生命周期成本平均下降",
            bold("2.4%"),
            "，使用时间平均延长19个月。受益最多的是小型供应商，其中标份额由22%上升到29%。",
        ),
        paragraph(
            "当然，并非事事顺利。五分之一的采购人认为材料一问难以核实，工作组已据此改写。",
            link("报告全文", facts.SHEET_REPORT),
            "如实记录了方法、数据和走过的弯路，供后来者由此起步。",
        ),
    ),
    source=facts.SHEET.source("子午网络共同标准工作组"),
    topics=facts.SHEET.topics,
)

_NUMBERS = Figures(
    key=facts.NUMBERS.key,
    heading="四个数字看清单",
    entries=(
        Figure("312次", "招标使用了清单"),
        Figure("2.4%", "全生命周期成本降幅"),
        Figure("19个月", "使用时间平均延长"),
        Figure("29%", "合同由小型供应商获得"),
    ),
    source=facts.NUMBERS.source("子午网络共同标准工作组"),
)

_CONTENTS = Contents(key=facts.CONTENTS_KEY, heading="本期内容")

_CITIES = Story(
    key=facts.CITIES.key,
    heading="九座沿河城市统一采购统计口径",
    body=(
        paragraph(
            "艾尔玛河下游公约的九座城市通过了一套共同方法，用来统计各自采购的物品。"
            "自明年1月起，各市将每季度公布金额最大的十份合同中物品的重量、产地和预期使用年限。"
        ),
        paragraph(
            "此前各市算法不一，数字无从比较。",
            link("新方法", facts.CITIES_METHOD),
            "只有一页纸，一张电子表格就能完成；秘书处每年抽查一次数据。",
        ),
    ),
    source=facts.CITIES.source("艾尔玛河下游公约联合办公室"),
    topics=facts.CITIES.topics,
    picture=facts.picture("green-city.jpg", "一座临河的城市，楼顶绿树成荫，电车驶过堤岸，河上有一艘帆船。"),
)

_HELP_DESK = Story(
    key=facts.HELP_DESK.key,
    heading="致非洲成员：招标咨询台即将开通",
    body=(
        paragraph(
            "自2月1日起，“猴面包树咨询台”将用英语和法语解答可持续招标方面的问题，三个工作日内答复，不收取任何费用。"
            "咨询台由来自非洲东部和西部的六家成员共同运行，按月轮值。"
        ),
        paragraph(
            "招标文件发布之前，不妨先把草稿寄来。咨询台会审读各项标准，建议哪些证明材料是当地供应商确实能够提供的，"
            "并为您联系采购过同类物品的同行：",
            link("desk@baobab-desk.example", facts.HELP_DESK_MAIL),
            "。",
        ),
    ),
    source=facts.HELP_DESK.source("猴面包树咨询台"),
    audience=facts.HELP_DESK.audience,
)

_NEWCOMERS = Story(
    key=facts.NEWCOMERS.key,
    heading="十四家机构加入网络",
    body=(
        paragraph(
            "指导委员会秋季会议接纳了来自九个国家的14家机构。",
            link("新成员", facts.NEWCOMERS_LIST),
            "中有一家学校供餐管理机构、两家地区医院的联合采购组织，还首次迎来了一家维修工坊联合会。",
        ),
        paragraph("新成员入会第一年，将与一家规模相近的成员结对。如果您愿意结对，直接回复本邮件即可。"),
    ),
    source=facts.NEWCOMERS.source("子午网络指导委员会"),
)

_CRATES = Story(
    key=facts.CRATES.key,
    heading="粮食体系：校园厨房的周转箱，有去有回",
    body=(
        paragraph(
            "安韦勒省42所学校的厨房要求供应商用可折叠的周转箱送货，空箱随下一次送货带回。"
            "一个学年下来，少用纸板61吨，破损减少三分之一，每只箱子平均往返27次。"
        ),
        paragraph(
            "背后的",
            link("合同条款", facts.CRATES_CLAUSE),
            "只有一段话：箱子由供应商自选，但须符合统一尺寸并收取押金。条款现有六种语言版本。",
        ),
    ),
    source=facts.CRATES.source("粮食体系方案"),
    topics=facts.CRATES.topics,
    picture_place="right",
    picture=facts.picture("reusable-crates.jpg", "三只叠放的周转箱，最上面一只装满水果，旁边有瓶子、包裹和一盆绿植。"),
)

_PHONE = Quote(
    key=facts.PHONE.key,
    body=(
        paragraph("我们不再问供应商够不够“绿色”，而是问：东西坏了，电话谁来接？不到一个月，收到的标书就大不一样了。"),
    ),
    speaker="考尔德湾港务局采购主管伊尔丝·马兰杜，在建筑方案研讨会上的发言",
    source=facts.PHONE.source("建筑方案研讨会记录"),
)

_REPAIR_GUIDE = Guide(
    key=facts.REPAIR_GUIDE.key,
    heading="《问一问维修》",
    body=(
        paragraph(
            "谁来修？多快能修好？用哪些配件？指南把三个问题写成十二条条款，可直接放进招标文件，每条都附有应索取的证明。"
        ),
    ),
    source=facts.REPAIR_GUIDE.source("子午网络资料库"),
    cover=facts.picture("repair-guide.jpg", "指南封面：深绿底色上的螺丝刀、齿轮和时钟。"),
    details="公共采购方案 · 2026年 · 24页 · PDF",
    button="阅读指南",
    url=facts.GUIDE_REPAIR,
)

_GUIDES = ItemList(
    key=facts.GUIDES.key,
    heading="五本小指南",
    body=(paragraph("今秋新出，每本二十分钟即可读完，欢迎自由使用。"),),
    entries=(
        line(bold("公共采购："), link("《问一问维修》", facts.GUIDE_REPAIR), "，附十二条现成条款"),
        line(bold("旅游："), link("《布草、水与灯》", facts.GUIDE_HOTELS), "，供客房不超过40间的酒店自查"),
        line(bold("建筑："), link("《拆除之前》", facts.GUIDE_DEMOLITION), "，怎样找出还能再用的东西"),
        line(bold("生活方式："), link("《共享物品架》", facts.GUIDE_LENDING), "，小城镇的预算也能办起物品图书馆"),
        line(bold("消费者信息："), link("《少说而当真》", facts.GUIDE_CLAIMS), "，怎样写出站得住脚的环保声明"),
    ),
    source=facts.GUIDES.source("子午网络资料库"),
)

_WORKSHOP = Event(
    key=facts.WORKSHOP.key,
    heading="维修条款门诊：带上您的条款来",
    body=(paragraph("九十分钟，分组进行：寄来一条不好用的条款，带走一条好用的。指南作者参加，使用英语和中文。"),),
    source=facts.WORKSHOP.source("公共采购方案"),
    day=facts.WORKSHOP_DAY,
    start=facts.WORKSHOP_START,
    end=facts.WORKSHOP_END,
    zone=facts.WORKSHOP_ZONE,
    place="线上",
    button="报名",
    url=facts.WORKSHOP_FORM,
)

_CASES = Call(
    key=facts.CASES.key,
    heading="征集招标案例：成功的要，失败的也要",
    body=(
        paragraph("新一期案例集将收录2025年和2026年的20个招标案例，以小型机构为主，失败与成功同样欢迎。推荐案例需要："),
        bullets("招标文件，语言不限", "一页说明：当初想要什么，最后得到什么", "采购单位的同意"),
    ),
    source=facts.CASES.source("公共采购方案"),
    button="推荐案例",
    url=facts.CASES_FORM,
    deadline=facts.CASES_DEADLINE,
)

_PROFILES = Call(
    key=facts.PROFILES.key,
    heading="致国家联络人：请确认本国概况",
    body=(
        paragraph(
            "各国概况将于4月随年度报告发布。请核对2026年的数据，更新过时内容，并指定一名副联络人，约需一刻钟。"
            "逾期未确认的概况将沿用上一年的数据，",
            italic("并予以注明"),
            "。",
        ),
    ),
    source=facts.PROFILES.source("子午网络秘书处"),
    audience=facts.PROFILES.audience,
    button="打开本国概况",
    url=facts.PROFILES_FORM,
    deadline=facts.PROFILES_DEADLINE,
)

_VACANT = Story(
    key=facts.VACANT.key,
    heading="贵国有联络人吗？",
    body=(
        paragraph(
            "目前有31个国家的联络人空缺。联络人平均每月答复两次来函，每年参加一次会议。哪些国家空缺、如何推荐人选，见以下来源。"
        ),
    ),
    source=facts.VACANT.source("子午网络秘书处"),
    audience=facts.VACANT.audience,
)

_WIND = Story(
    key=facts.WIND.key,
    heading="两家医院用上邻近山谷的风电",
    body=(
        paragraph(
            "三岭合作社将在十二年内以事先约定的价格，把五台风机的电力供应给两家区级医院。"
            "两家医院联合招标，付款条件与价格权重相当，这让一个640户人家的合作社得以与规模大得多的企业同台竞标。"
        ),
        paragraph("售电收入的1%将注入一项基金，用于为山谷里的住房加装保温层。"),
    ),
    source=facts.WIND.source("三岭合作社"),
    topics=facts.WIND.topics,
    half=True,
    picture=facts.picture("hills-at-dawn.jpg", "日出时分，绿色山丘上的风力发电机、一座小屋和一垄垄庄稼。"),
)

_REPAIRS = Story(
    key=facts.REPAIRS.key,
    heading="4.8万次维修记录，向所有人开放",
    body=(
        paragraph(
            "烛街基金会公开了其“维修账本”，收录家居用品和办公设备的维修记录4.8万条，"
            "每条都写明产品、故障、配件和费用。哪些型号常常返修，哪些根本拆不开，采购人一看便知。",
            link("数据文件", facts.REPAIRS_DATA),
            "每月更新。",
        ),
    ),
    source=facts.REPAIRS.source("烛街基金会"),
    half=True,
)

_PARTNERS = Partners(
    key=facts.PARTNERS_KEY,
    heading="鸣谢",
    entries=(
        Partner("三岭合作社", facts.THREE_RIDGES, facts.logo("logo-ridges.png", "三岭合作社")),
        Partner("烛街基金会", facts.TALLOW_STREET, facts.logo("logo-tallow.png", "烛街基金会")),
        Partner("艾尔玛河下游公约", facts.LOWER_ELMAR, facts.logo("logo-elmar.png", "艾尔玛河下游公约")),
    ),
)

_IMPRINT = Imprint(
    key=facts.IMPRINT_KEY,
    body=(
        paragraph(
            "本刊由子午网络秘书处根据成员与合作伙伴的来稿编辑。除另有注明外，文字和图片在注明来源的前提下，"
            "可按CC BY 4.0许可协议使用。"
        ),
        paragraph(
            "本期为样刊，其中的网络、人物、地点和数字均属虚构。勘误与投稿请寄：",
            link("secretariat@circular.example", "mailto:secretariat@circular.example"),
            "。",
        ),
    ),
)
