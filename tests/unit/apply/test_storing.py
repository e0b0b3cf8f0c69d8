"""The storage stage: whom it asks, what it keeps, and what it says is wrong."""

import io
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from testbed.apply import health, storing
from testbed.apply.folders import Folders
from testbed.apply.progress import Event, Recorder, Status
from testbed.apply.session import Session
from testbed.apply.stages import Level, highest, level, levels
from testbed.errors import StateError, WaitTimeout
from testbed.guest import Command, NothingAnswers, Result, Script, Unreachable
from testbed.guest.dialogue import Dialogue
from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.plan.storage import Storage
from testbed.probe.ceph.state import UNKNOWN, CephSeen, PoolSeen
from testbed.probe.verdict import failing
from testbed.topology.models import FailureDomain, Provider
from testbed.topology.shipped import find

SAMPLES = Path(__file__).parents[1] / "probe" / "samples"
SAMPLE_OF = {
    "status": "status",
    "osd dump": "osd_dump",
    "osd tree": "osd_tree",
    "pg dump": "pg_dump",
    "mon_status": "mon_status",
}
HEALTHY = CephSeen(
    "HEALTH_OK", (), ("node1", "node2", "node3"), 3, 3, 3, {"active+clean": 16},
    (PoolSeen("vms", 3, 2, 16, 16, 16),),
)  # fmt: skip


@dataclass
class Node:
    """A machine that asks Ceph; `quorate` says whether it gets answers."""

    name: str
    quorate: bool = True
    reachable: bool = True
    has: bool | None = True  # Ceph's configuration
    serves: bool = True  # objects

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        if not self.reachable:
            raise Unreachable(f"{self.name}: it does not answer")
        yield cast(Dialogue, self)

    def ask(self, line: str = "") -> str:
        prefix = json.loads(line)["command"]["prefix"]
        if not self.quorate and prefix != "mon_status":
            return json.dumps({"status": 110, "out": "", "text": "no answer in time"})
        told = json.loads((SAMPLES / f"{SAMPLE_OF[prefix]}.json").read_text())
        if not self.quorate:
            told |= {"name": self.name, "state": "probing", "quorum": []}
        return json.dumps({"status": 0, "out": json.dumps(told), "text": ""})

    @contextmanager
    def dial(self, host: str, port: int, *, timeout: float = 30.0) -> Iterator["Line"]:
        if not self.reachable:
            raise Unreachable(f"{self.name}: it does not answer")
        if not self.serves:
            raise NothingAnswers(f"{self.name}: {host}:{port}", why="connection refused")
        yield Line()

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        assert command == Command(("test", "-e", storing.DEPLOYED), sudo=True), "else one dialogue"
        if not self.reachable:
            raise Unreachable(f"{self.name}: it does not answer")
        return Result(0 if self.has else 1, "", "", 0.1)


class Line:
    """A connection to an object gateway."""

    def sendall(self, data: bytes) -> None:
        assert data.startswith(b"GET / HTTP/1.1")

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@dataclass
class Restarted:
    """A machine whose monitor may be restarted, and nothing else done to it."""

    name: str

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        assert command == Script(f"systemctl restart ceph-mon@{self.name}\n", sudo=True)
        return Result(0, "", "", 0.1)


def planned(name: str = "aolda") -> Plan:
    return plan(find(name), name="lab", folder=Path("/lab"), loopback="127.77.0.1")


@pytest.fixture(scope="module")
def storage() -> Storage:
    found = planned().storage
    assert found is not None
    return found


def look(storage: Storage, *nodes: Node) -> CephSeen:
    return storing.look(storage, {node.name: node for node in nodes})


class TestLook:
    def test_the_first_node_that_answers_is_believed(self, storage: Storage) -> None:
        cut_off = Node("node1", quorate=False)
        gone = Node("node2", reachable=False)
        seen = look(storage, cut_off, gone, Node("node3"))
        assert seen.health == "HEALTH_OK"
        assert storing.wrong(storage, seen) == ()

    def test_where_none_does_each_monitor_is_told(self, storage: Storage) -> None:
        seen = look(storage, Node("node1", quorate=False), Node("node2", reachable=False))
        assert seen.health == UNKNOWN
        assert seen.problems == (
            "no quorum: mon.node1 is probing; no quorum of node1, node2, node3",
            "node2: it does not answer",
            "node3 is not running",
        )

    def test_every_nodes_object_gateway_is_asked_where_there_are_some(
        self, storage: Storage
    ) -> None:
        nodes = (Node("node1", reachable=False), Node("node2", serves=False), Node("node3"))
        assert look(storage, *nodes).gateways == {}
        seen = look(replace(storage, rgw=True), *nodes)
        assert seen.gateways == {
            "node1": "it does not answer",
            "node2": "connection refused",
            "node3": "200",
        }
        told = "object gateways: node1: it does not answer; node2: connection refused"
        assert told in storing.wrong(replace(storage, rgw=True), seen)

    @pytest.mark.parametrize("first", [{"quorate": False}, {"reachable": False}])
    def test_a_monitor_that_was_made_since_is_believed_after_the_planned_ones(
        self, first: dict[str, bool]
    ) -> None:
        single = planned("aolda-one").storage
        assert single is not None
        bare = Node("node2", quorate=False, has=False)
        seen = look(single, Node("node1", **first), bare, Node("node3"))
        assert seen.health == "HEALTH_OK"
        assert storing.wrong(single, seen) == ()

    def test_what_nodes_without_a_quorum_say_is_not_told(self) -> None:
        single = planned("aolda-one").storage
        assert single is not None
        nodes = (Node(f"node{number}", quorate=False) for number in (1, 2, 3))
        assert look(single, *nodes).problems == (
            "no quorum: mon.node1 is probing; no quorum of node1, node2, node3",
        )


class TestWait:
    """After a restore: `/etc/ceph/ceph.conf` tells whether there is a cluster to wait for."""

    def wait(self, monkeypatch: pytest.MonkeyPatch, *answers: bool | None) -> CephSeen | None:
        monkeypatch.setattr(storing, "_HEALTHY", 0.0)
        made = planned()
        machines = dict(zip(("node1", "node2", "node3"), answers, strict=True))
        nodes = {n: Node(n, reachable=has is not None, has=has) for n, has in machines.items()}
        return storing.wait_where_deployed(made, cast(Session, SimpleNamespace(guests=nodes)))

    def test_nodes_that_have_it_are_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = self.wait(monkeypatch, False, None, True)
        assert seen is not None
        assert seen.health == "HEALTH_OK"

    def test_nodes_that_say_they_have_none_are_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.wait(monkeypatch, False, None, False) is None

    def test_a_cluster_whose_first_node_was_made_anew_is_found(self) -> None:
        made = planned("aolda-one")
        nodes = {"node1": Node("node1", quorate=False, has=False)}
        nodes |= {name: Node(name) for name in ("node2", "node3")}
        session = cast(Session, SimpleNamespace(guests=nodes))
        seen = storing.look_where_deployed(made, session)
        assert seen is not None
        assert seen.health == "HEALTH_OK"

    def test_silence_is_not_taken_for_a_no(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(WaitTimeout, match="Ceph healthy") as caught:
            self.wait(monkeypatch, None, None, None)
        assert "node1: it does not answer" in caught.value.why


SLOW = replace(
    HEALTHY,
    health="HEALTH_WARN",
    problems=("SLOW_OPS: 2 slow ops, oldest one blocked for 500 sec, mon.node3 has slow ops",),
)


class TestPatience:
    """A monitor that keeps what nobody answers is restarted; one that is busy is waited for."""

    def named(self, *looks: tuple[float, CephSeen]) -> list[str | None]:
        patience = storing.Patience(clock=iter([at for at, _ in looks]).__next__)
        return [patience.ends_with(seen) for _, seen in looks]

    def test_a_monitor_is_named_after_a_minute_and_once(self) -> None:
        told = self.named((10.0, SLOW), (69.0, SLOW), (70.0, SLOW), (200.0, SLOW))
        assert told == [None, None, "node3", None]

    def test_a_minute_begins_anew_when_it_was_not_slow_for_a_moment(self) -> None:
        told = self.named((10.0, SLOW), (50.0, HEALTHY), (75.0, SLOW), (134.0, SLOW), (135.0, SLOW))
        assert told == [None, None, None, None, "node3"]

    def test_two_are_never_named_at_once(self) -> None:
        both = replace(
            SLOW,
            problems=(
                "SLOW_OPS: 9 slow ops, oldest one blocked for 500 sec, "
                "daemons [mon.node1,mon.node3] have slow ops.",
            ),
        )
        times = (0.5, 60.5, 61.5, 120.0, 121.5)
        told = self.named(*((at, both) for at in times))
        assert told == [None, "node1", None, None, "node3"]


class TestHangingMonitor:
    """What `up` does where only a monitor's restart would end the warning."""

    def raised(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch, *looks: CephSeen
    ) -> list[Event]:
        left = iter(looks)
        monkeypatch.setattr(storing, "_PATIENCE", 0.0)
        monkeypatch.setattr(storing, "_HEALTHY", 0.0)
        monkeypatch.setattr(storing, "look", lambda *_: next(left))
        for deploy in (storing.provider, storing.microceph):
            monkeypatch.setattr(deploy, "deploy", lambda *_: None)
        monkeypatch.setattr(storing, "secrets", lambda *_: {})
        nodes = {node.machine: Restarted(node.machine) for node in storage.nodes}
        told: list[Event] = []
        with suppress(WaitTimeout):
            storing.raise_storage(
                Folders(Path("/c"), Path("/d"), Path("/s")),
                planned(),
                storage,
                cast(Session, SimpleNamespace(guests=nodes)),
                Recorder(told.append),
            )
        return [event for event in told if event.detail != "healthy"]

    def test_it_is_restarted_and_that_is_told(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = self.raised(storage, monkeypatch, SLOW)
        assert [(event.machine, event.status) for event in told[:2]] == [
            ("node3", Status.STARTED),
            ("node3", Status.DONE),
        ]
        assert told[0].detail == "restart slow monitor"

    def test_what_else_is_wrong_restarts_nothing(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        down = replace(SLOW, problems=(*SLOW.problems, "MON_DOWN: 1/3 mons down"))
        told = self.raised(storage, monkeypatch, down)
        assert {event.machine for event in told} == {"testbed"}

    def test_a_snap_is_left_alone(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        snap = replace(storage, provider=Provider.MICROCEPH)
        told = self.raised(snap, monkeypatch, SLOW)
        assert {event.machine for event in told} == {"testbed"}


class TestWrong:
    def test_ceph_speaks_first_and_nothing_is_said_twice(self, storage: Storage) -> None:
        ill = replace(
            HEALTHY,
            health="HEALTH_WARN",
            problems=("MON_DOWN: 1/3 mons down",),
            quorum=("node1", "node2"),
        )
        assert storing.wrong(storage, ill) == (
            "MON_DOWN: 1/3 mons down",
            "quorum: 2 of 3 monitors: node1, node2",
        )

    def test_a_muted_warning_is_shown_and_is_not_wrong(self, storage: Storage) -> None:
        muted = replace(HEALTHY, problems=("POOL_NO_REDUNDANCY: 2 pools (muted)",))
        assert storing.wrong(storage, muted) == ()
        verdicts = storing.verdicts(storage, muted)
        assert failing(verdicts) == ()
        assert "ceph: health: HEALTH_OK: POOL_NO_REDUNDANCY: 2 pools (muted)" in map(str, verdicts)

    def test_beside_another_warning_a_muted_one_is_told(self, storage: Storage) -> None:
        problems = ("MON_DOWN: 1/3 mons down", "POOL_NO_REDUNDANCY: 2 pools (muted)")
        ill = replace(HEALTHY, health="HEALTH_WARN", problems=problems)
        assert storing.wrong(storage, ill) == problems

    def test_copies_on_one_host_are_wrong_only_where_hosts_may_fail(self, storage: Storage) -> None:
        crowded = replace(HEALTHY, pools=(PoolSeen("vms", 3, 2, 16, 16, 0),))
        assert storing.wrong(storage, crowded) == (
            "placement of vms: 0 of 16 groups keep 3 copies on distinct hosts",
        )
        anywhere = replace(storage, failure_domain=FailureDomain.OSD)
        assert storing.wrong(anywhere, crowded) == ()


class TestRemembered:
    """A look is kept in a file, and those of older versions know fewer numbers."""

    def test_a_look_is_read_as_it_was(self, tmp_path: Path) -> None:
        folders = Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")
        seen = replace(HEALTHY, managers=3, metadata_servers=3, gateways={"node1": "200"})
        health.remember(folders, "lab", (), seen)
        told = health.recall(folders, "lab")
        assert told is not None
        assert told.ceph == seen

    def test_an_older_one_counts_neither_managers_nor_gateways(self, tmp_path: Path) -> None:
        folders = Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")
        health.remember(folders, "lab", (), HEALTHY)
        (file,) = tmp_path.rglob("health.json")
        record = json.loads(file.read_text())
        for name in ("managers", "metadata_servers", "gateways"):
            del record["ceph"][name]
        file.write_text(json.dumps(record))
        told = health.recall(folders, "lab")
        assert told is not None
        assert told.ceph == HEALTHY


class TestSecrets:
    def test_they_are_made_once_and_private(self, storage: Storage, tmp_path: Path) -> None:
        folders = Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")
        first = storing.secrets(folders, "lab", storage)
        assert storing.secrets(folders, "lab", storage) == first
        kept = tmp_path / "state" / "lab" / "keys" / "ceph.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    def test_a_cluster_that_grows_keeps_the_keys_it_has(
        self, storage: Storage, tmp_path: Path
    ) -> None:
        folders = Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")
        first = storing.secrets(folders, "lab", storage)
        grown = storing.secrets(folders, "lab", replace(storage, rgw=True))
        assert set(grown) - set(first) == {f"client.rgw.node{n}" for n in (1, 2, 3)}
        assert {user: grown[user] for user in first} == first


def test_what_nobody_has_run_is_said(storage: Storage) -> None:
    mine = planned()
    assert storing.untried(mine) == ""
    snap = replace(mine, storage=replace(storage, provider=Provider.MICROCEPH))
    assert "has not been run on a real cluster" in storing.untried(snap)


class TestLevels:
    def test_a_testbed_is_raised_as_far_as_its_topology_goes(self) -> None:
        assert level(planned(), None) is Level.STORAGE
        assert level(planned("aolda-flat"), None) is Level.NETWORK
        assert level(planned(), Level.NETWORK) is Level.NETWORK
        assert levels(planned("aolda-flat")) == (Level.NETWORK,)

    def test_what_the_topology_has_not_is_refused(self) -> None:
        with pytest.raises(StateError, match="cannot be raised to 'storage'"):
            level(planned("aolda-flat"), Level.STORAGE)

    @pytest.mark.parametrize(
        ("has", "goal", "expected"),
        [
            (("network", "storage"), Level.STORAGE, Level.STORAGE),
            (("network", "storage"), Level.NETWORK, Level.NETWORK),
            (("network",), Level.STORAGE, Level.NETWORK),
            (("storage",), Level.NETWORK, None),
            ((), Level.STORAGE, None),
        ],
    )
    def test_the_highest_stage_up_to_the_goal_is_found(
        self, has: tuple[str, ...], goal: Level, expected: Level | None
    ) -> None:
        assert highest(has, goal) is expected
