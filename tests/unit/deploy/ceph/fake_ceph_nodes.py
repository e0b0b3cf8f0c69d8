"""Fake nodes and the cluster on them: enough of systemd and Ceph to be deployed on."""

import io
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))  # what fake nodes share

from fake_nodes import Changes, Door

from testbed.guest import Command
from testbed.plan.storage import Storage


@dataclass
class FakeNode:
    """What one node keeps."""

    digest: str = "none"
    monitor: bool = False
    osds: set[int] = field(default_factory=set)
    active: set[str] = field(default_factory=set)
    enabled: set[str] = field(default_factory=set)


@dataclass
class FakeCluster(Changes):
    """The nodes, what their monitors know, and everything that was changed, in order."""

    storage: Storage
    nodes: dict[str, FakeNode] = field(default_factory=dict)
    osds: dict[int, str] = field(default_factory=dict)  # uuids
    pools: dict[str, set[str]] = field(default_factory=dict)  # applications
    filesystems: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.nodes = {node.machine: FakeNode() for node in self.storage.nodes}

    @property
    def guests(self) -> dict[str, "FakeGuest"]:
        return {name: FakeGuest(self, name) for name in self.nodes}

    def answer(self, command: dict[str, Any]) -> Any:
        """Return what the monitors answer; a command is one of `cluster.commands`."""
        prefix = command.pop("prefix")
        if prefix == "osd dump":
            return {"osds": self._osds(), "pools": self._pools()}
        if prefix == "fs ls":
            return [{"name": name} for name in self.filesystems]
        self.did("ceph", " ".join((prefix, *map(str, command.values()))))
        match prefix:
            case "osd new":
                self.osds[command["id"]] = command["uuid"]
            case "osd pool create":
                self.pools[command["pool"]] = set()
            case "osd pool application enable":
                self.pools[command["pool"]].add(command["app"])
            case "fs new":
                assert {command["metadata"], command["data"]} <= self.pools.keys()
                self.filesystems.add(command["fs_name"])
            case _:
                raise AssertionError(f"an unknown command: {prefix}")
        return None

    def _osds(self) -> list[dict[str, Any]]:
        return [{"osd": number, "uuid": uuid} for number, uuid in self.osds.items()]

    def _pools(self) -> list[dict[str, Any]]:
        sizes = {"size": self.storage.replicas, "min_size": self.storage.min_replicas}
        return [
            {
                "pool_name": name,
                "application_metadata": {each: {} for each in applications},
                **sizes,
            }
            for name, applications in self.pools.items()
        ]


@dataclass
class FakeGuest(Door):
    """The door into a node."""

    def answer(self, text: str, stdin: bytes) -> str:
        if "echo units" in text:
            return self._facts(text)
        if text.startswith("tar"):
            return self._unpack(stdin)
        if "ceph-mon --setuser" in text:
            self.world.did(self.name, "monitor")
            self.node.monitor = True
        elif made := re.search(r"ceph-osd --setuser .* -i (\d+) ", text):
            self.world.did(self.name, f"osd {made[1]}")
            self.node.osds.add(int(made[1]))
        else:
            self._start(text)
        return ""

    def _facts(self, text: str) -> str:
        node = self.node
        lines = [f"digest {node.digest}", *(["monitor"] if node.monitor else [])]
        lines += [f"osd {number}" for number in sorted(node.osds)]
        return "\n".join((*lines, *self.told_of_units(text))) + "\n"

    def _unpack(self, data: bytes) -> str:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            self.world.did(self.name, "files")
            digest = tar.extractfile("etc/ceph/testbed.digest")
            assert digest is not None
            self.node.digest = digest.read().decode().strip()
        return ""

    def _start(self, text: str) -> None:
        started = re.search(r"^systemctl start (.+)$", text, re.MULTILINE)
        assert started, text
        units = started[1].split()
        for unit in units:
            self._must_be_able_to_start(unit)
        self.world.did(self.name, f"start {' '.join(units)}")
        self.node.active |= set(units)
        self.node.enabled |= set(units)

    def _must_be_able_to_start(self, unit: str) -> None:
        kind, _, name = unit.partition("@")
        assert self.node.digest != "none", f"{unit} has no configuration"
        if kind == "ceph-mon":
            assert self.node.monitor, f"{unit} has no store"
        if kind == "ceph-osd":
            assert int(name) in self.node.osds, f"{unit} was not made"
            assert int(name) in self.world.osds, f"{unit} is unknown to the monitors"
        if kind == "ceph-mds":
            assert self.world.filesystems, f"{unit} has nothing to serve"

    @contextmanager
    def talk(self, command: Command, *, timeout: float = 60.0) -> Iterator["Ear"]:
        yield Ear(self.world)


@dataclass
class Ear:
    """The program that puts questions to the cluster."""

    world: FakeCluster

    def ask(self, line: str) -> str:
        question = json.loads(line)
        with self.world.lock:
            if question["to"] == "socket":
                told: Any = self._status()
            else:
                told = self.world.answer(question["command"])
        return json.dumps(
            {"status": 0, "out": "" if told is None else json.dumps(told), "text": ""}
        )

    def _status(self) -> dict[str, Any]:
        nodes = self.world.nodes
        names = [node.machine for node in self.world.storage.monitors]
        up = [
            number for number, name in enumerate(names) if f"ceph-mon@{name}" in nodes[name].active
        ]
        return {
            "name": names[0],
            "state": "leader",
            "quorum": up if 2 * len(up) > len(names) else [],
            "monmap": {"mons": [{"rank": n, "name": name} for n, name in enumerate(names)]},
        }
