"""The checks of links: what their addresses say, and what their words say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.rendering.errors import RefusedAddressError
from composer.rendering.links import check_address

from .addresses import host_of, is_private_host, literal_address, looks_like, readable_host, split
from .facts import LinkResult
from .findings import Finding, FixKind, Severity, gettext_noop
from .pieces import Link, shorten
from .places import Place
from .trackers import recognise, tracking_parameters, without_tracking
from .tries import LONGEST_ADDRESS, check_tried, is_editable, is_usable

_VAGUE = frozenset(
    (
        "click here", "here", "click", "this link", "link", "more", "read more", "learn more", "see more", "this",
        "this page", "see here", "find out more", "more info", "more information", "details", "go",
        "点击这里", "点击此处", "这里", "此处", "点此", "点击", "点我", "链接", "此链接", "更多", "了解更多",
        "阅读更多", "查看更多", "详情", "查看详情", "点击查看", "点击阅读", "点击链接", "點擊這裡", "這裡",
        "cliquez ici", "cliquer ici", "ici", "lien", "ce lien", "plus", "en savoir plus", "lire la suite", "voir plus",
        "plus d'infos", "plus d'informations", "voir ici",
    )
)  # fmt: skip
_TRIM = " \t\n\u00a0.,:;!?…>»«“”\"'’()（）[]【】→›。，：；！？"
_BARE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_NAMED_HOST = re.compile(
    r"(?:https?://)?(?:[^\s/@]+@)?((?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.)+[a-z]{2,24})(?::\d+)?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_MAILBOX = re.compile(r"[^\s@,;?&]+@[^\s@,;?&]+\.[^\s@,;?&]+")
_FILE_ENDINGS = frozenset({"pdf", "doc", "docx", "xls", "xlsx", "csv", "zip", "html", "php", "txt", "pptx", "js", "py"})


def check_links(
    links: tuple[Link, ...],
    *,
    locale: str,
    results: tuple[LinkResult, ...] = (),
    base_url: str = "",
    desk: tuple[str, ...] = (),
) -> Iterator[Finding]:
    """What is wrong with each link; a link whose address can't be used at all is judged for that alone."""
    tried = {result.url.strip(): result for result in results}
    seen: set[tuple[str, str]] = set()
    for link in links:
        if link.inline and not link.text.strip():
            continue
        judge = _Judge(link, locale, tried.get(link.url.strip()), (host_of(base_url), desk))
        place = (link.item.key, link.url.strip())
        yield from judge.words() if place in seen else judge.all()
        seen.add(place)


class _Judge:
    """Judges one link."""

    def __init__(self, link: Link, locale: str, result: LinkResult | None, own: tuple[str, tuple[str, ...]]) -> None:
        self._link = link
        self._url = link.url.strip()
        self._shown = shorten(self._url, 100)
        self._where = Place(locale, link.item, link.field)
        self._result = result
        self._own_host, self._desk = own

    def all(self) -> Iterator[Finding]:
        binding = next(self._unusable(), None)
        if binding is not None:
            yield binding
            return
        yield from self._address()
        if self._result is not None:
            yield from check_tried(self._url, self._result, self._where)
        yield from self.words()

    def words(self) -> Iterator[Finding]:
        """What is wrong with what the reader sees of the link."""
        text = self._link.text.strip()
        if not self._link.inline or not text:
            return
        bare = text.strip(_TRIM)
        if bare.lower().replace("’", "'") in _VAGUE:
            yield self._where.finding(
                "link-text-vague",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, a link says only “{text}”. Say where it leads: readers who hear the letter "
                    "jump from link to link."
                ),
                text=shorten(text),
            )
        elif _BARE.fullmatch(bare) and len(bare) > len(host_of(bare)) + 9:
            yield self._where.finding(
                "link-text-address",
                Severity.WARNING,
                gettext_noop("In {where}, a link shows its address “{text}”. Put it on a few words instead."),
                text=shorten(text),
            )
        yield from self._pretended(bare)

    def _pretended(self, text: str) -> Iterator[Finding]:
        shown = _NAMED_HOST.fullmatch(text)
        if shown is None or self._url.lower().startswith("mailto:") or recognise(self._url):
            return
        named, actual = shown[1].lower().removeprefix("www."), host_of(self._url).removeprefix("www.")
        looks_a_file = named.count(".") == 1 and named.rpartition(".")[2] in _FILE_ENDINGS and "/" not in text
        if (
            looks_a_file
            or not actual
            or actual == named
            or actual.endswith("." + named)
            or named.endswith("." + actual)
        ):
            return
        yield self._where.finding(
            "link-text-other-host",
            Severity.ERROR,
            gettext_noop(
                "In {where}, a link says “{text}” and leads to “{host}”. Mail programs take that for fraud: "
                "let both be the same."
            ),
            text=shorten(text),
            host=actual,
        )

    def _unusable(self) -> Iterator[Finding]:
        """What makes the address no address for a letter; the first of these is all that is said of it."""
        url, error = self._url, Severity.ERROR
        if len(url) > LONGEST_ADDRESS:
            yield self._where.finding(
                "link-long",
                error,
                gettext_noop("In {where}, a link has {count} characters. Shorten it to {most} or fewer."),
                count=len(url),
                most=LONGEST_ADDRESS,
            )
        if url.lower().startswith("mailto:"):
            if not all(map(_MAILBOX.fullmatch, re.split(r"[,;]", url[7:].partition("?")[0]))):
                yield self._where.finding(
                    "link-mail-address",
                    error,
                    gettext_noop("In {where}, a mail link has no whole mail address: “{url}”. Write it out."),
                    url=self._shown,
                )
            elif "\n" in url or "%0a" in url.lower() or "%0d" in url.lower():
                yield self._where.finding(
                    "link-mail-address",
                    error,
                    gettext_noop("In {where}, a mail link holds a line break: “{url}”. Take it out."),
                    url=self._shown,
                )
            return
        try:
            check_address(url, item_key=self._link.item.key, schemes=("http", "https"))
        except RefusedAddressError:
            yield self._where.finding(
                "link-malformed",
                error,
                gettext_noop(
                    "In {where}, “{url}” is no whole web address. It must begin with https:// and hold no spaces."
                ),
                url=self._shown,
            )
            return
        parts = split(url)
        if parts is None or not parts.hostname:
            yield self._where.finding(
                "link-malformed",
                error,
                gettext_noop("In {where}, “{url}” is no whole web address. Correct it."),
                url=self._shown,
            )
        elif self._desk and url.startswith(self._desk):
            yield self._where.finding(
                "link-private",
                error,
                gettext_noop("In {where}, “{url}” leads to the desk, where readers can't go. Link to the public page."),
                url=self._shown,
            )
        elif is_private_host(parts.hostname) and host_of(url) != self._own_host:
            yield self._where.finding(
                "link-private",
                error,
                gettext_noop("In {where}, “{url}” can't be reached from outside. Link to a public address."),
                url=self._shown,
            )
        elif parts.username or parts.password:
            yield self._where.finding(
                "link-password",
                error,
                gettext_noop("In {where}, a link carries a user's name or password before its host. Take it out."),
            )

    def _address(self) -> Iterator[Finding]:
        url = self._url
        if url.lower().startswith("mailto:"):
            return
        if (tracked := recognise(url)) is not None:
            yield self._tracked(tracked.mailer, tracked.destination)
            return
        if names := tracking_parameters(url):
            yield self._where.finding(
                "link-parameters",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, a link carries parameters that count somebody else's readers: {names}. Take them out."
                ),
                fix=self._where.fix(FixKind.STRIP_PARAMETERS, url, without_tracking(url)),
                names=", ".join(names),
            )
        host = host_of(url)
        if meant := looks_like(host):
            yield self._where.finding(
                "link-lookalike",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, the host “{host}” has letters of another alphabet and looks like “{meant}”. "
                    "Check where it leads."
                ),
                host=readable_host(host),
                meant=meant,
            )
        if literal_address(host) is not None:
            yield self._where.finding(
                "link-number",
                Severity.WARNING,
                gettext_noop("In {where}, “{url}” has numbers for a host, as frauds have. Link to the site's name."),
                url=self._shown,
            )
        if is_editable(url):
            yield self._where.finding(
                "link-editable",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, “{url}” opens a document for editing. Link to a version that anybody may read."
                ),
                url=self._shown,
            )

    def _tracked(self, mailer: str, destination: str) -> Finding:
        result = self._result
        if not destination and result and result.final_url and recognise(result.final_url) is None:
            destination = result.final_url
        if is_usable(destination):
            destination = without_tracking(destination)
            return self._where.finding(
                "link-tracked",
                Severity.ERROR,
                gettext_noop(
                    "In {where}, a link goes through {mailer} and names the one reader it was sent to. It leads to "
                    "“{destination}”: use that."
                ),
                fix=self._where.fix(FixKind.REPLACE_URL, self._url, destination),
                mailer=mailer,
                destination=shorten(destination, 100),
            )
        return self._where.finding(
            "link-tracked",
            Severity.ERROR,
            gettext_noop(
                "In {where}, a link goes through {mailer} and names the one reader it was sent to: “{url}”. "
                "Replace it with the address that it leads to."
            ),
            mailer=mailer,
            url=self._shown,
        )
