"""Django's own mail (invitations, passwords, Wagtail's notices), over the server or provider that letters leave by."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from html import escape
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from requests import RequestException

from dispatch.transports.server import SmtpServer
from dispatch.transports.session import tls_context


class Backend(EmailBackend):
    """Says ConnectionError whatever stands in the way of a connection: from that, Wagtail goes on without its mail."""

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return tls_context(SmtpServer.from_url(settings.SMTP_URL).cafile)

    def open(self) -> bool | None:
        try:
            return super().open()
        except OSError as error:  # smtplib's own errors are among them
            raise ConnectionError(f"{type(error).__name__}: {error}") from error


class ProviderBackend(BaseEmailBackend):
    """The same over the API of the provider that ESP names."""

    def __init__(self, fail_silently: bool = False, **_more: Any) -> None:
        super().__init__(fail_silently=bool(fail_silently))
        if settings.ESP is None:
            raise ImproperlyConfigured("ESP is not set.")
        self._account = settings.ESP
        self._backend = import_string(self._account.backend)()

    def open(self) -> bool | None:
        return bool(self._backend.open())

    def close(self) -> None:
        self._backend.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        needs_html = self._account.provider.needs_html
        messages = [_with_html(message) if needs_html else message for message in email_messages]
        try:
            return int(self._backend.send_messages(messages))
        except RequestException as error:
            if self.fail_silently:
                return 0
            raise ConnectionError(f"{self._account.provider.title}: {type(error).__name__}: {error}") from error


def _with_html(message: EmailMessage) -> EmailMessage:
    """The same text as HTML beside it, where a message has none."""
    if isinstance(message, EmailMultiAlternatives) and message.content_subtype == "plain" and not message.alternatives:
        message.attach_alternative(f'<pre style="white-space:pre-wrap">{escape(str(message.body))}</pre>', "text/html")
    return message
