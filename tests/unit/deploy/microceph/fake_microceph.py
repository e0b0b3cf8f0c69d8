"""Fake nodes with a MicroCeph that keeps to the contract: it refuses what the real one does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from microceph_contract import check_mon, entry, parse

from testbed.deploy.microceph.members import token_step
from testbed.deploy.microceph.node import CONF, disk_of, facts_script
from testbed.errors import GuestError
from testbed.guest import Command, Result, Script
from testbed.plan.storage import Storage, StorageNode

BY_OSD, BY_HOST = 1, 2
_LOOKS_UNTIL_SWITCHED = 3


@dataclass
class FakeNode:
    """What one node keeps."""

    snapd: bool = True
    snaps: set[str] = field(default_factory=set)
    proven: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    linked: bool = False
    rgw: bool = False
    silence: str = ""  # what `cluster list` says in place of an answer


@dataclass
class FakeCluster:
    """The nodes and the one cluster they may form.

    `cut_after` so many changes the line is cut: before the next one, or with `answer_lost` once
    the last one was made and before its answer came.
    """

    storage: Storage
    store: bool = True
    cut_after: int | None = None
    answer_lost: bool = False
    nodes: dict[str, FakeNode] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    issued: dict[str, str] = field(default_factory=dict)
    osds: list[dict[str, Any]] = field(default_factory=list)
    pools: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[int, str] = field(
        default_factory=lambda: {BY_OSD: "microceph_auto_osd", BY_HOST: "microceph_auto_host"}
    )
    default_rule: int = BY_OSD
    looks_until_switched: int = 0
    config: dict[tuple[str, str], str] = field(default_factory=dict)
    filesystems: list[str] = field(default_factory=list)
    clients: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    cut: bool = False
    lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.nodes = {node.machine: FakeNode() for node in self.storage.nodes}

    @property
    def guests(self) -> dict[str, "FakeGuest"]:
        return {node.machine: FakeGuest(self, node) for node in self.storage.nodes}

    def mended(self) -> None:
        """Put the line back; what was done is still done."""
        self.cut, self.cut_after, self.changes = False, None, []

    @contextmanager
    def change(self, what: str) -> Iterator[None]:
        """Note a change around the block, and cut the line where it is to be cut."""
        if self.cut_after == len(self.changes) and not self.answer_lost:
            self.cut = True
        self.reach()
        yield
        self.changes.append(what)
        if self.cut_after == len(self.changes) and self.answer_lost:
            self.cut = True
        self.reach()

    def reach(self) -> None:
        if self.cut:
            raise GuestError("the line was cut")

    def state(self) -> dict[str, Any]:
        """Return everything that counts once a deployment is done."""
        return {
            "nodes": {
                name: (
                    sorted(node.snaps), sorted(node.held), node.tokens, node.linked, node.rgw
                )
                for name, node in self.nodes.items()
            },
            "members": sorted(self.members),
            "osds": sorted((osd["location"], osd["path"]) for osd in self.osds),
            "pools": self.pools,
            "config": self.config,
            "filesystems": self.filesystems,
            "clients": self.clients,
            "networks": self.networks,
        }  # fmt: skip

    def new_pool(self, name: str, rule: int, application: str = "") -> None:
        size = int(self.config.get(("global", "osd_pool_default_size"), 3))
        least = int(self.config.get(("global", "osd_pool_default_min_size"), size - size // 2))
        self.pools[name] = {
            "pool_name": name, "size": size, "min_size": least, "crush_rule": rule,
            "application_metadata": {application: {}} if application else {},
        }  # fmt: skip

    def look_at_osds(self) -> dict[str, Any]:
        """Answer `osd dump`; MicroCeph and the OSDs get on a little with each look."""
        told = {
            "osds": [{"up": osd["up"]} for osd in self.osds],
            "pools": [dict(pool) for pool in self.pools.values()],
        }
        for osd in self.osds:
            osd["up"] = 1
        if self.looks_until_switched:
            self.looks_until_switched -= 1
            if not self.looks_until_switched:
                for pool in self.pools.values():
                    if pool["crush_rule"] == BY_OSD:
                        pool["crush_rule"] = BY_HOST
        return told


@dataclass
class FakeGuest:
    """One node, as the provider sees it."""

    cluster: FakeCluster
    node: StorageNode

    @property
    def name(self) -> str:
        return self.node.machine

    @property
    def own(self) -> FakeNode:
        return self.cluster.nodes[self.name]

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        with self.cluster.lock:
            self.cluster.reach()
            assert command.sudo, f"{command} needs root"
            try:
                return Result(0, self._run(command, stdin.decode()), "", 0.1)
            except Refusal as error:
                return Result(1, "", f"{error}\n", 0.1)

    def _run(self, command: Command | Script, stdin: str) -> str:
        if isinstance(command, Script):
            return self._script(command)
        if command.argv[0] == "ln":
            return self._link(command)
        if command.argv[0] == "rm":
            return self._remove(command)
        argv = command.argv
        if argv[:3] == ("xargs", "-I", "TOKEN"):
            argv = tuple(stdin.strip() if word == "TOKEN" else word for word in argv[3:])
        return self.program(argv)

    def _script(self, script: Script) -> str:
        if script == facts_script(self.cluster.storage, self.node):
            return self._facts()
        for machine in self.cluster.nodes:
            if script == token_step(self.node, machine).command:
                if machine not in self.own.tokens:
                    with self.cluster.change(f"{self.name}: cluster add {machine}"):
                        self.own.tokens[machine] = self._new_token(machine)
                return self.own.tokens[machine] + "\n"
        raise AssertionError(f"an unknown script: {script}")

    def _link(self, command: Command) -> str:
        assert command.argv[-1] == f"{CONF}/ceph.conf", command
        assert self.name in self.cluster.members, "the snap has no ceph.conf before"
        with self.cluster.change(f"{self.name}: ln"):
            self.own.linked = True
        return ""

    def _remove(self, command: Command) -> str:
        with self.cluster.change(f"{self.name}: rm"):
            for path in command.argv[2:]:
                self.own.tokens.pop(path.rpartition("/")[2], None)
        return ""

    def program(self, argv: tuple[str, ...]) -> str:
        """Run a program of the contract."""
        words, arguments, flags = parse(argv)
        if words[0] == "microceph" and "microceph" not in self.own.snaps:
            raise Refusal("microceph: command not found")
        run = getattr(self, "_" + "_".join(words))
        assert entry(*words)["changes"], f"{words} is only used in scripts"
        with self.cluster.change(f"{self.name}: {' '.join(words)}"):
            run(*arguments, **{name.strip("-").replace("-", "_"): v for name, v in flags.items()})
        return ""

    def _snap_ack(self, path: str) -> None:
        assert path.rpartition("/")[2] in self.own.files, f"{path} is not there"
        self.own.proven.add(path.removesuffix(".assert"))

    def _snap_install(self, what: str, channel: str = "") -> None:
        if what.startswith("/"):
            name = what.rpartition("/")[2].partition(".")[0]
            if what.removesuffix(".snap") not in self.own.proven:
                raise Refusal(f'cannot find signatures with metadata for snap "{what}"')
            if name == "microceph" and "core24" not in self.own.snaps:
                raise Refusal("cannot install: base core24 is missing")
            self.own.snaps.add(name)
        elif not self.cluster.store:
            raise Refusal("error: unable to contact snap store")
        else:
            assert channel, "a channel says which Ceph it is"
            self.own.snaps |= {"snapd", "core24", what}

    def _snap_refresh(self, name: str, hold: str) -> None:
        assert name in self.own.snaps
        self.own.held.add(name)

    def _microceph_cluster_bootstrap(self, **networks: str) -> None:
        assert not self.cluster.members, "two clusters"
        self.cluster.members.append(self.name)
        self.cluster.networks = networks

    def _new_token(self, machine: str) -> str:
        if machine in self.cluster.issued:
            raise Refusal(entry("microceph", "cluster", "add")["refuses"])
        assert self.name in self.cluster.members
        self.cluster.issued[machine] = f"token-of-{machine}"
        return self.cluster.issued[machine]

    def _microceph_cluster_join(self, token: str, microceph_ip: str) -> None:
        if self.cluster.issued.get(self.name) != token:
            raise Refusal(f"{entry('microceph', 'cluster', 'join')['refuses']} ({token})")
        assert microceph_ip == str(self.node.address)
        del self.cluster.issued[self.name]
        self.cluster.members.append(self.name)

    def _microceph_disk_add(self, path: str) -> None:
        assert self.name in self.cluster.members
        here = [osd["path"] for osd in self.cluster.osds if osd["location"] == self.name]
        serial = path.rpartition("virtio-")[2]
        if path in here or serial in self.own.data:
            raise Refusal(entry("microceph", "disk", "add")["refuses"])
        osd = len(self.cluster.osds) + 1
        self.cluster.osds.append({"osd": osd, "path": path, "location": self.name, "up": 0})
        self.own.data[serial] = "ceph_bluestore"
        if ".mgr" not in self.cluster.pools:
            self.cluster.new_pool(".mgr", self.cluster.default_rule, "mgr")
        if len({osd["location"] for osd in self.cluster.osds}) >= 3:
            self.cluster.default_rule = BY_HOST
            self.cluster.looks_until_switched = _LOOKS_UNTIL_SWITCHED

    def _microceph_enable_rgw(self, port: str) -> None:
        self.own.rgw = True

    def _microceph_client_config_set(self, key: str, value: str) -> None:
        self.cluster.clients[key] = value

    def _facts(self) -> str:
        if not self.own.snapd:
            return "== no snapd\n"
        lines = ["== snaps", "Name Version Rev Tracking Publisher Notes"]
        notes = {name: "held" if name in self.own.held else "-" for name in self.own.snaps}
        lines += [f"{name} 1 1 - canonical {note}" for name, note in notes.items()]
        lines += ["== files", *sorted(self.own.files), "== linked"]
        lines += [f"{CONF}/ceph.conf"] if self.own.linked else []
        lines += ["== tokens", *sorted(self.own.tokens), "== names"]
        lines += [f"{disk_of(osd)} ../../vd{'bcdef'[n]}" for n, osd in enumerate(self.node.osds)]
        lines += ["== data", *(f"{serial} {kind}" for serial, kind in self.own.data.items())]
        if "microceph" in self.own.snaps:
            lines += ["== members", *self._member_facts()]
        return "\n".join(lines) + "\n"

    def _member_facts(self) -> Iterator[str]:
        if self.own.silence:
            yield self.own.silence
            return
        if self.name not in self.cluster.members:
            yield entry("microceph", "cluster", "list")["refuses"]
            return
        yield "| NAME | ADDRESS | ROLE | FINGERPRINT | STATUS |"
        yield from (f"| {name} | a:7443 | voter | f | ONLINE |" for name in self.cluster.members)
        yield "== disks"
        yield json.dumps({"ConfiguredDisks": self.cluster.osds, "AvailableDisks": []})
        yield "== services"
        yield f"microceph.rgw enabled {'active' if self.own.rgw else 'inactive'} -"
        yield "== settings"
        yield "| # | KEY | VALUE | HOST |"
        yield from (f"| 0 | {key} | {value} | * |" for key, value in self.cluster.clients.items())

    @contextmanager
    def talk(self, command: Command, *, timeout: float = 60.0) -> Iterator["FakeDialogue"]:
        assert self.own.linked, "the probes find no cluster"
        yield FakeDialogue(self.cluster)


class Refusal(Exception):
    """What a program prints before it fails."""


@dataclass
class FakeDialogue:
    """The monitors."""

    cluster: FakeCluster

    def ask(self, line: str = "") -> str:
        command = json.loads(line)["command"]
        prefix = command.pop("prefix")
        check_mon(prefix, command)
        with self.cluster.lock:
            self.cluster.reach()
            out = self._answer(prefix, command)
        return json.dumps({"status": 0, "out": json.dumps(out), "text": ""})

    def _answer(self, prefix: str, command: dict[str, Any]) -> Any:
        known = self.cluster
        match prefix:
            case "osd dump":
                return known.look_at_osds()
            case "osd crush rule dump":
                return [{"rule_id": id_, "rule_name": name} for id_, name in known.rules.items()]
            case "fs ls":
                return [{"name": name} for name in known.filesystems]
            case "config dump":
                return [
                    {"section": who, "name": name, "value": value}
                    for (who, name), value in known.config.items()
                ]
        with known.change(f"ceph {prefix} {' '.join(map(str, command.values()))}"):
            self._change(prefix, command)
        return None

    def _change(self, prefix: str, command: dict[str, Any]) -> None:
        known = self.cluster
        number = {name: id_ for id_, name in known.rules.items()}
        match prefix:
            case "config set":
                known.config[command["who"], command["name"]] = command["value"]
            case "osd crush rule create-replicated":
                known.rules[max(known.rules) + 1] = command["name"]
            case "osd pool create":
                assert command["pool"] not in known.pools
                known.new_pool(command["pool"], number[command["rule"]])
            case "osd pool set":
                rule = command["var"] == "crush_rule"
                value = number[command["val"]] if rule else int(command["val"])
                known.pools[command["pool"]][command["var"]] = value
            case "osd pool application enable":
                known.pools[command["pool"]]["application_metadata"][command["app"]] = {}
            case "fs new":
                assert {command["metadata"], command["data"]} <= set(known.pools)
                known.filesystems.append(command["fs_name"])
