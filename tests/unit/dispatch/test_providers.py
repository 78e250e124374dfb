"""What a deployer sets for a provider, and what is said of mistakes."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from dispatch.transports.providers import PROVIDERS, EspAccount, EspError, account, esp_settings, provider_name

SECRET = "hooks:a-password-of-some-length"


def complete(name: str, **more: str) -> EspAccount:
    return account(name, dict.fromkeys(PROVIDERS[name].required, "key") | more)


@pytest.mark.parametrize("name", PROVIDERS)
def test_anymail_knows_every_provider_and_all_their_settings(name: str, settings: object) -> None:
    settings.ANYMAIL = complete(name, WEBHOOK_SECRET=SECRET).anymail(base_url="https://c.example", timeout=5)  # type: ignore[attr-defined]
    backend = import_module(f"anymail.backends.{name}").EmailBackend()
    assert backend.timeout == 5
    assert hasattr(import_module(f"anymail.webhooks.{name}"), PROVIDERS[name].view)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_watches_nobody_where_it_can_be_told(name: str) -> None:
    anymail = complete(name).anymail(base_url="https://c.example", timeout=5)
    defaults = anymail.get("SEND_DEFAULTS")
    assert defaults == ({"track_opens": False, "track_clicks": False} if PROVIDERS[name].hushes else None)


def test_an_unknown_provider_is_told_the_names_and_the_other_way() -> None:
    with pytest.raises(EspError, match=r"expected one of brevo, .* set SMTP_URL"):
        provider_name("amazon_ses")


@pytest.mark.parametrize(
    "raw", ["{", "[]", '"key"', '{"A": 1}', '{"A": ""}', '{"A": {"B": "secret-value"}}', "secret-value"]
)
def test_settings_that_are_no_names_and_texts_are_refused_without_showing_them(raw: str) -> None:
    with pytest.raises(EspError, match="expected a JSON object") as caught:
        esp_settings(raw)
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("mailjet", {}, "MAILJET_API_KEY and MAILJET_SECRET_KEY must be in ESP_SETTINGS"),
        ("postmark", {"POSTMARK_SERVER_TOKEN": "t", "POSTMARK_TOKEN": "t"}, "has 'POSTMARK_TOKEN'"),
        ("resend", {"RESEND_API_KEY": "t", "RESEND_API_URL": "http://api.example/"}, "must begin with https://"),
        ("resend", {"RESEND_API_KEY": "t\n"}, "RESEND_API_KEY in ESP_SETTINGS has a space"),
        ("resend", {"RESEND_API_KEY": "clé"}, "RESEND_API_KEY in ESP_SETTINGS has a space"),
        ("resend", {"RESEND_API_KEY": "t", "RESEND_API_URL": "https://["}, "must begin with https://"),
        ("resend", {"RESEND_API_KEY": "t", "WEBHOOK_SECRET": "hooks:short"}, "must be user:password"),
        ("resend", {"RESEND_API_KEY": "t", "WEBHOOK_SECRET": "nothing-to-part-it-with"}, "must be user:password"),
    ],
)
def test_a_setting_that_is_missing_unknown_or_unfit_is_named(name: str, settings: dict[str, str], said: str) -> None:
    with pytest.raises(EspError, match=said.replace("'", ".")):
        account(name, settings)


@pytest.mark.parametrize("name", PROVIDERS)
def test_webhooks_are_believed_only_with_a_key_or_a_secret(name: str) -> None:
    provider = PROVIDERS[name]
    assert "ESP_SETTINGS" in complete(name).lacks_for_webhooks
    assert bool(complete(name, WEBHOOK_SECRET=SECRET).lacks_for_webhooks) is provider.must_sign
    if provider.signed_by:
        assert not complete(name, **{provider.signed_by: "key"}).lacks_for_webhooks


def test_no_secret_stands_in_what_is_printed_of_an_account() -> None:
    assert "key" not in repr(complete("resend"))


def test_settings_come_back_as_they_were() -> None:
    assert esp_settings(json.dumps({"A": "ü"})) == {"A": "ü"}
    assert esp_settings("") == {}
