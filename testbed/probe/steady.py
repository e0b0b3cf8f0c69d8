"""The steady state: what holds on a healthy testbed."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from testbed.plan.clocks import in_time
from testbed.plan.models import Machine, Plan
from testbed.probe import bonding, reach, switch
from testbed.probe.sweep import Sweep
from testbed.probe.verdict import Verdict
from testbed.topology.models import Role

CLOCKS_WITHIN = 0.05  # seconds; Ceph warns above this (mon_clock_drift_allowed)
# Seconds. Nothing keeps the testbed's time at the host's, and emulated clocks were seen to leave it
# by less than one a day; after a sleep of the host's it is more, and logs tell of other moments.
_FROM_HOST = 60.0


def all_verdicts(
    plan: Plan, sweeps: Iterable[Sweep], offsets: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Return what holds and what does not, from a sweep of each machine in the plan's order.

    `offsets` are how many seconds each clock is ahead of the host's, by machine.
    """
    looks = zip(plan.machines, sweeps, strict=True)
    seen = (each for machine, sweep in looks for each in verdicts(plan, machine, sweep))
    return (*seen, *clock_verdicts(plan, offsets))


def verdicts(plan: Plan, machine: Machine, sweep: Sweep) -> Iterator[Verdict]:
    """Yield what holds on one machine and what does not."""
    yield from bonding.verdicts(machine.name, machine.bonds, sweep.bonding)
    yield from reach.verdicts(machine, tuple(reach.targets(plan, machine)), sweep.answered)
    yield reach.leak_verdict(machine, sweep.leaks)
    yield from route_verdicts(machine, sweep.default_route)
    yield _names(plan, machine, sweep.names)
    if machine.role is Role.SWITCH:
        yield switch.verdict(machine, switch.parse(sweep.bridge_vlans))


def route_verdicts(machine: Machine, seen: str) -> Iterator[Verdict]:
    """Yield whether the default route, and no other, leads to the machine's gateway, if it has one.

    `seen` is what `ip route show default` printed.
    """
    if machine.gateway is not None:
        holds = seen.startswith(f"default via {machine.gateway} ") and "\n" not in seen
        yield Verdict("default route", machine.name, holds, seen or "there is none")


def _names(plan: Plan, machine: Machine, names: Mapping[str, str]) -> Verdict:
    wrong = [
        f"{other.name} is {names.get(other.name, 'unknown')}"
        for other in plan.machines
        if other.address
        and other.name != machine.name
        and names.get(other.name) != str(other.address)
    ]
    return Verdict("names", machine.name, not wrong, "; ".join(wrong) or "all resolve")


def clock_verdicts(plan: Plan, offsets: Mapping[str, float]) -> Iterator[Verdict]:
    """Yield whether each clock agrees with the others, and is anywhere near the host's.

    `offsets` are how many seconds each is ahead of the host's, by machine. Any two that hold are
    within `CLOCKS_WITHIN`: each is compared with the middle one of all. Of a machine that has
    nobody to ask for the time only the host's counts.
    """
    asking = in_time(plan)
    together = {name: offset for name, offset in offsets.items() if name in asking}
    middle = median(together.values()) if together else 0.0
    for machine, offset in offsets.items():
        apart = offset - middle if machine in together else 0.0
        holds = abs(apart) <= CLOCKS_WITHIN / 2 and abs(offset) <= _FROM_HOST
        others = f"{_ms(apart)} from the others'" if machine in together else "asks nobody"
        yield Verdict("clock", machine, holds, f"{others}, {_ms(offset)} from the host's")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:+.0f} ms"
