"""Importing people in a real browser with a real worker: a file in GBK from upload to the list of subscribers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PEOPLE = """邮箱,姓名,机构,国家,备注
lina@import.example,李娜,环境保护研究院,中国,
wangwei@import.example,王伟,北京市政府采购中心,中国,研究员
没有邮箱,张敏,上海大学,中国,
lina@import.example,李娜,环境保护研究院,中国,
"""
A_WHILE = 60_000  # milliseconds: the worker has other things to do


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


@pytest.fixture
def gbk(tmp_path: Path) -> Path:
    path = tmp_path / "网络成员.csv"
    path.write_bytes(PEOPLE.encode("gbk"))
    return path


def found_by_axe(page: Page) -> Any:
    return Axe().run(page, context="#main").response["violations"]


def test_a_file_in_gbk_goes_the_whole_way(desk: Page, house: House, gbk: Path) -> None:
    desk.goto(f"{house.base_url}/desk/network/import/")
    assert not found_by_axe(desk)
    desk.locator("input[type=file]").set_input_files(gbk)
    expect(desk.locator("[data-circ-name]")).to_contain_text("网络成员.csv")
    desk.get_by_role("button", name="Upload and look at it").click()

    right = desk.get_by_role("radio", name=re.compile("GB18030"))
    expect(right).to_be_checked()
    expect(desk.locator(".circ-look", has=right)).to_contain_text("李娜")
    wrong = desk.get_by_role("radio", name=re.compile("Western European"))
    wrong.check()  # the rows below follow
    expect(desk.locator(".circ-sheet")).not_to_contain_text("李娜")
    desk.get_by_role("radio", name=re.compile("GB18030")).check()
    expect(desk.locator(".circ-sheet")).to_contain_text("李娜")
    assert not found_by_axe(desk)
    desk.get_by_role("button", name="It reads right").click()

    expect(desk.get_by_label("What “邮箱” is")).to_have_value("email")
    expect(desk.get_by_label("What “备注” is")).to_have_value("")
    basis = desk.get_by_label("How we know that they agree")
    expect(basis).to_be_hidden()
    desk.get_by_label("Subscribe them to").select_option(index=1)
    basis.fill("Signed the list at the annual meeting")
    assert not found_by_axe(desk)
    desk.get_by_role("button", name="Check every row").click()

    expect(desk.get_by_role("button", name="Import 2 people")).to_be_visible(timeout=A_WHILE)
    refused = desk.locator("#refused-section")
    expect(refused.get_by_role("row", name=re.compile("没有邮箱"))).to_be_visible()
    expect(desk.locator("[data-tile=duplicate]")).to_contain_text("1")
    assert not found_by_axe(desk)
    with desk.expect_download() as download:
        refused.get_by_role("link", name="The refused rows as a file").click()
    assert "没有邮箱,张敏" in download.value.path().read_text(encoding="utf-8-sig")

    desk.get_by_role("button", name="Import 2 people").dblclick()
    expect(desk.get_by_text("The import is done.")).to_be_visible(timeout=A_WHILE)
    expect(desk.locator("#history-section").get_by_text("Started the import")).to_have_count(1)
    desk.locator("[data-tile=new]").get_by_role("link", name="2").click()
    expect(desk.get_by_role("link", name="李娜")).to_be_visible()
    expect(desk.get_by_role("link", name="王伟")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_that_is_no_list_is_said_on_a_phone(desk: Page, house: House, tmp_path: Path, scheme: Any) -> None:
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": 390, "height": 844})
    program = tmp_path / "people.csv"
    program.write_bytes(b"MZ\x90\x00" + bytes(600))
    desk.goto(f"{house.base_url}/desk/network/import/")
    desk.locator("input[type=file]").set_input_files(program)
    desk.get_by_role("button", name="Upload and look at it").click()
    expect(desk.locator(".help-critical")).to_contain_text("CSV")
    assert not found_by_axe(desk)
    assert desk.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
