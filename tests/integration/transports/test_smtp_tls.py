"""TLS and signing in: never in clear text where it is not to be, and never to somebody else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dispatch.transports.base import Envelope, SendResult, Stage
from dispatch.transports.smtp import SmtpServer, SmtpTransport, SmtpUrlError
from tests.smtp_server import Script, smtp_server

ENVELOPE = Envelope("b+1.abc@bulletin.example", "reader@example.org")
LETTER = b"Subject: x\r\n\r\n" + b"some text of a letter\r\n" * 5000
AUTH = ("AUTH PLAIN LOGIN", "8BITMIME")


def certificate(folder: Path, host: str = "127.0.0.1", *, days: int = 2) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for `host`, and the file of its certificate, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    alternative = x509.DNSName(host) if host[-1].isalpha() else x509.IPAddress(ip_address(host))
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, str(public)


def send(url: str, *, letters: int = 1) -> list[SendResult]:
    transport = SmtpTransport(SmtpServer.from_url(url), local_hostname="circular.test", patience=20.0)
    results = [
        transport.send(ENVELOPE, LETTER, may_send=lambda: True, following=ENVELOPE if number + 1 < letters else None)
        for number in range(letters)
    ]
    transport.close()
    return results


def under_tls(url: str, kind: str) -> str:
    """The URL for TLS of that kind, to which more options may be added."""
    return f"{url.replace('smtp:', 'smtps:')}?" if kind == "implicit" else f"{url}?starttls=required"


@pytest.mark.parametrize("offers", [("PIPELINING",), ("PIPELINING", "CHUNKING"), ()])
@pytest.mark.parametrize("kind", ["starttls", "implicit"])
def test_letters_arrive_under_tls(tmp_path: Path, kind: str, offers: tuple[str, ...]) -> None:
    context, file = certificate(tmp_path)
    script = Script(
        extensions=("STARTTLS",), extensions_in_tls=offers, certificate=context, tls_at_once=kind == "implicit"
    )
    if kind == "implicit":
        script.extensions = offers
    with smtp_server(script) as url:
        results = send(f"{under_tls(url, kind)}&cafile={file}", letters=5)
    assert [(result.stage, result.reply and result.reply.code) for result in results] == [(Stage.DOT, 250)] * 5
    assert [text for _s, _r, text in script.accepted] == [LETTER] * 5
    assert script.connections == 1


@pytest.mark.parametrize("kind", ["starttls", "implicit"])
@pytest.mark.parametrize("fault", ["unknown issuer", "another host", "expired"])
def test_a_certificate_that_is_not_the_servers_stops_before_any_letter(tmp_path: Path, kind: str, fault: str) -> None:
    host, days = ("mail.example" if fault == "another host" else "127.0.0.1", -1 if fault == "expired" else 2)
    context, file = certificate(tmp_path, host, days=days)
    script = Script(extensions=("STARTTLS",), certificate=context, tls_at_once=kind == "implicit")
    with smtp_server(script) as url:
        [result] = send(under_tls(url, kind) + ("" if fault == "unknown issuer" else f"&cafile={file}"))
    assert result.stage is Stage.CONNECT
    assert "certificate" in result.error
    assert not script.seen["MAIL"]


def test_what_somebody_slips_in_before_tls_is_not_believed(tmp_path: Path) -> None:
    context, file = certificate(tmp_path)
    script = Script(extensions=("STARTTLS",), certificate=context, injected=b"250 AUTH PLAIN\r\n")
    with smtp_server(script) as url:
        [result] = send(f"{url}?starttls=required&cafile={file}")
    assert result.stage is Stage.CONNECT
    assert result.reply is None
    assert not script.seen["MAIL"]


def test_what_was_offered_in_clear_text_counts_for_nothing_under_tls(tmp_path: Path) -> None:
    context, file = certificate(tmp_path)
    script = Script(extensions=("STARTTLS", "CHUNKING", *AUTH), extensions_in_tls=(), certificate=context)
    with smtp_server(script) as url:
        [result] = send(f"{url}?starttls=required&cafile={file}")
    assert result.stage is Stage.DOT
    assert script.seen["DATA"]
    assert script.seen["EHLO"] == 2


def test_a_refused_starttls_stops_before_any_letter() -> None:
    script = Script(lambda verb, _a, _c: "454 4.7.0 not now" if verb == "STARTTLS" else "", extensions=("STARTTLS",))
    with smtp_server(script) as url:
        [result] = send(f"{url}?starttls=required")
    assert (result.stage, result.reply) == (Stage.CONNECT, None)
    assert "STARTTLS" in result.error
    assert not script.seen["MAIL"]


def test_a_file_of_certificates_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    context, _file = certificate(tmp_path)
    with smtp_server(Script(extensions=("STARTTLS",), certificate=context)) as url:
        [result] = send(f"{url}?starttls=required&cafile={tmp_path}/none.pem")
    assert result.stage is Stage.CONNECT
    assert "none.pem" in result.error


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_signing_in(mechanism: str) -> None:
    script = Script(extensions=(f"AUTH {mechanism} XOTHER",), logins=("us er", "pä:ss"))
    with smtp_server(script) as url:
        [result] = send(url.replace("//", "//us%20er:p%C3%A4%3Ass@"))
    assert result.stage is Stage.DOT
    assert script.signed_in == 1


def test_a_wrong_password_is_told_with_the_servers_words() -> None:
    script = Script(extensions=AUTH, logins=("user", "right"))
    with smtp_server(script) as url:
        [result] = send(url.replace("//", "//user:wrong@"))
    assert result.stage is Stage.AUTH
    assert result.reply
    assert result.reply.enhanced == "5.7.8"
    assert not script.seen["MAIL"]


def test_a_server_that_nobody_can_sign_in_at_gets_no_letter() -> None:
    script = Script(extensions=("AUTH GSSAPI",))
    with smtp_server(script) as url:
        [result] = send(url.replace("//", "//user:password@"))
    assert result.stage is Stage.AUTH
    assert result.reply
    assert result.reply.code == 504
    assert not script.seen["MAIL"]


def test_a_password_does_not_leave_for_another_machine_in_clear_text() -> None:
    with pytest.raises(SmtpUrlError, match="clear text"):
        SmtpServer.from_url("smtp://user:password@mail.example")
    assert SmtpServer.from_url("smtp://user:password@mail.example?auth=cleartext").may_authenticate
    assert SmtpServer.from_url("smtp://user:password@mail.example?starttls=required").may_authenticate
    assert not SmtpServer("mail.example", 25, "user", "password").may_authenticate
