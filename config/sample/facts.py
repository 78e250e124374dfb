"""What the sample issue's editions share: each item's key, where it comes from, who sees it, its dates and links.

The sources' names, like all words, belong to the editions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Final

from composer.content import Picture, Source

PUBLISHED: Final = date(2026, 11, 19)

_BY: Final = "CC BY 4.0"
_BY_SA: Final = "CC BY-SA 4.0"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    key: str
    url: str
    published: date
    licence: str = ""
    audience: str = ""
    topics: tuple[str, ...] = ()

    def source(self, name: str) -> Source:
        return Source(name, self.url, self.published, self.licence)


SHEET: Final = ItemFacts(
    "9974d75b-3338-44fe-a179-0134676b1b69",
    "https://www.example.org/criteria/one-sheet",
    date(2026, 11, 5),
    _BY,
    topics=("SDG 12.7.1",),
)
CITIES: Final = ItemFacts(
    "221c4e00-3f99-41ee-baf2-7f802dc5fd3d",
    "https://cities.example.org/accord/counting",
    date(2026, 10, 28),
    _BY,
    topics=("SDG 11", "SDG 12.7.1"),
)
NEWCOMERS: Final = ItemFacts(
    "baa1c6f1-404b-4eaf-962a-01dec28753f8", "https://www.example.org/network/autumn-session", date(2026, 10, 16)
)
HELP_DESK: Final = ItemFacts(
    "b35331ce-af2e-49dd-87e3-55b26210b784",
    "https://baobab-desk.example.org/opening",
    date(2026, 11, 12),
    audience="members-in-africa",
)
CRATES: Final = ItemFacts(
    "9fb932d4-f039-4722-96ff-82e389e3995a",
    "https://food.example.org/kitchens/crates",
    date(2026, 9, 30),
    _BY_SA,
    topics=("SDG 12.5",),
)
PHONE: Final = ItemFacts(
    "b8e3c71f-6bf0-4d62-b310-57ca7d411fab", "https://buildings.example.org/workshop/day-two", date(2026, 10, 7)
)
GUIDES: Final = ItemFacts(
    "cae8c077-3779-45b3-96a1-da2c9cfbba43", "https://library.example.org/guides/2026-autumn", date(2026, 11, 2), _BY
)
CASES: Final = ItemFacts(
    "d283eb3a-5fbd-438e-89cf-158de6e96d45", "https://www.example.org/casebook/call", date(2026, 11, 9)
)
PROFILES: Final = ItemFacts(
    "366c5acd-aeaf-4905-9c8a-c0bb635b4c41",
    "https://www.example.org/profiles/about",
    date(2026, 11, 16),
    audience="national-focal-points",
)
WIND: Final = ItemFacts(
    "2dd301c8-a91a-4a5c-b623-c4dd26fb984f",
    "https://three-ridges.example.com/news/hospitals",
    date(2026, 10, 21),
    topics=("SDG 7.2",),
)
REPAIRS: Final = ItemFacts(
    "153d3a3f-56bc-49cb-9121-5785d9977338", "https://repairs.example.net/open-data", date(2026, 11, 3), _BY
)
WORKSHOP: Final = ItemFacts(
    "6301bbfc-a0c5-454e-8ff9-bb510944fe0c", "https://www.example.org/events/repair-clinic", date(2026, 11, 10)
)
REPAIR_GUIDE: Final = ItemFacts(
    "6fced11d-2bd8-41e6-847a-8387cdde8d51",
    "https://library.example.org/guides/2026-autumn/repair",
    date(2026, 11, 2),
    _BY,
)
VACANT: Final = ItemFacts(
    "3a124c64-7e02-4f05-b7c1-dce27f7695f5",
    "https://www.example.org/focal-points/vacant",
    date(2026, 11, 13),
    audience="not:national-focal-points",
)
NUMBERS: Final = ItemFacts(
    "9dfb369b-ab13-4fae-a276-55daa05f1119", "https://www.example.org/criteria/one-sheet/data", date(2026, 11, 5), _BY
)
CONTENTS_KEY: Final = "3ceaaf30-8142-48ea-91d9-3080f9b439fc"
PARTNERS_KEY: Final = "66080f17-4c96-48e2-9cbd-0ba3a1a6bcde"
IMPRINT_KEY: Final = "ad689cf8-8759-4153-b778-5728f2655b19"

SHEET_REPORT: Final = "https://www.example.org/criteria/one-sheet/report"
CITIES_METHOD: Final = "https://cities.example.org/accord/method"
HELP_DESK_MAIL: Final = "mailto:desk@baobab-desk.example"
CRATES_CLAUSE: Final = "https://food.example.org/kitchens/clause"
NEWCOMERS_LIST: Final = "https://www.example.org/network/members"
REPAIRS_DATA: Final = "https://repairs.example.net/ledger.csv"

GUIDE_REPAIR: Final = "https://library.example.org/guides/asking-about-repair"
GUIDE_HOTELS: Final = "https://library.example.org/guides/linen-water-light"
GUIDE_DEMOLITION: Final = "https://library.example.org/guides/before-you-demolish"
GUIDE_LENDING: Final = "https://library.example.org/guides/the-lending-shelf"
GUIDE_CLAIMS: Final = "https://library.example.org/guides/saying-less"

WORKSHOP_DAY: Final = date(2026, 12, 10)
WORKSHOP_START: Final = time(14, 0)
WORKSHOP_END: Final = time(15, 30)
WORKSHOP_ZONE: Final = "Europe/Paris"
WORKSHOP_FORM: Final = "https://www.example.org/events/repair-clinic/register"

THREE_RIDGES: Final = "https://three-ridges.example.com"
TALLOW_STREET: Final = "https://tallow-street.example.net"
LOWER_ELMAR: Final = "https://cities.example.org"

CASES_FORM: Final = "https://www.example.org/casebook/propose"
CASES_DEADLINE: Final = date(2027, 1, 29)
PROFILES_FORM: Final = "https://www.example.org/profiles/confirm"
PROFILES_DEADLINE: Final = date(2027, 2, 26)


def picture(name: str, alt: str) -> Picture:
    """A picture of `pictures/`; whoever imports the sample puts it in the image library."""
    return Picture(f"picture:{name}", alt, 1200, 675)


def logo(name: str, alt: str) -> Picture:
    return Picture(f"picture:{name}", alt, 600, 240)
