"""What the environment says of a provider, and what is said of it at the start."""

from __future__ import annotations

import pytest

from config import env

SETTINGS = '{"POSTMARK_SERVER_TOKEN": "the-secret-token"}'


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ESP", "ESP_SETTINGS", "SMTP_URL"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_provider_there_is_none() -> None:
    assert env.esp() is None


def test_a_provider_with_what_it_needs_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESP", "postmark")
    monkeypatch.setenv("ESP_SETTINGS", SETTINGS)
    env.check()
    account = env.esp()
    assert account is not None
    assert (account.provider.title, account.settings["POSTMARK_SERVER_TOKEN"]) == ("Postmark", "the-secret-token")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"ESP": "postmrk"}, "ESP is set to 'postmrk': expected one of brevo"),
        ({"ESP": "postmark"}, "ESP is postmark: POSTMARK_SERVER_TOKEN must be in ESP_SETTINGS"),
        ({"ESP": "postmark", "ESP_SETTINGS": SETTINGS[:-1]}, "ESP_SETTINGS can’t be used: expected a JSON object"),
        ({"ESP_SETTINGS": SETTINGS}, "set ESP to the provider's name"),
        ({"ESP": "postmark", "ESP_SETTINGS": SETTINGS, "SMTP_URL": "smtp://relay.example"}, "are both set"),
    ],
)
def test_what_does_not_fit_is_said_at_the_start_without_the_secrets(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], said: str
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(env.Misconfigured) as caught:
        env.check()
    assert said in str(caught.value)
    assert "the-secret-token" not in str(caught.value)
