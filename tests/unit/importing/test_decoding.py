"""Bytes are decoded rightly or refused with a sentence that says what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.importing.decoding import LARGEST_FILE, decode
from composer.importing.errors import ImportRefused

CHINESE = "三月，十个城市在示例市召开了会议，讨论了家具采购的共同清单。\n清单包括维修、再利用和回收。\n"
TRADITIONAL = "三月，十個城市在示例市召開了會議，討論了家具採購的共同清單。"
FRENCH = "Les membres du réseau se sont réunis à Exempleville : l’été dernier, ils ont convenu d’une liste."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [CHINESE, FRENCH, "Plain words.\r\n"])
def test_unicode_is_decoded_surely(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.sure) == (text, True)


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        ("示例公共采购简报", "gb2312", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (FRENCH, "cp1252", "cp1252"),
    ],
)
def test_a_legacy_encoding_is_told_from_its_common_characters_and_not_called_sure(
    text: str, encoding: str, told: str
) -> None:
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.sure) == (text, told, False)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("持続可能な公共調達に関するニュースレターです。各国の取り組みを紹介します。", "shift_jis"),
        ("持続可能な公共調達に関するニュースレターです。各国の取り組みを紹介します。", "euc_jp"),
        ("持続可能な公共調達に関するニュースレターです。", "iso2022_jp"),
        ("지속가능한 공공조달에 관한 소식지입니다. 우리는 여러분의 참여를 기다립니다.", "euc_kr"),
        ("Это новости об устойчивых закупках. Мы рассказываем о событиях.", "cp1251"),
        ("Les membres du réseau se sont réunis à Exempleville.", "mac_roman"),
        ("Zpravodaj o udržitelném zadávání a přechodu", "cp1250"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_refused_rather_than_guessed(text: str, encoding: str) -> None:
    with pytest.raises(ImportRefused, match="Save it as plain text in UTF-8"):
        decode(text.encode(encoding))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        ("\u3000\n\ufeff".encode(), "white space"),
        (b"%PDF-1.7\n\x00", "a PDF"),
        (b"PK\x03\x04\x14\x00", "Word, PowerPoint or zip"),
        (b"\x89PNG\r\n\x1a\n", "PNG picture"),
        (b"{\\rtf1 text}", "Rich Text"),
        (b"text\x00text", "zero bytes"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f" * 9, "control characters"),
        (b"\xff\xfet\x00e", "damaged at byte"),
        (b"fine until here \xff\xfe\xfd", "no valid UTF-8 at byte 16"),
        ("一一".encode("gb18030"), "could be in UTF-8 or in GB18030"),
        (b"a" * (LARGEST_FILE + 1), "at most 5 MB"),
    ],
)
def test_what_is_no_plain_text_is_refused_by_name(data: bytes, words: str) -> None:
    with pytest.raises(ImportRefused, match=words) as refusal:
        decode(data, name="march.txt")
    assert "march.txt" in str(refusal.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except ImportRefused:
        return
    assert decoded.text.strip()
    assert decoded.text.encode(decoded.encoding) in data


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=30, max_size=60))
def test_any_ideographs_in_gb18030_are_decoded_rightly_or_refused(text: str) -> None:
    try:
        decoded = decode(text.encode("gb18030"))
    except ImportRefused:
        return
    assert decoded.text == text
