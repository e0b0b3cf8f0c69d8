"""What the user wrote: the parts of a topology, frozen and strict.

Only the shape of each part is checked here; rules between parts are in `testbed.topology.rules`.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MachineName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=32)]
InterfaceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
VlanName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")]


class Role(StrEnum):
    """What a machine is for."""

    NODE = "node"
    SWITCH = "switch"
    ROUTER = "router"
    TENANT = "tenant"
    WATCH = "watch"


class BondMode(StrEnum):
    """The bonding modes the wiring can carry."""

    ACTIVE_BACKUP = "active-backup"
    LACP = "802.3ad"


class Part(BaseModel):
    """Base of every part: no unknown keys, no silent conversions, no changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Vlan(Part):
    """One layer-2 network: its tag, its addresses, its largest packet in bytes."""

    id: Annotated[int, Field(ge=1, le=4094, description="802.1Q VLAN id")]
    subnet: Annotated[ipaddress.IPv4Network, Field(description="network in CIDR notation")]
    mtu: Annotated[int, Field(ge=576, le=9000, description="largest IP packet in bytes")] = 1500


class Port(Part):
    """How a NIC or a bond takes part in VLANs.

    `access` is the one VLAN carried untagged, with `address` in it; `vlans` are carried tagged,
    each with this machine's address in it, or null for an interface without an address.
    """

    mtu: Annotated[
        int, Field(ge=576, le=9000, description="largest IP packet in bytes, any VLAN's or more")
    ] = 1500
    access: Annotated[VlanName | None, Field(description="the VLAN carried untagged")] = None
    address: Annotated[
        ipaddress.IPv4Address | None, Field(description="this machine's address in `access`")
    ] = None
    vlans: Annotated[
        Mapping[VlanName, ipaddress.IPv4Address | None],
        Field(description="VLANs carried tagged, with this machine's address or null"),
    ] = {}

    def attachments(self) -> Iterator[tuple[str, ipaddress.IPv4Address | None]]:
        """Yield each VLAN name with this machine's address in it, untagged first."""
        if self.access is not None:
            yield self.access, self.address
        yield from self.vlans.items()


class Bond(Port):
    """Several NICs used as one."""

    members: Annotated[
        tuple[InterfaceName, ...], Field(description="two or more NICs, each with its own cable")
    ]
    mode: Annotated[
        BondMode, Field(description="802.3ad needs all members cabled to one switch")
    ] = BondMode.ACTIVE_BACKUP


def _size_in_mib(value: Any) -> Any:
    """Read '2G' or '512M' as MiB; leave anything else to pydantic."""
    units = {"M": 1, "G": 1024}
    if isinstance(value, str) and value[:-1].isdecimal() and value[-1] in units:
        return int(value[:-1]) * units[value[-1]]
    return value


SizeMiB = Annotated[int, BeforeValidator(_size_in_mib, json_schema_input_type=int | str)]


class Disk(Part):
    """An extra empty disk; the serial names it inside the machine."""

    serial: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]*$",
            max_length=20,
            description="found in the machine as /dev/disk/by-id/virtio-SERIAL",
        ),
    ]
    size: Annotated[SizeMiB, Field(ge=64, description="for example 4G or 512M")]


class Machine(Part):
    """One virtual machine."""

    role: Annotated[Role, Field(description="what the machine is for")]
    memory: Annotated[SizeMiB, Field(ge=192, description="for example 1536M or 2G")]
    vcpus: Annotated[int, Field(ge=1, le=16, description="virtual processors")] = 1
    image: Annotated[str, Field(description="recipe the machine boots from")] = "base"
    gateway: Annotated[
        VlanName | None, Field(description="VLAN whose router address is the default route")
    ] = None
    nics: Annotated[Mapping[InterfaceName, Port], Field(description="NICs used on their own")] = {}
    bonds: Annotated[
        Mapping[InterfaceName, Bond], Field(description="NICs used together, by the bond's name")
    ] = {}
    vlans: Annotated[
        Mapping[VlanName, ipaddress.IPv4Address],
        Field(description="a switch's own addresses; other machines have theirs on NICs and bonds"),
    ] = {}
    disks: Annotated[
        tuple[Disk, ...], Field(description="empty disks beside the one the machine boots from")
    ] = ()

    def ports(self) -> Iterator[tuple[str, Port]]:
        """Yield the name and settings of every NIC and bond that takes part in VLANs."""
        yield from self.nics.items()
        yield from self.bonds.items()

    def addresses(self) -> Iterator[tuple[str, ipaddress.IPv4Address | None]]:
        """Yield every VLAN the machine takes part in, with its address there."""
        yield from self.vlans.items()
        for _, port in self.ports():
            yield from port.attachments()


class Forward(Part):
    """Who may open connections to whom through the router."""

    source: Annotated[VlanName, Field(description="VLAN whose machines open connections")]
    to: Annotated[tuple[VlanName, ...], Field(description="VLANs they may reach")]


class Topology(Part):
    """A whole testbed."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]*$",
            max_length=24,
            description="the testbed is called so where --name gives no other name",
        ),
    ]
    description: Annotated[str, Field(description="what it is, in one line")] = ""
    internet: Annotated[
        bool, Field(description="let machines reach the internet through the router")
    ] = False
    vlans: Annotated[
        Mapping[VlanName, Vlan], Field(min_length=1, description="the layer-2 networks, by name")
    ]
    machines: Annotated[
        Mapping[MachineName, Machine],
        Field(min_length=1, description="the virtual machines, by host name"),
    ]
    cables: Annotated[
        tuple[tuple[str, str], ...], Field(description="pairs of MACHINE:NIC, one cable each")
    ] = ()
    forward: Annotated[
        tuple[Forward, ...], Field(description="what the router lets through between VLANs")
    ] = ()
