"""Whatever a server does, no outcome is wrong: Hypothesis writes its script, and the server itself is the judge."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.transports.base import Envelope, SendResult, Stage
from dispatch.transports.smtp import SmtpServer, SmtpTransport

EXAMPLES = int(os.environ.get("SMTP_FUZZ_EXAMPLES", "100"))
USUAL = {"CONNECT": 220, "DATA": 354, "QUIT": 221}
PATIENT, IMPATIENT = 30.0, 0.05  # seconds; the second where the script has silence in it


@dataclass(frozen=True)
class Turn:
    """How the server answers once: the usual code where `code` is 0. `cut` hangs up after so many octets of it."""

    code: int = 0
    words: bytes = b"2.0.0 fine"
    lines: int = 1
    piece: int = 0
    cut: int | None = None
    resets: bool = False
    silent: bool = False
    unasked: int = 0
    garbage: bytes = b""


@dataclass(frozen=True)
class Plan:
    """What one connection is like; its turns by number, the greeting is 0.

    `forgets`: it throws away what came together with a command.
    """

    offers: tuple[str, ...]
    turns: dict[int, Turn]
    forgets: bool = False
    hangs_up_in_text: int | None = None


@dataclass(frozen=True)
class Letter:
    body: bytes
    following: str  # next, none, other
    may_leave: bool


@dataclass
class Whole:
    """A text that the server took to its end, and what it answered; None where the answer didn't leave whole."""

    recipient: str
    sender: str
    text: bytes
    code: int | None = None


@dataclass
class Judge:
    plans: list[Plan]
    whole: list[Whole] = field(default_factory=list)
    begun: list[bytes] = field(default_factory=list)
    strange: list[bytes] = field(default_factory=list)
    connections: int = 0


class HungUp(Exception):
    pass


class Conversation:
    """One connection, as its plan says; a turn that it doesn't name is a usual answer."""

    def __init__(self, sock: socket.socket, plan: Plan, judge: Judge) -> None:
        self.sock, self.plan, self.judge = sock, plan, judge
        self.numbers = count()
        self.rest = b""
        self.chunked = False

    def run(self) -> None:
        with contextlib.suppress(HungUp, OSError):
            self.answer("CONNECT")
            sender = recipient = ""
            while True:
                line = self.line()
                verb, _space, argument = line.decode("utf-8", "replace").strip().partition(" ")
                address = argument.partition("<")[2].partition(">")[0]
                if verb == "BDAT":
                    self.take(sender, recipient, self.octets(int(argument.split()[0])))
                elif verb in {"EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}:
                    code = self.answer(verb, address)
                    if verb == "MAIL" and 200 <= code < 300:
                        sender, recipient = address, ""
                    elif verb == "RCPT" and 200 <= code < 300:
                        recipient = address
                    elif verb == "DATA" and code == 354:
                        self.take(sender, recipient, self.text())
                else:
                    self.judge.strange.append(line)
                    self.answer("OTHER")
                if self.plan.forgets:
                    self.rest = b""

    def take(self, sender: str, recipient: str, text: bytes) -> None:
        whole = Whole(recipient, sender, text)
        self.judge.whole.append(whole)
        self.answer("DOT", recipient, whole)

    def answer(self, verb: str, tag: str = "", whole: Whole | None = None) -> int:
        """Answer as the next turn says; the code that the other side can know."""
        turn = self.plan.turns.get(next(self.numbers), Turn())
        code = turn.code or USUAL.get(verb, 250)
        if turn.silent:
            self.hang_up_when_left()
        words = [turn.words + b" " + tag.encode()] * turn.lines
        if verb == "EHLO" and code == 250:
            words = [b"fuzz.example", *(offer.encode() for offer in self.plan.offers)]
        marks = [b"-"] * (len(words) - 1) + [b" "]
        said = b"".join(b"%d%s%s\r\n" % (code, mark, word) for mark, word in zip(marks, words, strict=True))
        said = turn.garbage or said
        if turn.cut is not None:
            self.write(said[: turn.cut % len(said)], turn.piece)
            self.hang_up(resets=turn.resets)
        if whole is not None and not turn.garbage:
            whole.code = code  # before it leaves: the other side may be quick
        unasked = b"%d unasked\r\n" % turn.unasked if turn.unasked and "CHUNKING" not in self.plan.offers else b""
        self.write(said + unasked, 0 if unasked else turn.piece)
        if verb == "QUIT" or code == 421:
            self.hang_up()
        return 0 if turn.garbage else code

    def write(self, said: bytes, piece: int) -> None:
        piece = max(piece * len(said) // 500, piece) or len(said)
        for start in range(0, len(said), piece or 1):
            self.sock.sendall(said[start : start + piece])

    def hang_up(self, *, resets: bool = False) -> None:
        if resets:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise HungUp
        self.sock.shutdown(socket.SHUT_WR)  # and read on, so that nothing said is lost by a reset
        self.hang_up_when_left()

    def hang_up_when_left(self) -> None:
        while self.sock.recv(65536):
            pass
        raise HungUp

    def more(self) -> None:
        got = self.sock.recv(65536)
        if not got:
            raise HungUp
        self.rest += got

    def line(self) -> bytes:
        while b"\n" not in self.rest:
            self.more()
        line, _newline, self.rest = self.rest.partition(b"\n")
        return line + b"\n"

    def text(self) -> bytes:
        if not self.rest:
            self.more()
        while b"\r\n.\r\n" not in b"\r\n" + self.rest:
            self.perhaps_hang_up()
            self.more()
        self.judge.begun.append(self.rest)
        text, _dot, self.rest = (b"\r\n" + self.rest).partition(b"\r\n.\r\n")
        return (text + b"\r\n")[2:].replace(b"\r\n..", b"\r\n.").removeprefix(b".")

    def octets(self, size: int) -> bytes:
        while len(self.rest) < size:
            self.perhaps_hang_up()
            self.more()
        text, self.rest = self.rest[:size], self.rest[size:]
        self.judge.begun.append(text)
        return text

    def perhaps_hang_up(self) -> None:
        if self.plan.hangs_up_in_text is not None and len(self.rest) >= self.plan.hangs_up_in_text:
            self.judge.begun.append(self.rest)
            self.hang_up(resets=True)


@contextmanager
def scripted(judge: Judge) -> Iterator[SmtpServer]:
    """A server that has one conversation after the other; after the last plan all goes well."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _address = listener.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(60)
                number, judge.connections = judge.connections, judge.connections + 1
                plan = judge.plans[number] if number < len(judge.plans) else Plan(("PIPELINING",), {})
                Conversation(sock, plan, judge).run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield SmtpServer("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(60)
        assert not thread.is_alive()


CODES = st.sampled_from([250, 250, 251, 354, 220, 421, 421, 450, 451, 452, 500, 502, 550, 550, 552, 554])
NO_REPLIES = [b"hello\r\n", b"25\r\n", b"\0\xff\r\n", b"250-a\r\n550 b\r\n", b"999 x\r\n", b"\r\n"]
ODD_WORDS = [b"", b"5.1.1 caf\xe9 \xff", "2.1.5 收到".encode(), b"\0\x1b[2J", b"x" * 100_000]
SHAPES = {
    "words": st.sampled_from([b"2.0.0 fine"] * 4 + ODD_WORDS),
    "lines": st.sampled_from([1, 1, 2, 3]),
    "piece": st.sampled_from([0, 0, 1, 3, 7]),
}
CUTS = {"cut": st.sampled_from([0, 0, 1, 5]) | st.integers(0, 200), "resets": st.booleans()}
TURNS = st.one_of(
    st.builds(Turn, code=CODES, **SHAPES),
    st.builds(Turn, code=CODES, **SHAPES),
    st.builds(Turn, **SHAPES),
    st.builds(Turn, **SHAPES, **CUTS),
    st.builds(Turn, code=CODES, **SHAPES, **CUTS),
    st.builds(Turn, silent=st.just(True)),
    st.builds(Turn, code=CODES, unasked=st.sampled_from([250, 550])),
    st.builds(Turn, garbage=st.sampled_from(NO_REPLIES)),
)


OFFERS = st.sampled_from(["PIPELINING", "CHUNKING", "8BITMIME", "SIZE 1000000", "SMTPUTF8"])
PLANS = st.builds(
    Plan,
    offers=st.lists(OFFERS, unique=True).map(tuple) | st.just(("PIPELINING", "8BITMIME", "SIZE 9")),
    turns=st.dictionaries(st.integers(2, 11) | st.integers(0, 20), TURNS, min_size=1, max_size=4),
    forgets=st.sampled_from([False, False, False, False, True]),
    hangs_up_in_text=st.sampled_from([None] * 8 + [0, 1, 100, 60_000]),
)
BODIES = st.sampled_from([b"short\r\n", b".\r\n..\r\n.x\r\n", b"line\r\n" * 300, b"0123456789\r\n" * 20_000, b"no end"])
LETTERS = st.lists(
    st.builds(
        Letter,
        body=BODIES,
        following=st.sampled_from(["next", "next", "next", "none", "other"]),
        may_leave=st.sampled_from([True] * 8 + [False]),
    ),
    min_size=2,
    max_size=6,
)


def envelope(number: int) -> Envelope:
    return Envelope(f"b+{number}.mac@bulletin.example", f"letter-{number}@example.org", 1000 * (number % 2))


def text(number: int, letter: Letter) -> bytes:
    return b"Subject: #%d#\r\n\r\n" % number + letter.body


def is_of(number: int, octets: bytes) -> bool:
    return octets.lstrip(b"\r\n").startswith(b"Subject: #%d#" % number)


@st.composite
def scripts(draw: st.DrawFn) -> list[Plan]:
    """The connections' plans; one script in four has silence in it, which takes time."""
    plans = draw(st.lists(PLANS, min_size=2, max_size=5))
    if draw(st.sampled_from([False, False, False, True])):
        return plans
    return [
        replace(plan, forgets=False, turns={at: replace(turn, silent=False) for at, turn in plan.turns.items()})
        for plan in plans
    ]


@given(plans=scripts(), letters=LETTERS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_no_outcome_is_ever_wrong_whatever_the_server_does(plans: list[Plan], letters: list[Letter]) -> None:
    judge = Judge(plans)
    hasty = any(plan.forgets or any(turn.silent for turn in plan.turns.values()) for plan in plans)
    lossy = (
        hasty
        or any(turn.resets or turn.code == 421 for plan in plans for turn in plan.turns.values())
        or any(plan.hangs_up_in_text is not None for plan in plans)
    )
    results: list[SendResult] = []
    asked = [0] * len(letters)
    with scripted(judge) as server:
        transport = SmtpTransport(server, local_hostname="t.example", patience=IMPATIENT if hasty else PATIENT)
        for number, letter in enumerate(letters):

            def may_send(number: int = number) -> bool:
                asked[number] += 1
                return letters[number].may_leave

            following = {"next": number + 1, "none": None, "other": number + 100}[letter.following]
            results.append(
                transport.send(
                    envelope(number),
                    text(number, letter),
                    may_send=may_send,
                    following=None if following is None else envelope(following),
                )
            )
        transport.close()
    for number, (letter, result) in enumerate(zip(letters, results, strict=True)):
        judge_one(number, letter, result, asked[number], judge, lossy=lossy)
    assert not judge.strange, "no text was taken for commands"


def judge_one(number: int, letter: Letter, result: SendResult, asked: int, judge: Judge, *, lossy: bool) -> None:
    whole = [each for each in judge.whole if is_of(number, each.text)]
    assert len(whole) <= 1, "sent twice"
    assert asked <= 1
    if result.stage is not Stage.DOT:
        assert not whole, "safe to repeat, and the server has it"
    if result.withheld or not asked or not letter.may_leave:
        assert not any(is_of(number, each) for each in judge.begun), "it was not to leave"
    is_accepted = result.stage is Stage.DOT and result.reply is not None and result.reply.code < 300
    answered = whole[0].code if whole else None
    if is_accepted:
        assert answered is not None, "nobody took it"
        assert answered < 300, "nobody took it"
    if answered is not None and answered < 300:
        assert is_accepted or (lossy and result == SendResult(Stage.DOT, error=result.error)), "it was taken"
    if whole:
        assert (whole[0].sender, whole[0].recipient) == (envelope(number).sender, envelope(number).recipient)
        expected = text(number, letter)
        assert whole[0].text == expected + (b"" if expected.endswith(b"\r\n") else b"\r\n")
    if result.reply is not None and len(result.reply.text) < 1000:
        tags = set(re.findall(r"letter-(\d+)@|b\+(\d+)\.mac", result.reply.text))
        assert all(str(number) in tag for tag in tags), "another letter's answer"
