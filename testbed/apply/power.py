"""Power of one machine: the cord pulled, switched on, shut down in order."""

import time
from contextlib import suppress

from testbed.apply import cables, keys
from testbed.apply.boot import wait_for_ssh
from testbed.apply.folders import Folders
from testbed.apply.observe import Testbed
from testbed.apply.session import Session, session
from testbed.errors import GuestError, TestbedError
from testbed.guest import ConnectionLost, Script, clock_offset, step_clocks
from testbed.host import Host
from testbed.plan.models import Machine
from testbed.topology.models import Role
from testbed.wait import Seen, wait_until

_SHUTDOWN = 90.0  # seconds a guest gets to shut down before its power is cut


def power_off(host: Host, testbed: Testbed, machine: Machine) -> None:
    """Pull a machine's power cord: what its guest had not yet written is lost."""
    host.destroy(machine.domain)
    cables.lose_carriers(host, testbed.plan, machine, testbed.machines)


def power_on(host: Host, folders: Folders, testbed: Testbed, machine: Machine) -> None:
    """Switch a machine on and return once it lets us in."""
    found = host.find_domain(machine.domain)
    if found is not None and found.state in ("off", "crashed"):
        host.destroy(machine.domain)  # a crashed machine may still hold its emulator
        log = host.console_log_path(machine.domain)
        if log is not None:
            log.unlink(missing_ok=True)  # what an earlier boot told
    host.start(machine.domain)
    host.resume(machine.domain)
    cables.regain_carriers(host, testbed.plan, machine, testbed.machines)
    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:
        wait_for_ssh(host, machine, doors.guest(machine))
        ahead = _ahead(testbed, machine, doors)
        step_clocks([doors.guest(machine)], now=lambda: time.time() + ahead)


def _ahead(testbed: Testbed, machine: Machine, doors: Session) -> float:
    """Return how many seconds the clocks of the others are ahead of the host's.

    They agree with each other, and leave the host's in time: one that is alone at the host's time
    would not agree with them.
    """
    others = [each for each in testbed.plan.machines if each.name != machine.name]
    for other in sorted(others, key=lambda each: each.role is not Role.ROUTER):  # it leads them
        found = testbed.machines.get(other.name)
        if found is not None and found.state == "running":
            with suppress(GuestError):
                return clock_offset(doors.guest(other))
    return 0.0


def restart(host: Host, folders: Folders, testbed: Testbed, machine: Machine) -> bool:
    """Shut a machine down and switch it on again; return once it lets us in.

    Returns whether it was shut down in order, see `shut_down`.
    """
    in_order = shut_down(host, folders, testbed, machine)
    power_on(host, folders, testbed, machine)
    return in_order


def shut_down(host: Host, folders: Folders, testbed: Testbed, machine: Machine) -> bool:
    """Shut a machine down, and return whether that went in order.

    A guest that cannot be reached, or does not shut down in time, loses power instead.
    """
    in_order = _shut_down(host, folders, testbed, machine)
    cables.lose_carriers(host, testbed.plan, machine, testbed.machines)
    return in_order


def _shut_down(host: Host, folders: Folders, testbed: Testbed, machine: Machine) -> bool:
    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:
        try:
            with suppress(ConnectionLost):  # it went down before it could answer
                poweroff = Script("systemctl poweroff --no-wall", sudo=True)
                doors.guest(machine).run(poweroff, timeout=15)
            _wait_until_off(host, machine)
        except TestbedError:
            host.destroy(machine.domain)
            return False
    return True


def _wait_until_off(host: Host, machine: Machine) -> None:
    def look() -> Seen:
        found = host.find_domain(machine.domain)
        state = found.state if found else "gone"
        return Seen(state == "off", f"its domain is {state}")

    wait_until(f"{machine.name}: off", look, timeout=_SHUTDOWN)
