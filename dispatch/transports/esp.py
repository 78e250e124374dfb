"""Letters over a provider's API, with the outcomes of SMTP: how far each came is told truly.

Nothing is repeated here and no redirect is followed, since a second request would be a second letter. What the HTTP
library cannot say, `departure` can: whether the request left. A request that left whole and got no answer that can be
read is in doubt.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from anymail.exceptions import (
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from django.utils.module_loading import import_string

from dispatch.transports import esp_answers
from dispatch.transports.addresses import WITHOUT_SMTPUTF8, needs_smtputf8, refused_envelope
from dispatch.transports.base import Envelope, SendResult, Stage
from dispatch.transports.departure import Departure, TellingAdapter, WithheldError
from dispatch.transports.esp_letter import UnfitLetterError, message_of
from dispatch.transports.providers import EspAccount

CONNECT_TIMEOUT = 30.0  # seconds
ANSWER_TIMEOUT = 120.0  # seconds
IDLE = 4.0  # seconds after which a kept connection may have been closed by the provider: a new one leaves no doubt
UNFORESEEN = (TypeError, ValueError, LookupError, AttributeError, RecursionError)


class EspTransport:
    """One kept connection to one provider. Not thread-safe: one per thread.

    `patience` is the most that any answer may take, in seconds, where somebody waits for the outcome.
    """

    def __init__(self, account: EspAccount, *, patience: float = ANSWER_TIMEOUT) -> None:
        self.account = account
        self.patience = patience
        self._departure = Departure()
        self._backend: Any = import_string(account.backend)(
            timeout=(min(CONNECT_TIMEOUT, patience), min(ANSWER_TIMEOUT, patience))
        )
        self._used = 0.0
        self._strange = ""  # what was answered by somebody who isn't the provider

    @property
    def peer(self) -> str:
        """Who answers."""
        return urlsplit(self._backend.api_url).hostname or self.account.provider.name

    def send(
        self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool], following: Envelope | None = None
    ) -> SendResult:
        if (refused := self._estranged() or refused_envelope(envelope)) is not None:
            return refused
        if needs_smtputf8(envelope):
            return WITHOUT_SMTPUTF8
        try:
            message = message_of(envelope, data, self.account.provider)
        except UnfitLetterError as error:
            return esp_answers.unfit(str(error))
        return self._post(message, envelope, may_send)

    def _post(self, message: Any, envelope: Envelope, may_send: Callable[[], bool]) -> SendResult:
        self._open()
        self._departure.expects(may_send)
        try:
            self._backend.send_messages([message])
        except WithheldError:
            self.close()
            return SendResult(Stage.DATA, withheld=True)
        except AnymailRecipientsRefused as error:
            return self._not_taken(message, error.response, envelope)
        except AnymailRequestsAPIError as error:
            if error.response is None:
                return self._lost(error)
            return self._refused(error.response, envelope, what=str(error.args[0]) if error.args else "")
        except AnymailInvalidAddress as error:
            return esp_answers.not_taken("invalid", str(error.args[0]), envelope.recipient)
        except AnymailError as error:  # the API has no words for something in the letter, and so for any other letter
            return esp_answers.of_all_letters(str(error.args[0]))
        except UNFORESEEN as error:  # JSON of a form that anymail takes for granted not to come
            if self._departure.began:
                return self._lost(error)
            return esp_answers.of_all_letters(f"{type(error).__name__}: {error}")
        finally:
            self._used = time.monotonic()
        return self._taken(message, envelope)

    def close(self) -> None:
        self._backend.close()

    def _open(self) -> None:
        if self._used and time.monotonic() - self._used > IDLE:
            self.close()
        if self._backend.open():
            session = self._backend.session
            adapter = TellingAdapter(self._departure)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            session.request = functools.partial(session.request, allow_redirects=False)

    def _taken(self, message: Any, envelope: Envelope) -> SendResult:
        status = message.anymail_status
        states = status.status or set()
        if states and states <= {"queued", "sent"}:
            return esp_answers.accepted(" and ".join(sorted(states)), str(status.message_id))
        if states == {"failed"}:
            return self._refused(status.esp_response, envelope, even_2xx=True)
        return self._refused(status.esp_response, envelope)  # a 2xx that says nothing of this recipient

    def _not_taken(self, message: Any, response: Any, envelope: Envelope) -> SendResult:
        states = message.anymail_status.status
        if not states:
            return self._refused(response, envelope)  # anymail takes silence about the recipient for a refusal
        status = "invalid" if states == {"invalid"} else "rejected"
        return esp_answers.not_taken(status, response.text, envelope.recipient)

    def _refused(self, response: Any, envelope: Envelope, *, what: str = "", even_2xx: bool = False) -> SendResult:
        status = int(response.status_code)
        if even_2xx and 200 <= status < 300:
            status = 400  # the answer says by itself that the letter won't be sent
        words = f"{what} {response.text}".strip()
        if 200 <= status < 300 and "json" not in response.headers.get("Content-Type", "json").lower():
            self._strange = " ".join(words.split())[: esp_answers.LONGEST_WORDS]
        retry_after = response.headers.get("Retry-After", "")
        return esp_answers.refused(status, words, envelope.recipient, retry_after=retry_after)

    def _estranged(self) -> SendResult | None:
        """One letter went to whoever answers there, and is in doubt. No other one follows before a person looked."""
        if not self._strange:
            return None
        words, self._strange = self._strange, ""
        return esp_answers.of_all_letters(f"This is no answer of {self.account.provider.title}: {words}")

    def _lost(self, error: Exception) -> SendResult:
        """No answer. Before the first byte, or with a part of the body only, the provider cannot have the letter."""
        self.close()
        cause = error.__cause__ or error
        words = f"{type(cause).__name__}: {cause}"[: esp_answers.LONGEST_WORDS]
        if not self._departure.began:
            return SendResult(Stage.CONNECT, error=words)
        return SendResult(Stage.DOT if self._departure.is_whole else Stage.DATA, error=words)
