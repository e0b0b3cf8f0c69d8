"""The hypervisor through libvirt; nothing without our mark is ever touched."""

from testbed.host.host import Host
from testbed.host.models import (
    HostFacts,
    MachineState,
    ObservedMachine,
    Pool,
    Snapshot,
    Volume,
)

__all__ = [
    "Host",
    "HostFacts",
    "MachineState",
    "ObservedMachine",
    "Pool",
    "Snapshot",
    "Volume",
]
