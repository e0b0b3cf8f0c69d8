"""Topology → plan: every name, UUID, MAC, address and port is decided here and nowhere else."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.plan import models
from testbed.plan.cloud import cloud
from testbed.plan.identity import pool_of, stable_mac, stable_uuid
from testbed.plan.storage import storage
from testbed.topology.models import Bond, BondMode, Machine, Port, Role, Topology

BRIDGE = "br0"
SWITCH_MTU = 9000  # a switch passes what its neighbours send; the VLANs' own MTUs limit them
_SSH_PORT = 2200
_LINK_PORT = 30000


def plan(topology: Topology, *, name: str, folder: Path, loopback: str) -> models.Plan:
    """Return everything that should exist for a topology that has passed its rules.

    `name` is the testbed's name, `folder` where its disks live on the host, and `loopback`
    the 127.x.y.z that all its ports live on. Same arguments, same plan.
    """
    wiring = _Wiring(topology)
    pool, pool_uuid = pool_of(name)
    machines = tuple(
        _machine(topology, wiring, name, index, machine_name)
        for index, machine_name in enumerate(topology.machines)
    )
    interfaces = {
        machine.name: {i.vlan: i.name for i in machine.interfaces} for machine in machines
    }
    return models.Plan(
        name=name,
        topology=topology.model_dump_json(exclude_defaults=True),
        internet=topology.internet,
        loopback=loopback,
        pool=pool,
        pool_uuid=pool_uuid,
        folder=folder,
        vlans=tuple(
            models.Vlan(vlan_name, vlan.id, vlan.subnet, vlan.mtu)
            for vlan_name, vlan in topology.vlans.items()
        ),
        machines=machines,
        cables=tuple(models.Cable(one, other) for one, other in topology.cables),
        forwards=tuple((rule.source, to) for rule in topology.forward for to in rule.to),
        storage=storage(topology, name),
        cloud=cloud(topology, name, interfaces),
    )


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a cable as its machine sees it."""

    nic: str
    local_port: int
    remote_port: int
    peer_machine: str
    peer_nic: str


class _Wiring:
    """The cables, looked up from either end."""

    def __init__(self, topology: Topology) -> None:
        self._ends: dict[str, list[_End]] = {machine: [] for machine in topology.machines}
        for number, cable in enumerate(topology.cables):
            (one, one_nic), (other, other_nic) = (end.split(":", 1) for end in cable)
            near, far = _LINK_PORT + 2 * number, _LINK_PORT + 2 * number + 1
            self._ends[one].append(_End(one_nic, near, far, other, other_nic))
            self._ends[other].append(_End(other_nic, far, near, one, one_nic))

    def ends(self, machine: str) -> tuple[_End, ...]:
        return tuple(self._ends[machine])


def _machine(
    topology: Topology, wiring: _Wiring, testbed: str, index: int, name: str
) -> models.Machine:
    machine = topology.machines[name]
    nics = tuple(_nics(topology, wiring, testbed, name))
    bonds = tuple(_bonds(topology, wiring, testbed, name))
    macs = {nic.name: nic.mac for nic in nics} | {bond.name: bond.mac for bond in bonds}
    is_router = machine.role is Role.ROUTER
    return models.Machine(
        name=name,
        role=machine.role,
        domain=f"testbed-{testbed}-{name}",
        uuid=stable_uuid(testbed, "machine", name),
        memory_mib=machine.memory,
        vcpus=machine.vcpus,
        image=machine.image,
        oob=models.OutOfBand(stable_mac(testbed, name, "oob0"), _SSH_PORT + index),
        wan_mac=stable_mac(testbed, name, "wan0") if is_router else None,
        nics=nics,
        bonds=bonds,
        interfaces=tuple(_interfaces(topology, testbed, name, macs)),
        ports=tuple(_switch_ports(topology, wiring, name)),
        gateway=_gateway(topology, machine),
        root=f"{name}.qcow2",
        seed=f"{name}.seed.iso",
        disks=tuple(
            models.Disk(f"{name}.{disk.serial}.qcow2", disk.serial, disk.size)
            for disk in machine.disks
        ),
    )


def _nics(topology: Topology, wiring: _Wiring, testbed: str, name: str) -> Iterator[models.Nic]:
    machine = topology.machines[name]
    is_switch = machine.role is Role.SWITCH
    for end in wiring.ends(name):
        yield models.Nic(
            name=end.nic,
            mac=stable_mac(testbed, name, end.nic),
            mtu=SWITCH_MTU if is_switch else _mtu(topology, _port_of(machine, end.nic)[1]),
            local_port=end.local_port,
            remote_port=end.remote_port,
            peer=f"{end.peer_machine}:{end.peer_nic}",
        )


def _mtu(topology: Topology, port: Port) -> int:
    """Return a port's own MTU, or its VLAN's where it carries just that one, untagged."""
    if port.access is None or port.vlans:
        return port.mtu
    return topology.vlans[port.access].mtu


def _port_of(machine: Machine, nic: str) -> tuple[str, Port]:
    """Return the port a NIC belongs to: itself, or the bond it is a member of."""
    if nic in machine.nics:
        return nic, machine.nics[nic]
    return next((name, bond) for name, bond in machine.bonds.items() if nic in bond.members)


def _bonds(topology: Topology, wiring: _Wiring, testbed: str, name: str) -> Iterator[models.Bond]:
    machine = topology.machines[name]
    if machine.role is Role.SWITCH:
        for lag, members in _lags(topology, wiring, name).items():
            mac = stable_mac(testbed, name, lag)
            yield models.Bond(lag, mac, members, BondMode.LACP, SWITCH_MTU)
    for bond_name, bond in machine.bonds.items():
        mac = stable_mac(testbed, name, bond_name)
        yield models.Bond(bond_name, mac, bond.members, bond.mode, _mtu(topology, bond))


def _lags(topology: Topology, wiring: _Wiring, switch: str) -> Mapping[str, tuple[str, ...]]:
    """Return the link aggregates of a switch: one for each 802.3ad bond that ends at it."""
    members: dict[tuple[str, str], list[str]] = {}
    for end in wiring.ends(switch):
        peer = topology.machines[end.peer_machine]
        if peer.role is Role.SWITCH:
            continue
        bond_name, port = _port_of(peer, end.peer_nic)
        if isinstance(port, Bond) and port.mode is BondMode.LACP:
            members.setdefault((end.peer_machine, bond_name), []).append(end.nic)
    return {f"lag{number}": tuple(ports) for number, ports in enumerate(members.values(), 1)}


def _interfaces(
    topology: Topology, testbed: str, name: str, macs: Mapping[str, str]
) -> Iterator[models.Interface]:
    machine = topology.machines[name]
    for vlan_name, address in machine.vlans.items():
        mac = stable_mac(testbed, name, BRIDGE)
        yield _interface(topology, BRIDGE, vlan_name, address, tagged=True, mac=mac)
    for port_name, port in machine.ports():
        for vlan_name, own in port.attachments():
            tagged = vlan_name != port.access
            yield _interface(
                topology, port_name, vlan_name, own, tagged=tagged, mac=macs[port_name]
            )


def _interface(
    topology: Topology,
    parent: str,
    vlan_name: str,
    address: ipaddress.IPv4Address | None,
    *,
    tagged: bool,
    mac: str,
) -> models.Interface:
    vlan = topology.vlans[vlan_name]
    prefixed = f"{address}/{vlan.subnet.prefixlen}"
    return models.Interface(
        name=f"vlan-{vlan_name}" if tagged else parent,
        parent=parent,
        vlan=vlan_name,
        vlan_id=vlan.id,
        tagged=tagged,
        address=ipaddress.IPv4Interface(prefixed) if address else None,
        mtu=vlan.mtu,
        mac=mac,
    )


def _switch_ports(topology: Topology, wiring: _Wiring, switch: str) -> Iterator[models.SwitchPort]:
    if topology.machines[switch].role is not Role.SWITCH:
        return
    lags = _lags(topology, wiring, switch)
    lag_of = {port: lag for lag, members in lags.items() for port in members}
    seen: set[str] = set()
    for end in wiring.ends(switch):
        name = lag_of.get(end.nic, end.nic)
        if name in seen:
            continue
        seen.add(name)
        yield _switch_port(topology, name, end)


def _switch_port(topology: Topology, name: str, end: _End) -> models.SwitchPort:
    """Return a switch's port: it carries what the other end takes part in."""
    peer = topology.machines[end.peer_machine]
    if peer.role is Role.SWITCH:
        every = tuple(vlan.id for vlan in topology.vlans.values())
        return models.SwitchPort(name, tagged=every, untagged=None)
    _, port = _port_of(peer, end.peer_nic)
    return models.SwitchPort(
        name,
        tagged=tuple(topology.vlans[vlan].id for vlan in port.vlans),
        untagged=topology.vlans[port.access].id if port.access else None,
    )


def _gateway(topology: Topology, machine: Machine) -> ipaddress.IPv4Address | None:
    """Return the router's address in the machine's gateway VLAN."""
    routers = (m for m in topology.machines.values() if m.role is Role.ROUTER)
    return next(
        (
            address
            for router in routers
            for vlan, address in router.addresses()
            if vlan == machine.gateway and address is not None
        ),
        None,
    )
