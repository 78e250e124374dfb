"""Reading files of subscribers: faults.md, rows 1 to 3 and 11."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as OpenWorkbook

from subscribers.importing import spreadsheet, spreadsheet_parts
from subscribers.importing.encodings import guess_encoding, guess_of_lines
from subscribers.importing.errors import BadFile
from subscribers.importing.reading import Broken, Reading, checked_reading, guess_delimiter, guess_reading, rows

SAME_FILE = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def kept(folder: Path, data: bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("gb18030", ["李刚"]),
        ("gb18030", ["联通"]),
        ("gb18030", ["陈"]),
        ("gb18030", ["喆"]),
        ("gb18030", ["邹韬奋"]),
        ("gb18030", ["瞿秋白"]),
        ("gb18030", ["赵倩 奚"]),
        ("gb18030", ["a,b,欧阳娜娜"]),
        ("gb18030", ["可持续公共采购中心", "𠮷野家"]),
        ("big5hkscs", ["王小明"]),
        ("big5hkscs", ["李四", "臺北市政府環境保護局"]),
        ("big5hkscs", ["謝佳霖"]),
        ("cp1252", ["José"]),
        ("cp1252", ["née"]),
        ("cp1252", ["Müller, Björn"]),
        ("cp1252", ["Hélène Née"]),
        ("cp1252", ["Société générale d’électricité"]),
        ("cp1252", ["Åse Øygård"]),
        ("cp1251", ["Иван Петров"]),
        ("cp1250", ["Łukasz Żółw"]),
        ("cp1253", ["Γιώργος Παπαδόπουλος", "Αθήνα"]),
        ("shift_jis", ["こんにちは田中"]),
        ("euc_kr", ["김철수 환경부"]),
        ("utf-8", ["José", "李刚"]),
    ],
)
def test_an_encoding_is_known_by_what_reads_like_text(encoding: str, lines: list[str]) -> None:
    assert guess_of_lines([line.encode(encoding) for line in lines]).best == encoding


@given(
    st.lists(
        st.sampled_from("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡"), min_size=2
    )
)
def test_chinese_names_in_gbk_never_become_western_letters(letters: list[str]) -> None:
    data = "".join(letters).encode("gbk")
    assume("\ufffd" in data.decode("utf-8", "replace"))  # 肖肖 is ФФ in UTF-8: nobody can know
    assert guess_of_lines([data]).best == "gb18030"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_a_mark_at_the_beginning_is_no_part_of_a_column_name(encoding: str, tmp_path: Path) -> None:
    path = kept(tmp_path, "邮箱;姓名\r\nli@x.com;李刚\r\n".encode(encoding))
    reading = guess_reading(path)
    assert reading.delimiter == ";"
    assert list(rows(path, reading)) == [["邮箱", "姓名"], ["li@x.com", "李刚"]]


def test_letters_that_come_late_in_a_long_file_decide(tmp_path: Path) -> None:
    path = kept(tmp_path, b"email,name\n" + b"a@x.com,Ana\n" * 60_000 + "li@x.com,李刚\n".encode("gbk"))
    assert guess_encoding(path).best == "gb18030"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_divides_most_evenly(delimiter: str, tmp_path: Path) -> None:
    lines = [["email", "name"], ["a@x.com", "Ruiz, Ana"], ["b@x.com", "Ben; the second | of us"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert guess_delimiter(kept(tmp_path, text.encode()), "utf-8") == delimiter


@pytest.mark.parametrize(
    ("name", "known"),
    [("GBK", "gb18030"), ("gb2312", "gb18030"), ("windows-1252", "cp1252"), ("latin-1", "cp1252"), ("UTF8", "utf-8"),
     ("big5", "big5hkscs"), ("utf-8-sig", "utf-8"), ("Shift_JIS", "shift_jis")],
)  # fmt: skip
def test_an_encoding_may_be_called_by_any_of_its_names(name: str, known: str, tmp_path: Path) -> None:
    assert checked_reading({"encoding": name}, kept(tmp_path, b"email\n")).encoding == known


@pytest.mark.parametrize("reading", [{"encoding": "rot13"}, {"encoding": "x" * 90}, {"delimiter": "@"}])
def test_a_reading_that_there_is_not_is_refused(reading: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        checked_reading(reading, kept(tmp_path, b"email,name\n"))


def test_a_quotation_mark_left_open_costs_its_own_row_alone(tmp_path: Path) -> None:
    body = b'a@x.com,Ana\nb@x.com,"Ben\n' + b"c@x.com,Chen\n" * 5_000
    found = list(rows(kept(tmp_path, b"email,name\n" + body), Reading()))
    assert isinstance(found[2], Broken)
    assert len(found) == 5_003
    assert found[3:] == [["c@x.com", "Chen"]] * 5_000


def test_a_line_break_within_quotation_marks_belongs_to_the_cell(tmp_path: Path) -> None:
    path = kept(tmp_path, b'email,name\r\na@x.com,"Ana\r\nRuiz"\r\n\r\nb@x.com,Ben')
    assert list(rows(path, Reading())) == [["email", "name"], ["a@x.com", "Ana\r\nRuiz"], [], ["b@x.com", "Ben"]]


@SAME_FILE
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = kept(tmp_path, data)
    with contextlib.suppress(BadFile):
        for row in rows(path, guess_reading(path)):
            assert all(isinstance(cell, str) for cell in row)


@SAME_FILE
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    path = kept(tmp_path, ("email,name\n" + text).encode("utf-8", "replace"))
    assert sum(1 for _row in rows(path, guess_reading(path))) >= 1


@SAME_FILE
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8), min_size=2, max_size=2)
    )
)
def test_what_a_csv_writer_writes_is_read_as_it_was(tmp_path: Path, cells: list[list[str]]) -> None:
    import csv

    text = io.StringIO(newline="")
    csv.writer(text).writerows([["email", "name"], *cells])
    path = kept(tmp_path, text.getvalue().encode())
    assert list(rows(path, Reading())) == [["email", "name"], *cells]


def sheet(folder: Path, cells: list[list[object]], name: str = "people.xlsx") -> Path:
    book = OpenWorkbook()
    assert book.active is not None
    for row in cells:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def test_a_spreadsheet_is_read_as_it_is_shown(tmp_path: Path) -> None:
    from datetime import date

    path = sheet(tmp_path, [["邮箱", "n", "day", "yes"], ["a@x.com", 12.5, date(2026, 3, 5), True], [], [None, 7]])
    reading = guess_reading(path)
    assert (reading.kind, reading.sheet) == ("xlsx", "Sheet")
    assert list(rows(path, reading)) == [
        ["邮箱", "n", "day", "yes"],
        ["a@x.com", "12.5", "2026-03-05", "yes"],
        [],
        ["", "7"],
    ]


def test_a_spreadsheet_of_another_program_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    page = book.add_worksheet("名单")
    page.write_row(0, 0, ["email", "name"])
    page.write_rich_string(1, 1, "Ana ", book.add_format({"bold": True}), "Ruiz")
    page.write_string(1, 0, "a@x.com")
    book.close()
    reading = guess_reading(path)
    assert reading.sheet == "名单"
    assert next(row for row in rows(path, reading) if row) == ["email", "name"]


def altered(folder: Path, **parts: str) -> Path:
    """A spreadsheet with some of its parts replaced; `sheet` is its first sheet's XML."""
    made = sheet(folder, [["email"], ["a@x.com"]], "made.xlsx")
    path = folder / "altered.xlsx"
    names = {"xl/worksheets/sheet1.xml": "sheet", "xl/sharedStrings.xml": "texts", "xl/workbook.xml": "book"}
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, parts.get(names.get(item, "")) or old.read(item))
    return path


BEGIN = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (
            BEGIN + '<row r="1000000000"><c r="A1"><v>1</v></c></row></sheetData></worksheet>',
            "more than 1,048,576 rows",
        ),
        (BEGIN + '<row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>', "more than 200 columns"),
        (BEGIN + '<row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>', "text is missing"),
        (BEGIN + '<row r="2"/><row r="1"/></sheetData></worksheet>', "comes twice"),
        (BEGIN + "<row", "broken"),
        ('<!DOCTYPE a [<!ENTITY b "ha">]><worksheet>&b;</worksheet>', "declares entities"),
    ],
)
def test_a_spreadsheet_that_is_not_as_it_says_is_refused(xml: str, why: str, tmp_path: Path) -> None:
    path = altered(tmp_path, sheet=xml)
    with pytest.raises(BadFile, match=why):
        list(rows(path, guess_reading(path)))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "LARGEST_SHEET", 5 << 20)
    path = altered(tmp_path, sheet=BEGIN + " " * (6 << 20) + "</sheetData></worksheet>")
    assert path.stat().st_size < 100_000
    with pytest.raises(BadFile, match="too large"):
        list(rows(path, guess_reading(path)))


def test_huge_shared_texts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet().write_column(0, 0, [f"{number}@x.com" for number in range(2_000)])
    book.close()
    assert len(list(rows(path, guess_reading(path)))) == 2_000
    monkeypatch.setattr(spreadsheet_parts, "LARGEST_TEXTS", 10_000)
    with pytest.raises(BadFile, match="too large"):
        list(rows(path, guess_reading(path)))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not a zip", b"%PDF-1.7", b"\xd0\xcf\x11\xe0 an old xls"])
def test_what_is_no_table_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        guess_reading(kept(tmp_path, data))


def test_a_zip_entry_outside_its_folder_is_not_followed(tmp_path: Path) -> None:
    made = sheet(tmp_path, [["email"]], "made.xlsx")
    path = tmp_path / "evil.xlsx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.namelist():
            data = old.read(item).replace(b"worksheets/sheet1.xml", b"../../../etc/passwd")
            new.writestr(item, data)
        new.writestr("../../../tmp/evil", "nothing")
    with pytest.raises(BadFile, match="no sheet"):
        guess_reading(path)
