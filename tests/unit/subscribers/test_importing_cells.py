"""Cells of an import: addresses, words, formulas, and which rows came before."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from subscribers.addresses import BadAddress, normalised_address, plain_address, quickly_normalised_address
from subscribers.importing.cells import written_affiliation
from subscribers.importing.checking import Checker, Vocabulary
from subscribers.importing.fields import guess_fields
from subscribers.importing.harmless import harmless, restored
from subscribers.importing.seen import Seen
from subscribers.importing.words import UnknownWord, choice_word, country_code, language_code
from subscribers.regions import country_name

_PARTS = st.text("abcXYZ019._+-'!", max_size=12)
_DOMAINS = st.lists(st.text("abcXYZ019-", max_size=8), min_size=1, max_size=4).map(".".join)
_SPECIAL = st.sampled_from(["test", "x.test", "localhost", "a.local", "b.invalid", "xn--a.com", "ab--c.com", "x.onion"])


@given(st.builds("{}@{}".format, _PARTS, _DOMAINS | _SPECIAL) | st.text(max_size=30) | st.emails())
@example("a" * 64 + "@x.com")
@example("a" * 65 + "@x.com")
@example(f"{'a' * 60}@{'b' * 63}.{'c' * 63}.com")
@example(" A@X.com ")
@example("a@x.c")
@example("a@x.com\n")
@example("a@1.2")
@example("a@-x.com")
@example("a..b@x.com")
def test_the_fast_way_with_an_address_agrees_with_the_thorough_one(raw: str) -> None:
    try:
        thorough = normalised_address(raw)
    except BadAddress:
        thorough = ""
    assert plain_address(raw) in ("", thorough)
    if thorough:
        assert quickly_normalised_address(raw) == thorough
    else:
        with pytest.raises(BadAddress):
            quickly_normalised_address(raw)


@pytest.mark.parametrize("raw", ["Reader.One+news@Example.ORG", "a_b-c@mail-1.co.uk"])
def test_plain_addresses_go_the_fast_way(raw: str) -> None:
    assert plain_address(raw) == raw.lower()


@given(
    st.text(max_size=6)
    | st.builds("{}{}".format, st.sampled_from(["'", "''", "=", "+", "'=", "@"]), st.text(max_size=4))
)
def test_a_harmless_cell_is_restored_as_it_was(cell: str) -> None:
    assert restored(harmless(cell)) == cell


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1"])
def test_no_formula_leaves_as_one(cell: str) -> None:
    assert harmless(cell).startswith("'")


def test_a_name_with_an_apostrophe_is_no_formula() -> None:
    assert harmless("'t Hooft") == restored("'t Hooft") == "'t Hooft"


@given(st.lists(st.integers(0, 40) | st.integers(0, 2**64 - 1)))
def test_what_was_seen_is_what_a_set_would_say(numbers: list[int]) -> None:
    seen, known = Seen(), set[int]()
    for number in numbers:
        assert seen.add(number) == (number not in known)
        known.add(number)


def test_what_was_seen_long_ago_is_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscribers.importing.seen.BLOCK", 16)
    seen = Seen()
    assert all(seen.add(number * 7919) for number in range(1_000))
    assert not any(seen.add(number * 7919) for number in range(1_000))


@pytest.mark.parametrize("locale", ["en", "fr", "zh-hans"])
def test_every_country_is_known_by_its_name_in_three_languages(locale: str) -> None:
    from subscribers.countries import COUNTRIES

    assert {country_code(country_name(code, locale)) for code in COUNTRIES} == COUNTRIES


@pytest.mark.parametrize(
    ("text", "code"),
    [("ke", "KE"), ("KEN", "KE"), ("中国", "CN"), ("cote d'ivoire", "CI"), ("UK", "GB"), (" États-Unis ", "US")],
)
def test_a_country_is_known_by_code_or_name(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FR", "fr"),
        ("zh_CN", "zh-hans"),
        ("zh-TW", "zh-hant"),
        ("中文", "zh-hans"),
        ("Français", "fr"),
        ("pt-BR", "pt-br"),
    ],
)
def test_a_language_is_known_by_code_or_name(text: str, code: str) -> None:
    assert language_code(text) == code


def test_words_that_mean_nothing_say_what_was_read() -> None:
    with pytest.raises(UnknownWord, match="no country “Atlantis”"):
        country_code("Atlantis")
    with pytest.raises(UnknownWord, match="no language “Klingonish”"):
        language_code("Klingonish")
    with pytest.raises(UnknownWord, match="no role “King”"):
        choice_word("role", "King")


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["E-Mail Address", "Full name", "Country"], ["email", "name", "country"]),
        (["邮箱", "姓名", "国家", "单位", "语言"], ["email", "name", "country", "organisation", "language"]),
        (["Courriel", "Nom", "Pays", "Organisme", "Rôle"], ["email", "name", "country", "organisation", "role"]),
        (["email", "Email", "Shoe size", "custom.seats"], ["email", "", "", "custom.seats"]),
    ],
)
def test_columns_are_known_by_their_names(names: list[str], fields: list[str]) -> None:
    assert guess_fields(names, [], remembered={}, custom={"seats": "Seats"}) == fields


def test_a_remembered_name_wins_and_one_that_is_gone_does_not() -> None:
    guess = guess_fields(["who", "email"], [], remembered={"who": "name", "email": "custom.gone"}, custom={})
    assert guess == ["name", "email"]


_PIECES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=8)


@given(st.lists(st.tuples(_PIECES, _PIECES), min_size=1, max_size=3))
def test_affiliations_in_one_cell_come_back_as_they_were(organisations: list[tuple[str, str]]) -> None:
    cell = "; ".join(
        written_affiliation(["partner", "tourism", name, "KE", "2024-01-01", "", number])
        for name, number in organisations
    )
    batch = Checker(["email", "affiliations"], Vocabulary()).check([["a@x.com", cell]], first=2)
    assert not batch.refused
    read = [line.split("\t")[1:3] for line in batch.organisations]
    wanted = dict.fromkeys(pair for pair in organisations if any(pair))
    assert [[part.replace("\\\\", "\\") for part in pair] for pair in read] == [list(pair) for pair in wanted]


def test_strange_cells_refuse_their_row_and_never_raise() -> None:
    checker = Checker(["email", "name", "country", "affiliations"], Vocabulary())
    rows = [
        ["\0", "\ud800", "\ufffd", "|;\\"],
        ["'=a@x.com", "", "", ";;;"],
        ["a@x.com", "n", "", "partner" + "|" * 99],
    ]
    batch = checker.check(rows, first=2)
    assert [row for row, _why in batch.refused] == [2, 4]
