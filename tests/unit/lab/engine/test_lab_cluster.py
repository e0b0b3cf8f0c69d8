"""Who is asked about Ceph, and what is read of sentinels; without machines."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from testbed.guest import Command, Result
from testbed.lab import sentinels
from testbed.lab.format import Sentinel
from testbed.lab.observation import Heard
from testbed.lab.probes import cluster
from testbed.lab.world import World
from testbed.plan.decide import plan
from testbed.topology.shipped import find


class Machine:
    """A machine that has Ceph's configuration, or has not."""

    def __init__(self, has_ceph: bool) -> None:
        self.has_ceph = has_ceph

    def run(self, command: Command, *, timeout: float = 60.0) -> Result:
        assert command.argv == ("test", "-e", "/etc/ceph/ceph.conf")
        return Result(0 if self.has_ceph else 1, "", "", 0.1)


def world(running: tuple[str, ...], with_ceph: tuple[str, ...]) -> World:
    """`aolda-one`, whose plan has one machine that stores: node1."""
    made = plan(find("aolda-one"), name="lab", folder=Path("lab"), loopback="127.77.0.1")
    guests = {m.name: Machine(m.name in with_ceph) for m in made.machines}
    seen = [
        SimpleNamespace(machine=name, state=SimpleNamespace(value="running")) for name in running
    ]
    host = SimpleNamespace(list_machines=lambda _: seen)
    return World(host, None, made, SimpleNamespace(guests=guests))  # type: ignore[arg-type]


def asked(
    monkeypatch: pytest.MonkeyPatch, told: Mapping[str, Heard], at: World
) -> tuple[Heard, list[str]]:
    names: list[str] = []

    def ask(_: World, machine: str) -> Heard:
        names.append(machine)
        return told[machine]

    monkeypatch.setattr(cluster, "_ask", ask)
    return cluster.hear_cluster(at), sorted(names)


ANSWER = {"health": "HEALTH_OK"}
EVERY = ("node1", "node2", "node3", "sw1", "router")


def test_the_plans_monitor_is_asked_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, names = asked(monkeypatch, {"node1": ANSWER}, world(EVERY, ("node1", "node2")))
    assert (heard, names) == (ANSWER, ["node1"])


@pytest.mark.parametrize("told", [{"mute": "timed out"}, {"silent": "connection refused"}])
def test_a_node_that_joined_later_is_asked_where_the_plans_have_no_answer(
    monkeypatch: pytest.MonkeyPatch, told: Heard
) -> None:
    here = world(EVERY, ("node1", "node2", "sw1"))
    heard, names = asked(monkeypatch, {"node1": told, "node2": ANSWER}, here)
    assert (heard, names) == (ANSWER, ["node1", "node2"])


def test_with_the_plans_monitor_off_the_others_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(("node2", "node3"), ("node2", "node3"))
    told = {"node2": {"mute": "timed out"}, "node3": ANSWER}
    assert asked(monkeypatch, told, here) == (ANSWER, ["node2", "node3"])


def test_where_nobody_has_ceph_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, names = asked(monkeypatch, {}, world(("node2", "node3"), ()))
    assert (heard, names) == ({"silent": "no machine that stores runs"}, [])


def sentinel(**values: Any) -> Sentinel:
    made: Sentinel = TypeAdapter(Sentinel).validate_python(values)
    return made


OBJECTS = sentinel(**{"type": "objects", "from": "node1", "pool": "volumes"})
FSID = sentinel(**{"type": "fsid", "from": "node1"})
WRITER = sentinel(**{"type": "writer", "from": "node1", "pool": "vms"})
WHOLE = {"acknowledged": 90, "lost": 0, "longest_gap": 31.2}


@pytest.mark.parametrize(
    ("kind", "heard", "status"),
    [
        (OBJECTS, {"count": 24, "lost": 0, "unread": ""}, "pass"),
        (OBJECTS, {"count": 24, "lost": 1, "unread": ""}, "fail"),
        (OBJECTS, {"count": 24, "lost": 0, "unread": "no answer in time"}, "skip"),
        (OBJECTS, {"count": 24, "lost": 1, "unread": "no answer in time"}, "fail"),
        (FSID, {"wanted": "a", "seen": "a"}, "pass"),
        (FSID, {"wanted": "a", "seen": "b"}, "fail"),
        (WRITER, WHOLE, "pass"),
        (WRITER, {**WHOLE, "lost": 2}, "fail"),
        (WRITER, {"unknown": "no quorum"}, "skip"),
        (OBJECTS, {"unplanted": True}, "skip"),
    ],
)
def test_what_was_heard_of_a_sentinel_is_read(kind: Sentinel, heard: Heard, status: str) -> None:
    assert sentinels.read("mine", kind, heard).status == status
