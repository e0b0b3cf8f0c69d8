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
PoolName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=32)]
Registry = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9][a-z0-9._/-]*)?$")
]


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


class Provider(StrEnum):
    """Where Ceph comes from."""

    CEPH = "ceph"
    MICROCEPH = "microceph"


class CloudProvider(StrEnum):
    """Where OpenStack comes from."""

    PACKAGES = "packages"
    KOLLA = "kolla"


class CloudLayout(StrEnum):
    """Where the control plane is."""

    HA = "ha"
    COMPACT = "compact"


class FailureDomain(StrEnum):
    """What may fail without taking more than one replica with it."""

    HOST = "host"
    OSD = "osd"


class DiskUse(StrEnum):
    """What becomes of an extra disk."""

    OSD = "osd"
    NONE = "none"


class Part(BaseModel):
    """Base of every part: no unknown keys, no silent conversions, no changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Vlan(Part):
    """One layer-2 network: its tag, its addresses, its largest packet in bytes."""

    id: Annotated[int, Field(ge=1, le=4094, description="802.1Q VLAN id")]
    subnet: Annotated[ipaddress.IPv4Network, Field(description="network in CIDR notation")]
    # Below 1280 networkd raises it wherever IPv6 is on, as it is in every VLAN.
    mtu: Annotated[int, Field(ge=1280, le=9000, description="largest IP packet in bytes")] = 1500


class Port(Part):
    """How a NIC or a bond takes part in VLANs.

    `access` is the one VLAN carried untagged, with `address` in it, and with the port's MTU where
    it is not alone; `vlans` are carried tagged, each with this machine's address in it, or null
    for an interface without an address.
    """

    mtu: Annotated[
        int, Field(ge=1280, le=9000, description="largest IP packet in bytes, any VLAN's or more")
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
    use: Annotated[DiskUse, Field(description="osd: Ceph stores on it; none: it stays empty")] = (
        DiskUse.OSD
    )


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
        tuple[Disk, ...],
        Field(max_length=24, description="empty disks beside the one the machine boots from"),
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


class ClientCache(Part):
    """RBD's cache on the side of the client; Ceph's own names and defaults."""

    rbd_cache: Annotated[bool, Field(description="whether clients cache at all")] = True
    rbd_cache_writethrough_until_flush: Annotated[
        bool, Field(description="trust a guest's flushes only once it has sent one")
    ] = True
    rbd_cache_size: Annotated[SizeMiB, Field(ge=1, description="for example 32M")] = 32
    rbd_cache_max_dirty: Annotated[
        SizeMiB, Field(ge=0, description="at most this much is not yet written; 0M: write through")
    ] = 24
    rbd_cache_target_dirty: Annotated[
        SizeMiB, Field(ge=0, description="from here on the cache is written back")
    ] = 16


class Storage(Part):
    """The Ceph cluster of the nodes: where it runs, and how it keeps data."""

    provider: Annotated[
        Provider, Field(description="ceph: Debian's packages; microceph: the snap")
    ] = Provider.CEPH
    vlan: Annotated[VlanName, Field(description="VLAN of Ceph's clients and monitors")]
    cluster_vlan: Annotated[
        VlanName | None, Field(description="VLAN of replication, where it is another")
    ] = None
    nodes: Annotated[
        tuple[MachineName, ...] | None,
        Field(min_length=1, description="nodes that take part; all of them where not said"),
    ] = None
    pools: Annotated[
        tuple[PoolName, ...], Field(min_length=1, description="pools of block devices")
    ] = ("images", "volumes", "vms")
    replicas: Annotated[int, Field(ge=1, le=10, description="Ceph's size: copies kept")] = 3
    min_replicas: Annotated[
        int, Field(ge=1, le=10, description="Ceph's min_size: copies without which I/O stops")
    ] = 2
    failure_domain: Annotated[
        FailureDomain, Field(description="no two copies in the same host, or on the same osd")
    ] = FailureDomain.HOST
    cephfs: Annotated[bool, Field(description="a filesystem, with its metadata servers")] = False
    rgw: Annotated[bool, Field(description="an object gateway on every node, port 7480")] = False
    client_cache: Annotated[
        ClientCache | None, Field(description="RBD's cache, where not Ceph's own settings")
    ] = None


class Cloud(Part):
    """OpenStack on all nodes, its images and disks in their Ceph."""

    provider: Annotated[
        CloudProvider,
        Field(description="packages: Debian's; kolla: containers, kolla-ansible, run by you"),
    ]
    layout: Annotated[
        CloudLayout | None,
        Field(description="ha: control plane on three nodes; compact: on the first. With packages"),
    ] = None
    vip: Annotated[
        ipaddress.IPv4Address | None,
        Field(description="address of the APIs in the nodes' gateway VLAN; .250 where not said"),
    ] = None
    tunnel_vlan: Annotated[VlanName, Field(description="VLAN of the tenants' overlay")] = "vxlan"
    provider_vlan: Annotated[
        VlanName, Field(description="VLAN that OpenStack takes over; nodes have no address there")
    ] = "provider"
    registry: Annotated[
        Registry | None,
        Field(description="HOST[:PORT][/NAMESPACE] of the images, where not kolla-ansible's own"),
    ] = None


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
    storage: Annotated[
        Storage | None, Field(description="the Ceph cluster; without it there is none")
    ] = None
    cloud: Annotated[Cloud | None, Field(description="OpenStack; without it there is none")] = None
