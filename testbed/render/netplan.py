"""A machine's network as netplan reads it.

All of it is static: no machine waits for an answer from the network to come up.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from testbed.plan.decide import BRIDGE
from testbed.plan.models import Bond, Interface, Machine, Nic, Plan
from testbed.render import outside
from testbed.render.yaml_text import yaml_text
from testbed.topology.models import BondMode

Section = dict[str, dict[str, Any]]

# No interface says anything by itself, and nothing at boot waits for one to be online.
_QUIET: Mapping[str, Any] = {"link-local": [], "accept-ra": False, "optional": True}
# The one exception: in a VLAN without addresses a machine is still found by its link-local one.
_IN_A_VLAN: Mapping[str, Any] = {**_QUIET, "link-local": ["ipv6"]}


def netplan(plan: Plan, machine: Machine) -> str:
    """Return the network configuration of a machine."""
    network = {"version": 2, "renderer": "networkd", "ethernets": _ethernets(plan, machine)}
    sections = {
        "bonds": {bond.name: _bond(plan, machine, bond) for bond in machine.bonds},
        "bridges": dict(_bridges(machine)),
        "vlans": {i.name: _vlan(plan, machine, i) for i in machine.interfaces if i.tagged},
    }
    network |= {name: section for name, section in sections.items() if section}
    return yaml_text({"network": network})


def _ethernets(plan: Plan, machine: Machine) -> Section:
    ethernets = {nic.name: _nic(plan, machine, nic) for nic in machine.nics}
    ethernets[outside.OOB_NIC] = _match(outside.OOB_NIC, machine.oob.mac) | {
        "addresses": [outside.OOB_GUEST]
    }
    if machine.wan_mac is not None:
        ethernets[outside.WAN_NIC] = _wan(machine.wan_mac, internet=plan.internet)
    return ethernets


def _nic(plan: Plan, machine: Machine, nic: Nic) -> dict[str, Any]:
    return _match(nic.name, nic.mac) | {"mtu": nic.mtu} | _untagged(plan, machine, nic.name)


def _wan(mac: str, *, internet: bool) -> dict[str, Any]:
    wan = _match(outside.WAN_NIC, mac) | {"addresses": [outside.WAN_GUEST]}
    if internet:
        wan["routes"] = [{"to": "default", "via": outside.WAN_HOST, "metric": 100}]
        wan["nameservers"] = {"addresses": [outside.WAN_DNS]}
    return wan


def _match(name: str, mac: str) -> dict[str, Any]:
    return {"match": {"macaddress": mac}, "set-name": name, **_QUIET}


def _bond(plan: Plan, machine: Machine, bond: Bond) -> dict[str, Any]:
    return {
        "interfaces": list(bond.members),
        "macaddress": bond.mac,
        "mtu": bond.mtu,
        "parameters": _bond_parameters(bond),
        **_QUIET,
        **_untagged(plan, machine, bond.name),
    }


def _bond_parameters(bond: Bond) -> dict[str, Any]:
    # Without the interval a bond does not notice a lost carrier and never fails over.
    parameters = {"mode": str(bond.mode), "mii-monitor-interval": 100}
    if bond.mode is BondMode.LACP:
        return parameters | {"lacp-rate": "fast", "transmit-hash-policy": "layer3+4"}
    return parameters | {"primary": bond.members[0]}


def _bridges(machine: Machine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the bridge of a switch; its VLANs are not netplan's to set, see `switch`."""
    if not machine.ports:
        return
    own = next((i.mac for i in machine.interfaces), None)
    yield (
        BRIDGE,
        {
            "interfaces": [port.name for port in machine.ports],
            **({"macaddress": own} if own else {}),
            "mtu": max(nic.mtu for nic in machine.nics),
            "parameters": {"stp": False},
            **_QUIET,
        },
    )


def _vlan(plan: Plan, machine: Machine, interface: Interface) -> dict[str, Any]:
    head = {"id": interface.vlan_id, "link": interface.parent, "mtu": interface.mtu}
    return head | _addressing(plan, machine, interface)


def _untagged(plan: Plan, machine: Machine, port: str) -> dict[str, Any]:
    """Return the addressing of a NIC or bond that carries a VLAN untagged."""
    untagged = (i for i in machine.interfaces if not i.tagged and i.name == port)
    return next((_addressing(plan, machine, i) for i in untagged), {})


def _addressing(plan: Plan, machine: Machine, interface: Interface) -> dict[str, Any]:
    addressing = dict(_IN_A_VLAN)
    if interface.address is None:
        return addressing
    addressing["addresses"] = [str(interface.address)]
    if machine.gateway is not None and machine.gateway in interface.address.network:
        addressing["routes"] = [{"to": "default", "via": str(machine.gateway)}]
        if plan.internet:
            addressing["nameservers"] = {"addresses": [outside.WAN_DNS]}
    return addressing
