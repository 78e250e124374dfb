"""Django's own mail (invitations, passwords, Wagtail's notices), over the server that letters leave by."""

from __future__ import annotations

from django.core.mail.backends.smtp import EmailBackend


class Backend(EmailBackend):
    """Says ConnectionError whatever stands in the way of a connection: from that, Wagtail goes on without its mail."""

    def open(self) -> bool | None:
        try:
            return super().open()
        except OSError as error:  # smtplib's own errors are among them
            raise ConnectionError(f"{type(error).__name__}: {error}") from error
