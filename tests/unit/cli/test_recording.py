"""Commands are recorded while a learner's attempt is going on, and only then."""

import os
from pathlib import Path

import pytest
from lab import FakeHost
from typer.testing import CliRunner, Result

from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.cli import recording, terminal
from testbed.errors import HostError, StateError
from testbed.guest import Result as Told
from testbed.guest import Unreachable
from testbed.host import MachineState
from testbed.lab import attempt, timeline
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.format import Mode


@pytest.fixture(autouse=True)
def became(host: FakeHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The programs the process became."""
    from testbed.apply import access

    host.has_all()
    monkeypatch.setattr(access, "write_ssh_config", lambda *_: tmp_path / "ssh_config")
    programs: list[list[str]] = []

    def replace(file: str, argv: list[str]) -> None:
        programs.append(argv)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execvp", replace)
    return programs


def run(*arguments: str) -> Result:
    from testbed.cli.main import app

    return CliRunner().invoke(app, arguments)


def live(folders: Folders, phase: Phase = Phase.LIVE) -> None:
    new = Attempt("quiet-road", Mode.GUIDED, "en", phase, "network", started=1.0)
    attempt.save(folders, "lab", new)


def recorded(folders: Folders) -> list[tuple[str, str]]:
    return [(e["machine"], e["command"]) for e in timeline.events(folders, "lab")]


def test_without_an_attempt_ssh_is_as_ever(folders: Folders, became, tmp_path: Path):
    run("ssh", "node1")
    run("ssh", "node1", "--", "ip", "route")
    way = ["ssh", "-F", str(tmp_path / "ssh_config"), "node1"]
    assert became == [way, [*way, "ip route"]]
    assert recorded(folders) == []


def test_a_command_that_is_typed_has_a_terminal(
    folders: Folders, became, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recording, "at_terminal", lambda: True)
    run("ssh", "node1", "--", "vi", "notes")
    assert [(argv[:2], argv[-1]) for argv in became] == [(["ssh", "-t"], "vi notes")]


def test_without_a_program_named_ssh_nothing_is_recorded_and_a_way_out_told(
    folders: Folders, became, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    live(folders)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("ssh", "node1", "--", "ip", "route")
    assert (done.exit_code, became, recorded(folders)) == (HostError.exit_code, [], [])
    assert done.stderr == (
        "error: the program 'ssh' is not installed\n"
        "  why: testbed ssh hands your terminal to it; testbed exec does without\n"
        " next: run: sudo apt-get install openssh-client\n"
    )


@pytest.mark.parametrize(
    ("state", "way_back"),
    [
        (MachineState.PAUSED, "testbed resume"),
        (MachineState.OFF, "testbed power on node1"),
        (MachineState.CRASHED, "testbed power on node1"),
    ],
)
def test_ssh_does_not_wait_for_a_machine_that_cannot_answer(
    host: FakeHost, folders: Folders, became, state: MachineState, way_back: str
):
    host._becomes("testbed-lab-node1", state=state)
    done = run("ssh", "node1")
    assert (done.exit_code, became) == (StateError.exit_code, [])
    assert done.stderr.endswith(f" next: run: {way_back}\n")
    with only_one(folders, "lab", "checkpoint save x"):  # it runs on in a moment
        run("ssh", "node1")
    assert len(became) == 1


def test_a_command_over_ssh_is_recorded_and_run_as_ever(folders: Folders, became):
    live(folders)
    run("ssh", "node1", "--", "ip", "route")
    assert became[0][-1] == "ip route"
    assert recorded(folders) == [("node1", "ip route")]


def test_while_it_is_being_prepared_nothing_is_recorded(folders: Folders):
    live(folders, Phase.STARTING)
    run("ssh", "node1", "--", "ip", "route")
    assert recorded(folders) == []


def test_cables_and_power_are_recorded(folders: Folders):
    live(folders)
    assert run("link", "down", "node1", "eno1").exit_code == 0
    assert run("power", "off", "node2").exit_code == 0
    assert recorded(folders) == [
        ("", "testbed link down node1 eno1"),
        ("", "testbed power off node2"),
    ]


def test_ceph_and_exec_are_recorded(folders: Folders, monkeypatch: pytest.MonkeyPatch):
    from testbed.apply import access, ceph

    live(folders)
    monkeypatch.setattr(ceph, "run", lambda *_: Told(0, "ID  CLASS\n", "", 0.1))
    monkeypatch.setattr(access, "execute", lambda *_: {"node1": Told(3, "text\n", "no\n", 0.1)})
    asked, done = run("ceph", "osd", "tree"), run("exec", "node1", "--", "cat", "my notes")
    assert (asked.exit_code, asked.stdout) == (0, "ID  CLASS\n")
    assert (done.exit_code, done.stdout, done.stderr) == (3, "text\n", "no\n")
    assert recorded(folders) == [("", "testbed ceph osd tree"), ("node1", "cat 'my notes'")]


def test_exec_in_all_machines_exits_with_the_highest_status(monkeypatch: pytest.MonkeyPatch):
    from testbed.apply import access

    silent = Unreachable("node3: no SSH", why="connection refused")
    told = {"node1": Told(0, "a\nb\n", "", 0.1), "node2": Told(9, "", "no\n", 0.1)}
    monkeypatch.setattr(access, "execute", lambda *_: {**told, "node3": silent})
    done = run("exec", "all", "--", "cat", "notes")
    assert (done.exit_code, done.stdout) == (9, "node1: a\nnode1: b\n")
    assert done.stderr.splitlines()[:2] == ["node2: no", "node3: error: node3: no SSH"]
    monkeypatch.setattr(access, "execute", lambda *_: {"node1": told["node1"], "node3": silent})
    assert run("exec", "all", "--", "cat", "notes").exit_code == Unreachable.exit_code


def test_a_full_disk_keeps_nobody_from_working(folders: Folders, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    live(folders)
    monkeypatch.setattr(timeline, "record", full)
    assert run("link", "down", "node1", "eno1").exit_code == 0


class TestLogin:
    @pytest.fixture
    def seat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody sits at a terminal and types a command."""

        def session(argv: list[str], watcher: terminal.Watcher) -> int:
            watcher.resized(60)
            watcher.shown(b"aolda@node1:~$ ip route")
            watcher.keys(b"\r")
            watcher.shown(b"\r\n")
            return 3

        monkeypatch.setattr(recording, "at_terminal", lambda: True)
        monkeypatch.setattr(terminal, "run_watched", session)

    def login(self, folders: Folders) -> int | None:
        return recording.watched(["ssh", "node1"], folders, "lab", "node1")

    def test_what_is_typed_is_recorded_and_said_to_be(
        self, folders: Folders, seat: None, capsys: pytest.CaptureFixture[str]
    ):
        live(folders)
        assert self.login(folders) == 3
        assert recorded(folders) == [("node1", "ip route")]
        told = capsys.readouterr().err
        assert told.count("recorded in") == 1
        assert str(folders.records("lab") / "lab") in told

    def test_without_an_attempt_nobody_watches(self, folders: Folders, seat: None):
        assert self.login(folders) is None

    def test_without_a_terminal_nobody_watches(self, folders: Folders):
        live(folders)
        assert self.login(folders) is None

    def test_a_record_has_an_end_and_says_so_once(
        self, folders: Folders, seat: None, monkeypatch: pytest.MonkeyPatch, capsys
    ):
        def endless(argv: list[str], watcher: terminal.Watcher) -> int:
            for _ in range(recording.MOST + 5):
                watcher.shown(b"aolda@node1:~$ x")
                watcher.keys(b"\r")
                watcher.shown(b"\r\n")
            return 0

        live(folders)
        monkeypatch.setattr(terminal, "run_watched", endless)
        monkeypatch.setattr(recording, "MOST", 20)
        self.login(folders)
        assert capsys.readouterr().err.count("record is full") == 1
