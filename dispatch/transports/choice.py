"""Which transport the settings ask for: a provider's API where ESP is set, else the server of SMTP_URL."""

from __future__ import annotations

from django.conf import settings

from dispatch.transports.base import Transport
from dispatch.transports.smtp import DOT_LIMIT, SmtpServer, SmtpTransport


def make_transport(*, patience: float | None = None) -> Transport:
    """A transport of its own for whoever asks. `patience`: seconds that an answer may take, where somebody waits."""
    if settings.ESP is not None:
        from dispatch.transports.esp import ANSWER_TIMEOUT, EspTransport

        return EspTransport(settings.ESP, patience=patience or ANSWER_TIMEOUT)
    return SmtpTransport(SmtpServer.from_url(settings.SMTP_URL), patience=patience or DOT_LIMIT)
