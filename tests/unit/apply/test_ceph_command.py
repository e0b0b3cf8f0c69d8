"""`testbed ceph`: which machine is asked, and what is said where none can answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from testbed.apply import ceph as command
from testbed.apply import observe
from testbed.apply.ceph import ask
from testbed.apply.folders import Folders
from testbed.errors import StateError
from testbed.guest import Command, CommandTimeout, Result, Script, Unreachable
from testbed.guest.dialogue import Dialogue
from testbed.plan.decide import plan
from testbed.plan.storage import Storage
from testbed.topology.shipped import find

MONMAP = {"mons": [{"rank": rank, "name": f"node{rank + 1}"} for rank in range(3)]}
LOST = Result(1, "", "[errno 110] RADOS timed out (error connecting to the cluster)\n", 10.0)

LATE = Result(1, "", "timed out\n", 10.0)


@dataclass
class Node:
    """A machine whose monitor knows of a quorum or not, and what `ceph` gives there."""

    name: str
    gives: Result | Exception
    quorum: tuple[int, ...] = ()
    reachable: bool = True
    ran: list[tuple[str, ...]] = field(default_factory=list)

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        assert isinstance(command, Command)
        self.ran.append(command.argv)
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        if not self.reachable:
            raise Unreachable(f"{self.name}: it does not answer")
        yield cast(Dialogue, self)

    def ask(self, line: str = "") -> str:
        assert json.loads(line)["command"] == {"prefix": "mon_status"}
        status = {"name": self.name, "state": "peon" if self.quorum else "probing"}
        told = json.dumps({**status, "quorum": self.quorum, "monmap": MONMAP})
        return json.dumps({"status": 0, "out": told, "text": ""})


@pytest.fixture(scope="module")
def storage() -> Storage:
    found = plan(find("aolda"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").storage
    assert found is not None
    return found


def given(storage: Storage, *nodes: Node) -> Result:
    return ask(storage, {node.name: node for node in nodes}, ("health",), 60.0)


def test_the_first_monitors_machine_is_asked_and_no_other(storage: Storage) -> None:
    one, two = Node("node1", Result(0, "HEALTH_OK\n", "", 2.0)), Node("node2", LOST)
    assert given(storage, one, two).stdout == "HEALTH_OK\n"
    assert one.ran == [("ceph", "--connect-timeout", "10", "health")]
    assert two.ran == []


def test_a_command_that_fails_is_an_answer(storage: Storage) -> None:
    refused = Node("node1", Result(22, "", "Error EINVAL: invalid command\n", 2.0))
    other = Node("node2", LOST, quorum=(0, 1))
    assert given(storage, refused, other).exit_status == 22
    assert other.ran == []


@pytest.mark.parametrize("gives", [LOST, LATE, Unreachable("node1: it does not answer")])
def test_where_the_first_finds_no_quorum_one_that_has_it_is_asked(
    storage: Storage, gives: Result | Exception
) -> None:
    cut_off = Node("node1", gives)
    also_cut_off = Node("node2", LOST)
    quorate = Node("node3", Result(0, "HEALTH_WARN\n", "", 2.0), quorum=(1, 2))
    assert given(storage, cut_off, also_cut_off, quorate).stdout == "HEALTH_WARN\n"
    assert also_cut_off.ran == []


def test_a_monitor_made_since_is_found_where_the_plans_do_not_answer(storage: Storage) -> None:
    bare = Node("node4", Result(1, "", "", 0.1), quorum=(0,))
    joined = Node("node5", Result(0, "HEALTH_OK\n", "", 2.0), quorum=(0, 1))
    others = {"node4": bare, "node5": joined}
    lost = Node("node1", LOST)
    for running in ({}, {"node1": lost}):
        found = ask(storage, running, ("health",), 60.0, others)
        assert found.stdout == "HEALTH_OK\n"
    assert bare.ran == [("test", "-e", "/etc/ceph/ceph.conf")] * 2
    assert joined.ran[1] == ("ceph", "--connect-timeout", "10", "health")


def test_nodes_that_run_beside_the_monitors_are_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(find("aolda-one"), name="lab", folder=Path("/lab"), loopback="127.77.0.1")
    joined = Node("node3", Result(0, "HEALTH_OK\n", "", 2.0), quorum=(0, 1))
    doors = {"node1": Node("node1", LOST), "node2": Node("node2", LOST), "node3": joined}
    running = {name: SimpleNamespace(state="running") for name in ("node1", "node3", "sw1")}

    @contextmanager
    def session(*_: object) -> Iterator[object]:
        yield SimpleNamespace(guests=doors)

    monkeypatch.setattr(command, "session", session)
    monkeypatch.setattr(command.keys, "read", lambda *_: None)
    testbed = cast(observe.Testbed, SimpleNamespace(plan=made, machines=running))
    folders = Folders(Path("/c"), Path("/d"), Path("/s"))
    assert command.run(folders, testbed, ("health",), 60.0).stdout == "HEALTH_OK\n"
    assert [len(door.ran) for door in doors.values()] == [1, 0, 2]


def test_other_nodes_are_left_alone_where_a_monitor_answers(storage: Storage) -> None:
    one, other = Node("node1", Result(0, "HEALTH_OK\n", "", 2.0)), Node("node4", LOST)
    ask(storage, {"node1": one}, ("health",), 60.0, {"node4": other})
    assert other.ran == []


def test_without_a_quorum_every_monitor_is_told_with_its_state(storage: Storage) -> None:
    with pytest.raises(StateError) as caught:
        given(storage, Node("node1", LOST), Node("node2", LOST, reachable=False))
    assert caught.value.what == "Ceph does not answer: its monitors have no quorum"
    assert caught.value.why == (
        "mon.node1 is probing; no quorum of node1, node2, node3; "
        "node2: it does not answer; node3 is not running"
    )
    assert "testbed up" in caught.value.next_step


def test_with_all_machines_off_nobody_is_asked(storage: Storage) -> None:
    with pytest.raises(StateError, match="no quorum"):
        given(storage)


def test_a_command_that_takes_too_long_is_told_as_such(storage: Storage) -> None:
    slow = Node("node1", CommandTimeout("node1: `ceph health` took longer than 60 s"))
    with pytest.raises(CommandTimeout, match="took longer than 60 s"):
        given(storage, slow, Node("node2", LOST, quorum=(0, 1)))
