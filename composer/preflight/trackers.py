"""Links that lead through somebody's counter or filter, as editors paste them from mail they received.

Such a link names the one reader it was sent to. Where the destination stands in the link it is read out, without any
network. Parameters that only count (`utm_source`, `fbclid`) are known too.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

_MOST_WRAPPINGS = 5
_LONGEST = 8192
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a tracked link says: whose it is, where it leads (empty where only the network knows), and for whom.

    `ends_subscription` is for a link that unsubscribes whoever follows it: nobody may try it.
    """

    mailer: str
    destination: str = ""
    recipient: str = ""
    ends_subscription: bool = False


def recognise(url: str) -> Tracked | None:
    """Whose tracked link `url` is; None for an ordinary address. A link wrapped several times is unwrapped whole."""
    first = found = _recognise(url)
    for _ in range(_MOST_WRAPPINGS):
        if found is None or not found.destination:
            break
        inner = _recognise(found.destination)
        if inner is None:
            break
        found = inner
    if first is None or found is None or found is first:
        return first
    return Tracked(first.mailer, found.destination, found.recipient or first.recipient, found.ends_subscription)


def is_tracked(url: str) -> bool:
    """Whether `url` leads through another mailer's counter and so names the one reader it was sent to."""
    return recognise(url) is not None


def campaign_monitor_number(letters: str) -> int | None:
    """The number that Campaign Monitor writes with letters; None where it isn't one."""
    digits = [_CAMPAIGN_MONITOR_DIGITS.find(letter) for letter in letters.lower()]
    return int("".join(map(str, digits))) if digits and min(digits) >= 0 else None


def tracking_parameters(url: str) -> tuple[str, ...]:
    """The names of the parameters in `url` that only count readers."""
    query = _split(url).query
    names = (name for name, _value in parse_qsl(query, keep_blank_values=True))
    return tuple(dict.fromkeys(name for name in names if _PARAMETER.fullmatch(name)))


def without_tracking(url: str) -> str:
    """`url` without those parameters; the others stay as they were written."""
    parts = _split(url)
    kept = [pair for pair in parts.query.split("&") if not _PARAMETER.fullmatch(unquote(pair.partition("=")[0]))]
    return urlunsplit(parts._replace(query="&".join(kept))) if parts.query else url


_PARAMETER = re.compile(
    r"utm_\w{1,40}|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh"
    r"|mc_cid|mc_eid|_hsenc|_hsmi|__hstc|__hssc|__hsfp|hsCtaTracking|mkt_tok|elqTrackId|elqTrack|vero_id|vero_conv"
    r"|oly_enc_id|oly_anon_id|ck_subscriber_id|_kx|_openstat|wickedid|trk_contact|trk_msg|trk_module|trk_sid"
    r"|ss_email_id|sc_campaign|sc_eh|sc_uid|bsft_\w{1,20}|_bta_\w{1,10}|rb_clickid|cmid|cm_mmc|bta_tid",
    re.IGNORECASE,
)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.hostname
    except ValueError:
        return urlsplit("")
    return parts


def _recognise(url: str) -> Tracked | None:
    url = url.strip()
    if len(url) > _LONGEST or not url.lower().startswith(("http://", "https://")):
        return None
    parts = _split(url)
    host = (parts.hostname or "").rstrip(".")
    if not host:
        return None
    for read in _READERS:
        if (found := read(parts, host)) is not None:
            return found
    return None


# Each reader knows one family. `parts` is the split link, `host` its host in lower case.

_CAMPAIGN_MONITOR_DIGITS = "lryjtidhku"
_CAMPAIGN_MONITOR = re.compile(r"/t/([a-z]{1,2})-([a-z]{1,2})-([a-z]+)-([a-z]+)(?:-([a-z0-9]+))?/?", re.IGNORECASE)


def _read_campaign_monitor(parts: SplitResult, _host: str) -> Tracked | None:
    match = _CAMPAIGN_MONITOR.fullmatch(parts.path)
    if match is None:
        return None
    number = campaign_monitor_number(match[4])
    return Tracked("Campaign Monitor", "", str(number or ""), match[2].lower() == "u")


def _read_mailchimp(parts: SplitResult, host: str) -> Tracked | None:
    if re.search(r"(?:^|\.)list-manage\d*\.com$", host):
        ends = parts.path.startswith("/unsubscribe")
        recipient = dict(parse_qsl(parts.query)).get("e", "")
        if parts.path.startswith("/track/") or recipient or ends:
            return Tracked("Mailchimp", "", recipient, ends)
    if host.endswith("mandrillapp.com") and parts.path.startswith("/track/"):
        return Tracked("Mailchimp Transactional")
    return None


_LISTMONK = re.compile(rf"/link/{_UUID}/{_UUID}/({_UUID})/?", re.IGNORECASE)
_LISTMONK_LEAVE = re.compile(rf"/subscription/(?:optin/)?{_UUID}/({_UUID})/?", re.IGNORECASE)
_GHOST = re.compile(r"/r/[0-9a-f]{6,16}/?", re.IGNORECASE)
_KEILA = re.compile(r"/r/([A-Za-z0-9_=+%-]{8,4000})/([A-Za-z0-9_-]{1,80})/([A-Za-z0-9_=-]{8,200})/?")
_MAUTIC = re.compile(r"/r/[0-9a-f]{20,40}/?", re.IGNORECASE)


def _read_listmonk(parts: SplitResult, _host: str) -> Tracked | None:
    if match := _LISTMONK.fullmatch(parts.path):
        return Tracked("listmonk", "", match[1])
    if match := _LISTMONK_LEAVE.fullmatch(parts.path):
        return Tracked("listmonk", "", match[1], ends_subscription=True)
    return None


def _read_ghost(parts: SplitResult, _host: str) -> Tracked | None:
    member = dict(parse_qsl(parts.query)).get("m", "")
    if _GHOST.fullmatch(parts.path) and re.fullmatch(_UUID, member, re.IGNORECASE):
        return Tracked("Ghost", "", member)
    return None


def _read_keila(parts: SplitResult, _host: str) -> Tracked | None:
    if match := _KEILA.fullmatch(parts.path):
        destination = _address(_unbased(unquote(match[1])))
        return Tracked("Keila", destination, match[2]) if destination else None
    return None


def _read_mautic(parts: SplitResult, _host: str) -> Tracked | None:
    carries = dict(parse_qsl(parts.query)).get("ct", "")
    return Tracked("Mautic") if carries and _MAUTIC.fullmatch(parts.path) else None


# --- Filters that wrap every link of a mailbox. Their links name the mailbox, and most hold the destination.

_PARAMETER_WRAPPERS: tuple[tuple[str, re.Pattern[str], re.Pattern[str], str], ...] = tuple(
    (name, re.compile(host), re.compile(path, re.IGNORECASE), parameter)
    for name, host, path, parameter in (
        ("Microsoft SafeLinks", r"(?:^|\.)safelinks\.protection\.(?:outlook|office365)\.(?:com|us|cn)$", r"/", "url"),
        ("Microsoft SafeLinks", r"^statics\.teams\.cdn\.office\.net$", r"/evergreen-assets/safelinks/", "url"),
        ("Proofpoint", r"(?:^|\.)urldefense\.(?:proofpoint\.)?com$", r"/v1/url", "u"),
        ("Barracuda", r"(?:^|\.)linkprotect\.cudasvc\.com$", r"/url", "a"),
        ("Trend Micro", r"(?:^|\.)trendmicro\.(?:com|eu)$", r"/wis/clicktime/", "url"),
        ("FireEye", r"^protect\d?\.fireeye\.com$", r"/(?:v\d/)?url", "u"),
        ("Symantec", r"^clicktime\.symantec\.com$", r"/", "u"),
        ("Cloudflare", r"(?:^|\.)cloudflare\.net$", r"/v1/url", "u"),
        ("Google", r"^(?:www\.)?google\.[a-z.]{2,6}$", r"/url$", "q"),
        ("Google", r"^(?:www\.)?google\.[a-z.]{2,6}$", r"/url$", "url"),
        ("Facebook", r"^lm?\.facebook\.com$|^l\.instagram\.com$", r"/", "u"),
        ("LinkedIn", r"(?:^|\.)linkedin\.com$", r"/(?:redir|safety)", "url"),
        ("QQ Mail", r"^mail\.qq\.com$", r"/cgi-bin/(?:mail_spam|readtemplate|check_url)", "url"),
        ("Zhihu", r"^link\.zhihu\.com$", r"/", "target"),
    )
)


_ALWAYS = frozenset({"Microsoft SafeLinks", "Barracuda", "Trend Micro"})
"""Filters whose links are theirs even where the destination can't be read."""


def _read_wrapper(parts: SplitResult, host: str) -> Tracked | None:
    for name, hosts, paths, parameter in _PARAMETER_WRAPPERS:
        if hosts.search(host) and paths.match(parts.path or "/"):
            values = dict(parse_qsl(parts.query.replace("&amp;", "&")))
            if destination := _address(values.get(parameter, "")):
                return Tracked(name, destination)
            if name in _ALWAYS:
                return Tracked(name)
    return None


_PROOFPOINT_HOST = re.compile(r"(?:^|\.)urldefense\.(?:proofpoint\.)?(?:com|us)$")
_PROOFPOINT_V3 = re.compile(r"/v3/__(.+?)__;([^!]*)!", re.DOTALL)
_RUN = re.compile(r"\*(?:\*(.))?")
_RUN_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _read_proofpoint(parts: SplitResult, host: str) -> Tracked | None:
    if not _PROOFPOINT_HOST.search(host):
        return None
    if parts.path.startswith("/v2/url"):
        wrapped = dict(parse_qsl(parts.query.replace("&amp;", "&"))).get("u", "")
        return Tracked("Proofpoint", _address(unquote(wrapped.translate({ord("-"): "%", ord("_"): "/"}))))
    if parts.path.startswith("/v3/"):
        whole = (
            parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
        )
        return Tracked("Proofpoint", _proofpoint_v3(whole))
    return None


def _proofpoint_v3(path: str) -> str:
    """The address between `__` and `__;`: a `*` in it stands for a character, `**` and a letter for several."""
    match = _PROOFPOINT_V3.match(path)
    if match is None:
        return ""
    hidden = iter(_unbased(match[2]))

    def reveal(run: re.Match[str]) -> str:
        length = _RUN_LENGTHS.find(run[1]) + 2 if run[1] else 1
        return "".join(next(hidden, "") for _ in range(length))

    address = _RUN.sub(reveal, unquote(match[1]))
    return _address(re.sub(r"^(https?):/(?=[^/])", r"\1://", address))


_MIMECAST = re.compile(r"(?:^|\.)(?:mimecast\.com|mimecastprotect\.com)$")


def _read_other_filters(parts: SplitResult, host: str) -> Tracked | None:
    if _MIMECAST.search(host) and parts.path.startswith(("/s/", "/r/")):
        return Tracked("Mimecast")
    if host == "secure-web.cisco.com":
        return Tracked("Cisco", _address(unquote(parts.path.rpartition("/")[2])))
    if host.endswith(".protection.sophos.com"):
        return Tracked("Sophos", _address(_unbased(dict(parse_qsl(parts.query)).get("u", ""))))
    if host.endswith(".awstrack.me") and (match := re.match(r"/L\d/([^/]+)/", parts.path)):
        return Tracked("Amazon SES", _address(unquote(match[1])))
    return None


# --- Mailers that are known by their host or by the shape of a path, and tell nothing more.

_OPAQUE: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (name, re.compile(host), re.compile(path))
    for name, host, path in (
        ("SendGrid", r"", r"/(?:ls|wf)/click"),
        ("HubSpot", r"\.hubspotlinks\.com$|\.hs-sales-engage\.com$|^t\.sidekickopen\d*\.com$", r"/"),
        ("Brevo", r"\.sendib(?:t|m)\d*\.(?:com|net)$|\.sendinblue\.com$", r"/(?:mk|tr)/|/[a-z]{2}/[a-z]{2}/|/track"),
        ("Constant Contact", r"(?:^|\.)rs6\.net$", r"/"),
        ("Mailjet", r"\.mjt\.lu$", r"/"),
        ("Salesforce", r"\.exct\.net$|\.pardot\.com$|\.exacttarget\.com$", r"/"),
        ("MailerLite", r"^clicks?\.mlsend\d*\.com$|^click\.mailerlite\.com$|\.ml-?links?\.com$", r"/"),
        ("ActiveCampaign", r"\.acemln[a-z]\.com$|\.activehosted\.com$|\.emlnk\d*\.com$", r"/(?:lt|proc)\.php|/lt/"),
        ("Klaviyo", r"(?:^|\.)klclick\d*\.com$|^trk\.klaviyomail\.com$|^manage\.kmail-lists\.com$", r"/"),
        ("Substack", r"(?:^|\.)substack\.com$", r"/redirect/"),
        ("Substack", r"^email\.(?:mg\d*\.)?substack\.com$", r"/c/"),
        ("ConvertKit", r"\.convertkit-mail\d*\.com$|\.ck\.page$", r"/c/|/[a-z0-9]{12,}/"),
        ("beehiiv", r"^link\.mail\.beehiiv\.com$", r"/"),
        ("Customer.io", r"^(?:e|track)\.customeriomail\.com$|^e\.customerio", r"/e/c/"),
        ("Emma", r"^t\.e2ma\.net$", r"/click"),
        ("Campaign Monitor", r"\.(?:createsend\d*|cmail\d+)\.com$", r"/t/"),
    )
)  # fmt: skip
_COUNTER = re.compile(r"/(?:c|ct)/(?=[^/?]*\d)(?=[^/?]*[A-Z])[^/?.]{24,}")


def _read_opaque(parts: SplitResult, host: str) -> Tracked | None:
    for name, hosts, paths in _OPAQUE:
        if hosts.search(host) and paths.match(parts.path or "/"):
            return Tracked(name, "", "", "unsub" in parts.path.lower())
    return Tracked("a mailer") if _COUNTER.match(parts.path) else None


_READERS: tuple[Callable[[SplitResult, str], Tracked | None], ...] = (
    _read_campaign_monitor,
    _read_mailchimp,
    _read_listmonk,
    _read_ghost,
    _read_keila,
    _read_mautic,
    _read_wrapper,
    _read_proofpoint,
    _read_other_filters,
    _read_opaque,
)


def _unbased(text: str) -> str:
    """What `text` says in base64, of either alphabet and with or without padding; empty where it is none."""
    text = text.strip().replace("+", "-").replace("/", "_").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _address(text: str) -> str:
    """`text` where it is a whole web address, else empty."""
    text = text.strip()
    if not text.lower().startswith(("http://", "https://")) or re.search(r"[\s<>\"\x00-\x1f\x7f]", text):
        return ""
    return text if _split(text).hostname else ""
