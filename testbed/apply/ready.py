"""Waiting until a machine's links, its routes, and then the whole testbed hold."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from testbed.apply.session import Session
from testbed.errors import GuestError
from testbed.guest import Guest, TalkingGuest, clock_offset, must, step_clocks
from testbed.plan.models import Machine, Plan
from testbed.probe import bonding, steady, sweep
from testbed.probe.verdict import Verdict, failing
from testbed.together import side_by_side
from testbed.wait import Seen, wait_until

_LINKS, _ROUTES, _STEADY = 120.0, 180.0, 180.0  # seconds


def wait_for_links(machine: Machine, guest: Guest) -> None:
    """Return once every bond of the machine is in its mode with all members up."""
    if not machine.bonds:
        return

    def look() -> Seen:
        seen = sweep.parse(must(guest, sweep.links_script()))
        return _seen(bonding.verdicts(machine.name, machine.bonds, seen.bonding))

    wait_until(
        f"{machine.name}: links",
        look,
        timeout=_LINKS,
        next_step=f"run: testbed ssh {machine.name} -- cat /proc/net/bonding/*",
    )


def wait_for_routes(plan: Plan, machine: Machine, guest: Guest) -> None:
    """Return once the machine's default route is there and its gateway answers."""
    if machine.gateway is None:
        return

    def look() -> Seen:
        return _gateway_seen(guest, machine)

    wait_until(
        f"{machine.name}: routes",
        look,
        timeout=_ROUTES,
        next_step=f"run: testbed ssh {machine.name} -- ip route",
    )


def _gateway_seen(guest: Guest, machine: Machine) -> Seen:
    result = guest.run(sweep.gateway_script(str(machine.gateway)))
    return Seen(result.ok, result.last_line)


def wait_until_steady(
    plan: Plan, session: Session, offsets: Mapping[str, float] | None = None
) -> tuple[Verdict, ...]:
    """Return what was seen once the steady state holds on every machine.

    `offsets` are those of the clocks, in seconds, where they were measured just now.
    """
    last: list[tuple[Verdict, ...]] = []
    known = [offsets]

    def look() -> Seen:
        last[:] = [check(plan, session, known.pop() if known else None)]
        wrong = [session.guest(machine) for machine in _with_wrong_clocks(plan, last[0])]
        with suppress(GuestError):  # the next look tells
            step_clocks(wrong)
        return _seen(last[0])

    wait_until(
        "the steady state",
        look,
        timeout=_STEADY,
        next_step="see what is wrong with: testbed status --check",
    )
    return last[0]


def _with_wrong_clocks(plan: Plan, verdicts: Iterable[Verdict]) -> Iterable[Machine]:
    wrong = {verdict.machine for verdict in failing(verdicts) if verdict.probe == "clock"}
    return (machine for machine in plan.machines if machine.name in wrong)


def check(
    plan: Plan, session: Session, offsets: Mapping[str, float] | None = None
) -> tuple[Verdict, ...]:
    """Look at every machine at once and return what holds and what does not.

    The clocks are asked, too, unless their `offsets` are known.
    """
    seen = side_by_side(plan.machines, lambda machine: _look(plan, machine, session))
    clocks = _offsets(plan, session) if offsets is None else offsets
    return (
        *(verdict for verdicts in seen for verdict in verdicts),
        *steady.clock_verdicts(clocks),
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
