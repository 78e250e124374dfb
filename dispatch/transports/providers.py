"""The providers that letters may leave by through their API, and what each of them has to be told. Pure.

The names are those of django-anymail. Only providers are here that carry our headers and our token, report back by
webhook, and need no further package; the others have an SMTP server, and SMTP_URL does for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SHORTEST_SECRET = 16  # characters of WEBHOOK_SECRET's password


class EspError(ValueError):
    """A provider that cannot be used as it is set; the message says what was expected and shows no secret."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`name` is anymail's. `signed_by` is the setting whose key signs its webhooks; without one, WEBHOOK_SECRET does.

    `hushes`: opens and clicks are left alone letter by letter; elsewhere it is a switch of the account.
    `adds` are headers that it wants to see; `refuses` are headers (in lower case) that it won't take from us.
    """

    name: str
    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    signed_by: str = ""
    must_sign: bool = False
    hushes: bool = True
    needs_html: bool = False
    adds: tuple[tuple[str, str], ...] = ()
    refuses: frozenset[str] = frozenset()

    @property
    def view(self) -> str:
        """The name of anymail's class that reads its webhooks."""
        return f"{self.title}{'Combined' if self.name == 'mandrill' else 'Tracking'}WebhookView"

    @property
    def known(self) -> tuple[str, ...]:
        """Every setting that it has, the required ones first."""
        api_url = f"{self.name.upper()}_API_URL"
        return (*self.required, *self.optional, *filter(None, (self.signed_by,)), api_url, "WEBHOOK_SECRET")


PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider("brevo", "Brevo", ("BREVO_API_KEY",), hushes=False, needs_html=True),
        Provider(
            "mailgun",
            "Mailgun",
            ("MAILGUN_API_KEY",),
            ("MAILGUN_SENDER_DOMAIN",),
            signed_by="MAILGUN_WEBHOOK_SIGNING_KEY",
            must_sign=True,
        ),
        Provider(
            "mailjet",
            "Mailjet",
            ("MAILJET_API_KEY", "MAILJET_SECRET_KEY"),
            refuses=frozenset({"message-id", "list-id", "date"}),
        ),
        Provider("mailtrap", "Mailtrap", ("MAILTRAP_API_TOKEN",), signed_by="MAILTRAP_TRACKING_SECRET", hushes=False),
        Provider(
            "mandrill",
            "Mandrill",
            ("MANDRILL_API_KEY",),
            ("MANDRILL_WEBHOOK_URL",),
            signed_by="MANDRILL_WEBHOOK_KEY",
            must_sign=True,
        ),
        Provider(
            "postmark",
            "Postmark",
            ("POSTMARK_SERVER_TOKEN",),
            ("POSTMARK_MESSAGE_STREAM",),
            adds=(("X-PM-KeepID", "true"),),
        ),
        Provider("resend", "Resend", ("RESEND_API_KEY",), hushes=False),
        Provider("sparkpost", "SparkPost", ("SPARKPOST_API_KEY",), ("SPARKPOST_SUBACCOUNT",)),
    )
}


@dataclass(frozen=True, slots=True)
class EspAccount:
    """A provider with what the deployer set for it."""

    provider: Provider
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)  # secrets are among them

    @property
    def backend(self) -> str:
        """The dotted name of anymail's backend."""
        return f"anymail.backends.{self.provider.name}.EmailBackend"

    def anymail(self, *, base_url: str, timeout: float) -> dict[str, Any]:
        """Django's ANYMAIL setting. `timeout` (seconds) is for mail that somebody waits for."""
        made: dict[str, Any] = {**self.settings, "REQUESTS_TIMEOUT": timeout}
        if self.provider.hushes:
            made["SEND_DEFAULTS"] = {"track_opens": False, "track_clicks": False}
        if self.provider.name == "mandrill":  # it signs the address that it calls
            made.setdefault("MANDRILL_WEBHOOK_URL", f"{base_url}/hooks/esp/mandrill/")
        return made

    @property
    def lacks_for_webhooks(self) -> str:
        """What is missing before its webhooks may be believed; empty if nothing is."""
        signed_by = self.provider.signed_by
        if signed_by in self.settings or ("WEBHOOK_SECRET" in self.settings and not self.provider.must_sign):
            return ""
        wanted = signed_by if self.provider.must_sign else " or ".join(filter(None, (signed_by, "WEBHOOK_SECRET")))
        return (
            f"Bounces and complaints that {self.provider.title} reports are refused, since anybody could send them: "
            f"set {wanted} in ESP_SETTINGS."
        )


def provider_name(raw: str) -> str:
    """`raw` if it names a provider or nothing; EspError with the names that it could be."""
    if raw and raw not in PROVIDERS:
        raise EspError(f"expected one of {', '.join(PROVIDERS)}; for any other, set SMTP_URL to its SMTP server")
    return raw


def esp_settings(raw: str) -> dict[str, str]:
    """The JSON object of ESP_SETTINGS; EspError, without what was in it, for anything else."""
    expected = 'expected a JSON object of names and texts, such as {"POSTMARK_SERVER_TOKEN": "…"}'
    if not raw:
        return {}
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise EspError(expected) from error
    if not isinstance(found, dict) or not all(isinstance(value, str) and value.strip() for value in found.values()):
        raise EspError(expected)
    return found


def account(name: str, settings: Mapping[str, str]) -> EspAccount:
    """The provider `name` with its `settings`; EspError says which is missing, unknown or unfit."""
    provider = PROVIDERS[name]
    missing = [key for key in provider.required if key not in settings]
    if missing:
        raise EspError(f"{' and '.join(missing)} must be in ESP_SETTINGS for {provider.title}")
    if unknown := [key for key in settings if key not in provider.known]:
        raise EspError(
            f"ESP_SETTINGS has {unknown[0]!r}, which is none of {provider.title}'s: {', '.join(provider.known)}"
        )
    if unfit := [key for key, value in settings.items() if not re.fullmatch(r"[\x21-\x7e]+", value)]:
        raise EspError(f"{unfit[0]} in ESP_SETTINGS has a space or a character that is not ASCII")
    api_url = settings.get(f"{name.upper()}_API_URL")
    if api_url is not None and not _is_safe(api_url):
        raise EspError(f"{name.upper()}_API_URL in ESP_SETTINGS must begin with https://")
    secret = settings.get("WEBHOOK_SECRET")
    if secret is not None and not re.fullmatch(rf"[^:\s]+:\S{{{_SHORTEST_SECRET},}}", secret):
        raise EspError(
            "WEBHOOK_SECRET in ESP_SETTINGS must be user:password, the password of"
            f" {_SHORTEST_SECRET} characters or more"
        )
    return EspAccount(provider, dict(settings))


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )
