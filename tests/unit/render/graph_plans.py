"""Plans to draw: the shipped ones, a larger one, and one with every odd kind of cable."""

from pathlib import Path
from typing import Any

from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.render.graph_state import MachineState
from testbed.topology.models import Topology
from testbed.topology.shipped import find


def shipped(name: str) -> Plan:
    return planned(find(name))


def planned(topology: Topology) -> Plan:
    return plan(topology, name=topology.name, folder=Path("pool"), loopback="127.1.2.3")


def five() -> Plan:
    """Five nodes as in 'aolda', a tenant and a watch."""
    data = find("aolda").model_dump(mode="json")
    data["name"] = "five"
    machines, cables = data["machines"], data["cables"]
    for number in (4, 5):
        machines[f"node{number}"] = _node_like(machines["node1"], number)
        for one, other in list(cables):
            if one.startswith("node1:"):
                cables.append(
                    [one.replace("node1", f"node{number}"), other.replace("node1", f"node{number}")]
                )
    tenant = {"access": "provider", "address": "10.0.40.50"}
    watch = {"access": "mgmt", "address": "10.0.10.60"}
    machines["tenant"] = {"role": "tenant", "memory": 320, "nics": {"eno1": tenant}}
    machines["watch"] = {"role": "watch", "memory": 320, "nics": {"eno1": watch}}
    cables += [["tenant:eno1", "sw1:tenant"], ["watch:eno1", "sw2:watch"]]
    return planned(Topology.model_validate(data))


def _node_like(node: dict[str, Any], number: int) -> dict[str, Any]:
    bonds = {
        name: bond
        | {
            "vlans": {
                vlan: address and address.replace(".11", f".1{number}")
                for vlan, address in bond["vlans"].items()
            }
        }
        for name, bond in node["bonds"].items()
    }
    return node | {"bonds": bonds}


def odd() -> Plan:
    """Three switches in a ring, each with the router or without, and a bond of four."""
    lan = {"access": "lan"}
    machines: dict[str, Any] = {
        name: {"role": "switch", "memory": 320} for name in ("left", "middle", "right")
    }
    machines["router"] = {"role": "router", "memory": 320, "nics": {"lan0": lan, "lan1": lan}}
    bond = {"members": ["a", "b", "c", "d"], "mode": "802.3ad", "vlans": {"lan": None}}
    machines["big"] = {"role": "node", "memory": 512, "bonds": {"bond0": bond}, "nics": {"x": lan}}
    machines["small"] = {"role": "node", "memory": 512, "nics": {"x": lan, "up": lan}}
    cables = [
        ["left:isl", "middle:isl-left"],
        ["left:isl2", "middle:isl-left2"],
        ["middle:isl-right", "right:isl"],
        ["left:ring", "right:ring"],
        ["router:lan0", "middle:router"],
        ["router:lan1", "right:router"],
        ["big:x", "middle:big"],
        ["small:x", "left:small"],
        ["small:up", "right:small"],
        *([f"big:{member}", f"right:big-{member}"] for member in "abcd"),
    ]
    vlans = {"lan": {"id": 7, "subnet": "10.7.0.0/24"}}
    data = {"name": "odd", "vlans": vlans, "machines": machines, "cables": cables}
    return planned(Topology.model_validate(data))


def lonely() -> Plan:
    """One node and nothing else."""
    machines = {"node1": {"role": "node", "memory": 512}}
    vlans = {"lan": {"id": 7, "subnet": "10.7.0.0/24"}}
    data = {"name": "lonely", "vlans": vlans, "machines": machines}
    return planned(Topology.model_validate(data))


def running(plan: Plan) -> dict[str, MachineState]:
    return {machine.name: MachineState("running") for machine in plan.machines}


def broken(plan: Plan) -> dict[str, MachineState]:
    """Cables pulled at a node's end and at a switch's end, a machine off, one paused."""
    return running(plan) | {
        "node2": MachineState("running", {"eno2": False}),
        "node3": MachineState("off"),
        "router": MachineState("paused"),
        "sw2": MachineState("running", {"node1-lacp1": False, "isl": False}),
    }
