"""Words and kinds of values that several parts of a lab share."""

import ipaddress
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from testbed.topology.models import InterfaceName, MachineName, Part, PoolName, VlanName

__all__ = ["InterfaceName", "MachineName", "PoolName", "VlanName"]

LabId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=24)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
Ids = Annotated[tuple[Id, ...], Field(min_length=1)]
Machines = Annotated[tuple[MachineName, ...], Field(min_length=1)]
Address = ipaddress.IPv4Address
End = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]*:[a-z][a-z0-9_-]*$", description="MACHINE:NIC of a cable")
]
VlanId = Annotated[int, Field(ge=1, le=4094)]
Mtu = Annotated[int, Field(ge=576, le=9000, description="largest IP packet in bytes")]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Shell = Annotated[str, Field(min_length=1, description="lines for a POSIX shell in the machine")]
ScriptFile = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9_-]+/[a-z0-9-]+\.sh$",
        description="a shell script in the lab's folder, run as root in a machine",
    ),
]


class LabPart(Part):
    """Base of every part of a lab; `from` is a word of Python's, so such keys have aliases."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Locale(StrEnum):
    """The languages of labs; the first is the source, the others mirror it."""

    KO = "ko"
    EN = "en"


class Kind(StrEnum):
    """What the learner does: mend what broke, harden what could break, build, or practise."""

    REPAIR = "repair"
    HARDEN = "harden"
    BUILD = "build"
    DRILL = "drill"


class Mode(StrEnum):
    """How much help an attempt has: a guide and hints, or only the brief."""

    GUIDED = "guided"
    SOLO = "solo"


class Tier(StrEnum):
    """How far a repair goes: users can work; the cause is gone; it cannot happen again."""

    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    PREVENTED = "prevented"


class Severity(StrEnum):
    """What breaking a safeguard means: it can be made good, or data is gone."""

    RECOVERABLE = "recoverable"
    CATASTROPHIC = "catastrophic"


class Rung(StrEnum):
    """The steps of a ladder of hints, from least to most told."""

    LOOK = "look"
    MEANING = "meaning"
    DO = "do"
    WORKED = "worked"
