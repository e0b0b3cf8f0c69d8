"""A host that knows power, links and snapshots, and remembers what was asked of it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from testbed.errors import HostError
from testbed.host import MachineState, ObservedMachine, Snapshot
from testbed.plan.decide import plan
from testbed.plan.models import Machine, Plan
from testbed.topology.shipped import find

PLAN: Plan = plan(
    find("aolda-flat"), name="lab", folder=Path("/var/lib/testbed/lab"), loopback="127.77.0.1"
)
DOMAINS = [machine.domain for machine in PLAN.machines]


def running(machine: Machine) -> ObservedMachine:
    return ObservedMachine(
        testbed=PLAN.name,
        machine=machine.name,
        role=machine.role.value,
        domain=machine.domain,
        uuid=machine.uuid,
        state=MachineState.RUNNING,
        reason="",
        loopback=PLAN.loopback,
        image="0123456789abcdef",
        digest="",
        topology=PLAN.topology,
        memory_mib=machine.memory_mib,
        resident_mib=0,
        links={nic.mac: True for nic in machine.nics},
        ready=True,
    )


@dataclass
class SnapshotHost:
    """Snapshots hold the links of their moment, as libvirt's do."""

    machines: dict[str, ObservedMachine] = field(
        default_factory=lambda: {machine.domain: running(machine) for machine in PLAN.machines}
    )
    snapshots: dict[str, dict[str, tuple[Snapshot, ObservedMachine]]] = field(
        default_factory=lambda: {domain: {} for domain in DOMAINS}
    )
    did: list[tuple[str, str]] = field(default_factory=list)
    refuses: set[tuple[str, str]] = field(default_factory=set)
    note: Path | None = None
    noted: list[tuple[str, bool]] = field(default_factory=list)  # verb, was the note there
    now: int = 1000

    def becomes(self, name: str, **changes: object) -> None:
        self.machines[name] = replace(self.machines[name], **changes)

    def states(self) -> set[str]:
        return {machine.state for machine in self.machines.values()}

    def verbs(self) -> list[str]:
        """What was done, in order, each kind told once where it was done to several."""
        return [
            v for v, before in zip(self._all(), ["", *self._all()], strict=False) if v != before
        ]

    def _all(self) -> list[str]:
        return [verb for verb, _ in self.did]

    def _do(self, verb: str, name: str) -> None:
        self.did.append((verb, name))
        if self.note is not None:
            self.noted.append((verb, self.note.exists()))
        if (verb, name) in self.refuses:
            raise HostError(f"cannot {verb} domain '{name}'", why="the disk is full")

    def list_machines(self, testbed: str | None = None) -> tuple[ObservedMachine, ...]:
        return tuple(self.machines.values())

    def find_domain(self, name: str) -> ObservedMachine | None:
        return self.machines.get(name)

    def pause(self, name: str) -> None:
        self._do("pause", name)
        self.becomes(name, state=MachineState.PAUSED)

    def resume(self, name: str) -> None:
        if self.machines[name].state is MachineState.OFF:
            raise HostError(f"cannot resume domain '{name}'", why="domain is not running")
        self._do("resume", name)
        self.becomes(name, state=MachineState.RUNNING)

    def set_link(self, name: str, mac: str, up: bool) -> None:
        self._do("link up" if up else "link down", f"{name} {mac}")
        self.becomes(name, links={**self.machines[name].links, mac: up})

    def list_snapshots(self, name: str) -> tuple[Snapshot, ...]:
        return tuple(snapshot for snapshot, _ in self.snapshots[name].values())

    def create_snapshot(self, name: str, snapshot: str) -> None:
        self._do("snapshot", name)
        self.now += 1
        taken = Snapshot(snapshot, self.now, self.machines[name].state)
        self.snapshots[name][snapshot] = (taken, self.machines[name])

    def revert_snapshot(self, name: str, snapshot: str, *, paused: bool = True) -> None:
        self._do("revert", name)
        taken, then = self.snapshots[name][snapshot]
        off = taken.state is MachineState.OFF
        self.machines[name] = then if off else replace(then, state=MachineState.PAUSED)

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        self._do("delete", name)
        self.snapshots[name].pop(snapshot, None)
