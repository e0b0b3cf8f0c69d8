"""What the drawings of a testbed know about it while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Power = Literal["running", "paused", "off"]


@dataclass(frozen=True, slots=True)
class MachineState:
    """A machine as observed: its power, and by NIC name whether the cable is plugged in."""

    power: Power
    nics: Mapping[str, bool] = field(default_factory=dict)
