"""What is collected of a machine when something failed."""

from pathlib import Path

import pytest
from lab import FakeHost

from testbed.apply import lifecycle
from testbed.apply.folders import Folders
from testbed.apply.logs import _ask, collect
from testbed.guest import Command, CommandTimeout, Result, Script, Unreachable


class Slow:
    """A machine whose journal takes too long, or that cannot be reached after it."""

    name = "node1"

    def __init__(self, *, gone: bool = False) -> None:
        self.gone = gone

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        assert isinstance(command, Script)
        if "journalctl" in command.text:
            failure = Unreachable if self.gone else CommandTimeout
            raise failure("node1: it did not end within 60 s")
        return Result(0, f"told of {command.text.split()[0]}", "", 0.1)


def test_a_testbeds_last_five_folders_outlive_it(
    host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(f"20261201-12000{number}" for number in range(7))
    monkeypatch.setattr("testbed.apply.logs.time.strftime", lambda _: next(times))
    made = [collect(host, folders, host.plan) for _ in range(7)]
    lifecycle.down(host, folders, "lab", forget=True)
    assert sorted(folders.logs("lab").iterdir()) == made[2:]
    assert {path.stat().st_mode & 0o077 for path in (folders.logs("lab"), made[-1])} == {0}


def test_what_takes_too_long_does_not_cost_the_rest(tmp_path: Path) -> None:
    _ask(tmp_path, Slow())
    assert {path.name for path in tmp_path.iterdir()} == {
        *("node1.cloud-init.log", "node1.journal.log", "node1.ceph.log"),
        *("node1.cloud.log", "node1.network.txt"),
    }
    assert "did not end" in (tmp_path / "node1.journal.log").read_text()
    assert (tmp_path / "node1.network.txt").read_text() == "told of ip"


def test_a_machine_that_is_gone_is_not_asked_on(tmp_path: Path) -> None:
    _ask(tmp_path, Slow(gone=True), Slow(gone=True))
    told = (tmp_path / "node1.unreachable.txt").read_text()
    assert told.count("it did not end") == 2
    assert not (tmp_path / "node1.network.txt").exists()


def test_where_ssh_leads_nowhere_the_agent_is_asked(tmp_path: Path) -> None:
    _ask(tmp_path, Slow(gone=True), Slow())
    assert "did not end" in (tmp_path / "node1.unreachable.txt").read_text()
    assert (tmp_path / "node1.network.txt").read_text() == "told of ip"
