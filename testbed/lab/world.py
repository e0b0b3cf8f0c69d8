"""The testbed a lab is played in: its machines, doors into them, and a clock."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock, Semaphore
from typing import Any

from testbed.apply import keys, observe
from testbed.apply.folders import Folders
from testbed.apply.observe import Testbed
from testbed.apply.session import Session, session
from testbed.guest import SshGuest
from testbed.host import Host
from testbed.lab.format import Sentinel
from testbed.plan.models import Machine, Plan

_LOOKS_AT_ONCE = 6  # sshd takes ten sessions of one connection


class Once:
    """Answers that several probes of one look share, each asked for once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asking: dict[str, Lock] = {}
        self._answers: dict[str, Any] = {}

    def get(self, question: str, ask: Callable[[], Any]) -> Any:
        """Return the answer, asking where nobody has asked yet; others wait meanwhile."""
        with self._lock:
            own = self._asking.setdefault(question, Lock())
        with own:
            if question not in self._answers:
                self._answers[question] = ask()
            return self._answers[question]


@dataclass(frozen=True, slots=True)
class World:
    """A testbed as probes, faults and moves see it."""

    host: Host
    folders: Folders
    plan: Plan
    doors: Session
    sentinels: Mapping[str, Sentinel] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    once: Once = field(default_factory=Once)
    looks: Semaphore = field(default_factory=lambda: Semaphore(_LOOKS_AT_ONCE))

    @property
    def name(self) -> str:
        """The testbed's name."""
        return self.plan.name

    def guest(self, machine: str) -> SshGuest:
        """Return the door into a machine."""
        return self.doors.guests[machine]

    def machine(self, name: str) -> Machine:
        """Return a machine's plan."""
        return self.plan.machine(name)

    def observe(self) -> Testbed:
        """Return the testbed as the host reports it now."""
        return observe.get(self.host, self.folders, self.plan.name)

    def states(self) -> Mapping[str, str]:
        """Return what each machine is doing."""
        return {m.machine: m.state.value for m in self.host.list_machines(self.plan.name)}

    def close_doors(self) -> None:
        """Close all doors: machines that were put back know nothing of later connections."""
        self.doors.close()

    def afresh(self) -> "World":
        """Return the world for a new look, which shares no answers with earlier ones."""
        return replace(self, once=Once())

    def of(self, sentinels: Mapping[str, Sentinel]) -> "World":
        """Return the world with a lab's sentinels in it."""
        return replace(self, sentinels=sentinels, once=Once())


@contextmanager
def open_world(host: Host, folders: Folders, testbed: Testbed) -> Iterator[World]:
    """Open doors into a testbed's machines around the block."""
    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:
        yield World(host, folders, testbed.plan, doors)
