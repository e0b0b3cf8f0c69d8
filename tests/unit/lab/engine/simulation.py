"""A testbed that remembers: units run or do not, survive a restart or do not, and can be rewound.

Every act upon it is counted, and it can be made to die at any of them.
"""

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import BOOTS, Dialogue, FakeHost, observed, planned, vlans

from testbed.apply.folders import Folders
from testbed.guest import Command, CommandTimeout, ConnectionLost, Result, Script, Unreachable
from testbed.host import MachineState, Snapshot
from testbed.plan.models import Machine, Plan
from testbed.probe import reach
from testbed.probe.sweep import Sweep

UNIT = "api.service"
LAB: dict[str, Any] = {
    "api": "lab/v1",
    "id": "quiet-node",
    "incident": ["R02"],
    "kind": "repair",
    "level": 1,
    "minutes": 15,
    "topology": "aolda-flat",
    "stage": "network",
    "concepts": ["units"],
    "probes": {
        "api": {"type": "service", "on": ["node1"], "unit": UNIT, "within": 10},
        "api-enabled": {
            "type": "command",
            "on": ["node1"],
            "run": f"systemctl is-enabled {UNIT}",
            "mode": "assert",
        },
        "others": {"type": "service", "on": ["node2", "node3"], "unit": UNIT, "within": 4},
    },
    "steady_state": ["api", "others"],
    "faults": [
        {"id": "stopped", "type": "service", "machine": "node1", "unit": UNIT, "disabled": True},
        {"id": "pulled", "type": "cable", "end": "node2:eno1"},
    ],
    "symptoms": [{"probe": "api", "within": 20}],
    "persistence": 5,
    "objectives": [
        {"id": "serving", "tier": "mitigated", "probes": ["api"]},
        {"id": "mended", "tier": "resolved", "probes": ["api", "api-enabled"]},
    ],
    "safeguards": [{"id": "others", "severity": "recoverable", "probes": ["others"]}],
    "perturb": [{"reboot": "node1", "during": ["others"]}],
    "hints": [
        {"id": "look", "rung": "look", "for": "serving"},
        {"id": "meaning", "rung": "meaning", "for": "serving"},
        {"id": "do", "rung": "do", "for": "mended"},
    ],
    "solutions": [
        {
            "id": "enable",
            "reaches": "resolved",
            "moves": [{"run": "solutions/01-enable.sh", "on": ["node1"]}, {"plug": "node2:eno1"}],
        }
    ],
    "wrong_fixes": [
        {
            "id": "start-only",
            "moves": [{"run": "wrong_fixes/01-start.sh", "on": ["node1"]}],
            "rejected_by": ["mended"],
        },
        {
            "id": "stop-all",
            "moves": [{"run": "wrong_fixes/02-stop.sh", "on": ["node2"]}],
            "rejected_by": ["serving", "others"],
        },
    ],
}
SCRIPTS = {
    "solutions/01-enable.sh": f"systemctl enable {UNIT}\nsystemctl start {UNIT}",
    "wrong_fixes/01-start.sh": f"systemctl start {UNIT}",
    "wrong_fixes/02-stop.sh": f"systemctl stop {UNIT}",
}


class Killed(BaseException):
    """The process is gone: not an error anybody can catch."""


@dataclass
class Time:
    """Time passes while somebody sleeps, and a little whenever somebody looks."""

    at: float = 1000.0

    def now(self) -> float:
        self.at += 0.001
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Fuse:
    """Counts acts and lets the process die at one of them; then nothing works any more."""

    acts: int = 0
    at: int = 0  # 0: never
    dead: bool = False

    def act(self) -> None:
        self.acts += 1
        if self.dead or self.acts == self.at:
            self.dead = True
            raise Killed


@dataclass
class Inside:
    """What is true in a machine: which units run, and which start at boot."""

    active: bool = True
    enabled: bool = True


class SimHost(FakeHost):
    """Snapshots hold what was true inside."""

    fuse: Fuse
    inside: dict[str, Inside]

    def _do(self, verb: str, name: str) -> None:
        self.fuse.act()
        super()._do(verb, name)

    def start(self, name: str) -> None:
        was = self.machines[name].state
        super().start(name)
        if was == MachineState.OFF:
            self.inside[name].active = self.inside[name].enabled

    def create_snapshot(self, name: str, snapshot: str) -> None:
        self._do("snapshot", name)
        state = self.machines[name].state
        taken = Snapshot(snapshot, len(self.did), state)
        self.snapshots[name] = (*self.snapshots.get(name, ()), taken)
        self.kept[name, snapshot] = copy.deepcopy((self.machines[name], self.inside[name]))

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        self.fuse.act()
        super().delete_snapshot(name, snapshot)

    def revert_snapshot(self, name: str, snapshot: str, *, paused: bool) -> None:
        self._do("revert", name)
        machine, inside = copy.deepcopy(self.kept[name, snapshot])
        self.machines[name], self.inside[name] = machine, inside
        if machine.state != MachineState.OFF:
            self._becomes(name, state=MachineState.PAUSED)


@dataclass
class SimGuest:
    """A machine that can be asked while it runs."""

    host: SimHost
    machine: Machine
    heard: list[str] = field(default_factory=list)
    busy: bool = False

    @property
    def name(self) -> str:
        return self.machine.name

    @property
    def inside(self) -> Inside:
        return self.host.inside[self.machine.domain]

    def _must_answer(self) -> None:
        if self.host.machines[self.machine.domain].state != MachineState.RUNNING:
            raise Unreachable(f"{self.name}: no SSH", why="connection refused")

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        self._must_answer()
        if self.busy:
            raise CommandTimeout(f"{self.name}: no answer within {timeout} s")
        self.host.fuse.act()
        text = command.text if isinstance(command, Script) else " ".join(command.argv)
        self.heard.append(text)
        if "poweroff" in text:
            self.host._becomes(self.machine.domain, state=MachineState.OFF)
            raise ConnectionLost(f"{self.name}: gone", why="it went down")
        if "systemctl" in text:
            return self._systemctl(text)
        return Result(0, "", "", 0.1)

    def _systemctl(self, text: str) -> Result:
        for verb in re.findall(r"systemctl ([a-z-]+)", text):
            if verb in ("enable", "disable"):
                self.inside.enabled = verb == "enable"
            elif verb in ("start", "stop"):
                self.inside.active = verb == "start"
            elif verb == "is-active":
                ok = self.inside.active != text.startswith("!")
                return Result(0 if ok else 3, "active" if ok else "inactive", "", 0.1)
            elif verb == "is-enabled":
                ok = self.inside.enabled
                return Result(0 if ok else 1, "enabled" if ok else "disabled", "", 0.1)
        return Result(0, "", "", 0.1)

    @contextmanager
    def talk(self, command: Command, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        self._must_answer()
        yield Dialogue()

    def close(self) -> None:
        pass


def sound(guest: "SimGuest", made: Plan, machine: Machine, *, timeout: float = 60.0) -> Sweep:
    """Return what a look at a machine sees where nothing is wrong with its network."""
    guest.run(Script("look around"))
    return Sweep(
        bonding={},
        default_route=f"default via {machine.gateway} dev x",
        names={other.name: str(other.address) for other in made.machines},
        answered={target.address: True for target in reach.targets(made, machine)},
        leaks=(),
        bridge_vlans=vlans(machine),
    )


@dataclass
class Doors:
    plan: Plan
    guests: dict[str, SimGuest]

    def guest(self, machine: Machine) -> SimGuest:
        return self.guests[machine.name]

    def close(self) -> None:
        pass


@dataclass
class Simulation:
    """A whole testbed, its doors, and the fuse."""

    host: SimHost
    doors: Doors

    @classmethod
    def whole(cls, folders: Folders, logs: Path) -> "Simulation":
        host = SimHost(planned(folders.disks("lab")), logs, prints=BOOTS)
        host.fuse, host.kept = Fuse(), {}
        host.inside = {machine.domain: Inside() for machine in host.plan.machines}
        host.has(*(observed(host.plan, machine) for machine in host.plan.machines))
        guests = {machine.name: SimGuest(host, machine) for machine in host.plan.machines}
        return cls(host, Doors(host.plan, guests))

    def checkpoint(self, name: str) -> None:
        for machine in self.host.plan.machines:
            self.host.create_snapshot(machine.domain, name)

    def checkpoints(self) -> set[str]:
        return {each.name for own in self.host.snapshots.values() for each in own}

    def inside(self, machine: str) -> Inside:
        return self.doors.guests[machine].inside

    def is_sound(self) -> bool:
        running = all(m.state == MachineState.RUNNING for m in self.host.machines.values())
        plugged = all(all(m.links.values()) for m in self.host.machines.values())
        return (
            running and plugged and all(i.active and i.enabled for i in self.host.inside.values())
        )

    def die_at(self, act: int) -> None:
        fuse = self.host.fuse
        fuse.acts, fuse.at, fuse.dead = 0, act, False

    def live(self) -> None:
        self.die_at(0)
