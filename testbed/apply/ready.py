"""Waiting until a machine's links, its routes, and then the whole testbed hold."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial

from testbed.apply.session import Session
from testbed.errors import GuestError
from testbed.guest import (
    CommandTimeout,
    ConnectionLost,
    Guest,
    TalkingGuest,
    Unreachable,
    clock_offset,
    step_clocks,
)
from testbed.plan.models import Machine, Plan
from testbed.probe import bonding, reach, steady, sweep
from testbed.probe.sweep import Sweep
from testbed.probe.verdict import Verdict, failing
from testbed.together import both, side_by_side
from testbed.wait import Seen, wait_until

_LINKS, _ROUTES, _STEADY = 120.0, 180.0, 180.0  # seconds


def wait_for_links(plan: Plan, machine: Machine, guest: Guest) -> Sweep:
    """Return what was seen once every bond of the machine is in its mode with all members up."""
    return _wait(
        f"{machine.name}: links",
        lambda: sweep.look(guest, plan, machine),
        lambda seen: bonding.verdicts(machine.name, machine.bonds, seen.bonding),
        timeout=_LINKS,
        next_step=f"run: testbed ssh {machine.name} -- ip -br link",
    )


def wait_for_routes(plan: Plan, machine: Machine, guest: Guest, seen: Sweep) -> Sweep:
    """Return what was seen once the machine's default route is there and its gateway answers.

    `seen` is the look that showed its links: it usually shows its routes, too.
    """
    looks = [seen]
    return _wait(
        f"{machine.name}: routes",
        lambda: looks.pop() if looks else sweep.look(guest, plan, machine),
        lambda seen: (
            *steady.route_verdicts(machine, seen.default_route),
            *reach.gateway_verdicts(machine, seen.answered),
        ),
        timeout=_ROUTES,
        next_step=f"run: testbed ssh {machine.name} -- ip route",
    )


def _wait(
    goal: str,
    look: Callable[[], Sweep],
    judge: Callable[[Sweep], Iterable[Verdict]],
    *,
    timeout: float,
    next_step: str,
) -> Sweep:
    """Return the first look at a machine of which every verdict holds.

    A busy machine that does not answer a look in time is looked at again.
    """
    last: list[Sweep] = []

    def once() -> Seen:
        try:
            last[:] = [look()]
        except (Unreachable, CommandTimeout, ConnectionLost) as error:
            return Seen(False, error.in_one_line)
        return _seen(judge(last[0]))

    wait_until(goal, once, timeout=timeout, next_step=next_step)
    return last[0]


def wait_until_steady(
    plan: Plan, session: Session, seen: tuple[Verdict, ...]
) -> tuple[Verdict, ...]:
    """Return what was seen once the steady state has held on every machine.

    `seen` is what a look at all machines showed just now. Only machines of which something did not
    hold are looked at again: looks at all keep a busy host too busy to answer them in time.
    """
    looks: list[tuple[Verdict, ...]] = []

    def look() -> Seen:
        looks.append(_check_again(plan, session, looks[-1]) if looks else seen)
        if any(verdict.probe == "clock" for verdict in failing(looks[-1])):
            with suppress(GuestError):  # the next look tells
                # All of them: one alone would be at the host's time, which is not the others'.
                step_clocks(session.guests.values())
        return _seen(looks[-1])

    wait_until(
        "the steady state",
        look,
        timeout=_STEADY,
        next_step="see what is wrong with: testbed status --check",
    )
    return looks[-1]


def check(plan: Plan, session: Session) -> tuple[Verdict, ...]:
    """Look at every machine and its clock at once; return what holds and what does not."""
    return _look_beside(plan, plan.machines, session, partial(_offsets, plan, session))


def _check_again(plan: Plan, session: Session, seen: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Look at the machines of which something did not hold, and at all clocks."""
    wrong = {verdict.machine for verdict in failing(seen)}
    held = (each for each in seen if each.machine not in wrong and each.probe != "clock")
    machines = tuple(machine for machine in plan.machines if machine.name in wrong)
    return (*held, *_look_beside(plan, machines, session, partial(_offsets, plan, session)))


def set_clocks(plan: Plan, session: Session) -> tuple[Verdict, ...]:
    """Set all clocks, look at every machine meanwhile, and return what holds and what does not.

    What a look times is timed by a clock that moves: it may miss an answer, and never sees one
    that did not come.
    """
    clocks = partial(step_clocks, session.guests.values())
    return _look_beside(plan, plan.machines, session, clocks)


def _look_beside(
    plan: Plan,
    machines: tuple[Machine, ...],
    session: Session,
    clocks: Callable[[], Mapping[str, float]],
) -> tuple[Verdict, ...]:
    offsets, seen = both(
        clocks,
        lambda: side_by_side(machines, lambda machine: _look(plan, machine, session)),
    )
    return (
        *(verdict for verdicts in seen for verdict in verdicts),
        *steady.clock_verdicts(plan, offsets),
    )


def _offsets(plan: Plan, session: Session) -> Mapping[str, float]:
    found = side_by_side(plan.machines, lambda machine: _offset(session.guest(machine)))
    names = (machine.name for machine in plan.machines)
    return {name: o for name, o in zip(names, found, strict=True) if o is not None}


def _look(plan: Plan, machine: Machine, session: Session) -> tuple[Verdict, ...]:
    try:
        seen = sweep.look(session.guest(machine), plan, machine)
    except GuestError as error:
        return (Verdict("reachable", machine.name, False, error.why or error.what),)
    return tuple(steady.verdicts(plan, machine, seen))


def _offset(guest: TalkingGuest) -> float | None:
    try:
        return clock_offset(guest)
    except GuestError:
        return None  # the sweep already told that it cannot be reached


def _seen(verdicts: Iterable[Verdict]) -> Seen:
    wrong = failing(tuple(verdicts))
    return Seen(not wrong, "; ".join(map(str, wrong[:5])) or "all hold")
