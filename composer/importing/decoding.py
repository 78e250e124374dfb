"""The bytes of a plain text file into text, or a refusal that says what to do; never a wild guess."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from composer.importing.errors import ImportRefused

LARGEST_FILE = 5_000_000  # bytes

# What a file that is no plain text begins with.
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a Word, PowerPoint or zip file"),
    (b"PK\x05\x06", "a zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word, Excel or PowerPoint file"),
    (b"{\\rtf", "a Rich Text file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%!PS", "a PostScript file"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAVE_AS_UTF8 = "Save it as plain text in UTF-8 and try again."
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_SHIFTS = re.compile(r"\x1b[$()]")  # ISO-2022: Chinese, Japanese or Korean in seven bits
_HAN = re.compile(r"[\u4e00-\u9fff]")
_IMPLAUSIBLE = re.compile(r"[\ue000-\uf8ff\ufffd\u3040-\u30ff\uac00-\ud7a3\u0080-\u009f]")
# The commonest ideographs of running text. Text decoded wrongly is made of rare ones.
_COMMON_SIMPLIFIED = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多"
    "定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外"
    "天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立"
    "代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指"
    "几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证"
    "改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许"
    "步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团"
    "往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局"
    "照参红细引听该铁价严环境绿购网络伙伴计划采供应循环"
)
_COMMON_TRADITIONAL = frozenset(
    "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而方後多定行學法所民得經"
    "十三之進著等部度家電力里如水化高自二理起小物現實加量都兩體制機當使點從業本去把性好應開它合還因由其些然前外天政四日那社義事平形"
    "相全表間樣與關各重新線內數正心反你明看原又麼利比或但質氣第向道命此變條只沒結解問意建月公無系軍很情者最立代想已通並提直題黨程展"
    "五果料象員革位入常文總次品式活設及管特件長求老頭基資邊流路級少圖山統接知較將組見計別她手角期根論運農指幾九區強放決西被干做必戰"
    "先回則任取據處隊南給色光門即保治北造百規熱領七海口東導器壓志世金增爭濟階油思術極交受聯什認六共權收證改清己美再採轉更單風切打白"
    "教速花帶安場身車例真務具萬每目至達走積示議聲報鬥完類八離華名確才科張信馬節話米整空元況今集溫傳土許步群廣石記需段研界環境綠購網"
)
_LEAST_COMMON = 0.3  # of the ideographs; running text has more than half, a wrong decoding a tenth
_FEWEST_HAN = 4
_WESTERN = frozenset("éèêëàâäîïôöùûüçñáíóúœæßÉÈÊÀÂÎÔÙÇŒÆÖÜÄÑå’‘“”«»–—…•€°©®·\u00a0ºª§½²³¿¡")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`encoding` is Python's name of it. `sure` is false where it was told from the text alone."""

    text: str
    encoding: str
    sure: bool


def decode(data: bytes, *, name: str = "the file") -> Decoded:
    """The text of a plain text file in UTF-8, UTF-16 or UTF-32 with a mark, GB18030, Big5 or Windows-1252.

    Raises ImportRefused for anything else: empty, too large, another kind of file, an encoding that cannot be told.
    """
    if len(data) > LARGEST_FILE:
        raise ImportRefused(
            f"{_begin(name)} has {len(data) / 1e6:.1f} MB, and a bulletin's text at most "
            f"{LARGEST_FILE // 10**6} MB: take only the issue's own text."
        )
    if not data.strip():
        raise ImportRefused(f"{_begin(name)} is empty: choose one that holds the issue's text.")
    decoded = _decode_marked(data, name) or _decode_unmarked(data, name)
    if not decoded.text.replace("\ufeff", "").strip():
        raise ImportRefused(f"{_begin(name)} holds only white space: choose one that holds the issue's text.")
    return decoded


def _begin(name: str) -> str:
    return name[:1].upper() + name[1:] if name.startswith("the ") else name


def _decode_marked(data: bytes, name: str) -> Decoded | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise ImportRefused(
                    f"{_begin(name)} says that it is in {encoding.upper()}, but is damaged at byte "
                    f"{len(mark) + error.start}. {_SAVE_AS_UTF8}"
                ) from error
            _refuse_binary(text, name)
            return Decoded(text, encoding, sure="\ufffd" not in text)
    return None


def _decode_unmarked(data: bytes, name: str) -> Decoded:
    for magic, kind in _MAGIC:
        if data.lstrip(b" \t\r\n").startswith(magic):
            raise ImportRefused(
                f"{_begin(name)} is {kind}, and only plain text is taken so far: open it, copy its text "
                "and paste that, or save it as plain text in UTF-8."
            )
    if b"\0" in data:
        raise ImportRefused(
            f"{_begin(name)} holds zero bytes, so it is no plain text in a known encoding. {_SAVE_AS_UTF8}"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        decoded = _decode_by_content(data)
        if decoded is None:
            raise ImportRefused(
                f"The encoding of {name} could not be told: it is no valid UTF-8 at byte {error.start}, "
                f"and nothing else fits well. {_SAVE_AS_UTF8}"
            ) from error
        return decoded
    _refuse_binary(text, name)
    if _is_ambiguous(data, text):
        raise ImportRefused(
            f"{_begin(name)} is so short that it could be in UTF-8 or in GB18030, with different words. {_SAVE_AS_UTF8}"
        )
    return Decoded(text, "utf-8", sure="\ufffd" not in text)


def _is_ambiguous(data: bytes, text: str) -> bool:
    """Whether valid UTF-8 is as likely Chinese in GB18030: some common words are (`联通`), no real sentence is."""
    foreign = [character for character in text if not character.isascii()]
    if not foreign or max(foreign) > "\u07ff" or all(character in _WESTERN for character in foreign):
        return False
    chinese = _HAN.findall(_try(data, "gb18030") or "")
    return len(chinese) * 2 > len(foreign) and sum(c in _COMMON_SIMPLIFIED for c in chinese) * 2 > len(chinese)


def _refuse_binary(text: str, name: str) -> None:
    if _SHIFTS.search(text):
        raise ImportRefused(f"{_begin(name)} is in an ISO-2022 encoding, which is not read. {_SAVE_AS_UTF8}")
    controls = len(_CONTROLS.findall(text))
    if controls > 8 and controls * 50 > len(text):
        raise ImportRefused(
            f"{_begin(name)} is no plain text: {controls:,} of its characters are control characters. {_SAVE_AS_UTF8}"
        )


def _decode_by_content(data: bytes) -> Decoded | None:
    """The text in a legacy encoding, where its commonest characters are those of a language written in it."""
    chinese = [
        (share, encoding, text)
        for encoding, common in (("gb18030", _COMMON_SIMPLIFIED), ("big5", _COMMON_TRADITIONAL))
        if (text := _try(data, encoding)) is not None and (share := _share_of_common(text, common)) >= _LEAST_COMMON
    ]
    if chinese:
        _, encoding, text = max(chinese)
        return Decoded(text, encoding, sure=False)
    western = _try(data, "cp1252")
    return Decoded(western, "cp1252", sure=False) if western is not None and _is_western(western) else None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _share_of_common(text: str, common: frozenset[str]) -> float:
    """Which part of the ideographs are among the commonest; 0 where the text can hardly be Chinese."""
    han = _HAN.findall(text)
    foreign = sum(not character.isascii() for character in text)
    if len(han) < _FEWEST_HAN or len(_IMPLAUSIBLE.findall(text)) * 50 > foreign or _CONTROLS.search(text):
        return 0.0
    return sum(character in common for character in han) / len(han) if len(han) * 2 > foreign else 0.0


def _is_western(text: str) -> bool:
    """Whether all accents and marks are those of French, Spanish, German, and as rare as there."""
    foreign = [character for character in text if not character.isascii()]
    letters = sum(character.isalpha() for character in text)
    known = all(character in _WESTERN for character in foreign)
    accented = sum(character.isalpha() for character in foreign)
    return known and accented * 5 < letters and not re.search(r"[^\x00-\x7f]{4}", text) and not _CONTROLS.search(text)
