"""The monitors' quorum, asked of one monitor at its admin socket: it answers without one, too."""

from dataclasses import dataclass
from typing import Any

from testbed.probe.ceph.ask import Ask
from testbed.wait import Seen


@dataclass(frozen=True, slots=True)
class MonStatus:
    """What one monitor knows: its state, the monitors in quorum, and those of the monmap."""

    name: str
    state: str  # leader, peon, probing, electing, synchronizing; "silent" where nothing answers
    quorum: tuple[str, ...]
    monitors: tuple[str, ...]

    def __str__(self) -> str:
        if not self.monitors:
            return f"mon.{self.name} is {self.state}"
        if not self.quorum:
            return f"mon.{self.name} is {self.state}; no quorum of {', '.join(self.monitors)}"
        return f"{len(self.quorum)} of {len(self.monitors)} monitors in quorum"


def mon_status(ask: Ask, *, timeout: float = 10.0) -> MonStatus:
    """Return what the machine's own monitor knows; `timeout` is in seconds."""
    answer = ask.daemon(f"mon.{ask.machine}", "mon_status", timeout=timeout)
    if not answer.ok:
        return MonStatus(ask.machine, "silent", (), ())
    return read_mon_status(answer.json())


def read_mon_status(told: Any) -> MonStatus:
    """Read the answer to `mon_status`."""
    names = {mon["rank"]: mon["name"] for mon in told["monmap"]["mons"]}
    return MonStatus(
        name=told["name"],
        state=told["state"],
        quorum=tuple(names[rank] for rank in told["quorum"] if rank in names),
        monitors=tuple(names.values()),
    )


def quorum_seen(ask: Ask, wanted: tuple[str, ...]) -> Seen:
    """Return whether all wanted monitors are in quorum."""
    seen = mon_status(ask)
    return Seen(set(wanted) <= set(seen.quorum), str(seen))
