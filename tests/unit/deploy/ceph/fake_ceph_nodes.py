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

DIGEST, MON_KEYRING = "etc/ceph/testbed.digest", "etc/ceph/testbed.mon.keyring"


def keys_in(keyring: str) -> dict[int, str]:
    """Return the keys of OSDs in a keyring."""
    found = re.findall(r"^\[osd\.(\d+)\]\n\tkey = (.+)$", keyring, re.MULTILINE)
    return {int(number): key for number, key in found}


@dataclass
class FakeNode:
    """What one node keeps; `osds` are those that were made, with their UUIDs."""

    digest: str = "none"
    monitor: bool = False
    first_keys: dict[int, str] = field(default_factory=dict)  # what a new monitor will know
    keys: dict[int, str] = field(default_factory=dict)  # of OSDs
    osds: dict[int, str] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    enabled: set[str] = field(default_factory=set)


@dataclass
class FakeCluster(Changes):
    """The nodes, what their monitors know, and everything that was changed, in order."""

    storage: Storage
    nodes: dict[str, FakeNode] = field(default_factory=dict)
    osds: dict[int, str] = field(default_factory=dict)  # uuids
    destroyed: set[int] = field(default_factory=set)
    auth: dict[int, str] = field(default_factory=dict)  # keys of OSDs
    pools: dict[str, set[str]] = field(default_factory=dict)  # applications
    filesystems: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.nodes = {node.machine: FakeNode() for node in self.storage.nodes}

    @property
    def guests(self) -> dict[str, "FakeGuest"]:
        return {name: FakeGuest(self, name) for name in self.nodes}

    def destroy(self, osd: int) -> None:
        """Do as `ceph osd destroy` does: number and place stay, the key goes."""
        self.destroyed.add(osd)
        del self.auth[osd]

    def purge(self, osd: int) -> None:
        """Do as `ceph osd purge` does; its daemon ends."""
        del self.osds[osd], self.auth[osd]

    def admit(self, osd: int, uuid: str, key: str) -> None:
        """Do as `ceph osd new` does with a key."""
        assert osd not in self.osds or osd in self.destroyed, "has not yet been destroyed"
        assert self.auth.setdefault(osd, key) == key, "exists but key does not match"
        self.destroyed.discard(osd)
        self.osds[osd] = uuid

    def answer(self, command: dict[str, Any]) -> Any:
        """Return what the monitors answer; a command is one of `cluster.commands`."""
        prefix = command.pop("prefix")
        if prefix == "osd dump":
            return {"osds": self._osds(), "pools": self._pools()}
        if prefix == "fs ls":
            return [{"name": name} for name in self.filesystems]
        if prefix == "auth get":
            return self.auth.get(int(command["entity"].removeprefix("osd.")))
        self.did("ceph", " ".join((prefix, *map(str, command.values()))))
        match prefix:
            case "osd new":
                assert command["id"] not in self.osds
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
        return [
            {
                "osd": number,
                "uuid": uuid,
                "state": ["destroyed", "exists"] if number in self.destroyed else ["exists", "up"],
            }
            for number, uuid in self.osds.items()
        ]

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
            self.world.auth = self.node.first_keys | self.world.auth
        elif made := re.search(r"ceph-osd --setuser .* -i (\d+) --osd-uuid (\S+)", text):
            self._make_osd(int(made[1]), made[2])
        elif admitted := re.search(r'osd new "\$uuid" (\d+) -i -', text):
            number = int(admitted[1])
            self.world.did(self.name, f"admit osd {number}")
            self.world.admit(number, self.node.osds[number], self.node.keys[number])
        else:
            self._start(text)
        return ""

    def _make_osd(self, number: int, uuid: str) -> None:
        assert number in self.node.keys, "there is no such folder"
        self.world.did(self.name, f"osd {number}")
        self.node.osds[number] = uuid

    def _facts(self, text: str) -> str:
        node = self.node
        lines = [f"digest {node.digest}", *(["monitor"] if node.monitor else [])]
        lines += [f"osd {number}" for number in sorted(node.osds)]
        own = self.world.storage.node(self.name).osds
        lines += [f"keyless {osd.id}" for osd in own if osd.id not in node.keys]
        return "\n".join((*lines, *self.told_of_units(text))) + "\n"

    def _unpack(self, data: bytes) -> str:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            files = {name: tar.extractfile(name) for name in tar.getnames()}
            text = {name: file.read().decode() for name, file in files.items() if file}
        self.world.did(self.name, "files" if DIGEST in text else "keys")
        self.node.digest = text.get(DIGEST, self.node.digest).strip()
        self.node.first_keys |= keys_in(text.get(MON_KEYRING, ""))
        for name, told in text.items():
            if name.startswith("var/lib/ceph/osd/"):
                self.node.keys |= keys_in(told)
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
            number = int(name)
            assert number in self.node.osds, f"{unit} was not made"
            assert self.world.osds[number] == self.node.osds[number], f"{unit} is another"
            assert number not in self.world.destroyed, f"{unit} is destroyed"
            assert self.world.auth[number] == self.node.keys[number], f"{unit} is not let in"
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
        unknown = told is None and question["command"].get("entity") is not None
        out = "" if told is None else json.dumps(told)
        return json.dumps({"status": 2 if unknown else 0, "out": out, "text": ""})

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
