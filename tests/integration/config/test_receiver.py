"""The receiver over real sockets: what it takes, what it refuses, and what it can't be made to do."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections

from config import env, receiver
from config.receiver import Taker, database_taker, start
from dispatch.models import Delivery, Feedback
from dispatch.tokens import return_path, unsubscribe_address
from subscribers.models import Subscription
from tests.factories import make_dispatch

PAYLOADS = Path(__file__).parents[2] / "payloads" / "feedback"
DOMAIN = "bounces.bulletin.example"
WAIT = 20.0  # seconds


def report(name: str = "postfix-unknown-user") -> bytes:
    return (PAYLOADS / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


@contextmanager
def receiving(taker: Taker, *, lmtp: bool = False) -> Iterator[int]:
    """A receiver of this process, in a thread; gives its port."""
    started = threading.Event()
    found: dict[str, int] = {}
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        sessions: set[asyncio.Task[None]] = set()
        server = await start(taker, host="127.0.0.1", port=0, lmtp=lmtp, sessions=sessions)
        found["port"] = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()
        for task in list(sessions):
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await server.wait_closed()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert started.wait(WAIT)
        yield found["port"]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(WAIT)
        loop.close()


@contextmanager
def database_door() -> Iterator[Taker]:
    """The real taker, whose threads' connections are closed at the end: the test database must be let go of."""
    taker = database_taker()

    def take(raw: bytes, recipient: str) -> bool:
        try:
            return taker.take(raw, recipient)
        finally:
            connections.close_all()

    yield Taker(taker.is_ours, take)


def accepting(taken: list[tuple[bytes, str]]) -> Taker:
    def take(raw: bytes, recipient: str) -> bool:
        taken.append((raw, recipient))
        return b"strange" not in raw

    return Taker(lambda address: address.startswith("b+"), take)


def delivery_of() -> Delivery:
    dispatch = make_dispatch(people=1)
    dispatch.deliveries.update(state="accepted", due_at=None)
    return Delivery.objects.get(dispatch=dispatch)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lmtp", [True, False], ids=["LMTP", "SMTP"])
def test_a_bounce_is_in_the_database_when_it_is_answered(lmtp: bool) -> None:
    delivery = delivery_of()
    address = return_path(delivery.pk, DOMAIN)
    client_of = smtplib.LMTP if lmtp else smtplib.SMTP
    with (
        database_door() as taker,
        receiving(taker, lmtp=lmtp) as port,
        client_of("127.0.0.1", port, timeout=WAIT) as client,
    ):
        assert client.sendmail("", [address.upper()], report()) == {}
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.BOUNCED
        assert client.sendmail("", [address], report()) == {}  # the server in front may come again
    assert Feedback.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_mail_to_the_unsubscribe_address_is_a_way_out() -> None:
    delivery = delivery_of()
    with database_door() as taker, receiving(taker) as port, smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        client.sendmail(
            "reader@example.org", [unsubscribe_address(delivery.pk, DOMAIN)], b"Subject: unsubscribe\r\n\r\n"
        )
    assert Subscription.objects.get(subscriber=delivery.subscriber_id).state == Subscription.State.UNSUBSCRIBED


@pytest.mark.django_db
def test_addresses_that_are_not_ours_are_refused_so_that_it_neither_relays_nor_bounces() -> None:
    good = return_path(7, DOMAIN)
    strangers = ["somebody@example.org", f"postmaster@{DOMAIN}", good.replace("b+7", "b+8"), good.replace("b+", "u+")]
    with database_door() as taker, receiving(taker) as port, smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        client.ehlo("relay.example")
        client.mail("")
        for address in strangers:
            code, words = client.rcpt(address)
            assert (code, words[:5]) == (550, b"5.1.1")
        assert client.rcpt(good)[0] == 250
        assert not client.has_extn("auth")


def test_in_lmtp_each_recipient_has_an_answer_of_its_own() -> None:
    taken: list[tuple[bytes, str]] = []

    def take(_raw: bytes, recipient: str) -> bool:
        if recipient.startswith("b+away"):
            raise OSError("the database is away")
        taken.append((b"", recipient))
        return not recipient.startswith("b+strange")

    taker = Taker(lambda _address: True, take)
    with receiving(taker, lmtp=True) as port, smtplib.LMTP("127.0.0.1", port, timeout=WAIT) as client:
        client.ehlo("relay.example")
        client.mail("")
        for name in ("b+one", "b+away", "b+strange"):
            client.rcpt(f"{name}@x.example")
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(b"Subject: hm\r\n\r\n.\r\n")
        assert [client.getreply()[0] for _ in range(3)] == [250, 451, 550]


@pytest.mark.django_db(transaction=True)
def test_while_postgresql_is_away_the_server_in_front_keeps_the_message() -> None:
    delivery = delivery_of()
    port_of_nobody = _closed_port()
    taker = database_taker()

    def away(raw: bytes, recipient: str) -> bool:
        connections.close_all()
        mine = connections["default"]
        kept = dict(mine.settings_dict)
        mine.settings_dict.update({"HOST": "127.0.0.1", "PORT": str(port_of_nobody)})
        try:
            return taker.take(raw, recipient)
        finally:
            mine.settings_dict.update(kept)
            connections.close_all()

    with receiving(Taker(taker.is_ours, away)) as port, smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("", [return_path(delivery.pk, DOMAIN)], report())
        assert refused.value.smtp_code == 451
    assert not Feedback.objects.exists()


def test_a_message_over_the_size_is_refused_without_being_kept() -> None:
    taken: list[tuple[bytes, str]] = []
    with receiving(accepting(taken)) as port, smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        client.ehlo("relay.example")
        assert client.esmtp_features["size"] == str(receiver.SIZE_LIMIT)
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            client.sendmail(
                "", ["b+1@x.example"], b"Subject: x\r\n\r\n" + b"line\r\n" * (receiver.SIZE_LIMIT // 6 + 10)
            )
        assert refused.value.smtp_code == 552
    assert taken == []


def test_a_line_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MOST_OF_SESSION", 2_000_000)
    with receiving(accepting([])) as port, socket.create_connection(("127.0.0.1", port), WAIT) as wire:
        _say(wire, b"EHLO x\r\n", b"250 ")
        _say(wire, b"MAIL FROM:<>\r\nRCPT TO:<b+1@x.example>\r\nDATA\r\n", b"354 ")
        sent = 0
        with contextlib.suppress(OSError):  # reset or broken pipe, as the system has it
            while sent < 100_000_000:
                wire.sendall(b"x" * 65_536)
                sent += 65_536
    assert sent < 100_000_000


def test_too_many_connections_are_turned_away_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MOST_CONNECTIONS", 2)
    with receiving(accepting([])) as port:
        with (
            socket.create_connection(("127.0.0.1", port), WAIT) as one,
            socket.create_connection(("127.0.0.1", port), WAIT) as two,
        ):
            assert one.recv(4) == two.recv(4) == b"220 "
            with socket.create_connection(("127.0.0.1", port), WAIT) as three:
                assert three.recv(4) == b"421 "
        _until(lambda: _greeting(port) == b"220 ")


def test_whoever_is_silent_or_slow_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "SESSION_SECONDS", 0.3)
    with receiving(accepting([])) as port, socket.create_connection(("127.0.0.1", port), WAIT) as wire:
        assert wire.recv(4) == b"220 "
        with contextlib.suppress(ConnectionResetError):
            while wire.recv(4096):
                pass


def test_a_report_with_lines_longer_than_the_rule_has_is_taken() -> None:
    taken: list[tuple[bytes, str]] = []
    with receiving(accepting(taken)) as port, smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        client.sendmail("", ["b+1@x.example"], b"Subject: x\r\n\r\n" + b"a" * 50_000 + b"\r\n")
    assert len(taken) == 1


@pytest.mark.parametrize(
    "lines",
    [
        b"\x00\xff" * 2_000 + b"\r\n",
        b"RCPT TO:<\r\n",
        b"MAIL FROM:<" + b"a" * 900 + b">\r\n",
        b"DATA\r\n.\r\n",
        b"\r\n" * 50,
        b"EHLO x\r\nMAIL FROM:<> SIZE=99999999999\r\n",
        b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b+\xc3\x28@x>\r\n",
    ],
    ids=range(7),
)
def test_nonsense_on_the_wire_harms_nobody_else(lines: bytes) -> None:
    taken: list[tuple[bytes, str]] = []
    with receiving(accepting(taken)) as port:
        with socket.create_connection(("127.0.0.1", port), WAIT) as wire:
            wire.sendall(lines)
            wire.shutdown(socket.SHUT_WR)
        with smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
            client.sendmail("", ["b+1@x.example"], b"Subject: x\r\n\r\n")
    assert [recipient for _raw, recipient in taken] == ["b+1@x.example"]


@pytest.mark.django_db(transaction=True)
def test_the_process_takes_reports_and_ends_in_order() -> None:
    delivery = delivery_of()
    database = connection.settings_dict
    port = _closed_port()
    values = {
        **env.inherited(),
        "DATABASE_URL": _url(database),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": _secret(),
        "SMTP_URL": "smtp://127.0.0.1:1",
        "BASE_URL": "https://bulletins.example",
        "CIRCULAR_RECEIVER_PORT": str(port),
        "CIRCULAR_RECEIVER_LMTP": "yes",
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "receiver"], env=values, stdout=subprocess.PIPE, cwd=env.ROOT, text=True
    )
    try:
        assert process.stdout is not None
        assert "LMTP" in process.stdout.readline()
        with smtplib.LMTP("127.0.0.1", port, timeout=WAIT) as client:
            client.sendmail("", [return_path(delivery.pk, DOMAIN)], report())
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.BOUNCED
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT) == 0
    finally:
        process.kill()
        process.communicate()


def _secret() -> str:
    from django.conf import settings

    return settings.SECRET_KEY


def _url(database: dict[str, object]) -> str:
    where = f"host={database['HOST']}&port={database['PORT'] or 5432}"
    return f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?{where}"


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _greeting(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), WAIT) as wire:
        return wire.recv(4)


def _say(wire: socket.socket, lines: bytes, until: bytes) -> None:
    wire.sendall(lines)
    read = b""
    while until not in read:
        more = wire.recv(4096)
        assert more
        read += more


def _until(holds: Callable[[], bool]) -> None:
    for _time in range(200):
        if holds():
            return
        threading.Event().wait(0.02)
    pytest.fail("it never came to hold")


def test_taken_port_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        assert receiver.serve(Taker(lambda _: True, lambda *_: True), host="127.0.0.1", port=port, lmtp=False) == 1
    words = f"port {port} on 127.0.0.1 can't be used (Address already in use). Set CIRCULAR_RECEIVER_PORT."
    assert capsys.readouterr().err == f"circular receiver: {words}\n"


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_address_of_another_machine_names_its_variable(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert receiver.serve(Taker(lambda _: True, lambda *_: True), host=host, port=0, lmtp=False) == 1
    assert f"{host} is no address of this machine. Set CIRCULAR_RECEIVER_HOST." in capsys.readouterr().err
