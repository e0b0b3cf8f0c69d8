"""What a fault does and undoes, as data: nothing here acts, and all of it can be written down."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from testbed.guest import Script

_PATIENCE = 120.0  # seconds for a script


@dataclass(frozen=True, slots=True)
class InGuest:
    """A script, run as root in a machine; as a claim: it exits with 0."""

    machine: str
    text: str
    timeout: float = _PATIENCE

    @property
    def script(self) -> Script:
        return Script(self.text, sudo=True)


@dataclass(frozen=True, slots=True)
class SetNetplan:
    """Merge something into the netplan of a machine, which does not apply it yet.

    A mapping is merged into a mapping, null removes a key; as a claim: nothing would change.
    """

    machine: str
    network: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SetCable:
    """Plug in the cable whose one end is "MACHINE:NIC", or pull it; as a claim: it is so."""

    end: str
    up: bool


@dataclass(frozen=True, slots=True)
class SetPower:
    """Give a machine power, or cut it at once; as a claim: it is so."""

    machine: str
    on: bool


@dataclass(frozen=True, slots=True)
class RestartMachine:
    """Shut a machine down in order and switch it on again; one that is off is switched on."""

    machine: str


@dataclass(frozen=True, slots=True)
class WipeDisk:
    """Overwrite the first MiB of a disk, which is kept on the host; as a claim: it is empty."""

    machine: str
    serial: str


@dataclass(frozen=True, slots=True)
class UnwipeDisk:
    """Put back what was overwritten, where something was."""

    machine: str
    serial: str


Action = InGuest | SetNetplan | SetCable | SetPower | RestartMachine | WipeDisk | UnwipeDisk
Claim = InGuest | SetNetplan | SetCable | SetPower | WipeDisk
_KINDS: Mapping[str, type[Action]] = {
    kind.__name__: kind
    for kind in (InGuest, SetNetplan, SetCable, SetPower, RestartMachine, WipeDisk, UnwipeDisk)
}


@dataclass(frozen=True, slots=True)
class FaultSteps:
    """How a fault is made, how one sees that it is there, and how it is undone.

    Healing may be done twice, and after an injection that was cut short.
    """

    inject: tuple[Action, ...]
    manifested: tuple[Claim, ...]
    heal: tuple[Action, ...]


def written(actions: Iterable[Action]) -> list[dict[str, Any]]:
    """Return actions as JSON has them."""
    return [{"do": type(action).__name__, **asdict(action)} for action in actions]


def read(records: Iterable[Mapping[str, Any]]) -> tuple[Action, ...]:
    """Return the actions that were written down; raises `ValueError` where they are none."""
    found = []
    for record in records:
        values = dict(record)
        try:
            found.append(_KINDS[str(values.pop("do", ""))](**values))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no action: {record}") from error
    return tuple(found)
