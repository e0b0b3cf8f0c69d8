"""What should exist: every name, UUID, MAC, address and port of a testbed, decided once."""

import ipaddress
import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from testbed.plan.cloud import Cloud
from testbed.plan.storage import Storage
from testbed.topology.models import BondMode, Role


@dataclass(frozen=True, slots=True)
class Nic:
    """A NIC with a cable in it: a point-to-point UDP link on the testbed's loopback address."""

    name: str
    mac: str
    mtu: int
    local_port: int
    remote_port: int
    peer: str  # "MACHINE:NIC" at the other end


@dataclass(frozen=True, slots=True)
class OutOfBand:
    """The NIC no fault ever touches: restricted user networking with one forwarded port."""

    mac: str
    ssh_port: int  # on the testbed's loopback address


@dataclass(frozen=True, slots=True)
class Bond:
    """Several NICs used as one; on a switch, the link aggregate facing an 802.3ad bond."""

    name: str
    mac: str
    members: tuple[str, ...]
    mode: BondMode
    mtu: int


@dataclass(frozen=True, slots=True)
class Interface:
    """A guest interface that takes part in a VLAN; tagged ones are VLAN interfaces."""

    name: str  # the interface's own name: vlan-mgmt, or the NIC's or bond's where untagged
    parent: str  # the NIC or bond below; the bridge on a switch
    vlan: str
    vlan_id: int
    tagged: bool
    address: ipaddress.IPv4Interface | None
    mtu: int
    mac: str


@dataclass(frozen=True, slots=True)
class SwitchPort:
    """A port of a switch's bridge: a NIC or an aggregate, and the VLAN ids it carries."""

    name: str
    tagged: tuple[int, ...]
    untagged: int | None


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk of a machine; `size_mib` is its virtual size."""

    volume: str  # file name in the testbed's pool
    serial: str
    size_mib: int


@dataclass(frozen=True, slots=True)
class Machine:
    """One virtual machine: the domain, and what the guest inside is told."""

    name: str
    role: Role
    domain: str
    uuid: uuid.UUID
    memory_mib: int
    vcpus: int
    image: str
    oob: OutOfBand
    wan_mac: str | None  # the router's NIC to the outside
    nics: tuple[Nic, ...]
    bonds: tuple[Bond, ...]
    interfaces: tuple[Interface, ...]
    ports: tuple[SwitchPort, ...]  # switches only
    gateway: ipaddress.IPv4Address | None
    root: str  # volume name of the root disk's overlay
    seed: str  # volume name of the seed ISO
    disks: tuple[Disk, ...]

    @property
    def translation_mib(self) -> int:
        """What an emulator may keep of translated code; when that is full, all of it goes.

        A node of OpenStack's control plane filled 256 MiB 32 times until its first proof.
        """
        return min(self.memory_mib // 4, 1024) if self.memory_mib >= 2048 else 256

    @property
    def address(self) -> ipaddress.IPv4Address | None:
        """The address other machines know this one by: in its gateway's VLAN, or its first."""
        reachable = [i.address for i in self.interfaces if i.address is not None]
        home = [a for a in reachable if self.gateway is not None and self.gateway in a.network]
        return next((a.ip for a in home or reachable), None)


@dataclass(frozen=True, slots=True)
class Cable:
    """A point-to-point link between two NICs, each end as "MACHINE:NIC"."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Vlan:
    """A VLAN of the plan."""

    name: str
    id: int
    subnet: ipaddress.IPv4Network
    mtu: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole testbed as it should be."""

    name: str
    topology: str  # as JSON
    internet: bool
    loopback: str  # the 127.x.y.z all its UDP and SSH ports live on
    pool: str
    pool_uuid: uuid.UUID
    folder: Path  # the pool's folder on the host
    vlans: tuple[Vlan, ...]
    machines: tuple[Machine, ...]
    cables: tuple[Cable, ...]
    forwards: tuple[tuple[str, str], ...]  # (source VLAN, destination VLAN)
    storage: Storage | None
    cloud: Cloud | None

    @property
    def topology_name(self) -> str:
        """The name of the topology it was decided from."""
        return str(json.loads(self.topology)["name"])

    def nic(self, end: str) -> tuple[Machine, Nic]:
        """Return the machine and the NIC of a cable's end, "MACHINE:NIC"."""
        machine_name, _, nic_name = end.partition(":")
        machine = self.machine(machine_name)
        return machine, next(nic for nic in machine.nics if nic.name == nic_name)

    def machine(self, name: str) -> Machine:
        """Return the machine of that name; raises `KeyError` where there is none."""
        return {machine.name: machine for machine in self.machines}[name]
