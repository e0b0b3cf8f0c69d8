"""Views of a topology that several rules look at: its ports, attachments and cables."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.topology.models import Bond, Machine, Port, Role, Topology

_END = re.compile(r"([a-z][a-z0-9-]*):([a-z][a-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class PlacedPort:
    """A NIC or a bond with its place in the file."""

    machine: str
    role: Role
    where: str
    name: str
    port: Port

    @property
    def nics(self) -> tuple[str, ...]:
        """The NICs below: a bond's members, or the NIC itself."""
        return self.port.members if isinstance(self.port, Bond) else (self.name,)

    @property
    def noun(self) -> str:
        return "bond" if isinstance(self.port, Bond) else "NIC"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A machine's part in one VLAN, with the places of both in the file."""

    machine: str
    where: str
    vlan: str
    address: ipaddress.IPv4Address | None
    address_where: str
    port: PlacedPort | None  # None: a switch's own

    @property
    def tagged(self) -> bool:
        """Whether frames carry the VLAN's tag."""
        return self.where == self.address_where


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable."""

    machine: str
    nic: str

    def __str__(self) -> str:
        return f"{self.machine}:{self.nic}"


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable whose ends name known machines."""

    where: str
    one: End
    other: End

    def __str__(self) -> str:
        return f"[{self.one}, {self.other}]"


def machines(topology: Topology) -> Iterator[tuple[str, str, Machine]]:
    """Yield each machine's name, place and settings."""
    for name, machine in topology.machines.items():
        yield name, f"machines.{name}", machine


def names_of(topology: Topology, role: Role) -> list[str]:
    """Return the names of all machines of a role."""
    return [name for name, machine in topology.machines.items() if machine.role is role]


def ports(topology: Topology) -> Iterator[PlacedPort]:
    """Yield every NIC and bond that the file describes."""
    for name, where, machine in machines(topology):
        for nic, port in machine.nics.items():
            yield PlacedPort(name, machine.role, f"{where}.nics.{nic}", nic, port)
        for bond, port in machine.bonds.items():
            yield PlacedPort(name, machine.role, f"{where}.bonds.{bond}", bond, port)


def bonds(topology: Topology) -> Iterator[tuple[PlacedPort, Bond]]:
    """Yield every bond that the file describes, with its place."""
    for placed in ports(topology):
        if isinstance(placed.port, Bond):
            yield placed, placed.port


def attachments(topology: Topology) -> Iterator[Attachment]:
    """Yield every machine's part in every VLAN, known or not."""
    for name, where, machine in machines(topology):
        for vlan, own_address in machine.vlans.items():
            place = f"{where}.vlans.{vlan}"
            yield Attachment(name, place, vlan, own_address, place, None)
    for placed in ports(topology):
        port = placed.port
        if port.access is not None:
            where, address_where = f"{placed.where}.access", f"{placed.where}.address"
            yield Attachment(
                placed.machine, where, port.access, port.address, address_where, placed
            )
        for vlan, address in port.vlans.items():
            place = f"{placed.where}.vlans.{vlan}"
            yield Attachment(placed.machine, place, vlan, address, place, placed)


def in_known_vlans(topology: Topology) -> Iterator[Attachment]:
    """Yield the attachments to VLANs that are defined."""
    return (part for part in attachments(topology) if part.vlan in topology.vlans)


def read_end(text: str) -> End | None:
    """Return the end of a cable that MACHINE:NIC names, or None for any other text."""
    match = _END.fullmatch(text)
    return End(match[1], match[2]) if match else None


def ends(topology: Topology) -> Iterator[tuple[str, str, End | None]]:
    """Yield each end of each cable: the cable's place, the text, and what it names."""
    for number, pair in enumerate(topology.cables, start=1):
        for text in pair:
            yield f"cables.{number}", text, read_end(text)


def sound_cables(topology: Topology) -> Iterator[Cable]:
    """Yield the cables between two known machines."""
    for number, (left, right) in enumerate(topology.cables, start=1):
        one, other = read_end(left), read_end(right)
        if one and other and {one.machine, other.machine} <= topology.machines.keys():
            yield Cable(f"cables.{number}", one, other)


def all_cables_sound(topology: Topology) -> bool:
    """Do all cables end at known machines? If not, whatever misses a cable may be meant by one."""
    return len(list(sound_cables(topology))) == len(topology.cables)


def peers(topology: Topology) -> dict[End, End]:
    """Return the other end of every cabled NIC."""
    found: dict[End, End] = {}
    for cable in sound_cables(topology):
        found.setdefault(cable.one, cable.other)
        found.setdefault(cable.other, cable.one)
    return found


def own_nics(machine: Machine) -> dict[str, None]:
    """Return the names of all NICs a machine has, in the file's order."""
    members = [nic for bond in machine.bonds.values() for nic in bond.members]
    return dict.fromkeys([*machine.nics, *members])
