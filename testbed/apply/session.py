"""Doors into the machines of one testbed: SSH connections that are kept open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.apply.keys import Keys
from testbed.plan.models import Machine, Plan

if TYPE_CHECKING:
    from testbed.guest import SshGuest

USER = "aolda"


@dataclass(frozen=True, slots=True)
class Session:
    """One SSH door per machine; a door opens when it is first used."""

    plan: Plan
    guests: dict[str, "SshGuest"]

    def guest(self, machine: Machine) -> "SshGuest":
        """Return the door into a machine."""
        return self.guests[machine.name]

    def close(self) -> None:
        """Close every door."""
        for guest in self.guests.values():
            guest.close()


@contextmanager
def session(plan: Plan, keys: Keys) -> Iterator[Session]:
    """Open a session around the block."""
    opened = Session(plan, {m.name: _guest(plan, m, keys) for m in plan.machines})
    try:
        yield opened
    finally:
        opened.close()


def _guest(plan: Plan, machine: Machine, keys: Keys) -> "SshGuest":
    from testbed.guest import SshGuest

    return SshGuest(
        name=machine.name,
        host=plan.loopback,
        port=machine.oob.ssh_port,
        user=USER,
        key_file=keys.user_file,
        host_key=keys.hosts[machine.name].public,
    )
