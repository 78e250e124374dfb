"""A file that is damaged, locked, lying or hostile gets a sentence, in bounded time and memory."""

from __future__ import annotations

import io
import resource
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import docx
import pptx
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from composer.content import plain_text
from composer.importing import archive, pictures, printed_page, slides
from composer.importing.assemble import assemble
from composer.importing.bounded import read_bounded
from composer.importing.document import DocPicture, Document, LeftOut
from composer.importing.errors import ImportRefused
from composer.importing.formats import LARGEST_UPLOAD, Source, identify, read_document
from composer.importing.pictures import read_picture, safe_name
from tests.unit.importing.told import Link, Story, Told, as_printed, as_slides, as_word, link_in, picture_file, saved

ISSUE = Told("The issue", (("News", (Story("A story", ("Its text.",)),)),))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(data: bytes, name: str) -> Document:
    return read_document(identify(data, name=name))


def rezipped(data: bytes, change: Callable[[str, bytes], tuple[str, bytes]], **extra: bytes) -> bytes:
    """The archive with each entry changed, and further ones."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            path, content = change(entry, old.read(entry))
            new.writestr(path, content)
        for path, content in extra.items():
            new.writestr(path, content)
    return target.getvalue()


def with_part(path: str, content: bytes) -> bytes:
    return rezipped(as_word(ISSUE), lambda entry, data: (entry, content if entry == path else data))


def zip_bomb() -> bytes:
    return with_part("word/document.xml", b"<a>" + b" " * 25_000_000)


def many_part_bomb() -> bytes:
    """Each part is within the limits, all together are not."""
    part = b"<a/>" * 2_000_000
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_word(ISSUE))) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))
        for number in range(26):
            new.writestr(f"word/media/{number}.png", part, compresslevel=1)
    return target.getvalue()


def lying_zip() -> bytes:
    """The directory says that the text has 100 bytes."""
    data = bytearray(with_part("word/document.xml", b"<a>" + b" " * 5_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as old:
        entry = old.getinfo("word/document.xml")
        start = old.start_dir
    at = data.index(b"word/document.xml", start) - 46
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert entry.file_size > 100
    return bytes(data)


def entity_bomb() -> bytes:
    entities = "".join(f'<!ENTITY x{i} "{"".join(f"&x{i - 1};" for _ in range(10))}">' for i in range(1, 10))
    return with_part("word/document.xml", f'<!DOCTYPE w [<!ENTITY x0 "lol">{entities}]><w>&x9;</w>'.encode())


def locked_pdf() -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(100, 700, "Nobody reads this.")
    canvas.save()
    return target.getvalue()


def scanned_pdf() -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target)
    for _ in range(2):
        canvas.drawInlineImage(Image.open(io.BytesIO(picture_file(600, 800))), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def long_pdf(pages: int) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target)
    for number in range(pages):
        canvas.drawString(100, 700, f"This is what page {number} says.")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def slides_of(number: int) -> bytes:
    return as_slides(Told("Deck", tuple(("Part", (Story(f"Slide {i}", (f"Text {i}.",)),)) for i in range(number // 2))))


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("a.docx", lambda: b"", "a.docx is empty"),
        ("a.pdf", lambda: b"  \n ", "a.pdf is empty"),
        ("a.docx", lambda: as_word(ISSUE)[:3000], "a.docx is damaged"),
        ("a.pptx", lambda: b"PK\x03\x04" + b"rubbish" * 99, "a.pptx is damaged"),
        ("a.pdf", lambda: b"%PDF-1.7\n" + b"rubbish" * 99, "a.pdf is damaged"),
        ("a.docx", zip_bomb, "a.docx unpacks to more than is read"),
        ("a.docx", many_part_bomb, "a.docx unpacks to more than is read"),
        ("a.docx", lying_zip, "a.docx is damaged"),
        ("a.docx", entity_bomb, "declares XML entities"),
        ("a.docx", lambda: with_part("word/document.xml", b"<w:document"), "a.docx is damaged"),
        ("a.docx", lambda: with_part("word/document.xml", b"<nothing/>"), "holds no text part"),
        ("a.docx", lambda: OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "a.docx is locked"),
        ("a.pdf", locked_pdf, "a.pdf is locked with a password"),
        ("a.pdf", scanned_pdf, "holds no text, only pictures of its pages"),
        ("a.doc", lambda: OLE + b"\0" * 600, "old Word file: open it in Word or LibreOffice, save it as .docx"),
        ("a.ppt", lambda: OLE + b"\0" * 600, "save it as .pptx"),
        ("a.xls", lambda: OLE + b"\0" * 600, "Excel workbook: copy its cells"),
        ("a.docx", lambda: OLE + b"\0" * 600, "old Word or PowerPoint file"),
        ("a.odt", lambda: b"PK\x03\x04 rest", "OpenDocument text: open it and save it as .docx"),
        ("a.exe", lambda: b"MZ rest", "choose a file of the kinds .txt, .md, .html, .docx, .pptx, .pdf"),
        ("a", lambda: b"text without a suffix", "a is not read"),
        ("a.pdf", lambda: as_word(ISSUE), "a.pdf is a Word document, though it is named .pdf"),
        ("a.docx", lambda: as_printed(ISSUE), "a.docx is a PDF, though it is named .docx"),
        ("a.pptx", lambda: as_word(ISSUE), "name it .docx and try again"),
        ("a.docx", lambda: b"just text", "a.docx is not a Word document"),
        ("a.txt", lambda: as_printed(ISSUE), "a.txt is a PDF"),
        ("a.html", lambda: as_word(ISSUE), "a.html is a Word document"),
        ("a.md", lambda: b"# T\n\n" + b"x" * 1_000_001, "1,000,006 characters of Markdown"),
        ("a.html", lambda: b"<b>" * 200_001, "more than 200,000 tags"),
        ("a.html", lambda: b"<div>" * 5_000 + b"deep", "tags deep"),
        ("a.pdf", lambda: b"x" * (LARGEST_UPLOAD + 1), "40 MB"),
        ("a.pdf", lambda: long_pdf(printed_page.MOST_PAGES + 1), "has 301 pages, and at most 300 are read"),
    ],
)
def test_a_bad_file_gets_a_sentence(name: str, make: Callable[[], bytes], says: str) -> None:
    data = make()
    started = time.perf_counter()
    with pytest.raises(ImportRefused) as refused:
        read(data, name)
    assert says in str(refused.value)
    assert str(refused.value).endswith(".")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("path", ["../../etc/cron.d/evil", "/etc/passwd", "word/../../evil", "..\\..\\evil", "C:/evil"])
def test_an_archive_that_leads_out_of_itself_is_refused(path: str) -> None:
    data = rezipped(as_word(ISSUE), lambda entry, content: (entry, content), **{path: b"evil"})
    with pytest.raises(ImportRefused, match="would be written outside of it"):
        read(data, "a.docx")


def test_an_archive_with_too_many_parts_is_refused() -> None:
    parts = {f"x/{number}": b"" for number in range(archive.MOST_ENTRIES)}
    with pytest.raises(ImportRefused, match="at most 5,000 are read"):
        read(rezipped(as_word(ISSUE), lambda entry, content: (entry, content), **parts), "a.docx")


def test_a_locked_part_is_refused() -> None:
    data = bytearray(as_word(ISSUE))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as old:
        start = old.start_dir
    data[start + 8] |= 1
    with pytest.raises(ImportRefused, match="locked with a password"):
        read(bytes(data), "a.docx")


def test_a_bomb_takes_little_memory() -> None:
    data = zip_bomb()
    tracemalloc.start()
    with pytest.raises(ImportRefused):
        read(data, "a.docx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


def test_two_hundred_slides_are_read_and_none_is_lost() -> None:
    draft = assemble(read(slides_of(200), "a.pptx"), locale="en")
    headings = [item.heading for item in draft.items()]
    assert [heading for heading in headings if heading.startswith("Slide")] == [f"Slide {i}" for i in range(100)]


def test_too_many_slides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slides, "MOST_SLIDES", 5)
    with pytest.raises(ImportRefused, match="has 9 slides, and at most 5 are read"):
        read(slides_of(8), "a.pptx")


def png_of(width: int, height: int) -> bytes:
    """A picture that says it is as large, without any of its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (png_of(10_000, 10_000), "10000 x 10000 pixels, and at most 50 million are taken"),
        (png_of(100_000, 100_000), "million"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * pictures.LARGEST_PICTURE, "at most 10 are taken"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "only PNG, JPEG, GIF and WebP"),
        (b"\x01\0\0\0" + b"\0" * 60, "only PNG, JPEG, GIF and WebP"),
        (b"", "only PNG, JPEG, GIF and WebP"),
    ],
)
def test_a_picture_that_is_not_taken_is_said_so(data: bytes, why: str) -> None:
    found = read_picture(data, name="../word/media/image1.emf", alt="A map")
    assert isinstance(found, LeftOut)
    assert "“image1.emf”" in found.what
    assert why in found.what
    assert found.text == "A map"


def test_a_bomb_of_a_picture_in_a_word_file_is_left_out_and_the_text_kept() -> None:
    document = docx.Document()
    document.add_paragraph("The text stays.")
    document.add_picture(io.BytesIO(picture_file()))
    bomb = png_of(20_000, 20_000)
    data = rezipped(
        saved(document), lambda entry, content: (entry, bomb if entry.startswith("word/media/") else content)
    )
    draft = assemble(read(data, "a.docx"), locale="en")
    (item,) = draft.items()
    assert "more than 50 million pixels" in " ".join(item.notes)
    assert draft.pictures == ()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\b.png", "b.png"),
        ("..", "picture"),
        ("", "picture"),
        ("a\0b\n.png", "ab.png"),
        ('<b>"x".png', "bx.png"),
        ("图片.png", "图片.png"),
    ],
)
def test_a_name_is_never_a_path(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "file:///etc", "x"]
)
def test_a_link_to_no_address_is_text_with_a_note(href: str) -> None:
    document = docx.Document()
    link_in(document.add_paragraph("See "), Link("the page", href))
    (item,) = assemble(read(saved(document), "a.docx"), locale="en").items()
    assert plain_text(item.body) == "See the page\n"
    assert "href=''" in repr(item.body)
    assert "http" not in repr(item.body)
    assert f"“{href}”" in " ".join(item.notes)


def test_an_address_of_eight_kilobytes_is_left_out() -> None:
    document = docx.Document()
    link_in(document.add_paragraph(), Link("the page", "https://example.org/" + "x" * 8000))
    (item,) = assemble(read(saved(document), "a.docx"), locale="en").items()
    assert "leads to no whole address" in " ".join(item.notes)
    assert max(map(len, item.notes)) < 300


def test_spaces_and_quotes_in_an_address_are_encoded() -> None:
    document = docx.Document()
    link_in(document.add_paragraph(), Link("the page", 'https://example.org/a b"c<d>'))
    (item,) = assemble(read(saved(document), "a.docx"), locale="en").items()
    assert "https://example.org/a%20b%22c%3Cd%3E" in repr(item.body)


def test_a_file_is_read_by_another_process() -> None:
    document = read_bounded(identify(as_word(ISSUE), name="a.docx"))
    assert document == read(as_word(ISSUE), "a.docx")


def test_a_picture_comes_back_from_the_other_process_as_it_was() -> None:
    told = Told("T", (("S", (Story("H", picture="alt"),)),))
    document = read_bounded(identify(as_slides(told), name="a.pptx"))
    (picture,) = [block for block in document.blocks if isinstance(block, DocPicture)]
    assert picture.data == picture_file()


def test_a_refusal_comes_back_from_the_other_process() -> None:
    with pytest.raises(ImportRefused, match="locked with a password"):
        read_bounded(identify(locked_pdf(), name="a.pdf"))


def test_a_reader_that_takes_too_long_is_ended() -> None:
    data = long_pdf(250)
    with pytest.raises(ImportRefused, match="takes longer than 0 seconds"):
        read_bounded(Source(data, "a.pdf", ".pdf"), seconds=0)


def test_a_reader_that_takes_too_much_memory_is_ended() -> None:
    page = b"<p>" + b"<b>x</b>" * 60_000
    with pytest.raises(ImportRefused, match="damaged, or too complicated"):
        read_bounded(Source(page, "a.html", ".html"), memory=120_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000  # kilobytes: not here


def test_a_presentation_without_slides_is_refused() -> None:
    with pytest.raises(ImportRefused, match=r"holds no slides"):
        read(saved(pptx.Presentation()), "a.pptx")
