"""A small DNS server for tests: real datagrams, and what a zone in the test says."""

from __future__ import annotations

import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SERVFAIL, SILENCE = "SERVFAIL", "SILENCE"


@dataclass
class Zone:
    """`records` are by name and type: `{"example.org TXT": ["v=spf1 -all"]}`; a text may be longer than 255 octets.

    SERVFAIL or SILENCE in the place of a list is what such a question gets.
    """

    records: dict[str, list[str] | str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)


class _Datagram(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        data, socket = self.request
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True).lower()
        zone = self.server.zone
        zone.asked[f"{name} {kind}"] += 1
        found = zone.records.get(f"{name} {kind}", [])
        if found == SILENCE:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if isinstance(found, str):
            response.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            values = [_text(value) if kind == "TXT" else value for value in found]
            response.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *values))
        elif not any(known.startswith(f"{name} ") for known in zone.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(response.to_wire(), self.client_address)


class _Server(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 4096
    zone: Zone


@contextmanager
def dns_server(zone: Zone) -> Iterator[str]:
    """Runs until the end of the block; gives its `address:port`."""
    with _Server(("127.0.0.1", 0), _Datagram) as server:
        server.zone = zone
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(5)


def _text(value: str) -> str:
    return " ".join(f'"{value[at : at + 255]}"' for at in range(0, max(len(value), 1), 255))
