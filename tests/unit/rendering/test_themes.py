"""A theme's folder is checked when it is loaded: every fault is told, with its file and line."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from composer.content import EditionContent, Masthead
from composer.rendering import themes as registry
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from composer.rendering.logos import MAX_BYTES as MAX_LOGO_BYTES
from composer.rendering.manifest import Fault
from composer.rendering.manifest_keys import KEYS, manifest_table
from composer.rendering.specimen import LOCALES, specimen
from composer.rendering.templates import MAX_BYTES, TEMPLATES
from composer.rendering.theme import DEFAULT, Theme
from composer.rendering.themes import (
    ThemeError,
    UnknownThemeError,
    any_theme,
    broken_themes,
    load_theme,
    set_theme_folders,
    theme_of,
    themes,
)

from .markup import Page

OURS = TEMPLATES / "themes"
MANIFEST = (OURS / "hills" / "theme.toml").read_text(encoding="utf-8")
STORY = (TEMPLATES / "sections" / "story.mjml").read_text(encoding="utf-8")
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "themes.md"

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`make(files, slug=…)` writes a theme of hills' manifest and these files."""

    def write(files: dict[str, str | bytes] | None = None, *, slug: str = "own") -> Path:
        folder = tmp_path / "themes" / slug
        for name, text in {"theme.toml": MANIFEST, **(files or {})}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return write


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of an organisation's own themes, in use."""
    folder = tmp_path / "themes"
    folder.mkdir()
    set_theme_folders(folder)
    yield folder
    set_theme_folders()


def faults_of(folder: Path, *, trial: bool = True) -> tuple[Fault, ...]:
    with pytest.raises(ThemeError) as error:
        load_theme(folder, trial=trial)
    return error.value.faults


def manifest_with(line: str, *, after: str = "[letter]") -> tuple[str, int]:
    """The manifest with one more line, and the number of that line."""
    lines = MANIFEST.split("\n")
    place = lines.index(after) + 1
    return "\n".join([*lines[:place], line, *lines[place:]]), place + 1


def logo(width: int = 320, height: int = 80, kind: str = "PNG") -> bytes:
    data = BytesIO()
    Image.new("RGB", (width, height), "#17604b").save(data, kind)
    return data.getvalue()


# --- Ours


@pytest.mark.parametrize("slug", ["hills", "harbour"])
def test_our_themes_are_without_fault(slug: str) -> None:
    theme = load_theme(OURS / slug)
    assert theme.slug == slug
    assert {language for language, _name in theme.names} == {"en", "fr", "zh-hans"}


def test_every_folder_of_ours_is_a_theme_and_hills_comes_first() -> None:
    assert list(themes()) == ["hills", *sorted({path.name for path in OURS.iterdir()} - {"hills"})]


def test_hills_is_what_the_code_falls_back_to() -> None:
    hills = theme_of("hills")
    assert (hills.light, hills.dark, hills.width, hills.radius) == (
        DEFAULT.light,
        DEFAULT.dark,
        DEFAULT.width,
        DEFAULT.radius,
    )
    assert (hills.alphabetic, hills.cjk) == (DEFAULT.alphabetic, DEFAULT.cjk)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_theme_is_another_layout_and_not_only_other_colours(locale: str) -> None:
    def shape(slug: str) -> list[str]:
        page = render_edition(specimen(locale), theme=theme_of(slug), base_url="https://m.example", tracked=True)
        return [element.name for element in Page(page.html).elements]

    assert shape("hills") != shape("harbour")


def test_an_edition_is_rendered_in_the_theme_of_its_bulletin() -> None:
    content = specimen("en")
    content = dataclasses.replace(content, masthead=dataclasses.replace(content.masthead, theme="harbour"))
    html = render_edition(content, base_url="https://m.example", tracked=True).html
    assert theme_of("harbour").light.band in html


# --- The manifest


def test_a_manifest_of_colours_and_a_name_is_enough(make: Make) -> None:
    theme = load_theme(make())
    assert theme.light == DEFAULT.light
    assert theme.name("en") == "Hills"


@pytest.mark.parametrize(
    ("line", "after", "problem"),
    [
        ('paper = "#ffffff', "[letter]", "this is no TOML"),
        ("colour = 1", "[letter]", r"\[letter\] has no key 'colour'; it has radius, width"),
        ("body = 200", "[alphabetic]", "body is 200; it may be 11 to 60"),
        ('body = "16px"', "[alphabetic]", "body is a whole number of pixels, without quotes"),
        ("leading = 9.0", "[alphabetic]", "leading is 9.0; it may be 1 to 2.5"),
        ('italics = "yes"', "[alphabetic]", "italics is true or false"),
        ("text = 'Georgia;color:red,serif'", "[alphabetic]", "a list of fonts has letters"),
        ("text = 'Georgia'", "[alphabetic]", "must end with a font that every reader has"),
        ('english = "Hills"', "[name]", "'english' is no language"),
        ('de = "a\\nb"', "[name]", "a short text is expected"),
        ("[fonts]", "[letter]", "'fonts' is not known here"),
    ],
)
def test_a_fault_in_the_manifest_is_told_with_its_line(make: Make, line: str, after: str, problem: str) -> None:
    manifest = MANIFEST + "\n[alphabetic]\n"
    lines = manifest.split("\n")
    place = lines.index(after) + 1
    fault = faults_of(make({"theme.toml": "\n".join([*lines[:place], line, *lines[place:]])}), trial=False)[0]
    assert (fault.file, fault.line) == ("theme.toml", place + 1)
    assert re.search(problem, fault.problem)


@pytest.mark.parametrize("colour", ["red", "#12345", "#17604b;background:url(x)"])
def test_what_is_no_colour_is_told_with_its_line(make: Make, colour: str) -> None:
    manifest = MANIFEST.replace('ink = "#1e2421"', f'ink = "{colour}"')
    (fault,) = faults_of(make({"theme.toml": manifest}), trial=False)
    assert manifest.split("\n")[fault.line - 1].startswith("ink = ")
    assert "not a colour such as #17604b" in fault.problem


@pytest.mark.parametrize(("palette", "ink"), [("light", "1e2421"), ("dark", "e6e9e5")])
def test_text_too_faint_to_read_is_told_with_its_pair_and_ratio(make: Make, palette: str, ink: str) -> None:
    faults = faults_of(make({"theme.toml": MANIFEST.replace(f'ink = "#{ink}"', 'ink = "#808080"')}), trial=False)
    assert {fault.problem.split(" has ")[0] for fault in faults} >= {
        f"ink #808080 on paper {getattr(DEFAULT, palette).paper}"
    }
    assert all("WCAG AA" in fault.problem for fault in faults)
    assert all("808080" in MANIFEST.replace(ink, "808080").split("\n")[fault.line - 1] for fault in faults)


def test_a_missing_key_is_told_where_its_table_begins(make: Make) -> None:
    manifest = MANIFEST.replace('mark = "#c98a2b"\n', "")
    (fault,) = faults_of(make({"theme.toml": manifest}), trial=False)
    assert manifest.split("\n")[fault.line - 1] == "[light]"
    assert "lacks 'mark'" in fault.problem


def test_all_faults_are_told_at_once(make: Make) -> None:
    manifest = MANIFEST.replace("width = 640", "width = 64000").replace('[name]\nen = "Hills"', '[name]\nen = ""')
    faults = faults_of(
        make({"theme.toml": manifest, "sections/story.mjml": "{{ item.heading", "notes.exe": ""}), trial=False
    )
    assert [fault.file for fault in faults] == ["theme.toml", "theme.toml", "notes.exe", "sections/story.mjml"]


def test_a_folder_without_a_manifest_is_no_theme(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path)
    assert "there is no theme.toml" in fault.problem


def test_the_guide_has_the_table_of_keys() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.split("<!-- manifest -->\n", 1)[1].split("\n<!-- /manifest -->", 1)[0] == manifest_table()
    assert all(f"`{key.name}`" in text for key in KEYS)


# --- The logo


LOGO = '\n[logo]\nfile = "{}"\nwidth = 160\n\n[logo.alt]\nen = "The network"\nzh-hans = "网络"\n'


def test_a_logo_is_printed_in_its_size_with_its_words_in_the_letters_language(make: Make) -> None:
    theme = load_theme(make({"theme.toml": MANIFEST + LOGO.format("logo.png"), "logo.png": logo()}))
    html = render_edition(specimen("zh-hans"), theme=theme, base_url="https://m.example/", tracked=True).html
    image = Page(html).all("img")[0].attributes
    assert image["src"].startswith("https://m.example/themes/own/")
    assert (image["alt"], image["width"]) == ("网络", "160")


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "..", "", "a\\\\b.png", "sub/../../x.png", "link.png"]
)
def test_a_logo_from_outside_the_folder_is_refused(make: Make, tmp_path: Path, name: str) -> None:
    folder = make({"theme.toml": MANIFEST + LOGO.format(name)})
    (tmp_path / "secret.png").write_bytes(logo())
    if name == "link.png":
        (folder / name).symlink_to(tmp_path / "secret.png")
    problems = [fault.problem for fault in faults_of(folder, trial=False) if fault.file == "theme.toml"]
    assert problems == [
        f"{name.replace(chr(92) * 2, chr(92))}: a logo lies in the theme's own folder, and is no link to elsewhere"
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "no PNG, JPEG or GIF"),
        (logo(kind="JPEG"), "named as if it were another kind"),
        (logo(4001, 1), "more than 4,000 pixels"),
        (logo() + b"x" * MAX_LOGO_BYTES, "larger than 512 KB"),
        (logo()[:60], "truncated|broken|no PNG"),
    ],
)
def test_a_logo_that_is_no_good_picture_is_refused(make: Make, data: bytes, problem: str) -> None:
    (fault,) = faults_of(make({"theme.toml": MANIFEST + LOGO.format("logo.png"), "logo.png": data}), trial=False)
    assert re.search(problem, fault.problem)
    assert fault.line == (MANIFEST + LOGO).split("\n").index('file = "{}"') + 1


# --- Templates: rows 15, 16, 17 and 40 of the list of faults


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("<mj-txt>a</mj-txt>", "<mj-txt> is not allowed in <mj-column>"),
        ('<mj-text paddin="0">a</mj-text>', "<mj-text> has no attribute 'paddin'"),
        ("<mj-text><script>a</script></mj-text>", "<script> is not allowed"),
        ("<mj-text><![CDATA[a]]></mj-text>", "CDATA sections are not allowed"),
        ("<mj-text><!-- a -- b --></mj-text>", "not well-formed"),
        ("<mj-text>&nbsp;</mj-text>", "undefined entity: write the character itself"),
        ('<mj-text><a href="javascript:x">a</a></mj-text>', "no http, https or mailto"),
        ('<mj-text><p style="background:url(https://x.example)">a</p></mj-text>', r"may not contain 'url\('"),
        ("<mj-section></mj-section>", "<mj-section> is not allowed in <mj-column>"),
        ("{{ item.colour }}", "item has no 'colour'"),
        ("{{ item.source.nme }}", "item.source has no 'nme'"),
        ("{{ colour }}", "'colour' is not defined"),
        ("{% if false %}{{ c.papier }}{% endif %}", "c has no 'papier'"),
        ("{% bogus %}", "unknown tag 'bogus'"),
        ("{{ item.heading | safe }}", "No filter named 'safe'"),
        ("{% autoescape false %}{{ item.heading }}{% endautoescape %}", "escaping can't be switched off"),
        ('{% include "partials/nowhere.mjml" %}', "there is no template 'partials/nowhere.mjml'"),
        ('{% include "../../../etc/passwd" %}', "there is no template"),
        ("{{ item.heading.__class__ }}", "__class__"),
        ("{{ ''.format(1) }}", "format"),
        ("{{ 1 // 0 }}", "a division by zero"),
        ("{{ item }}", "only text and numbers can be printed"),
        ("{{ 'a' * 10 }}", "[*] is for numbers here"),
    ],
)
def test_a_fault_in_a_template_is_told_with_its_file_and_line(make: Make, line: str, problem: str) -> None:
    folder = make({"sections/story.mjml": f"{STORY}{line}\n"})
    faults = faults_of(folder)
    assert any(re.search(problem, fault.problem) for fault in faults), faults
    assert {(fault.file, fault.line) for fault in faults} == {("sections/story.mjml", STORY.count("\n") + 1)}


@pytest.mark.parametrize("text", ["{{ item.heading", "{% if item.heading %}", "{% for a in b %}{% endif %}", "{{ {"])
def test_unclosed_template_code_is_told_with_its_line(make: Make, text: str) -> None:
    (fault,) = faults_of(make({"partials/section.mjml": f"\n\n{text}"}))
    assert (fault.file, fault.line) == ("partials/section.mjml", 3)


@pytest.mark.parametrize(
    "text",
    [
        "<mj-text>" + "<div>" * 20_000 + "</div>" * 20_000 + "</mj-text>",
        "{% if item.ruled %}" * 3_000 + "{% endif %}" * 3_000,
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
    ],
    ids=["elements", "ifs", "brackets", "loops"],
)
def test_what_is_nested_too_deeply_is_refused_and_the_process_lives(make: Make, text: str) -> None:
    faults = faults_of(make({"partials/rule.mjml": text[: MAX_BYTES * 4]}))
    assert all(fault.file.startswith("partials/rule.mjml") for fault in faults)


def test_several_faults_of_several_templates_are_told_at_once(make: Make) -> None:
    heading = "<h2>{{ item.heading }}</h2>\n<p onclick='x'>a</p>\n<blink>a</blink>\n"
    faults = faults_of(make({"partials/heading.mjml": heading, "sections/list.mjml": "\n{{ item.entrys }}"}))
    assert ("sections/list.mjml", 2) in {(fault.file, fault.line) for fault in faults}
    faults = faults_of(make({"partials/heading.mjml": heading, "sections/list.mjml": "<mj-foo />"}))
    places = {(fault.file, fault.line) for fault in faults}
    assert places >= {("partials/heading.mjml", 2), ("partials/heading.mjml", 3), ("sections/list.mjml", 1)}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"sections/sotry.mjml": ""}, "no kind of item has this name"),
        ({"partials/mine.mjml": ""}, "nothing includes this template"),
        ({"story.mjml": ""}, "templates lie in the folders layouts, partials, sections"),
        ({"sections/story.mjml": " " * (MAX_BYTES + 1)}, "larger than 64 KB"),
        ({"sections/story.mjml": b"\xff\xfe"}, "not UTF-8"),
        ({"theme.py": ""}, "nothing reads this file"),
        ({f"pictures/{number}.png": "" for number in range(201)}, "more than 200 files"),
    ],
)
def test_a_file_that_is_out_of_place_is_told(make: Make, files: dict[str, str | bytes], problem: str) -> None:
    assert any(problem in fault.problem for fault in faults_of(make(files)))


def test_a_template_linked_from_elsewhere_is_refused(make: Make, tmp_path: Path) -> None:
    folder = make({"partials/rule.mjml": ""})
    (tmp_path / "secret").write_text("secret")
    (folder / "partials" / "rule.mjml").unlink()
    (folder / "partials" / "rule.mjml").symlink_to(tmp_path / "secret")
    (fault,) = faults_of(folder)
    assert (fault.file, fault.problem[:10]) == ("partials/rule.mjml", "this leads")


@pytest.mark.parametrize(
    ("name", "text", "lacking"),
    [
        ("partials/footer.mjml", "", "the link to unsubscribe"),
        ("partials/footer.mjml", "", "the postal address"),
        ("partials/masthead.mjml", "", "the issue's title"),
        ("partials/source.mjml", "", "source.name of such an item"),
        ("sections/call.mjml", "<mj-text>{{ item.heading }}</mj-text>", "deadline of such an item"),
        ("partials/section.mjml", "", "the heading of a section"),
    ],
)
def test_a_theme_that_leaves_something_out_is_refused(make: Make, name: str, text: str, lacking: str) -> None:
    assert any(lacking in fault.problem for fault in faults_of(make({name: text})))


def test_a_theme_may_stand_on_ours(make: Make) -> None:
    text = '{% extends "base/layouts/letter.mjml" %}\n{% block body %}{{ super() }}{% endblock %}'
    theme = load_theme(
        make({"layouts/letter.mjml": text, "partials/rule.mjml": '{% include "base/partials/rule.mjml" %}'})
    )
    ours = render_edition(specimen("en"), theme=DEFAULT, base_url="https://m.example", tracked=True).html
    assert render_edition(specimen("en"), theme=theme, base_url="https://m.example", tracked=True).html == ours


@pytest.mark.parametrize("slug", ["hills", "harbour"])
def test_what_an_editor_writes_is_never_a_template(slug: str) -> None:
    code = "{{ letter.title }}{% include 'partials/footer.mjml' %}{# x #}{{ 7 * 7 }}"
    content = EditionContent(
        "en",
        Masthead(code, code, code, code, code),
        code,
        code,
        code,
        code,
        sections=tuple(dataclasses.replace(section, heading=code) for section in specimen("en").sections),
    )
    page = Page(render_edition(content, theme=theme_of(slug), base_url="https://m.example", tracked=True).html)
    assert page.title == code
    assert page.body.count(code) >= 5 + len(content.sections)
    assert "49" not in page.body


# --- Row 19: bounded


LOOPS = {
    "loops in loops": "{% for a in range(1000) %}{% for b in range(1000) %}{% for d in range(1000) %}x{% endfor %}"
    "{% endfor %}{% endfor %}",
    "a silent loop": "{% for a in range(1000) %}{% for b in range(1000) %}{% set x = b %}{% endfor %}{% endfor %}",
    "a range": "{% for a in range(100000000) %}x{% endfor %}",
    "doubling": "{% set n = namespace(x='x') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "adding": "{% set n = namespace(x='x') %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "a block": "{% set n = namespace(x='x') %}{% for a in range(99) %}{% set y %}{{ n.x }}{{ n.x }}{% endset %}"
    "{% set n.x = y %}{% endfor %}",
    "lists": "{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "numbers": "{% set n = namespace(x=99) %}{% for a in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "a power": "{{ 10 ** 10 ** 10 }}",
    "10^8 characters": "{{ 'x' * 100000000 }}",
    "padding": "{{ 'x' | center(100000000) }}",
    "a format": "{{ '%0100000000d' % 1 }}",
    "macros": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
    "a macro of itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "an include of itself": '{% include "partials/rule.mjml" %}',
    "an include again and again": "{% set y %}{% for a in range(1000) %}{% for b in range(99) %}"
    '{% include "partials/styles.mjml" %}{% endfor %}{% endfor %}{% endset %}',
    "text": "{% for a in range(1000) %}" + "x" * 60_000 + "{% endfor %}",
}


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS)
def test_a_template_without_end_or_measure_is_refused_in_bounded_time(make: Make, text: str) -> None:
    began = time.thread_time()
    faults = faults_of(make({"partials/rule.mjml": text}))
    assert time.thread_time() - began < 8
    assert {fault.file for fault in faults} == {"partials/rule.mjml"}


@pytest.mark.parametrize("slug", ["hills", "harbour"])
def test_a_letter_of_hundreds_of_items_is_within_bounds(slug: str) -> None:
    content = specimen("zh-hans")
    content = dataclasses.replace(content, sections=content.sections * 30)
    assert sum(1 for _item in content.items()) > 400
    assert render_edition(content, theme=theme_of(slug), base_url="https://m.example", tracked=True).html


@pytest.mark.usefixtures("own_folder")
def test_no_letter_leaves_where_a_template_runs_away(make: Make) -> None:
    make({"partials/rule.mjml": LOOPS["loops in loops"]})
    with pytest.raises(RenderingError, match="without end"):
        render_edition(_in_theme("own"), base_url="https://m.example", tracked=True)


# --- All of them


def _in_theme(slug: str) -> EditionContent:
    content = specimen("en")
    return dataclasses.replace(content, masthead=Masthead("Bulletin", theme=slug))


def test_an_organisations_own_theme_stands_beside_ours(make: Make, own_folder: Path) -> None:
    make({"partials/rule.mjml": "{# none #}"})
    assert list(themes()) == ["hills", "harbour", "own"]
    assert theme_of("own").folder == str(own_folder / "own")


def test_a_broken_theme_breaks_no_other_and_says_where(make: Make, own_folder: Path) -> None:
    make({"sections/story.mjml": "\n<mj-text>{{ item.heding }}</mj-text>"}, slug="broken")
    make()
    assert list(themes()) == ["hills", "harbour", "own"]
    assert list(broken_themes()) == ["broken"]
    with pytest.raises(RenderingError) as error:
        render_edition(_in_theme("broken"), base_url="https://m.example", tracked=True)
    assert str(error.value) == "themes/broken/sections/story.mjml, line 2: item has no 'heding'"


def test_an_own_theme_can_not_replace_ours(make: Make, own_folder: Path) -> None:
    make({"sections/story.mjml": "{{"}, slug="hills")
    assert theme_of("hills").folder == str(OURS / "hills")
    assert broken_themes() == {}


def test_a_theme_is_loaded_anew_when_a_file_of_it_changes(make: Make, own_folder: Path) -> None:
    folder = make()
    assert theme_of("own").radius == 4
    (folder / "theme.toml").write_text(MANIFEST.replace("radius = 4", "radius = 12"), encoding="utf-8")
    assert theme_of("own").radius == 12
    section = folder / "partials" / "section.mjml"
    section.parent.mkdir()
    for word in ("first", "again"):
        section.write_text(f"<mj-text>{word} {{{{ section.heading }}}}</mj-text>", encoding="utf-8")
        os.utime(section, (1, {"first": 1, "again": 2}[word]))
        assert (
            f"{word} From the network"
            in render_edition(_in_theme("own"), base_url="https://m.example", tracked=True).html
        )


def test_a_theme_is_read_once(make: Make, own_folder: Path) -> None:
    make()
    assert theme_of("own") is theme_of("own")


def test_a_theme_that_is_not_there_holds_letters_but_not_pages(own_folder: Path) -> None:
    with pytest.raises(UnknownThemeError, match="'gone'"):
        render_edition(_in_theme("gone"), base_url="https://m.example", tracked=True)
    assert any_theme("gone") == theme_of("") == theme_of("hills")


@pytest.mark.parametrize("slug", ["../themes/hills", "hills/partials", ".", "..", "/", "harbour/"])
def test_a_slug_that_is_a_path_is_no_theme(slug: str) -> None:
    with pytest.raises(UnknownThemeError):
        theme_of(slug)


def test_a_theme_taken_away_is_no_longer_offered(make: Make, own_folder: Path) -> None:
    folder = make()
    assert "own" in themes()
    shutil.rmtree(folder)
    assert "own" not in themes()


def test_a_theme_is_a_value(make: Make) -> None:
    theme = load_theme(make())
    assert isinstance(theme, Theme)
    assert hash(theme) == hash(load_theme(Path(theme.folder)))
    assert registry.FIRST == "hills"
