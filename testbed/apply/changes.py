"""Desired and observed state → what `up` has to do, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from testbed.plan.models import Machine, Plan


class Action(StrEnum):
    """What `up` can do to a machine."""

    RESTORE = "restore"
    CREATE = "create"
    RECREATE = "create again"
    START = "start"
    RESUME = "resume"
    PLUG = "plug in"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do to a machine; `nic` names the cable's end for `PLUG`."""

    machine: str
    action: Action
    reason: str
    nic: str = ""

    def __str__(self) -> str:
        subject = f"{self.machine}:{self.nic}" if self.nic else self.machine
        return f"{self.action.value} {subject}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Existing:
    """A machine that exists: what it is doing; has it ever been ready; its links by MAC."""

    state: str  # running, paused, off or crashed
    ready: bool
    links: Mapping[str, bool]


def changes(plan: Plan, existing: Mapping[str, Existing]) -> Iterator[Change]:
    """Yield what takes the testbed from what exists to the plan; nothing where they agree."""
    for machine in plan.machines:
        found = existing.get(machine.name)
        if found is None:
            yield Change(machine.name, Action.CREATE, "it does not exist yet")
        else:
            yield from _to_running(machine, found)
    yield from _cables(plan, existing)


_HAS = {"off": "is off", "crashed": "has crashed"}


def _to_running(machine: Machine, found: Existing) -> Iterator[Change]:
    stopped = found.state in ("off", "crashed")
    if stopped and not found.ready:
        yield Change(machine.name, Action.RECREATE, "its first boot was cut short")
        return
    if stopped:
        yield Change(machine.name, Action.START, f"it {_HAS[found.state]}")
    elif found.state == "paused":
        yield Change(machine.name, Action.RESUME, "it is suspended")


def _cables(plan: Plan, existing: Mapping[str, Existing]) -> Iterator[Change]:
    """Yield the cables that have no carrier at one end or both."""
    for cable in plan.cables:
        ends = [plan.nic(end) for end in (cable.one, cable.other)]
        if all(_carrier(existing.get(machine.name), nic.mac) for machine, nic in ends):
            continue
        machine, nic = ends[0]
        yield Change(machine.name, Action.PLUG, f"no carrier to {cable.other}", nic.name)


def _carrier(found: Existing | None, mac: str) -> bool:
    return found is None or found.links.get(mac, True)
