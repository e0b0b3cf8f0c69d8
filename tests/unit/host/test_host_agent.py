"""A guest asked by way of its agent; the agent here is a shell on this computer."""

import base64
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from testbed.guest import Command, CommandTimeout, Script
from testbed.host import AgentGuest


class Shell:
    """A host whose machine's agent runs what it is asked to, here, and is slow to say so."""

    def __init__(self, *, ends: bool = True) -> None:
        self.ends = ends
        self.asked: list[str] = []
        self.done: dict[str, Any] = {}

    def agent(self, domain: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request["execute"])
        given = request["arguments"]
        if request["execute"] == "guest-exec":
            self._run([given["path"], *given["arg"]], base64.b64decode(given["input-data"]))
            return {"return": {"pid": 7}}
        assert given == {"pid": 7}
        late = self.ends and self.asked.count("guest-exec-status") > 1
        return {"return": {"exited": True, **self.done} if late else {"exited": False}}

    def _run(self, argv: list[str], heard: bytes) -> None:
        ran = subprocess.run(argv, input=heard, capture_output=True, check=False)
        self.done = {"exitcode": ran.returncode}
        for name, printed in {"out-data": ran.stdout, "err-data": ran.stderr}.items():
            if printed:
                self.done[name] = base64.b64encode(printed).decode()


def guest(host: Shell) -> AgentGuest:
    return AgentGuest(host, "node1", "a-node1")  # type: ignore[arg-type]


def test_what_a_command_prints_and_its_exit_status_come_back() -> None:
    done = guest(Shell()).run(Script("echo 본딩; echo no >&2; exit 3"))
    assert (done.exit_status, done.stdout, done.stderr) == (3, "본딩\n", "no\n")
    assert not done.ok


def test_a_command_hears_what_it_is_given() -> None:
    assert guest(Shell()).run(Command(("cat",)), stdin=b"heard").stdout == "heard"


def test_a_command_that_does_not_end_is_not_waited_for() -> None:
    with pytest.raises(CommandTimeout, match=r"`sleep` did not end within 0\.3 s"):
        guest(Shell(ends=False)).run(Command(("sleep",)), timeout=0.3)
