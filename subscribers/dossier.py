"""All that is held on a person, as plain data: nothing is left out because it is old or awkward."""

from __future__ import annotations

from typing import Any

from subscribers.models import Consent, ConsentText, CustomField, Subscriber, Suppression


def dossier_of(person: Subscriber) -> dict[str, Any]:
    """What this package holds; dates and times are Python's own, everything else is JSON.

    `subscriptions`, `consents` and `requests` name a bulletin by its key alone.
    """
    return {
        "person": _person(person),
        "affiliations": [
            {
                "role": each.get_role_display(),
                "programme": each.get_programme_display(),
                "organisation": each.organisation.name if each.organisation else "",
                "country": each.country,
                "from": each.since,
                "until": each.until,
            }
            for each in person.affiliations.select_related("organisation").order_by("pk")
        ],
        "topics": [
            each.topic.name_in(person.language) for each in person.interests.select_related("topic").order_by("pk")
        ],
        "subscriptions": [
            {
                "bulletin": str(each.bulletin_key),
                "state": each.get_state_display(),
                "language": each.language or person.language,
                "frequency": each.get_frequency_display(),
                "since": each.changed_at,
            }
            for each in person.subscriptions.order_by("pk")
        ],
        "consents": consents_of(person),
        "requests": [
            {
                "bulletin": str(each.bulletin_key),
                "at": each.requested_at,
                "name": each.name,
                "language": each.language,
                "frequency": each.frequency,
                "topics": each.topics,
                "opens": each.measure_opens,
                "clicks": each.measure_clicks,
                "source": each.source,
                "network_address": each.address,
                "confirmed_at": each.confirmed_at,
                "confirmed_from": each.confirmed_address,
            }
            for each in person.opt_ins.order_by("pk")
        ],
        "letters": [
            {"kind": each.get_kind_display(), "asked_at": each.made_at, "sent_at": each.sent_at}
            for each in person.notices.order_by("pk")
        ],
        "suppression": [
            {"reason": each.get_reason_display(), "note": each.note, "since": each.created_at}
            for each in Suppression.objects.filter(address_hash=person.address_hash)
        ],
    }


def consents_of(person: Subscriber) -> list[dict[str, Any]]:
    """The ledger, oldest first, each entry with the words that were agreed to, where they are known."""
    entries = list(person.consents.order_by("pk"))
    words = ConsentText.objects.in_bulk({each.text_hash for each in entries if each.text_hash})
    return [_entry(each, words) for each in entries]


def _person(person: Subscriber) -> dict[str, Any]:
    labels = dict(CustomField.objects.values_list("key", "label"))
    return {
        "address": person.email,
        "name": person.name,
        "language": person.language,
        "country": person.country,
        "organisation": person.organisation.name if person.organisation else "",
        "number_elsewhere": person.external_id or "",
        "more": {labels.get(key, key): value for key, value in person.custom.items()},
        "known_since": person.created_at,
    }


def _entry(entry: Consent, words: dict[Any, ConsentText]) -> dict[str, Any]:
    return {
        "bulletin": str(entry.bulletin_key),
        "purpose": entry.get_purpose_display(),
        "given": entry.given,
        "at": entry.recorded_at,
        "basis": entry.get_basis_display(),
        "source": entry.source,
        "language": entry.language,
        "network_address": entry.address,
        "words": words[entry.text_hash].text if entry.text_hash in words else "",
    }
