"""Trying links: HEAD, then GET, redirect by redirect, each step through the door that refuses private addresses."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from .addresses import host_of, split
from .door import Closed, Door, Reply
from .facts import LinkResult, LinkStatus
from .trackers import recognise

MOST_REDIRECTS = 5
WORKERS = 6
PACE = 0.5
"""Seconds between two requests to one host."""

_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_TOO_MANY = 429
_LONGEST_ADDRESS = 2048


@dataclass(slots=True)
class LinkChecker:
    """Tries links politely: one request at a time to a host, with a pause between. Safe to share by threads.

    Nothing is raised for whatever a network does: each link has its result.
    """

    door: Door = field(default_factory=Door)
    pace: float = PACE
    _hosts: _Hosts = field(init=False)

    def __post_init__(self) -> None:
        self._hosts = _Hosts(self.pace)

    def check(self, url: str, *, tracked: bool = False) -> LinkResult:
        """What becomes of trying `url`.

        Another mailer's tracked link is left alone, since trying it would count as its reader's click, unless
        `tracked` asks for its destination; one that ends a subscription is never tried.
        """
        known = recognise(url)
        if known is not None and (known.ends_subscription or not tracked):
            return LinkResult(url=url, status=LinkStatus.SKIPPED, final_url=known.destination)
        if len(url) > _LONGEST_ADDRESS:
            return LinkResult(url=url, status=LinkStatus.INVALID, problem="It is too long.")
        result = self._follow(url.strip())
        result = replace(result, url=url)
        if result.status is LinkStatus.OK and url.strip().lower().startswith("http://"):
            return replace(result, https=self._answers_by_https(url.strip()))
        return result

    def check_all(
        self, urls: Iterable[str], *, told: Callable[[LinkResult], None] | None = None, workers: int = WORKERS
    ) -> list[LinkResult]:
        """The results of all `urls`, each tried once; `told` is called with each as it comes, from several threads.

        Links of one host are tried one after another by one worker, so that a slow host doesn't hold up the others.
        """
        wanted = list(dict.fromkeys(urls))
        by_host: dict[str, list[str]] = defaultdict(list)
        for url in wanted:
            by_host[host_of(url)].append(url)
        results: dict[str, LinkResult] = {}

        def work(links: list[str]) -> None:
            for url in links:
                results[url] = self.check(url)
                if told is not None:
                    told(results[url])

        with ThreadPoolExecutor(max_workers=max(1, min(workers, len(by_host) or 1))) as pool:
            for done in [pool.submit(work, links) for links in by_host.values()]:
                done.result()
        return [results[url] for url in wanted]

    def _follow(self, url: str) -> LinkResult:
        at, code, lasting = url, 0, True
        for hop in range(MOST_REDIRECTS + 1):
            try:
                reply = self._ask(at)
            except Closed as closed:
                # What a redirect leads to is the link's own fault only as far as it can be named.
                shown = "" if closed.status is LinkStatus.PRIVATE else at
                return LinkResult(url=url, status=closed.status, code=0, final_url=shown, problem=str(closed))
            code = reply.code
            target = _target(at, reply)
            if not target:
                return LinkResult(
                    url=url, status=_status(code, moved=hop > 0, lasting=lasting), code=code, final_url=at
                )
            lasting = lasting and code in _PERMANENT
            at = target
        return LinkResult(url=url, status=LinkStatus.LOOP, code=code, final_url=at, problem="Too many redirects.")

    def _ask(self, url: str) -> Reply:
        """The answer to HEAD, or to GET where a server makes nothing good of HEAD."""
        host = host_of(url)
        with self._hosts.turn(host):
            try:
                reply = self.door.ask("HEAD", url)
            except Closed as closed:
                if closed.status not in {LinkStatus.FAILING, LinkStatus.UNREACHABLE, LinkStatus.TIMEOUT}:
                    raise
                reply = Reply(0)
        if 0 < reply.code < 400 or reply.code == _TOO_MANY:
            return reply
        with self._hosts.turn(host):
            return self.door.ask("GET", url)

    def _answers_by_https(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.port is not None:
            return False
        try:
            return self._ask("https" + url[4:]).code < 400
        except Closed:
            return False


def _target(at: str, reply: Reply) -> str:
    """Where a redirect leads; empty for any other answer."""
    if reply.code not in _REDIRECTS or not reply.location.strip():
        return ""
    try:
        target = urljoin(at, reply.location.strip())
    except ValueError:
        return ""
    here = split(at)
    if here is not None and here.fragment and "#" not in target:
        target += f"#{here.fragment}"  # RFC 9110 section 10.2.2
    return target


def _status(code: int, *, moved: bool, lasting: bool) -> LinkStatus:
    if 200 <= code < 300:
        if not moved:
            return LinkStatus.OK
        return LinkStatus.MOVED if lasting else LinkStatus.REDIRECTED
    if code in _GONE:
        return LinkStatus.DEAD
    return LinkStatus.REFUSED if 400 <= code < 500 or code == 999 else LinkStatus.FAILING  # 999: LinkedIn's


class _Hosts:
    """Whose turn it is at each host."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._guard = threading.Lock()
        self._turns: dict[str, _Turn] = {}

    def turn(self, host: str) -> _Turn:
        with self._guard:
            return self._turns.setdefault(host, _Turn(self._pace))


class _Turn:
    """A lock that opens again only some time after its last use."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._lock = threading.Lock()
        self._free = 0.0

    def __enter__(self) -> None:
        self._lock.acquire()
        wait = self._free - time.monotonic()
        if wait > 0:
            time.sleep(wait)

    def __exit__(self, *_error: object) -> None:
        self._free = time.monotonic() + self._pace
        self._lock.release()
