"""The checks of what trying a link told, and of addresses that are to take another's place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.rendering.errors import RefusedAddressError
from composer.rendering.links import check_address

from .addresses import host_of, is_private_host, literal_address, looks_like, split
from .facts import LinkResult, LinkStatus
from .findings import Finding, FixKind, Severity, gettext_noop
from .pieces import shorten
from .places import Place
from .trackers import recognise, without_tracking

LONGEST_ADDRESS = 2000

_EDITABLE = re.compile(
    r"^https?://(?:docs\.google\.com/\w+/d/[^/]+/edit|[^/]*\.sharepoint\.com/:[a-z]:/r/|[^/]*\.officeapps\.live\.com/)"
    r"|^https?://(?:docs\.qq\.com|www\.kdocs\.cn)/.*[?&](?:edit|mode=edit)",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"^https?://(?:accounts\.google\.com|login\.microsoftonline\.com|login\.live\.com|passport\.[a-z0-9.-]+)/"
    r"|^https?://[^/]+/(?:[^?#]*/)?(?:log-?in|sign-?in|sso|wp-login\.php|saml2?|oauth2?|auth/login)(?:[/?#.]|$)",
    re.IGNORECASE,
)


def check_tried(url: str, result: LinkResult, where: Place) -> Iterator[Finding]:
    """What the result says of `url`; a tracked link's is for its destination only."""
    if recognise(url) is not None:
        return
    shown = shorten(url, 100)
    status, final = result.status, result.final_url.strip()
    if (told := _TOLD.get(status)) is not None:
        check, severity, text = told
        yield where.finding(check, severity, text, url=shown, code=result.code)
    elif final and _SIGN_IN.match(final) and not _SIGN_IN.match(url):
        yield where.finding(
            "link-sign-in",
            Severity.WARNING,
            gettext_noop("In {where}, “{url}” asks for signing in. Link to a page that readers can open."),
            url=shown,
        )
    elif final and _is_home(final) and not _is_home(url) and status in _LED_ELSEWHERE:
        yield where.finding(
            "link-home",
            Severity.WARNING,
            gettext_noop("In {where}, “{url}” leads to the site's first page only: the page is probably gone."),
            url=shown,
        )
    elif status is LinkStatus.MOVED and final and final != url:
        yield where.finding(
            "link-moved",
            Severity.NOTE,
            gettext_noop("In {where}, “{url}” has moved to “{final}”. Use the new address."),
            fix=where.fix(FixKind.REPLACE_URL, url, without_tracking(final)) if is_usable(final) else None,
            final=shorten(final, 100),
            url=shown,
        )
    elif status is LinkStatus.REDIRECTED and final and not _same_site(final, url):
        yield where.finding(
            "link-redirected",
            Severity.NOTE,
            gettext_noop("In {where}, “{url}” leads on to “{final}”. Check that it is the page that you mean."),
            final=shorten(final, 100),
            url=shown,
        )
    elif url.lower().startswith("http://") and result.https:
        yield where.finding(
            "link-http",
            Severity.NOTE,
            gettext_noop("In {where}, “{url}” answers by https too. Use it: no browser warns of it then."),
            fix=where.fix(FixKind.REPLACE_URL, url, "https" + without_tracking(url)[4:]),
            url=shown,
        )


def is_editable(url: str) -> bool:
    """Whether `url` opens somebody's document for editing."""
    return _EDITABLE.match(url) is not None


def is_usable(url: str) -> bool:
    """Whether a fix may put `url` in: an address that needs no further finding."""
    host = host_of(url)
    if not host or len(url) > LONGEST_ADDRESS or is_private_host(host) or looks_like(host):
        return False
    if is_editable(url) or recognise(url) is not None:
        return False
    try:
        check_address(url, item_key="", schemes=("http", "https"))
    except RefusedAddressError:
        return False
    parts = split(url)
    return parts is not None and not (parts.username or parts.password) and literal_address(host) is None


def _is_home(url: str) -> bool:
    parts = split(url)
    return parts is not None and parts.path in {"", "/"} and not parts.query and not parts.fragment


def _same_site(one: str, other: str) -> bool:
    first, second = (host_of(url).removeprefix("www.") for url in (one, other))
    return first == second or first.endswith("." + second) or second.endswith("." + first)


_LED_ELSEWHERE = frozenset({LinkStatus.MOVED, LinkStatus.REDIRECTED})

_TOLD: dict[LinkStatus, tuple[str, Severity, str]] = {
    LinkStatus.DEAD: (
        "link-dead",
        Severity.ERROR,
        gettext_noop("In {where}, “{url}” leads nowhere: there is no such page or site. Correct the link."),
    ),
    LinkStatus.PRIVATE: (
        "link-private",
        Severity.ERROR,
        gettext_noop("In {where}, “{url}” leads to an address inside a network, where readers can't go. Replace it."),
    ),
    LinkStatus.INVALID: (
        "link-malformed",
        Severity.ERROR,
        gettext_noop("In {where}, “{url}” is no address that can be opened. Correct it."),
    ),
    LinkStatus.LOOP: (
        "link-loop",
        Severity.WARNING,
        gettext_noop("In {where}, “{url}” is passed on from address to address without end. Open it yourself."),
    ),
    LinkStatus.REFUSED: (
        "link-refused",
        Severity.WARNING,
        gettext_noop("In {where}, “{url}” refused us (status {code}); it may want a browser. Open it yourself."),
    ),
    LinkStatus.FAILING: (
        "link-failing",
        Severity.WARNING,
        gettext_noop("In {where}, “{url}” answered with an error (status {code}). Try it again later."),
    ),
    LinkStatus.TIMEOUT: (
        "link-timeout",
        Severity.WARNING,
        gettext_noop("In {where}, “{url}” did not answer in time. Open it yourself."),
    ),
    LinkStatus.UNREACHABLE: (
        "link-unreachable",
        Severity.WARNING,
        gettext_noop("In {where}, “{url}” can't be reached at present. Open it yourself."),
    ),
    LinkStatus.INSECURE: (
        "link-certificate",
        Severity.WARNING,
        gettext_noop("In {where}, “{url}” has no good certificate: browsers warn of it. Use another address."),
    ),
}  # fmt: skip
