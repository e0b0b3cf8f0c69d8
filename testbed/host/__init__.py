"""The hypervisor through libvirt; nothing without our mark is ever touched."""

from testbed.host.agent import AgentGuest
from testbed.host.host import Host
from testbed.host.models import (
    Definition,
    HostFacts,
    MachineState,
    ObservedMachine,
    Pool,
    Snapshot,
    Volume,
)
from testbed.host.states import DISK_FAILED

__all__ = [
    "DISK_FAILED",
    "AgentGuest",
    "Definition",
    "Host",
    "HostFacts",
    "MachineState",
    "ObservedMachine",
    "Pool",
    "Snapshot",
    "Volume",
]
