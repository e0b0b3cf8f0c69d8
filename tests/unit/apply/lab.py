"""A host without libvirt and guests without SSH: they remember what was asked of them, in order."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from testbed.errors import HostError
from testbed.guest import Command, Result, Script
from testbed.host import HostFacts, MachineState, ObservedMachine, Pool, Snapshot, Volume
from testbed.image import Image
from testbed.plan.decide import plan
from testbed.plan.models import Machine, Plan
from testbed.probe import reach
from testbed.topology.models import BondMode
from testbed.topology.shipped import find

BOOTS = "testbed-stage: booted\r\ntestbed-stage: ssh\r\ntestbed-stage: cloud-init done\r\n"


def planned(folder: Path, topology: str = "aolda-flat", name: str = "lab") -> Plan:
    return plan(find(topology), name=name, folder=folder, loopback="127.77.0.1")


def observed(made: Plan, machine: Machine, **changes: object) -> ObservedMachine:
    """Return a machine as a healthy host reports it, with some of it changed."""
    seen = ObservedMachine(
        testbed=made.name,
        machine=machine.name,
        role=machine.role.value,
        domain=machine.domain,
        uuid=machine.uuid,
        state=MachineState.RUNNING,
        reason="",
        loopback=made.loopback,
        image="0123456789abcdef",
        digest="",
        topology=made.topology,
        memory_mib=machine.memory_mib,
        resident_mib=machine.memory_mib // 2,
        links={nic.mac: True for nic in machine.nics},
        ready=True,
    )
    return replace(seen, **changes)


@dataclass
class FakeHost:
    """What exists, and everything that was done to it as (verb, name)."""

    plan: Plan
    logs: Path
    machines: dict[str, ObservedMachine] = field(default_factory=dict)
    pools: set[str] = field(default_factory=set)
    volumes: set[tuple[str, str]] = field(default_factory=set)  # (pool, volume)
    snapshots: dict[str, tuple[Snapshot, ...]] = field(default_factory=dict)
    ready_then: dict[tuple[str, str], bool] = field(default_factory=dict)  # (domain, snapshot)
    did: list[tuple[str, str]] = field(default_factory=list)
    prints: str = BOOTS
    refuses: dict[tuple[str, str], Exception] = field(default_factory=dict)
    memory_free_mib: int = 64 * 1024

    def verbs(self, *wanted: str) -> list[tuple[str, str]]:
        return [each for each in self.did if each[0] in wanted]

    def _do(self, verb: str, name: str) -> None:
        self.did.append((verb, name))
        if error := self.refuses.get((verb, name)):
            raise error

    def _becomes(self, name: str, **changes: object) -> None:
        self.machines[name] = replace(self.machines[name], **changes)

    def has(self, *machines: ObservedMachine) -> None:
        self.machines |= {machine.domain: machine for machine in machines}

    def has_all(self, **changes: object) -> None:
        self.has(*(observed(self.plan, machine, **changes) for machine in self.plan.machines))

    def facts(self) -> HostFacts:
        free = self.memory_free_mib
        return HostFacts("test", "x86_64", 8, 2 * free, free, None, (10, 0, 0), (11, 0, 0))

    def list_machines(self, testbed: str | None = None) -> tuple[ObservedMachine, ...]:
        every = sorted(self.machines.values(), key=lambda machine: machine.domain)
        return tuple(m for m in every if testbed in (None, m.testbed))

    def find_domain(self, name: str) -> ObservedMachine | None:
        return self.machines.get(name)

    def ensure_pool(self, name: str, uuid: object, folder: Path) -> Pool:
        self.pools.add(name)
        return Pool(name, uuid, folder)

    def find_pool(self, name: str, uuid: object) -> Pool | None:
        return Pool(name, uuid, self.plan.folder) if name in self.pools else None

    def delete_pool(self, name: str, uuid: object) -> None:
        self._do("delete pool", name)
        self.pools.discard(name)
        self.volumes = {each for each in self.volumes if each[0] != name}

    def list_volumes(self, pool: Pool) -> tuple[Volume, ...]:
        there = sorted(volume for owner, volume in self.volumes if owner == pool.name)
        return tuple(Volume(each, pool.folder / each, "qcow2", 0, None) for each in there)

    def create_overlay(self, pool: Pool, volume: str, size_mib: int, backing: Path) -> None:
        self._do("overlay", volume)
        self._make(pool, volume)

    def create_disk(self, pool: Pool, volume: str, size_mib: int) -> None:
        self._do("disk", volume)
        self._make(pool, volume)

    def _make(self, pool: Pool, volume: str) -> None:
        if (pool.name, volume) in self.volumes:
            raise HostError(f"cannot make volume '{volume}'", why="it exists already")
        self.volumes.add((pool.name, volume))

    def upload(self, pool: Pool, volume: str, data: bytes) -> None:
        self._do("upload", volume)
        self.volumes.add((pool.name, volume))

    def delete_volume(self, pool: Pool, volume: str) -> None:
        self._do("delete volume", volume)
        self.volumes.discard((pool.name, volume))

    def define(self, xml: str, name: str) -> None:
        self._do("define", name)
        machine = next(m for m in self.plan.machines if m.domain == name)
        off = MachineState.OFF
        self.machines[name] = observed(self.plan, machine, state=off, ready=False)

    def undefine(self, name: str) -> None:
        self._do("undefine", name)
        found = self.machines.get(name)
        if found and found.state in (MachineState.RUNNING, MachineState.PAUSED):
            raise HostError(f"cannot undefine domain '{name}'", why="it is running")
        self.machines.pop(name, None)

    def destroy(self, name: str) -> None:
        self._do("destroy", name)
        if name in self.machines:
            self._becomes(name, state=MachineState.OFF)

    def start(self, name: str) -> None:
        self._do("start", name)
        if self.machines[name].state in (MachineState.OFF, MachineState.CRASHED):
            self._becomes(name, state=MachineState.RUNNING)
            with self.console_log_path(name).open("a") as console:  # as libvirt's own log daemon
                console.write(self.prints)

    def resume(self, name: str) -> None:
        self._do("resume", name)
        self._becomes(name, state=MachineState.RUNNING)

    def pause(self, name: str) -> None:
        self._do("pause", name)
        self._becomes(name, state=MachineState.PAUSED)

    def set_ready(self, name: str) -> None:
        self._do("ready", name)
        self._becomes(name, ready=True)

    def set_link(self, name: str, mac: str, up: bool) -> None:
        self._do("link up" if up else "link down", f"{name} {mac}")
        self._becomes(name, links={**self.machines[name].links, mac: up})

    def list_snapshots(self, name: str) -> tuple[Snapshot, ...]:
        return self.snapshots.get(name, ())

    def create_snapshot(self, name: str, snapshot: str) -> None:
        self._do("snapshot", name)
        taken = Snapshot(snapshot, 1, MachineState.RUNNING)
        self.snapshots[name] = (*self.snapshots.get(name, ()), taken)
        self.ready_then[name, snapshot] = self.machines[name].ready

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        left = (each for each in self.snapshots.get(name, ()) if each.name != snapshot)
        self.snapshots[name] = tuple(left)

    def revert_snapshot(self, name: str, snapshot: str, *, paused: bool) -> None:
        self._do("revert", name)
        ready = self.ready_then.get((name, snapshot), self.machines[name].ready)
        self._becomes(name, state=MachineState.PAUSED, ready=ready)

    def console_log_path(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def emulator_log_path(self, name: str) -> Path:
        return self.logs / f"{name}.emulator.log"

    def agent(self, name: str, request: Mapping[str, object]) -> Mapping[str, object]:
        self._do("agent", name)
        raise no(f"ask the guest agent of domain '{name}'")


def no(what: str) -> HostError:
    return HostError(f"cannot {what}", why="the disk is full", next_step="run: testbed doctor")


@dataclass
class Dialogue:
    """The clock's program in a machine whose clock is so many seconds ahead."""

    ahead: float = 0.0

    def ask(self, line: str = "") -> str:
        verb, _, distance = line.partition(" ")
        if verb == "step":
            seconds, microseconds = distance.split()
            self.ahead += int(seconds) + int(microseconds) / 1e6
        return "0" if verb == "hold" else f"{time.time() + self.ahead:.6f}"


@dataclass
class FakeGuest:
    """A machine in which everything holds, unless `answers` says otherwise."""

    plan: Plan
    machine: Machine
    answers: Callable[[str], Result | None] = lambda text: None
    heard: list[str] = field(default_factory=list)
    clock: Dialogue = field(default_factory=Dialogue)

    @property
    def name(self) -> str:
        return self.machine.name

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        text = command.text if isinstance(command, Script) else " ".join(command.argv)
        self.heard.append(text)
        told = self.answers(text)
        return told or Result(0, healthy(self.plan, self.machine), "", 0.1)

    @contextmanager
    def talk(self, command: Command, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        yield self.clock

    def close(self) -> None:
        pass


_MODES = {
    BondMode.ACTIVE_BACKUP: "fault-tolerance (active-backup)",
    BondMode.LACP: "IEEE 802.3ad Dynamic link aggregation\nPartner Mac Address: 52:54:00:00:00:01",
}


def healthy(made: Plan, machine: Machine) -> str:
    """Return what a sweep of a healthy machine prints."""
    lines = ["=== bonding"]
    for bond in machine.bonds:
        lines += [f"--- {bond.name}", f"Bonding Mode: {_MODES[bond.mode]}"]
        for member in bond.members:
            lines += [f"Slave Interface: {member}", "MII Status: up", "Aggregator ID: 1"]
    lines += ["=== route", f"default via {machine.gateway} dev x"]
    lines += ["=== names", *(f"{m.address} {m.name}" for m in made.machines)]
    lines += ["=== answers", *(target.address for target in reach.targets(made, machine))]
    lines += ["=== vlans"]
    return "\n".join([*lines, vlans(machine)]) + "\n"


def vlans(machine: Machine) -> str:
    ports = []
    for port in machine.ports:
        entries = [f'{{"vlan":{each}}}' for each in port.tagged]
        if port.untagged is not None:
            entries.append(f'{{"vlan":{port.untagged},"flags":["PVID","Egress Untagged"]}}')
        ports.append(f'{{"ifname":"{port.name}","vlans":[{",".join(entries)}]}}')
    return f"[{','.join(ports)}]"


@dataclass
class FakeSession:
    """One fake guest per machine."""

    plan: Plan
    guests: dict[str, FakeGuest]

    def guest(self, machine: Machine) -> FakeGuest:
        return self.guests[machine.name]


def doors(made: Plan) -> FakeSession:
    return FakeSession(made, {m.name: FakeGuest(made, m) for m in made.machines})


def image(folder: Path) -> Image:
    return Image("base", "0123456789abcdef", folder / "root.qcow2", folder / "kernel", None, "", 64)
