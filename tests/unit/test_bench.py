from __future__ import annotations

import email
import email.policy
import json
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import at_least, at_most, medians_ms, save, table
from bench.render import ITEMS, SEGMENTS, edition
from bench.splice import BASE_URL, LINKS, dispatch_and_variant, naive_letter, recipients
from composer.content import ITEM_KINDS
from dispatch.letter import encode_variant, splice


def test_a_measure_holds_up_to_its_target_and_tells_its_ratio_to_the_ceiling() -> None:
    assert at_most("a", 15.0, "ms", ceiling=1.5, target=15).holds
    assert at_most("a", 15.0, "ms", ceiling=1.5, target=15).ratio == 10
    assert not at_most("a", 15.1, "ms", target=15).holds
    assert at_most("a", 1e9, "ms").holds
    assert at_least("a", 40_000, "rows/s", target=40_000).holds
    assert not at_least("a", 39_999, "rows/s", target=40_000).holds


def test_measures_are_a_table_for_people_and_json_for_machines(tmp_path: Path) -> None:
    measures = [at_most("fast", 1.25, "ms", ceiling=1, target=2), at_most("slow", 1234.5, "ms", target=2)]
    head, fast, slow = table(measures).splitlines()
    assert head.split() == ["measure", "value", "ceiling", "ratio", "target"]
    assert fast.split() == ["fast", "1.25", "ms", "1.00", "1.25", "2.00", "holds"]
    assert slow.split() == ["slow", "1,234", "ms", "2.00", "MISSED"]
    save(measures, tmp_path / "deep" / "bench.json")
    assert json.loads((tmp_path / "deep" / "bench.json").read_text())[0] == {
        "name": "fast", "value": 1.25, "unit": "ms", "ceiling": 1, "ratio": 1.25, "target": 2, "holds": True,
    }  # fmt: skip


def test_only_the_turns_that_count_are_timed_and_each_has_something_new() -> None:
    made = iter(range(100))
    seen: list[int] = []
    value, ceiling = medians_ms(seen.append, lambda: None, lambda: next(made), turns=3)
    assert seen == [0, 1, 2, 3, 4]
    assert value >= 0
    assert ceiling >= 0


def test_the_measured_issue_has_forty_items_of_every_kind_and_differs_by_audience() -> None:
    content = edition("en")
    assert len(list(content.items())) == ITEMS
    assert {item.kind for item in content.items()} == set(ITEM_KINDS)
    assert content.audiences() == frozenset(SEGMENTS)
    assert edition("en", 1) != content


def test_the_spliced_letter_is_of_50_kb_and_thirty_links_and_says_what_the_naive_one_says() -> None:
    dispatch, variant = dispatch_and_variant(merges=False)
    reader = recipients()[0]
    ours = splice(encode_variant(dispatch, variant, base_url=BASE_URL), reader, now=datetime(2026, 3, 5, tzinfo=UTC))
    assert 50_000 <= len(ours) <= 55_000
    texts = []
    for raw in (ours, naive_letter(dispatch, variant, reader)):
        message = email.message_from_bytes(raw, policy=email.policy.default)
        texts.append([part.get_content() for part in message.iter_parts()])
    assert texts[0] == texts[1]
    assert texts[0][1].count("/c/") == LINKS
