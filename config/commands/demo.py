"""`circular demo`: from nothing to a sent issue, then everything stays up.

Run again, it keeps what there is: an issue that was sent is not sent twice, and one whose dispatch was cut
short is finished.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config.commands.up import House, go_on, house, parser, print_addresses
from config.inbox import arrivals
from config.instance import InstanceError, own_secrets
from config.processes import ProcessEnded

if TYPE_CHECKING:
    from dispatch.models import Dispatch

STUCK_AFTER = 180.0  # seconds without any progress: something is wrong that waiting does not mend


def main(arguments: list[str]) -> int:
    options = parser("circular demo", "Everything from nothing to a sent issue.")
    options.add_argument(
        "file", nargs="?", type=Path, help="a file to import and send instead: .txt .md .html .docx .pptx .pdf"
    )
    options.add_argument("--once", action="store_true", help="stop when the dispatch is finished; report as JSON")
    chosen = options.parse_args(arguments)
    data = _read(chosen.file) if chosen.file else None
    try:
        with house(port=chosen.port, show=False) as up:
            return _run(up, data, chosen.file, once=chosen.once)
    except ProcessEnded as error:
        print(f"circular demo: {error}", file=sys.stderr)
        return 1


def _read(path: Path) -> bytes:
    """The file, checked before anything is started."""
    from composer.importing.decoding import decode
    from composer.importing.errors import ImportRefused
    from composer.importing.formats import identify

    try:
        data = path.read_bytes()
        if identify(data, name=path.name).is_plain:
            decode(data, name=path.name)
    except OSError as error:
        raise InstanceError(f"{path} can't be read: {error.strerror}.") from error
    except ImportRefused as error:
        raise InstanceError(str(error)) from error
    return data


def _run(up: House, text: bytes | None, path: Path | None, *, once: bool) -> int:
    from config.sample.desk_users import DESK_USERS, make_desk_users
    from config.sample.load import SampleError, load_sample, sent_issue

    try:
        load_sample()
        password = own_secrets(up.data)["roles_password"]
        make_desk_users(password)
        go_on(up.stop)
        dispatch = sent_issue(text, name=path.name if path else "")
    except SampleError as error:
        print(f"circular demo: {error}", file=sys.stderr)
        return 1
    _follow(up, dispatch)
    up.wait_for_web()
    if once:
        up.processes.stop()  # first, so that nothing leaves after it was counted
        report = _report(up, dispatch)
        status = 0 if report.pop("complete") else 1
        print(json.dumps(report, ensure_ascii=False), flush=True)
        return status
    if not up.stop.is_set():
        print_addresses(up, f"  or, by role        {', '.join(DESK_USERS)}, each with the password {password}")
        up.wait()
    return 0


def _follow(up: House, dispatch: Dispatch) -> None:
    """Wait until the dispatch has ended, saying how far it is when that changes."""
    from dispatch.progress import progress_of

    said, moved = "", time.monotonic()
    while True:
        dispatch.refresh_from_db()
        progress = progress_of(dispatch)
        line = f"“{dispatch.issue_title}”: {progress.counts['accepted']} of {progress.audience} letters accepted"
        if line != said:
            print(line, flush=True)
            said, moved = line, time.monotonic()
        if dispatch.state in {"finished", "cancelled", "paused"} or up.stop.is_set():
            if dispatch.state == "paused":
                print(f"The dispatch is paused: {dispatch.state_reason or 'by an operator'}", flush=True)
            return
        if time.monotonic() - moved > STUCK_AFTER:
            print(f"Nothing has moved for {STUCK_AFTER:.0f} s. The logs: {up.processes.logs}", file=sys.stderr)
            return
        up.processes.check()
        up.stop.wait(0.2)


def _report(up: House, dispatch: Dispatch) -> dict[str, object]:
    """What ONCE prints; `complete` says whether every planned letter is in the inbox exactly once."""
    from dispatch.headers import address_in_ascii
    from dispatch.letter import message_id
    from dispatch.models import Delivery
    from dispatch.progress import progress_of

    dispatch.refresh_from_db()
    progress = progress_of(dispatch)
    planned = Delivery.objects.filter(dispatch=dispatch).exclude(state="excluded")
    key, domain = bytes(dispatch.message_key), address_in_ascii(dispatch.sender_address).rpartition("@")[2]
    wanted = [
        message_id(key, subscriber, domain)
        for subscriber in planned.values_list("subscriber_id", flat=True)
        if subscriber
    ]
    found = arrivals(up.data / "inbox") if up.with_inbox else None
    in_inbox = sum(found[name] for name in wanted) if found is not None else None
    if found is None:
        print("SMTP_URL or ESP is set: the letters went there, and nobody can count them here.", file=sys.stderr)
    return {
        "issue": dispatch.issue_title,
        "audience": progress.audience,
        "accepted": progress.counts["accepted"],
        "failed": progress.counts["failed"],
        "unknown": progress.counts["unknown"],
        "excluded": progress.counts["excluded"],
        "in_inbox": in_inbox,
        "variants": progress.variants,
        "seconds": round(progress.seconds, 2),
        "complete": dispatch.state == "finished"
        and found is not None
        and len(wanted) == planned.count()
        and all(found[name] == 1 for name in wanted),
    }
