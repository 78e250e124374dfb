"""Which encoding a file is in: guessed from what text looks like when it is read rightly.

The order of certainty: a byte-order mark; zero bytes at every other place (UTF-16); bytes that are valid UTF-8, which
hardly any other encoding is by chance; then the encodings of one place each, judged by their commonest characters. GBK
read as a Western encoding is the mistake that must not happen, so the two-byte encodings are tried first.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

CHUNK = 1 << 18
SAMPLE = 1 << 16  # bytes of lines with letters outside ASCII
LABELS = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "utf-16-le": "Unicode (UTF-16, little-endian)",
    "utf-16-be": "Unicode (UTF-16, big-endian)",
    "gb18030": "简体中文 (GB18030, GBK)",
    "big5hkscs": "繁體中文 (Big5)",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp874": "Thai (Windows-874)",
    "shift_jis": "日本語 (Shift JIS)",
    "euc_kr": "한국어 (EUC-KR)",
    "mac_roman": "Western European (old Macintosh)",
    "cp850": "Western European (DOS)",
}
_SINGLE_BYTE = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256"]
_TWO_BYTE = ("gb18030", "big5hkscs", "shift_jis", "euc_kr")

# Characters that names, organisations and headings are full of, of each script.
_COMMON_SIMPLIFIED = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方"
    "名字姓邮箱件电子语言家单位机构组织公司职务部门联系地址北京上海广州深圳天津重庆省市县区路号环境保护研究院所大学中心政府采购合作可持续消费生产项目"
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华建文辉力玲红春梅鹏飞宇欣怡梓涵浩然子轩雨泽"
)
_COMMON_TRADITIONAL = (
    "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而方後多定行學法所民得經"
    "王李張劉陳楊黃趙吳周徐孫馬朱胡郭何林高羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董潘袁蔡蔣余于杜葉程魏蘇呂丁任盧姚沈鍾姜崔譚陸范汪廖石金韋賈夏傅方"
    "名字姓郵箱件電子語言家單位機構組織公司職務部門聯絡地址臺台北香港澳門高雄新竹省市縣區路號環境保護研究院所大學中心政府採購合作永續消費生產專案"
    "偉芳娜秀英敏靜麗強磊軍洋勇艷傑娟濤明超蘭霞平剛桂華建文輝力玲紅春梅鵬飛宇欣怡涵浩然軒雨澤"
)
_COMMON = {"gb18030": frozenset(_COMMON_SIMPLIFIED), "big5hkscs": frozenset(_COMMON_TRADITIONAL)}
_KANA = re.compile("[\u3041-\u30fe\uff66-\uff9f]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_HAN_ONLY = re.compile("[\u3400-\u9fff，。、；：（）]+").fullmatch
_OUTSIDE = re.compile(rb"[\x80-\xff]+")
_CYRILLIC_WORD = re.compile("[А-Яа-яЁёІіЇїЄєҐґЎў]+")
_CYRILLIC_VOWEL = re.compile("[АЕЁИОУЫЭЮЯІЇЄаеёиоуыэюяіїє]")
_TOUCHED = re.compile("[А-Яа-яЁё][A-Za-z]|[A-Za-z][А-Яа-яЁё]")
_CHINESE_ENOUGH = 0.3  # of the characters are among the commonest: no Cyrillic bytes make so many of these

_WESTERN_WORD = re.compile("[A-Za-z\x80-\uffff]+")
_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßþðšžÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÝŸÞÐŠŽ’‘“”«»–—…€°ºª·¿¡\u00a0§")
# What is Central European when it is read as Western: Łódź as £ódŸ, Dvořák as Dvoøák, Petrović as Petroviæ, Gdańsk as
# Gdañsk, Zdeněk as Zdenìk, Růžička as Rùžièka, Černý as Èerný, Erdős as Erdõs.
_CENTRAL = re.compile(
    r"[£³¥¹¼¾¿ªº¯](?=[a-zóáéíà-ÿ])|(?<=[a-zà-ÿ])[£³¥¹¼¾¿ª¯Ÿ]|[\x8d\x8f\x9d]"
    r"|(?<=[a-zà-ÿ])[ìù](?=[a-zž])|[Øø](?=[áíìù])|(?<=[áíìùe])ø|(?<=[aeiouáéíóúè])æ\b|ñ(?![aeiouyáéíóúü])|œ(?![udefist])"
    r"|È(?=[aeiouáéíóú])|(?<=[aiuáí])è(?=[aeiouíák])|õ(?![aeousit])|(?<=[td])õs|(?<=[zgyr])û|ã(?![oe\b])(?=[a-z])"
    r"|Ø(?=e[hz])|(?<=[zžš][aeiouíá])ò"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """`encodings` can all read the sample, the likeliest first. `certain` is false where only the likelihood speaks."""

    encodings: tuple[str, ...]
    certain: bool

    @property
    def best(self) -> str:
        return self.encodings[0]


def guess_encoding(path: Path) -> Guess:
    """What the file is written in. Reads it once, in pieces."""
    with path.open("rb") as file:
        head = file.read(CHUNK)
    if marked := _by_mark(head):
        return Guess((marked,), certain=True)
    if pattern := _by_zeros(head):
        return Guess((pattern,), certain=False)
    lines = list(_telling_lines(path))
    if not lines:
        return Guess(("utf-8", "gb18030", "cp1252"), certain=True)
    return guess_of_lines(lines)


def guess_of_lines(lines: list[bytes]) -> Guess:
    """The same, from lines that have bytes outside ASCII."""
    valid = sum(_reads(line, "utf-8") for line in lines)
    others = _others(lines)
    if valid == len(lines):
        return Guess(("utf-8", *others), certain=True)
    if valid * 2 > len(lines):  # some lines are broken, or were pasted in from elsewhere
        return Guess(("utf-8", *others), certain=False)
    return Guess((*others, "utf-8"), certain=False)


def _by_mark(head: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    return ""


def _by_zeros(head: bytes) -> str:
    """UTF-16 without a mark: commas and line ends have a zero byte beside them."""
    sample = head[: len(head) // 2 * 2]
    if len(sample) < 4 or 0 not in sample:
        return ""
    pairs = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    plain = (b",", b"\n", b"@", b";", b"\t")
    if odd > even * 4 and odd * 12 > pairs and any(mark + b"\0" in sample for mark in plain):
        return "utf-16-le"
    if even > odd * 4 and even * 12 > pairs and any(b"\0" + mark in sample for mark in plain):
        return "utf-16-be"
    return ""


def _telling_lines(path: Path) -> Iterator[bytes]:
    """Lines with bytes outside ASCII, as many as make a sample; from the whole file, since they may come late."""
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if chunk.isascii():
                continue
            chunk += file.readline(CHUNK)
            for line in chunk.split(b"\n"):
                if not line.isascii():
                    yield line
                    size += len(line)
                    if size > SAMPLE:
                        return


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _others(lines: list[bytes]) -> tuple[str, ...]:
    sample = b"\n".join(lines)
    if _reads(sample, "cp1251") and _is_cyrillic(sample.decode("cp1251"), sample):
        return ("cp1251", "gb18030", "cp1252")
    if _reads(sample, "cp1252") and _is_spelt_western(sample.decode("cp1252")):
        return tuple(dict.fromkeys([*_western(sample), "gb18030"]))
    scores = {name: _likeness(lines, name) for name in _TWO_BYTE}
    if (
        scores["gb18030"] < LIKELY["gb18030"]
        and not _is_western(sample.decode("cp1252", "replace"))
        and _is_all_han(sample)
    ):
        scores["gb18030"] = LIKELY["gb18030"]  # a rare character or two
    east = sorted((name for name in _TWO_BYTE if scores[name] >= LIKELY[name]), key=lambda name: -scores[name])
    west = _western(sample)
    rest = [name for name in _TWO_BYTE if name not in east and scores[name] > 0]
    return tuple(dict.fromkeys([*east, *west, *rest, "gb18030", "cp1252"]))


LIKELY = {"gb18030": 0.45, "big5hkscs": 0.6, "shift_jis": 0.6, "euc_kr": 0.6}  # from here on, it reads like text
ENOUGH = 0.8  # of the lines must be readable at all: single ones may be broken


def _likeness(lines: list[bytes], encoding: str) -> float:
    """From 0 to 1 and a little more: how much the lines look like text when they are read so."""
    texts = [line.decode(encoding) for line in lines if _reads(line, encoding)]
    if len(texts) < ENOUGH * len(lines):
        return 0.0
    letters = [letter for text in texts for letter in text if ord(letter) > 0x7F]
    if not letters:
        return 0.0
    if encoding == "shift_jis":
        kana = sum(bool(_KANA.match(letter)) and letter < "\uff66" for letter in letters)
        return 1.1 if kana * 5 > len(letters) else 0.1
    if encoding == "euc_kr":
        hangul = sum(bool(_HANGUL.match(letter)) and letter.encode("euc_kr")[0] < 0xC9 for letter in letters)
        return 0.9 * hangul / len(letters) if hangul == len(letters) and _korean(texts) else 0.1
    han = [letter for letter in letters if _HAN.match(letter) or letter in "，。、；：（）《》“”·－　"]
    known = _COMMON[encoding]
    level = sum(_everyday(letter, encoding) for letter in han) / len(letters)
    common = sum(letter in known for letter in han) / len(letters)
    return 0.7 * level + 0.4 * common


def _is_all_han(sample: bytes) -> bool:
    """Whether every letter outside ASCII is a Chinese one, in bytes that all lie outside ASCII."""
    runs = _OUTSIDE.findall(sample)
    return all(len(run) % 2 == 0 and _reads(run, "gb18030") and _HAN_ONLY(run.decode("gb18030")) for run in runs)


def _korean(texts: list[str]) -> bool:
    return any(particle in text for text in texts for particle in "의은는이가을를에도한다시국부김박최정")


def _everyday(letter: str, encoding: str) -> float:
    """1 for one of the few thousand characters that the standard lists as frequent, less for its second level."""
    code = letter.encode(encoding)
    if len(code) != 2:
        return 0.0
    if encoding == "gb18030":
        if code[1] < 0xA1:
            return 0.0
        return 1.0 if 0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3) else 0.7 if 0xD8 <= code[0] <= 0xF7 else 0.0
    return 1.0 if 0xA1 <= code[0] <= 0xC6 else 0.0


def _western(sample: bytes) -> list[str]:
    """The encodings of one byte a letter, the likeliest first; Windows-1252 where nothing speaks against it."""
    order = ["cp1252"]
    readable = sample.decode("cp1252", "replace")
    central = _is_central(readable)
    if _reads(sample, "cp1252") and _is_western(readable):
        return ["cp1250", "cp1252"] if central else order
    found = from_bytes(sample, cp_isolation=_SINGLE_BYTE, threshold=0.5, preemptive_behaviour=False)
    names = [codecs.lookup(match.encoding).name for match in found]
    if names[:1] == ["cp1250"] and not central and _reads(sample, "cp1252"):
        names.insert(0, "cp1252")
    return list(dict.fromkeys([name for name in names if name in LABELS] + order))


def _is_central(text: str) -> bool:
    """Whether more of the words outside ASCII look Central European, read as Western, than the others do Western."""
    words = [word for word in _WESTERN_WORD.findall(text) if not word.isascii()]
    central = sum(bool(_CENTRAL.search(word)) for word in words)
    western = sum(bool(set(word) & set("àâãåæçèêìîïñòõøœùûÿðþŸÅÆØ")) and not _CENTRAL.search(word) for word in words)
    return central > western


def _is_spelt_western(text: str) -> bool:
    """Whether each letter outside ASCII stands alone in a word of plain ones, as no two-byte encoding has them."""
    words = [word for word in _WESTERN_WORD.findall(text) if not word.isascii()]
    return bool(words) and all(
        sum(letter.isascii() for letter in word) >= 2
        and all(letter.isascii() or letter in _WESTERN for letter in word)
        and not any(a > "\x7f" and b > "\x7f" for a, b in itertools.pairwise(word))
        for word in words
    )


def _is_western(text: str) -> bool:
    outside = [letter for letter in text if ord(letter) > 0x7F]
    usual = sum(letter in _WESTERN for letter in outside)
    pairs = sum(a > "\x7f" and b > "\x7f" and a.isalpha() and b.isalpha() for a, b in itertools.pairwise(text))
    return usual >= 0.9 * len(outside) and pairs * 4 <= len(outside)


def _is_cyrillic(text: str, sample: bytes) -> bool:
    """Whether all words outside ASCII are Cyrillic ones, capital letters at their beginning or throughout.

    Capitals throughout and short words may be Chinese ones too: then those must have vowels, and rare characters when
    they are read as Chinese.
    """
    words = _CYRILLIC_WORD.findall(text)
    usual = sum(len(word) > 2 and word[1:].islower() for word in words)
    fine = sum(word[1:].islower() or word.isupper() for word in words)
    strange = sum(ord(letter) > 0x7F and letter not in "№«»—–“”„…’\u00a0" for letter in _CYRILLIC_WORD.sub("", text))
    if not words or fine < 0.95 * len(words) or strange:
        return False
    if _common_share(sample, "gb18030") >= _CHINESE_ENOUGH:  # 胡歌 would be єъёи
        return False
    if usual * 2 >= len(words):
        return True
    long = [word for word in words if len(word) > 2]
    spoken = sum(bool(_CYRILLIC_VOWEL.search(word)) for word in long)
    if len(long) * 2 <= len(words) or spoken < 0.9 * len(long) or _TOUCHED.search(text):
        return False
    return all(_common_share(sample, encoding) < _CHINESE_ENOUGH for encoding in _COMMON)


def _common_share(sample: bytes, encoding: str) -> float:
    """How many of the Chinese characters, if they are such, belong to the commonest."""
    han = _HAN.findall(sample.decode(encoding, "replace"))
    return sum(letter in _COMMON[encoding] for letter in han) / len(han) if han else 0.0
