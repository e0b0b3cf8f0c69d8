"""What belongs where in a topology, in words: for the sentences about a wrong shape."""

from dataclasses import dataclass

from testbed.topology.models import (
    Bond,
    ClientCache,
    Cloud,
    Disk,
    Forward,
    Machine,
    Part,
    Port,
    Storage,
    Topology,
    Vlan,
)

Loc = tuple[int | str, ...]  # where pydantic found something: keys, and indexes from 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of part: its model, and how it is called in a sentence."""

    model: type[Part]
    noun: str

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.model.model_fields)


WHOLE = Kind(Topology, "a topology")
KINDS = {  # by the key the parts stand under
    "vlans": Kind(Vlan, "a VLAN"),
    "machines": Kind(Machine, "a machine"),
    "nics": Kind(Port, "a NIC"),
    "bonds": Kind(Bond, "a bond"),
    "disks": Kind(Disk, "a disk"),
    "forward": Kind(Forward, "an entry of 'forward'"),
}
SECTIONS = {  # by the key each stands under: there is one of them
    "storage": Kind(Storage, "the storage section"),
    "client_cache": Kind(ClientCache, "the client cache"),
    "cloud": Kind(Cloud, "the cloud section"),
}
OTHER_WORDS = {  # what people call our keys
    "ceph": "storage",
    "cidr": "subnet",
    "copies": "replicas",
    "connections": "cables",
    "cpu": "vcpus",
    "cpus": "vcpus",
    "filesystem": "cephfs",
    "from": "source",
    "hosts": "machines",
    "interfaces": "nics",
    "ip": "address",
    "kind": "role",
    "links": "cables",
    "min_size": "min_replicas",
    "network": "subnet",
    "networks": "vlans",
    "nodes": "machines",
    "openstack": "cloud",
    "ram": "memory",
    "s3": "rgw",
    "servers": "machines",
    "slaves": "members",
    "tag": "id",
    "type": "role",
    "virtual_ip": "vip",
}
OTHER_CHOICES = {"lacp": "802.3ad", "failover": "active-backup", "server": "node"}
WANTED = {  # key: what its value must be, and an example
    "access": ("the name of a VLAN", "mgmt"),
    "address": ("an IPv4 address", "10.0.10.11"),
    "bonds": ("a mapping of bonds by name", "{bond0: {members: [eno1, eno2]}}"),
    "cables": ("a list of cables", "[[node1:eno1, sw1:node1]]"),
    "cephfs": ("true or false", "true"),
    "client_cache": ("a mapping of RBD's cache settings", "{rbd_cache_size: 32M}"),
    "cloud": ("a mapping of keys and values", "{provider: packages}"),
    "cluster_vlan": ("the name of a VLAN", "storage"),
    "description": ("text", "three nodes behind one switch"),
    "disks": ("a list of disks", "[{serial: osd0, size: 4G}]"),
    "failure_domain": ("what may fail", "host"),
    "forward": ("a list of what may pass the router", "[{source: mgmt, to: [storage]}]"),
    "gateway": ("the name of a VLAN", "mgmt"),
    "id": ("a whole number", "10"),
    "image": ("the name of an image recipe", "base"),
    "internet": ("true or false", "true"),
    "layout": ("where the control plane is", "ha"),
    "machines": ("a mapping of machines by name", "{node1: {role: node, memory: 1536M}}"),
    "members": ("a list of NIC names", "[eno1, eno2]"),
    "memory": ("a whole number followed by M or G", "1536M"),
    "min_replicas": ("a whole number", "2"),
    "mode": ("a bonding mode", "active-backup"),
    "mtu": ("a whole number of bytes", "1500"),
    "name": ("text that starts with a letter", "mylab"),
    "nics": ("a mapping of NICs by name", "{eno1: {access: mgmt, address: 10.0.10.11}}"),
    "nodes": ("a list of machine names", "[node1, node2, node3]"),
    "pools": ("a list of pool names", "[images, volumes, vms]"),
    "provider": ("where Ceph comes from", "ceph"),
    "provider_vlan": ("the name of a VLAN", "provider"),
    "rbd_cache": ("true or false", "true"),
    "rbd_cache_max_dirty": ("a whole number followed by M or G", "24M"),
    "rbd_cache_size": ("a whole number followed by M or G", "32M"),
    "rbd_cache_target_dirty": ("a whole number followed by M or G", "16M"),
    "rbd_cache_writethrough_until_flush": ("true or false", "true"),
    "registry": ("the address of a registry", "registry.example:5000/kolla"),
    "replicas": ("a whole number", "3"),
    "rgw": ("true or false", "true"),
    "role": ("a role", "node"),
    "serial": ("text that starts with a letter", "osd0"),
    "size": ("a whole number followed by M or G", "4G"),
    "source": ("the name of a VLAN", "mgmt"),
    "storage": ("a mapping of keys and values", "{vlan: storage}"),
    "subnet": ("a network with its prefix length", "10.0.10.0/24"),
    "to": ("a list of VLAN names", "[storage]"),
    "tunnel_vlan": ("the name of a VLAN", "vxlan"),
    "use": ("what becomes of the disk", "osd"),
    "vcpus": ("a whole number", "1"),
    "vip": ("an IPv4 address", "10.0.10.250"),
    "vlan": ("the name of a VLAN", "storage"),
    "vlans": ("a mapping of VLANs by name", "{mgmt: {id: 10, subnet: 10.0.10.0/24}}"),
}
WANTED_IN = {  # the same where a key means something else: by its section and itself
    ("cloud", "provider"): ("where OpenStack comes from", "packages"),
}
ENTRIES = {  # key of a list: what each entry is called, what it must be, and an example
    "cables": ("a cable", "a pair of ends", "[node1:eno1, sw1:node1]"),
    "members": ("a member", "the name of a NIC", "eno1"),
    "nodes": ("a node", "the name of a machine", "node1"),
    "pools": ("a pool", "the name of a pool", "volumes"),
    "to": ("a destination", "the name of a VLAN", "storage"),
}
NAMES = {  # key the names stand under, or their own key: what a name may be made of
    "machines": "a machine's name starts with a lower-case letter; then letters, digits and '-'",
    "vlans": "a VLAN's name starts with a lower-case letter; then letters and digits only",
    "pools": "a pool's name starts with a lower-case letter; then letters, digits, '-' and '_'",
    "name": "a topology's name starts with a lower-case letter; then letters, digits and '-'",
    "registry": "write HOST, HOST:PORT or either with /NAMESPACE; lower case, without 'https://'",
    "serial": "a serial starts with a lower-case letter; then letters, digits and '-'",
}
NIC_NAME = "a NIC's name starts with a lower-case letter; then letters, digits, '-' and '_'"
ADDRESS = "an IPv4 address is four numbers from 0 to 255, such as 10.0.10.11"
SIZES = frozenset(
    {"memory", "size", "rbd_cache_size", "rbd_cache_max_dirty", "rbd_cache_target_dirty"}
)


def kind_at(loc: Loc) -> Kind:
    """Return the kind of part whose key is the last step of `loc`."""
    above = str(loc[-3]) if len(loc) > 2 else ""
    section = str(loc[-2]) if len(loc) > 1 else ""
    return KINDS.get(above) or SECTIONS.get(section) or WHOLE


def wanted_at(loc: Loc) -> tuple[str, str]:
    """Return what the value of the key at the end of `loc` must be, and an example."""
    section = str(loc[-2]) if len(loc) > 1 else ""
    return WANTED_IN.get((section, str(loc[-1]))) or WANTED[str(loc[-1])]


def is_attachment(loc: Loc) -> bool:
    """Is this one VLAN of a machine, a NIC or a bond, so that its value is an address?"""
    return len(loc) > 3 and loc[-2] == "vlans"


def is_part(loc: Loc) -> bool:
    """Is this a whole part, such as one machine, one bond or one disk?"""
    return len(loc) > 1 and loc[-2] in KINDS and not is_attachment(loc)
