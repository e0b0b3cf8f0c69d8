"""A strategy for topologies that can be built: nodes behind one or two switches and a router."""

import ipaddress
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from testbed.topology.models import Topology

Draw = Callable[[st.SearchStrategy[Any]], Any]

_VLAN_NAMES = ("mgmt", "storage", "vxlan", "provider", "external", "device")
_ROUTER_HOST = 1  # first address of each subnet; the others are counted from 10 on


@st.composite
def topologies(draw: Draw) -> Topology:
    """Draw a topology that passes every rule."""
    return Topology.model_validate(_Drawing(draw).document())


class _Drawing:
    """One topology while it is being drawn: the cables grow with the machines."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._vlans = self._draw_vlans()
        self._switches = ["sw1", "sw2"][: draw(st.integers(1, 2))]
        self._cables: list[list[str]] = []
        self._hosts = 10

    def document(self) -> dict[str, Any]:
        if len(self._switches) == 2:
            self._cables.append(["sw1:isl", "sw2:isl"])
        machines = {"router": self._router()}
        machines |= {name: self._switch() for name in self._switches}
        nodes = self._draw(st.integers(0, 4))
        machines |= {f"node{n}": self._node(f"node{n}") for n in range(1, nodes + 1)}
        return {
            "name": "any",
            "internet": self._draw(st.booleans()),
            "vlans": self._vlans,
            "machines": machines,
            "cables": tuple(tuple(cable) for cable in self._cables),
            "forward": self._forward(),
            "storage": self._storage(machines),
        }

    def _draw_vlans(self) -> dict[str, Any]:
        names = self._draw(st.lists(st.sampled_from(_VLAN_NAMES), min_size=1, unique=True))
        many = len(names)
        ids = self._draw(st.lists(st.integers(1, 4094), min_size=many, max_size=many, unique=True))
        mtus = self._draw(st.lists(st.sampled_from((1500, 9000)), min_size=many, max_size=many))
        return {
            name: {"id": vlan_id, "subnet": f"10.0.{index}.0/24", "mtu": mtu}
            for index, (name, vlan_id, mtu) in enumerate(zip(names, ids, mtus, strict=True))
        }

    def _address(self, vlan: str, host: int) -> ipaddress.IPv4Address:
        return ipaddress.IPv4Network(self._vlans[vlan]["subnet"])[host]

    def _mtu(self, vlans: list[str]) -> int:
        return max(self._vlans[vlan]["mtu"] for vlan in vlans)

    def _cable(self, machine: str, nic: str, switch: str) -> None:
        self._cables.append([f"{machine}:{nic}", f"{switch}:{machine}-{nic}"[:19]])

    def _router(self) -> dict[str, Any]:
        vlans = {vlan: self._address(vlan, _ROUTER_HOST) for vlan in self._vlans}
        port = {"mtu": self._mtu(list(vlans)), "vlans": vlans}
        members = [f"down{n}" for n, _ in enumerate(self._switches, 1)]
        for member, switch in zip(members, self._switches, strict=True):
            self._cable("router", member, switch)
        machine: dict[str, Any] = {"role": "router", "memory": 320}
        if len(members) == 1:
            return machine | {"nics": {members[0]: port}}
        return machine | {"bonds": {"trunk0": port | {"members": tuple(members)}}}

    def _switch(self) -> dict[str, Any]:
        if not self._draw(st.booleans()):
            return {"role": "switch", "memory": 320}
        vlan = self._draw(st.sampled_from(sorted(self._vlans)))
        return {
            "role": "switch",
            "memory": 320,
            "gateway": vlan,
            "vlans": {vlan: self._next_address(vlan)},
        }

    def _next_address(self, vlan: str) -> ipaddress.IPv4Address:
        self._hosts += 1
        return self._address(vlan, self._hosts)

    def _node(self, name: str) -> dict[str, Any]:
        free = self._draw(st.permutations(sorted(self._vlans)))
        node: dict[str, Any] = {
            "role": "node",
            "image": "cloud",
            "memory": 512,
            "nics": {},
            "bonds": {},
        }
        count = 0
        for index in range(self._draw(st.integers(1, 3))):
            if not free:
                break
            take = self._draw(st.integers(1, len(free)))
            port, free = self._port(free[:take]), free[take:]
            size = self._draw(st.integers(1, 3))
            nics = [f"eno{count + n}" for n in range(1, size + 1)]
            count += size
            if size == 1:
                node["nics"][nics[0]] = port
                self._cable(name, nics[0], self._draw(st.sampled_from(self._switches)))
            else:
                node["bonds"][f"bond{index}"] = port | self._bond(name, nics)
        return node | self._disks() | self._gateway(node)

    def _port(self, vlans: list[str]) -> dict[str, Any]:
        port: dict[str, Any] = {"mtu": self._mtu(vlans)}
        if self._draw(st.booleans()):
            port |= {"access": vlans[0], "address": self._next_address(vlans[0])}
            vlans = vlans[1:]
        addressed = {vlan: self._draw(st.booleans()) for vlan in vlans}
        port["vlans"] = {
            vlan: self._next_address(vlan) if has else None for vlan, has in addressed.items()
        }
        return port

    def _bond(self, machine: str, nics: list[str]) -> dict[str, Any]:
        lacp = self._draw(st.booleans())
        one = self._draw(st.sampled_from(self._switches))
        for index, nic in enumerate(nics):
            self._cable(machine, nic, one if lacp else self._switches[index % len(self._switches)])
        return {"members": tuple(nics), "mode": "802.3ad" if lacp else "active-backup"}

    def _disks(self) -> dict[str, Any]:
        count = self._draw(st.integers(0, 3))
        return {"disks": tuple({"serial": f"osd-{n}", "size": 4096} for n in range(count))}

    def _storage(self, machines: dict[str, Any]) -> dict[str, Any] | None:
        """Draw a cluster of nodes that are in one VLAN, where some of them have disks."""
        if not self._draw(st.booleans()):
            return None
        vlan = self._draw(st.sampled_from(sorted(self._vlans)))
        nodes = [n for n, m in machines.items() if m["role"] == "node" and _is_in(m, vlan)]
        osds = [len(machines[name]["disks"]) for name in nodes]
        domain = self._draw(st.sampled_from(("host", "osd")))
        places = sum(osds) if domain == "osd" else sum(map(bool, osds))
        if not places:
            return None
        replicas = self._draw(st.integers(1, min(places, 10)))
        return {
            "vlan": vlan,
            "nodes": tuple(nodes),
            "replicas": replicas,
            "min_replicas": self._draw(st.integers(1, replicas)),
            "failure_domain": domain,
            "cephfs": self._draw(st.booleans()),
            "rgw": self._draw(st.booleans()),
        }

    def _gateway(self, node: dict[str, Any]) -> dict[str, Any]:
        ports = [*node["nics"].values(), *node["bonds"].values()]
        homes = [port["access"] for port in ports if port.get("address")]
        homes += [v for port in ports for v, address in port["vlans"].items() if address]
        return {"gateway": self._draw(st.sampled_from(homes))} if homes else {}

    def _forward(self) -> tuple[dict[str, Any], ...]:
        source, *to = self._draw(st.permutations(sorted(self._vlans)))
        return ({"source": source, "to": tuple(to)},) if to else ()


def _is_in(node: dict[str, Any], vlan: str) -> bool:
    """Return whether a node has an address in a VLAN."""
    ports = [*node["nics"].values(), *node["bonds"].values()]
    return any(
        (port.get("access") == vlan and port.get("address")) or port["vlans"].get(vlan)
        for port in ports
    )
