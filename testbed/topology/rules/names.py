"""Rules about names: what Linux, cloud-init and testbed itself can take."""

import re
from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.models import Machine, Role, Topology
from testbed.topology.rules.parts import ends, machines, own_nics
from testbed.topology.words import quoted

_LONGEST_INTERFACE = 15  # characters; Linux's IFNAMSIZ without the final NUL
_LONGEST_VLAN = _LONGEST_INTERFACE - len("vlan-")
_RESERVED_MACHINES = frozenset(
    {"all", "localhost", "ip6-localhost", "ip6-loopback", "ip6-allnodes", "ip6-allrouters"}
)
_RESERVED_NICS = {
    "oob0": "it is the out-of-band NIC every machine has",
    "wan0": "it is the router's NIC to the outside",
    "br0": "it is the bridge inside every switch",
    "lo": "it is the loopback interface",
    "all": "the kernel means every interface by it",
    "default": "the kernel means every new interface by it",
    "bonding_masters": "the kernel has a file of that name among the interfaces",
}
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*")
_RESERVED_SERIALS = {"root": "the disk the machine boots from", "seed": "the cloud-init disk"}


def reserved_machine_names(topology: Topology) -> Iterator[Problem]:
    """A machine's name is a host name in every guest, and a word on the command line."""
    for name, where, _ in machines(topology):
        if name in _RESERVED_MACHINES:
            yield Problem(where, f"the name '{name}' is reserved", "choose another, such as node1")
        elif name.endswith("-"):
            hint = f"call it '{name.rstrip('-')}'"
            yield Problem(where, f"the host name '{name}' ends in a '-', which hosts refuse", hint)


def reserved_nic_names(topology: Topology) -> Iterator[Problem]:
    """Some interface names exist already in the machine, or will."""
    for where, machine, name in _interfaces(topology):
        if reason := reserved(name, machine.role):
            what = f"the interface name '{name}' is reserved: {reason}"
            yield Problem(where, what, f"choose another, such as {_example(machine.role)}")


def long_nic_names(topology: Topology) -> Iterator[Problem]:
    for where, machine, name in _interfaces(topology):
        if len(name) > _LONGEST_INTERFACE:
            what = (
                f"the interface name '{name}' has {len(name)} characters; "
                f"Linux takes {_LONGEST_INTERFACE} at most"
            )
            yield Problem(where, what, f"choose a shorter one, such as {_example(machine.role)}")


def long_vlan_names(topology: Topology) -> Iterator[Problem]:
    for name in topology.vlans:
        if len(name) > _LONGEST_VLAN:
            what = (
                f"the interface 'vlan-{name}' would have {len(name) + 5} characters; "
                f"Linux takes {_LONGEST_INTERFACE} at most"
            )
            hint = f"shorten the VLAN's name to {_LONGEST_VLAN} characters at most"
            yield Problem(f"vlans.{name}", what, hint)


def one_name_for_nic_and_bond(topology: Topology) -> Iterator[Problem]:
    for _, where, machine in machines(topology):
        nics = own_nics(machine)
        for bond in machine.bonds:
            if bond in nics:
                what = f"'{bond}' is the name of a bond and of a NIC"
                hint = "give the bond a name of its own, such as bond0"
                yield Problem(f"{where}.bonds.{bond}", what, hint)


def disk_serials(topology: Topology) -> Iterator[Problem]:
    """The serial is how a disk is found inside the machine, so it must tell disks apart."""
    for _, where, machine in machines(topology):
        seen: set[str] = set()
        for number, disk in enumerate(machine.disks, start=1):
            place = f"{where}.disks.{number}"
            if disk.serial in seen:
                what = f"another disk of this machine has the serial '{disk.serial}'"
                yield Problem(f"{place}.serial", what, f"number them, as in {disk.serial}{number}")
            if disk.serial in _RESERVED_SERIALS:
                what = f"the serial '{disk.serial}' is reserved: it names "
                what += _RESERVED_SERIALS[disk.serial]
                yield Problem(f"{place}.serial", what, "choose another, such as osd0")
            seen.add(disk.serial)


def image_names(topology: Topology) -> Iterator[Problem]:
    for _, where, machine in machines(topology):
        if not _IMAGE.fullmatch(machine.image):
            hint = "list the recipes with: testbed image list"
            what = f"{quoted(machine.image)} cannot be the name of an image recipe"
            yield Problem(f"{where}.image", what, hint)


def _interfaces(topology: Topology) -> Iterator[tuple[str, Machine, str]]:
    """Yield the place, machine and name of every interface, once each."""
    for _, where, machine in machines(topology):
        if machine.role is Role.SWITCH:
            continue  # it has ports where cables end, and no other interfaces
        for nic in machine.nics:
            yield f"{where}.nics.{nic}", machine, nic
        for name, bond in machine.bonds.items():
            yield f"{where}.bonds.{name}", machine, name
            for member in dict.fromkeys(bond.members):
                if member not in machine.nics:
                    yield f"{where}.bonds.{name}.members", machine, member
    for where, _, end in ends(topology):
        owner = topology.machines.get(end.machine) if end else None
        if end and owner and end.nic not in {**own_nics(owner), **owner.bonds}:
            yield where, owner, end.nic


def reserved(name: str, role: Role) -> str:
    """Return why no NIC of a machine of that role can have the name, or '' where it can."""
    if re.fullmatch(r"eth[0-9]+", name):
        return "the kernel itself names NICs so, in an order of its own"
    if name.startswith("vlan-"):
        return "VLAN interfaces are named so"
    if role is Role.SWITCH and name.startswith("lag"):
        return "a switch's link aggregates are named so"
    return _RESERVED_NICS.get(name, "")


def can_be_called(name: str, role: Role) -> bool:
    """Tell whether a NIC of a machine of that role can have the name."""
    return len(name) <= _LONGEST_INTERFACE and not reserved(name, role)


def _example(role: Role) -> str:
    """Return a good name: a switch's ports are called after the machine at the other end."""
    return "node1" if role is Role.SWITCH else "eno1"


def description_is_printable(topology: Topology) -> Iterator[Problem]:
    """The description goes into files that allow no control characters."""
    bad = [c for c in topology.description if not c.isprintable() and c not in "\n\t"]
    if bad:
        what = f"the description holds the unprintable character U+{ord(bad[0]):04X}"
        yield Problem("description", what, "remove it")


RULES = (
    description_is_printable,
    reserved_machine_names,
    reserved_nic_names,
    long_nic_names,
    long_vlan_names,
    one_name_for_nic_and_bond,
    disk_serials,
    image_names,
)
