"""Encodings that resemble each other, and what is made of an address: faults.md, rows 1, 6 and 7."""

from __future__ import annotations

import pytest

from subscribers.addresses import UnsentLetters, mailable_address, normalised_address
from subscribers.importing.checking import Checker, Vocabulary
from subscribers.importing.encodings import guess_of_lines


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("cp1252", ["zoe@x.com;Zoë Ÿrsted", "o@x.com;Øystein"]),
        ("cp1252", ["Zoë Ÿrsted"]),
        ("cp1252", ["Þór Guðmundsson"]),
        ("cp1252", ["Ålesund;Åsa;Älv"]),
        ("cp1252", ["Ève Lefèvre", "Niccolò", "São João; Ações", "Peña"]),
        ("cp1252", ["Brønnøysund", "Sæther", "Tõnu"]),
        ("cp1250", ["Jiří Dvořák", "Zdeněk Černý"]),
        ("cp1250", ["Petrović", "Kovačić"]),
        ("cp1250", ["Wiśniewski; Gdańsk"]),
        ("cp1250", ["Tőkés László; Erdős"]),
        ("cp1251", ["ИВАН ПЕТРОВ"]),
        ("cp1251", ["ivan@x.com,Инга,МИНПРИРОДЫ РОССИИ", "anna@x.com,АННА,УФА"]),
        ("gb18030", ["联通"]),
        ("gb18030", ["胡歌"]),
        ("gb18030", ["侯 磊", "南通 卢"]),
    ],
)
def test_resembling_encodings_are_told_apart_by_what_their_words_look_like(encoding: str, lines: list[str]) -> None:
    assert guess_of_lines([line.encode(encoding) for line in lines]).best == encoding


@pytest.mark.parametrize("address", ["josé@br.example.org", "用户@例子.中国"])
def test_no_door_takes_an_address_that_no_transport_carries_yet(address: str) -> None:
    assert normalised_address(address) == address
    with pytest.raises(UnsentLetters, match="letters that we can’t send mail to yet"):
        mailable_address(address)


def test_an_address_with_a_domain_in_its_own_letters_is_taken() -> None:
    assert mailable_address("a@münchen.de") == "a@münchen.de"


def test_an_address_that_was_written_otherwise_is_taken_with_a_note() -> None:
    rows = [["ａ@x.com"], ["b\u200b@x.com"], ["C@X.com "], ["d@münchen.de"], ["josé@x.com"]]
    batch = Checker(["email"], Vocabulary()).check(rows, first=2)
    assert [line.split("\t")[1] for line in batch.people] == ["a@x.com", "b@x.com", "c@x.com", "d@münchen.de"]
    assert batch.noted == [
        (2, "The address was written as “ａ@x.com”."),
        (3, "The address was written as “b␀@x.com”."),
    ]
    assert [row for row, _why in batch.refused] == [6]


@pytest.mark.parametrize("name", ["A\0na", "A␀na", "A\ufffdna"])
def test_a_nul_and_what_it_is_shown_as_are_refused(name: str) -> None:
    batch = Checker(["email", "name"], Vocabulary()).check([["a@x.com", name]], first=2)
    assert len(batch.refused) == 1
    assert not batch.people
