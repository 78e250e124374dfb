"""What an address alone tells: its host, whether the public can reach it, whether it pretends to be another."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import SplitResult, urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "broadcasthost"})
_LOCAL_ENDINGS = (
    ".localhost", ".local", ".internal", ".intranet", ".private", ".corp", ".home", ".lan", ".localdomain",
    ".home.arpa", ".onion",
)  # fmt: skip


def split(url: str) -> SplitResult | None:
    """The parts of `url`; None where it isn't even an address."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts


def host_of(url: str) -> str:
    """The host of `url` in lower case, without a closing dot; empty where there is none."""
    parts = split(url)
    return (parts.hostname or "").rstrip(".") if parts else ""


def is_public(address: IPAddress) -> bool:
    """Whether `address` is one that anybody can reach, however it is wrapped (IPv4 in IPv6, 6to4, NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        for inner in (address.ipv4_mapped, address.sixtofour):
            if inner is not None:
                return is_public(inner)
        if address in _NAT64 or address in _COMPATIBLE:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.is_site_local or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def literal_address(host: str) -> IPAddress | None:
    """The IP address that `host` is, in any spelling that a resolver takes: decimal, octal, hex, shortened."""
    host = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-fx.]+", host, re.IGNORECASE):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def is_private_host(host: str) -> bool:
    """Whether `host` says by itself that the public can't reach it."""
    host = unicodedata.normalize("NFKC", host).lower().rstrip(".")
    address = literal_address(host)
    if address is not None:
        return not is_public(address)
    return host in _LOCAL_NAMES or host.endswith(_LOCAL_ENDINGS) or ("." not in host and bool(host))


# Letters of other scripts that pass for Latin ones (the commonest of Unicode's confusables, UTS #39).
_TWINS = str.maketrans(
    "аеорсухіјѕԁһԛԝӏьгвкмнтɡαορνκτιυεηοΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", "aeopcyxijsdhqwlbrbkmhtgaopvktiuenoABEHIKMNOPTXYZ"
)


def readable_host(host: str) -> str:
    """`host` as a browser might show it: its A-labels as Unicode."""
    labels = []
    for label in host.split("."):
        text = label
        if label.lower().startswith("xn--"):
            try:
                text = label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, ValueError):
                text = label
        labels.append(text)
    return ".".join(labels)


def looks_like(host: str) -> str:
    """The Latin host that `host` could be taken for; empty where it is what it seems."""
    shown = readable_host(host)
    if shown.isascii():
        return ""
    for label in shown.split("."):
        letters = [letter for letter in label if letter.isalpha()]
        scripts = {_script(letter) for letter in letters}
        twins = [letter for letter in letters if letter.translate(_TWINS) != letter]
        foreign = scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
        mixed = foreign and "LATIN" in scripts
        whole = foreign and letters and len(twins) == len([letter for letter in letters if not letter.isascii()])
        if mixed or whole:
            return shown.translate(_TWINS)
    return ""


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
