"""Fake nodes that keep what was done to them: enough of systemd and Galera to be deployed on."""

import io
import json
import re
import socket
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # what fake nodes share

from fake_nodes import Changes, Door

from testbed.deploy.ceph.clients import CINDER
from testbed.deploy.openstack.hosts import IDENTITY
from testbed.deploy.units import REREAD
from testbed.guest import Command
from testbed.plan.cloud import Cloud

CLUSTER = "11111111-2222-3333-4444-555555555555"
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass
class FakeNode:
    """What one node keeps."""

    programs: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)
    active: set[str] = field(default_factory=set)
    switch: str = ""
    write: int = 7  # how far its database is, as the image's file says
    clean: bool = True  # whether it stopped in order
    primary: bool = False
    guarded: bool = False
    kvm: str = ""  # the module that gave it /dev/kvm


@dataclass
class FakeCloud(Changes):
    """The nodes, one database, and everything that was changed, in order."""

    cloud: Cloud
    nodes: dict[str, FakeNode] = field(default_factory=dict)
    placeholders: int = 21
    mapped: set[str] = field(default_factory=set)
    identities: dict[str, str] = field(default_factory=dict)  # of nodes that nova knows
    statements: str = ""
    api: str = "300 Multiple Choices"  # what every API answers with

    def __post_init__(self) -> None:
        self.nodes = {node.machine: FakeNode() for node in self.cloud.nodes}

    @property
    def guests(self) -> dict[str, "FakeGuest"]:
        return {name: FakeGuest(self, name) for name in self.nodes}

    def lose_power(self, *, writes: dict[str, int]) -> None:
        """Switch all nodes off at once and on again; their databases are that far then."""
        for name, node in self.nodes.items():
            node.active -= {"mariadb"}
            node.primary, node.clean, node.write = False, False, writes.get(name, node.write)


@dataclass
class FakeGuest(Door):
    """The door into a node."""

    @contextmanager
    def dial(self, host: str, port: int, *, timeout: float = 30.0) -> Iterator[socket.socket]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(f"HTTP/1.1 {self.world.api}\r\nContent-Length: 0\r\n\r\n".encode())
            yield ours

    @contextmanager
    def talk(self, command: Command, *, timeout: float = 60.0) -> Iterator["FakeCeph"]:
        yield FakeCeph()

    def answer(self, text: str, stdin: bytes) -> str:
        if "echo units" in text:
            return self._facts(text)
        if text.startswith("tar"):
            return self._unpack(stdin)
        if text.startswith("mariadb"):
            return self._query(text, stdin)
        if "wsrep_cluster_status" in text:
            return self._server()
        if "grastate" in text or "mariadb" in text:
            return self._database(text)
        return self._change(text)

    def _facts(self, text: str) -> str:
        lines = ["programs"] if self.node.programs else []
        for kind in ("digest", "placed"):
            named = self.node.files.get(f"etc/nova/testbed.{kind}", b"none").decode().strip()
            lines.append(f"{kind} {named}")
        lines += ["guarded"] if self.node.guarded else []
        lines += [f"kvm {self.node.kvm}"] if self.node.kvm else []
        lines.append(f'switch "{self.node.switch}"' if self.node.switch else "switch ")
        return "\n".join((*lines, *self.told_of_units(text))) + "\n"

    def _unpack(self, data: bytes) -> str:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            names = tar.getnames()
            seal = names == ["etc/nova/testbed.placed", "etc/nova/testbed.digest"]
            self.world.did(self.name, "seal" if seal else "files")
            for entry in tar:
                read = tar.extractfile(entry)
                if read is not None:  # a folder has nothing to read
                    self.node.files[entry.name] = read.read()
        return ""

    def _query(self, text: str, stdin: bytes) -> str:
        assert "mariadb" in self.node.active, f"{self.name}: no database to ask"
        if stdin:
            self.world.did(self.name, "passwords")
            self.world.statements, self.world.placeholders = stdin.decode(), 0
        if "keystone.endpoint" in text:
            return f"{self.world.placeholders}\n"
        if "SELECT host, uuid" in text:
            known = self.world.identities.items()
            return "".join(f"{name}\t{uuid}\n" for name, uuid in known)
        if "compute_nodes" in text:
            return "\n".join(n for n, node in self.world.nodes.items() if _computes(node))
        return "\n".join(self.world.mapped)

    def _server(self) -> str:
        running = "mariadb" in self.node.active
        unit = f"unit {'active' if running else 'failed'}\n"
        enabled = f"enabled {'enabled' if 'mariadb' in self.node.enabled else 'disabled'}\n"
        size = sum(node.primary for node in self.world.nodes.values())
        status = f"wsrep_cluster_size\t{size}\nwsrep_cluster_status\tPrimary\n"
        state = "wsrep_local_state_comment\tSynced\n"
        return unit + enabled + (status + state if self.node.primary else "")

    def _database(self, text: str) -> str:
        node = self.node
        if "galera_recovery" in text:
            write = node.write if node.clean else -1
            known = f"uuid: {CLUSTER}\nseqno: {write}\nsafe_to_bootstrap: 0\n"
            return known + ("" if node.clean else f"wsrep_start_position={CLUSTER}:{node.write}\n")
        if "kill" in text:
            node.active -= {"mariadb"}
            return ""
        begins = "galera_new_cluster" in text
        alone = len(self.world.cloud.controllers) == 1
        others = any(each.primary for each in self.world.nodes.values())
        assert begins or others or alone, f"{self.name}: nobody to join"
        self.world.did(self.name, "begin database" if begins else "join database")
        node.enabled |= {"mariadb"}
        node.active |= {"mariadb"}
        node.primary, node.clean = True, True
        return ""

    def _change(self, text: str) -> str:
        node = self.node
        if "ovs-vsctl" in text:
            self.world.did(self.name, "provider VLAN")
            node.switch = re.findall(r"external-ids:testbed=(\w+)", text)[-1]
        elif "await_online_nodes" in text:
            self.world.did(self.name, "queue cluster")
        elif "discover_hosts" in text:
            self.world.did(self.name, "discover")
            self.world.mapped = set(self.world.nodes)
        elif text.startswith("curl"):
            self.world.did(self.name, f"curl {text.split()[-1]}")
        elif made := re.search(rf"printf %s (\S+) .* {IDENTITY}$", text, re.MULTILINE):
            if not node.files.get(IDENTITY):
                self.world.did(self.name, f"identity {made[1]}")
                node.files[IDENTITY] = made[1].encode()
        elif text == REREAD:
            self.world.did(self.name, "read units again")
        else:
            for verb, units in re.findall(r"systemctl (start|restart) (.+)", text):
                self.world.did(self.name, f"{verb} {units}")
                if "nova-compute" in units.split():
                    self._register()
                node.enabled |= set(units.split())
                node.active |= set(units.split())
            node.guarded |= "systemctl reload nftables" in text
        return ""

    def _register(self) -> None:
        """Do as nova does: who is known and has lost his identity is not let in."""
        own = self.node.files.get(IDENTITY, b"").decode()
        assert own, f"{self.name}: nova-compute would make an identity of its own"
        assert self.world.identities.setdefault(self.name, own) == own, f"{self.name} is another"


def _computes(node: FakeNode) -> bool:
    return "nova-compute" in node.active


class FakeCeph:
    """The monitors' answers about users: one is there, with rights of the operator's own."""

    def ask(self, line: str = "") -> str:
        question = json.loads(line)["command"]
        known = question["entity"] == CINDER
        if question["prefix"] == "auth get" and not known:
            return json.dumps({"status": 2, "out": "", "text": "no such user"})
        assert (question["prefix"] == "auth get") == known, "it has other rights than asked for"
        out = json.dumps([{"entity": question["entity"], "key": "KEY==", "caps": {}}])
        return json.dumps({"status": 0, "out": out, "text": ""})
