"""`circular …`: the demo, the processes, the commands of the product, and any Django command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from config import env

HELP = """Circular composes the bulletins of a network and delivers them.

  circular demo [FILE] [--once] [--port N]   everything from nothing to a sent issue
  circular up [--port N]                     everything, without the sample
  circular import FILE --bulletin SLUG --locale CODE   a bulletin's text as a draft issue
  circular subscribers import FILE           people from a CSV or XLSX; --check for a dry run, --help for the rest
  circular subscribers export FILE           everybody, or a segment, as CSV or XLSX
  circular theme check FOLDER                what is wrong with a theme; else its letters to look at
  circular reconcile [--dispatch N] [--json]  whether every recipient is accounted for, and nobody got two
  circular dkim list | make | check | use | retire   the keys that letters are signed with
  circular doctor                            what is set, what answers, what is missing, for the sender's DNS too
  circular web | worker | housekeeping | beat | receiver | inbox   one process
  circular COMMAND …                         any Django command

The variables it reads are listed by `circular doctor`.
"""

EXIT_WRONG_SETTING = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status. An error that a person can mend is one sentence on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help", "help"}:
        print(HELP, end="")
        return 0
    try:
        env.check()
        env.export({"DJANGO_SETTINGS_MODULE": env.text("DJANGO_SETTINGS_MODULE")})
        return _run(words)
    except env.Misconfigured as error:
        print(f"circular: {str(error).replace(chr(10), chr(10) + 'circular: ')}", file=sys.stderr)
        return EXIT_WRONG_SETTING
    except KeyboardInterrupt:
        return 130


def _run(words: list[str]) -> int:
    from config.commands import demo, dkim, doctor, importing, one_process, reconcile, subscribers, theme, up
    from config.embedded import EmbeddedError
    from config.instance import InstanceError

    own: dict[str, Callable[[list[str]], int]] = {
        "demo": demo.main,
        "up": up.main,
        "import": importing.main,
        "subscribers": subscribers.main,
        "theme": theme.main,
        "reconcile": reconcile.main,
        "dkim": dkim.main,
        "doctor": doctor.main,
        "web": one_process.web,
        "worker": one_process.worker,
        "housekeeping": one_process.housekeeping,
        "beat": one_process.beat,
        "inbox": one_process.inbox,
        "receiver": one_process.receiver,
    }
    try:
        if words[0] in own:
            return own[words[0]](words[1:])
        return _django(words)
    except (EmbeddedError, InstanceError) as error:
        print(f"circular: {error}", file=sys.stderr)
        return 1


def _django(words: list[str]) -> int:
    from django.core.management import execute_from_command_line

    from config.instance import servers

    with servers():
        execute_from_command_line(["circular", *words])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
