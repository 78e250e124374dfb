"""The links of an issue, tried in the background: who waits, what came of it, how far it is.

A link is wanted, leased by a worker, tried, and its result kept. All times are the database's. A worker that is lost
leaves its leases to run out, and the next one goes on; nothing is tried inside a transaction.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from composer.content import EditionContent
from composer.models import LinkCheck
from composer.preflight.addresses import host_of, is_private_host
from composer.preflight.door import Door, is_open_to_all
from composer.preflight.facts import LinkResult, LinkStatus
from composer.preflight.network import LinkChecker
from composer.preflight.pieces import take_apart
from composer.preflight.trackers import recognise

GOOD_FOR = 3600  # seconds that a good result is kept before the link is tried again
BAD_FOR = 600
TOLD_FOR = 86_400  # seconds after which an old result says nothing any more
KEPT_FOR = 30 * 86_400  # seconds
MOST_AT_ONCE = 24  # links of one task: it ends soon, and others get their turn
BUDGET = 40.0  # seconds of one task, after which it begins no link
LEASE = 180  # seconds: more than a task takes with its slowest link
THREADS = 8
TIMEOUT = 6.0  # seconds for one request
LATE = 20  # seconds that a link may wait before its page says that no worker comes

_GOOD = (LinkStatus.OK, LinkStatus.MOVED, LinkStatus.REDIRECTED)
_EXAMPLE = re.compile(r"(?:^|\.)(?:example|example\.(?:com|net|org))$")
_LOCK = 0x4C494E4B  # one task at a time tries links, so that a host is asked politely

_CLAIM = """
UPDATE composer_linkcheck SET leased_until = clock_timestamp() + %(lease)s * interval '1 second'
 WHERE id IN (SELECT id FROM (
       SELECT id, row_number() OVER (PARTITION BY host ORDER BY wanted_at, id) AS turn FROM composer_linkcheck
        WHERE wanted_at IS NOT NULL AND (leased_until IS NULL OR leased_until < clock_timestamp())
       ) AS waiting ORDER BY turn, id LIMIT %(most)s)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the links of an issue are: `late` where some have waited so long that no worker seems to come."""

    total: int
    tried: int
    waiting: int
    late: bool

    @property
    def unknown(self) -> int:
        """Links that nobody has tried, and nobody was asked to."""
        return self.total - self.tried - self.waiting


def links_to_try(contents: Iterable[EditionContent]) -> list[str]:
    """The web addresses that the network can tell something of, each once, in reading order.

    Not those of this Circular, nor another mailer's tracked links: trying one would count as its reader's click.
    """
    return [url for url in web_addresses(contents) if recognise(url) is None and not _is_pointless(host_of(url))]


def web_addresses(contents: Iterable[EditionContent]) -> list[str]:
    """All web addresses that are linked to, each once, in reading order."""
    urls = (link.url.strip() for content in contents for link in take_apart(content).links)
    return [url for url in dict.fromkeys(urls) if url.lower().startswith(("http://", "https://")) and host_of(url)]


def want(urls: Iterable[str], *, again: bool = False) -> int:
    """Ask for those of `urls` whose result is missing or old, or for all (`again`); how many wait for it now."""
    rows = {_hash(url): url for url in urls}
    LinkCheck.objects.bulk_create(
        [LinkCheck(url_hash=key, url=url, host=host_of(url)[:255]) for key, url in rows.items()], ignore_conflicts=True
    )
    asked = LinkCheck.objects.filter(url_hash__in=rows, wanted_at=None)
    if not again:
        fresh = Q(status__in=_GOOD, checked_at__gt=_ago(GOOD_FOR)) | Q(checked_at__gt=_ago(BAD_FOR))
        asked = asked.exclude(fresh)
    return asked.update(wanted_at=_ago(0), leased_until=None)


def ask_where_it_leads(url: str) -> None:
    """Follow another mailer's tracked link at the next turn: an editor knows that it counts as a reader's click."""
    url = url.strip()
    row, _made = LinkCheck.objects.get_or_create(url_hash=_hash(url), defaults={"url": url, "host": host_of(url)[:255]})
    LinkCheck.objects.filter(pk=row.pk).update(follow=True, wanted_at=_ago(0), leased_until=None)


def results_of(urls: Iterable[str]) -> tuple[LinkResult, ...]:
    """What is known of `urls`: the last results, as long as they say something."""
    rows = LinkCheck.objects.filter(url_hash__in=map(_hash, urls), checked_at__gt=_ago(TOLD_FOR)).exclude(status="")
    return tuple(
        LinkResult(
            url=row.url,
            status=LinkStatus(row.status),
            code=row.code,
            final_url=row.final_url,
            https=row.https,
            problem=row.problem,
        )
        for row in rows
    )


def progress_of(urls: Iterable[str]) -> Progress:
    keys = [_hash(url) for url in urls]
    rows = LinkCheck.objects.filter(url_hash__in=keys)
    waiting = rows.exclude(wanted_at=None)
    return Progress(
        total=len(keys),
        tried=rows.filter(wanted_at=None, checked_at__gt=_ago(TOLD_FOR)).count(),
        waiting=waiting.count(),
        late=waiting.filter(wanted_at__lt=_ago(LATE), leased_until=None).exists()
        and not LinkCheck.objects.filter(Q(checked_at__gt=_ago(LATE)) | Q(leased_until__gt=_ago(0))).exists(),
    )


def is_awaited(url: str) -> bool:
    """Whether `url` waits to be tried."""
    return LinkCheck.objects.filter(url_hash=_hash(url.strip())).exclude(wanted_at=None).exists()


def has_waiting() -> bool:
    """Whether any link waits that nobody is trying."""
    free = Q(leased_until=None) | Q(leased_until__lt=_ago(0))
    return LinkCheck.objects.filter(free).exclude(wanted_at=None).exists()


def try_waiting(checker: LinkChecker | None = None, *, most: int = MOST_AT_ONCE, seconds: float = BUDGET) -> int:
    """Try some of the links that wait, beginning none after `seconds`; how many were tried.

    None is tried while another worker is at it.
    """
    if not _begin():
        return 0
    tried = 0
    hostless: list[tuple[LinkCheck, LinkResult]] = []
    try:
        for row, result in _tried(_claimed(most), checker or careful_checker(), time.monotonic() + seconds):
            if result is None:
                LinkCheck.objects.filter(pk=row.pk).update(leased_until=None)
            elif result.status is LinkStatus.DEAD and not result.code:
                hostless.append((row, result))
            else:
                _record(row, result)
                tried += 1
        # Where no host at all has answered, it is we who are cut off: nobody's link is dead for that.
        cut_off = bool(hostless) and not LinkCheck.objects.filter(code__gt=0, checked_at__gt=_ago(GOOD_FOR)).exists()
        for row, result in hostless:
            _record(row, replace(result, status=LinkStatus.UNREACHABLE) if cut_off else result)
    finally:
        _end()
    return tried + len(hostless)


def forget_old() -> None:
    """Drop what nobody has asked for in a month."""
    LinkCheck.objects.filter(wanted_at=None, checked_at__lt=_ago(KEPT_FOR)).delete()


def careful_checker() -> LinkChecker:
    """Tries public addresses only, with little patience."""
    return LinkChecker(Door(allowed=is_open_to_all, timeout=TIMEOUT))


def _is_pointless(host: str) -> bool:
    """Whether trying `host` tells nothing: it is ours, or no public one, or a name kept for examples (RFC 6761)."""
    return host == host_of(settings.BASE_URL) or is_private_host(host) or bool(_EXAMPLE.search(host))


def _tried(rows: list[LinkCheck], checker: LinkChecker, until: float) -> Iterator[tuple[LinkCheck, LinkResult | None]]:
    """Each row with its result as it comes, None for one whose turn came too late.

    The links of one host are tried one after another by one thread.
    """
    by_host: dict[str, list[LinkCheck]] = defaultdict(list)
    for row in rows:
        by_host[row.host].append(row)
    done: SimpleQueue[tuple[LinkCheck, LinkResult | Exception | None]] = SimpleQueue()

    def work(links: list[LinkCheck]) -> None:
        for row in links:
            done.put((row, _outcome(checker, row) if time.monotonic() < until else None))

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        for links in by_host.values():
            pool.submit(work, links)
        for _row in rows:
            row, outcome = done.get()
            if isinstance(outcome, Exception):
                raise outcome  # a fault of ours: the leases run out, and the links are tried again
            yield row, outcome


def _outcome(checker: LinkChecker, row: LinkCheck) -> LinkResult | Exception:
    try:
        return checker.check(row.url, tracked=row.follow)
    except Exception as error:  # noqa: BLE001 - it is raised again by the thread that waits for it
        return error


def _record(row: LinkCheck, result: LinkResult) -> None:
    LinkCheck.objects.filter(pk=row.pk).update(
        status=result.status,
        code=result.code,
        final_url=result.final_url,
        https=result.https,
        problem=result.problem[:300],
        checked_at=_ago(0),
        wanted_at=None,
        leased_until=None,
    )


def _claimed(most: int) -> list[LinkCheck]:
    """Links leased for us, one of each host before the second of any."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": LEASE, "most": most})
        keys = [key for (key,) in cursor.fetchall()]
    return list(LinkCheck.objects.filter(pk__in=keys).order_by("wanted_at", "pk"))


def _begin() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _end() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _ago(seconds: int) -> RawSQL:
    return RawSQL("clock_timestamp() - %s * interval '1 second'", [seconds])


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
