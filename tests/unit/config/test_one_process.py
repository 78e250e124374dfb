"""The processes take no arguments, and none is passed over in silence."""

import pytest

from config.commands import one_process

PROCESSES = ["web", "worker", "housekeeping", "beat", "receiver", "inbox"]


@pytest.mark.parametrize("name", PROCESSES)
def test_argument_of_a_process_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert getattr(one_process, name)(["--port", "5"]) == 2
    assert f"circular {name}: it takes no arguments, and was given --port 5." in capsys.readouterr().err


@pytest.mark.parametrize("name", PROCESSES)
def test_help_of_a_process_says_what_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert getattr(one_process, name)(["--help"]) == 0
    assert capsys.readouterr().out.startswith(f"circular {name}: ")
