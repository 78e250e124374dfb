"""`circular demo --once` as a newcomer runs it: real servers, real workers, letters in a real inbox."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from config.embedded import free_port
from config.instance import announce, exclusive

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "bulletins"
GMAIL_CLIP = 102 * 1024
FIELDS = ["issue", "audience", "accepted", "failed", "unknown", "excluded", "in_inbox", "variants", "seconds"]
SERVERS = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY", "BASE_URL", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True)
class Run:
    """One finished `circular demo`."""

    status: int
    out: str
    err: str
    inbox: Path

    @cached_property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found

    def letters(self) -> list[EmailMessage]:
        """The letters of this run's issue."""
        everything = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in self.inbox.glob("new/*")
        ]
        return [letter for letter in everything if isinstance(letter, EmailMessage)]


class House:
    """A data directory, and the command run in it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {name: text for name, text in os.environ.items() if name not in SERVERS}
        self.environment["CIRCULAR_DATA"] = str(data)
        self.environment["CIRCULAR_INBOX_PORT"] = str(free_port())  # another test's demo may be starting too

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "config.cli", *words],
            cwd=ROOT,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, **variables: str) -> Run:
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=150)
        return Run(process.returncode, out, err, self.data / "inbox")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def cut(house: House) -> Run:
    """The first run of all, from nothing, cut short by Ctrl-C in the middle of its dispatch."""
    process = house.start("demo", "--once", CIRCULAR_LANES="1", CIRCULAR_CONNECTIONS="1")  # slow enough to be cut
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if (found := re.search(r"(\d+) of 500", line)) and int(found[1]) >= 20:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=60)
    run = Run(process.returncode, "".join(lines) + out, err, house.data / "inbox")
    assert len(run.letters()) < 500, "it was cut in the middle"
    return run


@pytest.fixture(scope="session")
def sample(house: House, cut: Run) -> tuple[Run, list[EmailMessage]]:
    """The second run, which finishes what the first one began; with the letters of both."""
    run = house.run("demo", "--once")
    return run, run.letters()


def test_a_dispatch_cut_short_is_finished_by_the_next_run_and_everyone_gets_one_letter(
    cut: Run, sample: tuple[Run, list[EmailMessage]]
) -> None:
    run, letters = sample
    assert "Traceback" not in cut.out + cut.err
    assert "nobody gets it twice" in run.out
    assert run.status == 0, run.err
    assert list(run.report) == FIELDS
    assert run.report | {"seconds": 0, "issue": ""} == {
        "issue": "", "audience": 500, "accepted": 500, "failed": 0, "unknown": 0, "excluded": 0,
        "in_inbox": 500, "variants": run.report["variants"], "seconds": 0,
    }  # fmt: skip
    assert run.report["variants"] > 2
    assert len({letter["Delivered-To"] for letter in letters}) == len(letters) == 500
    assert len({letter["Message-ID"] for letter in letters}) == 500


def test_each_letters_tokens_are_its_own(sample: tuple[Run, list[EmailMessage]]) -> None:
    tokens: Counter[str] = Counter()
    for letter in sample[1]:
        html = letter.get_body(("html",))
        assert html is not None
        tokens.update(set(re.findall(r"/[cuv]/([A-Za-z0-9_-]{27})", html.get_content())))
    assert len(tokens) == 3 * 500
    assert set(tokens.values()) == {1}


def test_the_letters_are_in_order(sample: tuple[Run, list[EmailMessage]]) -> None:
    languages = Counter(letter["Content-Language"] for letter in sample[1])
    assert set(languages) == {"zh-Hans", "en"}
    for letter in sample[1]:
        body = letter.get_body(("html",))
        assert body is not None
        html = body.get_content()
        assert len(html.encode()) < GMAIL_CLIP
        assert f'lang="{letter["Content-Language"]}"' in html
        assert html.rstrip().endswith("</html>")
        chinese = re.search("[\u4e00-\u9fff]", str(letter["Subject"])) is not None
        assert chinese == (letter["Content-Language"] == "zh-Hans")
        assert "\ufffd" not in str(letter["Subject"]) + html
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<http://127\.0\.0\.1:\d+/u/[A-Za-z0-9_-]{27}>", letter["List-Unsubscribe"])
        assert letter.get_body(("plain",)) is not None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real bulletins are not beside this repository")
@pytest.mark.parametrize("name", ["2020-11.zh-hans.txt", "2021-07.zh-hans.txt"])
def test_a_real_bulletin_is_imported_and_sent_without_a_hand_edit(
    house: House, sample: tuple[Run, list[EmailMessage]], name: str
) -> None:
    assert sample[0].status == 0
    run = house.run("demo", str(SHARED / name), "--once")
    assert run.status == 0, run.err
    assert run.report["accepted"] == run.report["in_inbox"] == 500


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"%PDF-1.7 \x00\x01\x02", "PDF"),
        ("これは日本語の文章です。".encode("shift_jis") * 5, "encoding"),
        (None, "can't be read"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_before_anything_starts(
    house: House, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "bulletin.txt"
    if content is not None:
        path.write_bytes(content)
    run = house.run("demo", str(path), "--once")
    assert run.status == 1
    assert words in run.err
    assert "Traceback" not in run.err
    assert run.out == ""


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("DATABASE_URL", "mysql://x/y", "expected postgresql://"),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/x", "no PostgreSQL"),
        ("REDIS_URL", "localhost", "expected redis://"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "no Redis"),
        ("SMTP_URL", "mail.example", "expected smtp://"),
        ("SMTP_URL", "smtp://127.0.0.1:1", "nobody answers"),
        ("CIRCULAR_PORT", "eighty", "from 1 to 65535"),
    ],
)
def test_what_is_set_wrongly_is_said_by_name(tmp_path: Path, name: str, url: str, words: str) -> None:
    run = House(tmp_path).run("demo", "--once", **{name: url})
    assert run.status == 2
    assert name in run.err
    assert words in run.err
    assert "secret" not in run.err
    assert "Traceback" not in run.err


def test_a_port_that_was_asked_for_and_is_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = House(tmp_path).run("demo", "--once", "--port", str(taken.getsockname()[1]))
    assert run.status == 1
    assert "in use by another program" in run.err


def test_data_of_another_postgresql_is_left_alone(tmp_path: Path) -> None:
    version = tmp_path / "postgres" / "PG_VERSION"
    version.parent.mkdir()
    version.write_text("9\n")
    run = House(tmp_path).run("demo", "--once")
    assert run.status == 1
    assert "was made by PostgreSQL 9" in run.err
    assert version.read_text() == "9\n"


def test_a_second_circular_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        announce(tmp_path, smtp_url="", base_url="http://127.0.0.1:8000", processes=[])
        second = House(tmp_path).run("demo", "--once")
    assert second.status == 1
    assert "runs here already" in second.err
    assert "http://127.0.0.1:8000/" in second.err
