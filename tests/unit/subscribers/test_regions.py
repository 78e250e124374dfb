import itertools

import pycountry
import pytest

from subscribers.regions import REGION_NAMES, UnknownCodeError, countries_in, country_name, regions_of

COUNTRIES = sorted(country.alpha_2 for country in pycountry.countries)
WIDEST = {"002", "009", "019", "142", "150"}


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_its_regions_from_wide_to_narrow(country: str) -> None:
    path = regions_of(country)
    assert (not path) == (country == "AQ")
    assert set(path) <= REGION_NAMES.keys()
    assert set(path[:1]) <= WIDEST
    for wide, narrow in itertools.pairwise(path):
        assert countries_in(narrow) < countries_in(wide)


def test_no_country_is_counted_that_iso_does_not_know() -> None:
    assert frozenset().union(*map(countries_in, REGION_NAMES)) | {"AQ"} == set(COUNTRIES)


def test_the_widest_regions_divide_the_world() -> None:
    assert sum(len(countries_in(region)) for region in WIDEST) == len(COUNTRIES) - 1


@pytest.mark.parametrize("region", REGION_NAMES)
def test_every_region_has_countries_and_three_names(region: str) -> None:
    assert countries_in(region)
    assert all(region in regions_of(country) for country in countries_in(region))
    assert REGION_NAMES[region].keys() == {"en", "zh-hans", "fr"}
    assert all(REGION_NAMES[region].values())


@pytest.mark.parametrize(
    ("region", "parts"),
    [
        ("002", {"015", "202"}),
        ("202", {"011", "014", "017", "018"}),
        ("019", {"021", "419"}),
        ("419", {"005", "013", "029"}),
        ("142", {"030", "034", "035", "143", "145"}),
        ("150", {"039", "151", "154", "155"}),
        ("009", {"053", "054", "057", "061"}),
    ],
)
def test_a_region_is_the_sum_of_its_sub_regions(region: str, parts: set[str]) -> None:
    assert countries_in(region) == frozenset().union(*map(countries_in, parts))


@pytest.mark.parametrize(
    ("country", "regions"),
    [
        ("SN", ("002", "202", "011")),
        ("EG", ("002", "015")),
        ("SD", ("002", "015")),
        ("KE", ("002", "202", "014")),
        ("CN", ("142", "030")),
        ("HK", ("142", "030")),
        ("TW", ("142", "030")),
        ("IR", ("142", "034")),
        ("CY", ("142", "145")),
        ("TR", ("142", "145")),
        ("KZ", ("142", "143")),
        ("RU", ("150", "151")),
        ("GB", ("150", "154")),
        ("JE", ("150", "154", "830")),
        ("SI", ("150", "039")),
        ("MX", ("019", "419", "013")),
        ("HT", ("019", "419", "029")),
        ("US", ("019", "021")),
        ("GS", ("019", "419", "005")),
        ("FJ", ("009", "054")),
        ("CX", ("009", "053")),
        ("AQ", ()),
    ],
)
def test_known_facts_of_m49(country: str, regions: tuple[str, ...]) -> None:
    assert regions_of(country) == regions


@pytest.mark.parametrize(("region", "count"), [("143", 5), ("015", 7), ("011", 17), ("021", 5), ("155", 9)])
def test_known_sizes(region: str, count: int) -> None:
    assert len(countries_in(region)) == count


@pytest.mark.parametrize("unknown", ["", "XX", "cn", "CHN", "156"])
def test_an_unknown_country_is_refused(unknown: str) -> None:
    with pytest.raises(UnknownCodeError):
        regions_of(unknown)
    with pytest.raises(UnknownCodeError):
        country_name(unknown, "en")


@pytest.mark.parametrize("unknown", ["", "001", "CN", "2", "999"])
def test_an_unknown_region_is_refused(unknown: str) -> None:
    with pytest.raises(UnknownCodeError):
        countries_in(unknown)


@pytest.mark.parametrize(
    ("country", "locale", "name"),
    [
        ("KE", "en", "Kenya"),
        ("KE", "zh-hans", "肯尼亚"),
        ("KE", "fr", "Kenya"),
        ("KR", "en", "South Korea"),
        ("KR", "zh-hans", "韩国"),
        ("KR", "fr", "Corée du Sud"),
        ("TZ", "en", "Tanzania"),
        ("CI", "fr", "Côte d'Ivoire"),
        ("CD", "en", "Democratic Republic of the Congo"),
        ("KH", "zh-hans", "柬埔寨"),
        ("BO", "zh-hans", "玻利维亚"),
        ("RE", "fr", "La Réunion"),
    ],
)
def test_a_country_is_called_by_its_common_name(country: str, locale: str, name: str) -> None:
    assert country_name(country, locale) == name


@pytest.mark.parametrize("locale", ["en", "zh-hans", "fr"])
def test_names_tell_countries_apart(locale: str) -> None:
    assert len({country_name(country, locale) for country in COUNTRIES}) == len(COUNTRIES)


def test_every_chinese_name_is_in_han_characters() -> None:
    assert not [
        c for c in COUNTRIES if any(letter.isascii() and letter.isalpha() for letter in country_name(c, "zh-hans"))
    ]


def test_a_locale_without_names_is_refused() -> None:
    with pytest.raises(UnknownCodeError):
        country_name("CN", "eo")
