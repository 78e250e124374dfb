"""Invented people's names, as the readers of each language and country write them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class PersonName:
    """`full` as the person writes it; `local` as the local part of an address: ASCII, lower case."""

    full: str
    local: str


def shuffled_names(culture: str, random: Random) -> list[PersonName]:
    """All names of a culture, each different, in an order `random` decides; the long ones come early."""
    if culture == "chinese":
        weighted = sorted(product(_FAMILIES, _GIVEN), key=lambda pair: random.random() ** _rarity(pair[0]))
        names = [_chinese(*pair) for pair in reversed(weighted)]
    else:
        names = _combined(culture)
        random.shuffle(names)
    long_names = [PersonName(full, local) for full, local in _LONG_NAMES.get(culture, ())]
    return names[:1] + long_names + names[1:]


def _rarity(family: str) -> float:
    """One in four Chinese bears one of the commonest names, few a double one."""
    place = _FAMILIES.index(family)
    return 0.16 if place < 5 else 0.3 if place < 20 else 1.0 if place < 60 else 2.5


def _chinese(family: str, given: str) -> PersonName:
    family_han, family_pinyin = family.split("/")
    given_han, given_pinyin = given.split("/")
    return PersonName(family_han + given_han, f"{given_pinyin}.{family_pinyin}")


def _combined(culture: str) -> list[PersonName]:
    given_names, families = (tuple(part.strip() for part in pool.split(",")) for pool in _POOLS[culture])
    names = []
    for given, family in product(given_names, families):
        full = f"{family} {given}" if culture in _FAMILY_FIRST else f"{given} {family}"
        names.append(PersonName(full, f"{_ascii(given)}.{_ascii(family)}"))
    return names


def _ascii(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(letter for letter in folded if letter.isascii() and (letter.isalnum() or letter == "-"))


_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", " ": "-", "'": "", "’": ""}
)

_FAMILY_FIRST: Final = frozenset({"vietnamese"})

_FAMILIES_TEXT: Final = """
王/wang 李/li 张/zhang 刘/liu 陈/chen 杨/yang 黄/huang 赵/zhao 吴/wu 周/zhou 徐/xu 孙/sun 马/ma
朱/zhu 胡/hu 郭/guo 何/he 林/lin 高/gao 罗/luo 郑/zheng 梁/liang 谢/xie 宋/song 唐/tang 许/xu
韩/han 冯/feng 邓/deng 曹/cao 彭/peng 曾/zeng 肖/xiao 田/tian 董/dong 潘/pan 袁/yuan 蔡/cai
蒋/jiang 余/yu 叶/ye 杜/du 苏/su 魏/wei 程/cheng 吕/lyu 丁/ding 沈/shen 任/ren 姚/yao 卢/lu 傅/fu
钟/zhong 姜/jiang 崔/cui 谭/tan 廖/liao 范/fan 汪/wang 陆/lu 欧阳/ouyang 上官/shangguan 司徒/situ
诸葛/zhuge
"""
_FAMILIES: Final = tuple(_FAMILIES_TEXT.split())

# Han characters / the same in pinyin, as in _FAMILIES_TEXT.
_GIVEN_TEXT: Final = """
静/jing 敏/min 艳/yan 涛/tao 芳/fang 颖/ying 琳/lin 晨/chen 蕾/lei 恒/heng 岚/lan 昕/xin
文博/wenbo 雨桐/yutong 思远/siyuan 嘉怡/jiayi 明轩/mingxuan 晓燕/xiaoyan 建国/jianguo 丽华/lihua
海峰/haifeng 春梅/chunmei 志强/zhiqiang 雅婷/yating 子涵/zihan 俊杰/junjie 若溪/ruoxi 国栋/guodong
佳宁/jianing 立新/lixin 婉清/wanqing 振宇/zhenyu 一鸣/yiming 慧敏/huimin 家豪/jiahao 秋实/qiushi
云飞/yunfei 书瑶/shuyao 永康/yongkang 诗涵/shihan 天佑/tianyou 素珍/suzhen 景行/jingxing 依然/yiran
泽楷/zekai 清扬/qingyang 望舒/wangshu 知行/zhixing 怀瑾/huaijin 念慈/nianci 向荣/xiangrong
采薇/caiwei 乐天/letian 修远/xiuyuan 可欣/kexin 沛霖/peilin
"""
_GIVEN: Final = tuple(_GIVEN_TEXT.split())

# culture -> (given names, family names)
_POOLS: Final[dict[str, tuple[str, str]]] = {
    "english": (
        "Eleanor, Callum, Harriet, Gareth, Imogen, Declan, Siobhán, Rory, Beatrice, Owen, Tamsin, Fergus",
        "Ashworth, Pemberton, Kirkbride, Lockwood, O’Rourke, Tregenza, Hathersage, MacAllister, Whitcombe, Penhallow",
    ),
    "american": (
        "Monica, Tyler, Denise, Marcus, Leah, Garrett, Yolanda, Brandon, Naomi, Elliott",
        "Hollingsworth, Delacroix, Okafor-Reed, Lindqvist, Castellano, Whitaker, Birdsong, Kowalczyk, Tran, Goldfarb",
    ),
    "french": (
        "Élodie, François, Amélie, Rémi, Hélène, Jérôme, Solène, Benoît, Anaïs, Gaëtan, Clémence, Loïc",
        "Lefèvre, Beaumont, Garnier-Vasseur, Côté, Desrosiers, Châtelain, Fourneau, Guérin, Pelletier, Thévenin",
    ),
    "west-african": (
        "Aïssatou, Ousmane, Fatoumata, Koffi, Mariam, Souleymane, Adjoua, Cheikh, Rokhaya, Idrissa",
        "Ndiaye, Traoré, Koné, Ouédraogo, Diarra, N’Guessan, Sarr, Ahouansou, Kaboré, Agbodjan",
    ),
    "cameroonian": (
        "Solange, Blaise, Clarisse, Hervé, Ghislaine, Thierry",
        "Mbarga, Ngo Bassong, Tchoupo, Fotsing, Essomba, Ndongo",
    ),
    "maghrebi": (
        "Yasmine, Karim, Nadia, Mehdi, Samira, Anouar, Houda, Sofiane, Imène, Rachid",
        "Benkirane, El Ouazzani, Bouhaddou, Trabelsi, Haddad, Cherkaoui, Ben Saïd, Mansouri, Belkacem, Zerrouki",
    ),
    "arab": (
        "Rania, Omar, Dalia, Tarek, Hanan, Youssef, Lina, Khaled",
        "Al-Khatib, Haddadin, Abdel-Nour, El-Sherbini, Qaddour, Shahin",
    ),
    "malagasy": (
        "Haingo, Tiana, Lalao, Hery, Mialy, Tojo",
        "Rakotomanana, Andriamihaja, Razafindrabe, Ravelonarivo, Rasoanaivo",
    ),
    "haitian": ("Widline, Jean-Évens, Mirlande", "Saint-Fleur, Désir, Pierre-Toussaint"),
    "east-african": (
        "Wanjiru, Baraka, Neema, Otieno, Zawadi, Juma, Akinyi, Rehema",
        "Kariithi, Mwangi, Ochieng, Mushi, Nyambura-Kuria, Mtondoo, Chepkirui, Kiplimo",
    ),
    "nigerian": (
        "Adaeze, Tunde, Ngozi, Ibrahim, Yewande, Chukwuemeka",
        "Adébáyọ̀, Okonjo, Nwachukwu, Balogun, Danjuma, Eze-Obiora",
    ),
    "ghanaian": ("Akosua, Kwabena, Efua, Yaw, Abena", "Mensah, Boakye-Yiadom, Owusu, Asante, Quarshie"),
    "south-african": (
        "Thandeka, Pieter, Nomvula, Sipho, Annelise, Lerato, Kagiso",
        "Dlamini, van der Westhuizen, Mokoena, Naidoo-Pillay, Ndlovu, Botha",
    ),
    "ethiopian": ("Selamawit, Dawit, Hiwot, Bekele, Tsion", "Gebremeskel, Woldeyohannes, Tesfaye, Alemu, Haile"),
    "rwandan": ("Aline, Claudine, Jean-Bosco, Divine", "Mukeshimana, Nshimiye, Uwera-Gasana, Ingabire"),
    "brazilian": (
        "Thaís, João, Letícia, Caetano, Márcia, Otávio, Iara",
        "Vasconcellos, de Araújo Prado, Guimarães, Brandão, Figueirôa, Nascimento",
    ),
    "portuguese": (
        "Inês, Tomás, Graça, Duarte, Conceição",
        "Seixas Carvalho, Magalhães, Pestana, Queirós Leal, Brandão",
    ),
    "hispanic": (
        "Ximena, Andrés, Lucía, Joaquín, Inés, Sebastián, Rocío, Nicolás, Verónica, Martín",
        "Echeverría Solano, Quispe Huamaní, Ibáñez Peñalosa, Arriagada, Zúñiga Montalvo, Ordóñez, Bermúdez",
    ),
    "german": (
        "Anneliese, Jürgen, Katrin, Matthias, Ulrike, Sören",
        "Grünewald, Schönfelder, Meißner, Bäumler, von Reichenstein, Großkopf",
    ),
    "dutch": (
        "Marloes, Joris, Femke, Sander, Annelies",
        "van den Heuvel, Dijkgraaf, de Witte, Vermeulen, Terpstra",
    ),
    "swedish": ("Åsa, Linnéa, Björn, Göran", "Lindström, Sjöqvist, Åkerlund, Hägglöf"),
    "danish": ("Søren, Birgitte, Rasmus, Signe", "Bjørnholt, Ødegaard, Kjærgaard, Sørensen"),
    "finnish": ("Mikko, Päivi, Jyrki, Säde", "Mäkitalo, Hämäläinen, Koskipää, Yliniemi"),
    "italian": ("Chiara, Lorenzo, Giulia, Niccolò", "Bevilacqua, Monteforte, D’Ambrosio, Castelvecchi"),
    "polish": ("Małgorzata, Łukasz, Agnieszka, Wojciech", "Mazur-Bąk, Śliwa, Kędziora, Wróbel"),
    "japanese": ("Sakura, Haruto, Misaki, Kenjirō, Ayumi", "Fujiwara, Takemizu, Ōhashi, Nishimori, Shimazono"),
    "korean": ("Ji-woo, Min-seo, Seung-hyun, Hye-jin", "Hwangbo, Namgung, Seonwoo, Pyeon"),
    "vietnamese": ("Minh Anh, Thị Thu Hằng, Quốc Bảo, Đức Huy, Thị Ngọc Lan", "Nguyễn, Trần, Phạm, Đặng, Vũ"),
    "thai": ("Siriporn, Anuwat, Kanokwan, Thanakorn", "Rattanawong, Srisombun, Phongphaibun, Charoensuk"),
    "indonesian": ("Dewi, Bagas, Sekar, Raditya, Ayu", "Kusumawardhani, Prasetyo, Halim, Wirahadi, Simatupang"),
    "filipino": (
        "Maricel, Jomar, Rosalinda, Crisanto, Divina",
        "Macaraeg, Dimaculangan, Villanueva, Santos-Olan, Bagumbayan",
    ),
    "malay": ("Nurul Aisyah, Hafiz, Siti Zulaikha, Amirul", "Rahmatullah, Kamaruzzaman, Abdul Halim, Zainuddin"),
    "indian": (
        "Ananya, Rohan, Kavitha, Vikram, Meenakshi, Arjun, Ishita",
        "Chattopadhyay, Venkataraghavan, Deshmukh, Iyer, Raghuvanshi, Kulkarni",
    ),
    "bangladeshi": ("Farzana, Tanvir, Nusrat, Mahmudul", "Chowdhury, Rahman, Sikdar"),
    "sri-lankan": ("Dilini, Chaminda, Tharushi, Nuwan", "Wickramanayake, Jayathilaka, Senevirathne"),
    "turkish": ("Ayşegül, Emre, Zeynep, Çağlar", "Yıldırım, Karagözlü, Şimşek"),
    "kazakh": ("Aigerim, Daniyar, Zarina, Yerlan", "Nurmagambet, Sarsenbay, Akhmet"),
    "fijian": ("Litia, Semisi, Asenaca", "Vakatawa, Nailatikau, Ratuvuki"),
    "jamaican": ("Shanice, Delroy, Marcia", "Hibbert, Campbell, Wray"),
}

# Names that try a letter's salutation, a table's column and an address book.
_LONG_NAMES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "chinese": (
        ("阿依古丽·麦麦提图尔荪", "ayigul.memettursun"),
        ("古丽巴哈尔·阿卜杜热合曼", "gulbahar.abdurahman"),
        ("叶尔兰·努尔苏丹别克", "yerlan.nursultanbek"),
    ),
    "hispanic": (
        ("María del Carmen Fernández-Arroyo y Gutiérrez de la Concha", "mc.fernandez-arroyo"),
        ("Juan Sebastián Iturriagagoitia Zabalbeascoa", "js.iturriagagoitia"),
    ),
    "malagasy": (("Haingotiana Andriantsimitoviaminandriandrazaka", "haingotiana"),),
    "thai": (("Phatcharaphorn Wongwiwatthananukitsakul", "phatcharaphorn.w"),),
    "french": (("Marie-Hélène Charpentier-Delaunay de la Rochebrunière", "mh.charpentier-delaunay"),),
    "brazilian": (("Maria Aparecida do Nascimento Albuquerque Cavalcanti Sobrinho", "m.albuquerque"),),
    "indian": (("Sivaramakrishnan Lakshminarasimhan Thiruvengadathan", "s.lakshminarasimhan"),),
}
