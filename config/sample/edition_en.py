"""The sample issue in English."""

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


def edition_in_english(masthead: Masthead) -> EditionContent:
    return EditionContent(
        locale="en",
        masthead=masthead,
        title="What lasts, and who repairs it",
        subject="What 312 tenders taught us, and how to send us yours",
        preheader="Lower costs and more small suppliers; a common measure for nine cities; crates that come back.",
        number="No. 3, 2026",
        published=facts.PUBLISHED,
        sections=(
            Section("", (_LEAD, _NUMBERS, _CONTENTS)),
            Section("From the network", (_CITIES, _HELP_DESK, _NEWCOMERS)),
            Section("From the programmes", (_CRATES, _PHONE, _REPAIR_GUIDE, _GUIDES)),
            Section("Calls for action", (_WORKSHOP, _CASES, _PROFILES, _VACANT)),
            Section("From our partners", (_WIND, _REPAIRS, _PARTNERS)),
            Section("About this issue", (_IMPRINT,)),
        ),
    )


_LEAD = Lead(
    key=facts.SHEET.key,
    heading="Three hundred tenders, one shared sheet",
    body=(
        paragraph("Dear {{name|colleague}},"),
        paragraph(
            "For eighteen months, 31 members attached the same two-page sheet to every tender for furniture, cleaning "
            "services and office equipment. It asks four questions: how long will this last, who will repair it, what "
            "is it made of, and where does it go afterwards?"
        ),
        paragraph(
            "The results of ",
            bold("312 tenders"),
            " are now public. Buyers who used the sheet received as many bids as before, cut the cost over the whole "
            "life of their purchases by ",
            bold("2.4 per cent"),
            " on average, and kept them in use nineteen months longer. Small suppliers gained most: their share of "
            "contracts rose from 22 to 29 per cent.",
        ),
        paragraph(
            "Not everything worked. One buyer in five found the question about materials too hard to check, and the "
            "working group has rewritten it. The ",
            link("full report", facts.SHEET_REPORT),
            " sets out the method, the data and the mistakes, so that others can start from there.",
        ),
    ),
    source=facts.SHEET.source("Working group on common criteria, Meridian Network"),
    topics=facts.SHEET.topics,
)

_NUMBERS = Figures(
    key=facts.NUMBERS.key,
    heading="The sheet in four figures",
    entries=(
        Figure("312", "tenders with the sheet"),
        Figure("2.4 %", "lower cost over the whole life"),
        Figure("19", "months longer in use"),
        Figure("29 %", "of contracts with small suppliers"),
    ),
    source=facts.NUMBERS.source("Working group on common criteria, Meridian Network"),
)

_CONTENTS = Contents(key=facts.CONTENTS_KEY, heading="In this issue")

_CITIES = Story(
    key=facts.CITIES.key,
    heading="Nine river cities agree on one way to count",
    body=(
        paragraph(
            "The nine cities of the Lower Elmar Accord have adopted a common method for measuring what they buy. From "
            "January, each of them will publish every quarter the weight, the origin and the expected life of the "
            "goods in its ten largest contracts."
        ),
        paragraph(
            "Until now each city counted differently, and no two figures could be compared. The ",
            link("new method", facts.CITIES_METHOD),
            " fits on one page and needs nothing but a spreadsheet. Once a year the secretariat will check a sample of "
            "the data.",
        ),
    ),
    source=facts.CITIES.source("Lower Elmar Accord, joint office"),
    topics=facts.CITIES.topics,
    picture=facts.picture(
        "green-city.jpg",
        "A city by a river, with trees on its roofs, a tram on the quay and a sailing boat.",
    ),
)

_HELP_DESK = Story(
    key=facts.HELP_DESK.key,
    heading="Members in Africa: a help desk for your tenders",
    body=(
        paragraph(
            "From 1 February the Baobab Desk will answer your questions about sustainable tenders, in English and in "
            "French, within three working days and free of charge. It is run by six members from the east and the west "
            "of the continent, who take turns by the month."
        ),
        paragraph(
            "Send your draft before you publish it. The desk reads the criteria, suggests proofs that local suppliers "
            "can really provide, and puts you in touch with a colleague who has bought the same thing before: ",
            link("desk@baobab-desk.example", facts.HELP_DESK_MAIL),
            ".",
        ),
    ),
    source=facts.HELP_DESK.source("Baobab Desk"),
    audience=facts.HELP_DESK.audience,
)

_NEWCOMERS = Story(
    key=facts.NEWCOMERS.key,
    heading="Fourteen organisations join the network",
    body=(
        paragraph(
            "At its autumn session the steering committee admitted 14 organisations from nine countries. Among the ",
            link("new members", facts.NEWCOMERS_LIST),
            " are a school meals authority, the buying groups of two regional hospitals and, for the first time, a "
            "federation of repair workshops.",
        ),
        paragraph(
            "In their first year newcomers are paired with a member of similar size. If you would like to be such a "
            "partner, simply reply to this message."
        ),
    ),
    source=facts.NEWCOMERS.source("Steering committee, Meridian Network"),
)

_CRATES = Story(
    key=facts.CRATES.key,
    heading="Food systems: the school kitchens that send the crates back",
    body=(
        paragraph(
            "Forty-two school kitchens in the province of Anvelle ask their suppliers to deliver in folding crates, "
            "which go back with the next delivery. After one school year the kitchens have avoided 61 tonnes of "
            "cardboard and a third of the breakages, and each crate has made 27 trips on average."
        ),
        paragraph(
            "The ",
            link("contract clause", facts.CRATES_CLAUSE),
            " behind it is a single paragraph: suppliers may use any crate they like, provided it keeps to a common "
            "size and carries a deposit. It is available in six languages.",
        ),
    ),
    source=facts.CRATES.source("Food systems programme"),
    topics=facts.CRATES.topics,
    picture_place="right",
    picture=facts.picture(
        "reusable-crates.jpg",
        "Three stacked crates, the top one full of fruit, with bottles, parcels and a potted plant.",
    ),
)

_PHONE = Quote(
    key=facts.PHONE.key,
    body=(
        paragraph(
            "We stopped asking suppliers whether they were green. We asked who picks up the phone when the thing "
            "breaks. Within a month we were reading different bids."
        ),
    ),
    speaker="Ilse Marandu, head of purchasing, Calder Sound Port Authority, at the buildings programme’s workshop",
    source=facts.PHONE.source("Buildings programme, workshop notes"),
)

_REPAIR_GUIDE = Guide(
    key=facts.REPAIR_GUIDE.key,
    heading="Asking about repair",
    body=(
        paragraph(
            "Who repairs it, how fast, and with which parts? The guide turns three questions into twelve clauses that "
            "can be pasted into any tender, each with the proof to ask for."
        ),
    ),
    source=facts.REPAIR_GUIDE.source("Meridian Network library"),
    cover=facts.picture("repair-guide.jpg", "The guide’s cover: a screwdriver, a cog and a clock on dark green."),
    details="Public procurement programme · 2026 · 24 pages · PDF",
    button="Read the guide",
    url=facts.GUIDE_REPAIR,
)

_GUIDES = ItemList(
    key=facts.GUIDES.key,
    heading="Five short guides",
    body=(paragraph("New this autumn. Each can be read in twenty minutes and reused freely."),),
    entries=(
        line(
            bold("Public procurement: "), link("Asking about repair", facts.GUIDE_REPAIR), ", with twelve ready clauses"
        ),
        line(
            bold("Tourism: "),
            link("Linen, water, light", facts.GUIDE_HOTELS),
            ", a checklist for hotels of up to 40 rooms",
        ),
        line(
            bold("Buildings: "),
            link("Before you demolish", facts.GUIDE_DEMOLITION),
            ", or how to find what can be used again",
        ),
        line(
            bold("Lifestyles: "),
            link("The lending shelf", facts.GUIDE_LENDING),
            ", on starting a library of things with a small town’s budget",
        ),
        line(
            bold("Consumer information: "),
            link("Say less and mean it", facts.GUIDE_CLAIMS),
            ", on environmental claims that hold",
        ),
    ),
    source=facts.GUIDES.source("Meridian Network library"),
)

_WORKSHOP = Event(
    key=facts.WORKSHOP.key,
    heading="Repair clinic: bring your clauses",
    body=(
        paragraph(
            "Ninety minutes in small groups: send us a clause that did not work, and leave with one that does. With "
            "the authors of the guide, in English and Chinese."
        ),
    ),
    source=facts.WORKSHOP.source("Public procurement programme"),
    day=facts.WORKSHOP_DAY,
    start=facts.WORKSHOP_START,
    end=facts.WORKSHOP_END,
    zone=facts.WORKSHOP_ZONE,
    place="Online",
    button="Register",
    url=facts.WORKSHOP_FORM,
)

_CASES = Call(
    key=facts.CASES.key,
    heading="Send us a tender that worked, or one that did not",
    body=(
        paragraph(
            "The next edition of the casebook will hold 20 tenders from 2025 and 2026, above all from small "
            "administrations. Failures are as welcome as successes. To propose a case you need:"
        ),
        bullets(
            "the tender documents, in any language",
            "one page on what you wanted and what you got",
            "the consent of the contracting authority",
        ),
    ),
    source=facts.CASES.source("Public procurement programme"),
    button="Propose a case",
    url=facts.CASES_FORM,
    deadline=facts.CASES_DEADLINE,
)

_PROFILES = Call(
    key=facts.PROFILES.key,
    heading="Focal points: please confirm your country’s profile",
    body=(
        paragraph(
            "The country profiles will be published with the annual report in April. Please check the figures for "
            "2026, correct what is out of date and name your deputy. It takes a quarter of an hour. A profile that has "
            "not been confirmed in time will appear with last year’s figures, and ",
            italic("will say so"),
            ".",
        ),
    ),
    source=facts.PROFILES.source("Secretariat of the Meridian Network"),
    audience=facts.PROFILES.audience,
    button="Open your profile",
    url=facts.PROFILES_FORM,
    deadline=facts.PROFILES_DEADLINE,
)

_VACANT = Story(
    key=facts.VACANT.key,
    heading="Does your country have a focal point?",
    body=(
        paragraph(
            "In 31 countries the place is vacant. A focal point answers about two requests a month and takes part in "
            "one meeting a year. The source below says which countries, and how to be named."
        ),
    ),
    source=facts.VACANT.source("Secretariat of the Meridian Network"),
    audience=facts.VACANT.audience,
)

_WIND = Story(
    key=facts.WIND.key,
    heading="Two hospitals buy their wind from the next valley",
    body=(
        paragraph(
            "The Three Ridges Cooperative will supply two district hospitals with the power of five turbines for "
            "twelve years, at a price fixed in advance. The hospitals tendered together and gave the terms of payment "
            "as much weight as the price. That let a cooperative of 640 households bid against far larger companies."
        ),
        paragraph("One per cent of the revenue goes to a fund that insulates homes in the valley."),
    ),
    source=facts.WIND.source("Three Ridges Cooperative"),
    topics=facts.WIND.topics,
    half=True,
    picture=facts.picture(
        "hills-at-dawn.jpg",
        "Wind turbines on green hills at sunrise, a small house and rows of crops.",
    ),
)

_REPAIRS = Story(
    key=facts.REPAIRS.key,
    heading="48,000 repairs, open to all",
    body=(
        paragraph(
            "The Tallow Street Foundation has opened its Ledger of Repairs: 48,000 repairs of household goods and "
            "office equipment, each with the product, the fault, the parts and the cost. Buyers can see at a glance "
            "which models come back often and which cannot be opened at all. The ",
            link("file", facts.REPAIRS_DATA),
            " is updated every month.",
        ),
    ),
    source=facts.REPAIRS.source("Tallow Street Foundation"),
    half=True,
)

_PARTNERS = Partners(
    key=facts.PARTNERS_KEY,
    heading="With thanks to",
    entries=(
        Partner(
            "Three Ridges Cooperative", facts.THREE_RIDGES, facts.logo("logo-ridges.png", "Three Ridges Cooperative")
        ),
        Partner(
            "Tallow Street Foundation", facts.TALLOW_STREET, facts.logo("logo-tallow.png", "Tallow Street Foundation")
        ),
        Partner("Lower Elmar Accord", facts.LOWER_ELMAR, facts.logo("logo-elmar.png", "Lower Elmar Accord")),
    ),
)

_IMPRINT = Imprint(
    key=facts.IMPRINT_KEY,
    body=(
        paragraph(
            "Edited by the Secretariat of the Meridian Network from contributions by members and partners. Texts and "
            "pictures may be reused under CC BY 4.0 if the source is named, unless an item states another licence."
        ),
        paragraph(
            "This is a sample issue: the network, its people, places and figures are invented. Corrections and "
            "contributions: ",
            link("secretariat@circular.example", "mailto:secretariat@circular.example"),
            ".",
        ),
    ),
)
