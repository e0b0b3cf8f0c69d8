"""Does a switch carry on each port the VLANs it should, and no others?"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.plan.models import Machine
from testbed.probe.verdict import Verdict


@dataclass(frozen=True, slots=True)
class PortVlans:
    """The VLAN ids a port sends tagged, those it sends untagged, and where untagged ones go."""

    tagged: frozenset[int]
    untagged: frozenset[int]
    pvid: int | None


Carried = Mapping[str, PortVlans]


def parse(text: str) -> Carried:
    """Read the output of `bridge -j vlan show`."""
    return {port["ifname"]: _port(port["vlans"]) for port in json.loads(text or "[]")}


def _port(vlans: list[dict[str, Any]]) -> PortVlans:
    tagged: set[int] = set()
    untagged: set[int] = set()
    pvid: int | None = None
    for entry in vlans:
        ids = range(entry["vlan"], entry.get("vlanEnd", entry["vlan"]) + 1)
        flags = entry.get("flags", [])
        (untagged if "Egress Untagged" in flags else tagged).update(ids)
        if "PVID" in flags:
            pvid = entry["vlan"]
    return PortVlans(frozenset(tagged), frozenset(untagged), pvid)


def wanted(machine: Machine) -> Carried:
    """Return what the ports of a switch should carry."""
    return {
        port.name: PortVlans(
            tagged=frozenset(port.tagged),
            untagged=frozenset(() if port.untagged is None else (port.untagged,)),
            pvid=port.untagged,
        )
        for port in machine.ports
    }


def verdict(machine: Machine, carried: Carried) -> Verdict:
    """Return whether the switch's ports carry exactly what they should."""
    found = "; ".join(_differences(wanted(machine), carried))
    return Verdict(
        "port VLANs", machine.name, not found, found or f"{len(machine.ports)} ports as planned"
    )


def _differences(should: Carried, carried: Carried) -> Iterator[str]:
    for port, wants in should.items():
        has = carried.get(port)
        if has is None:
            yield f"{port} carries nothing"
            continue
        if has.tagged != wants.tagged:
            yield f"{port} carries {_ids(has.tagged)} tagged, not {_ids(wants.tagged)}"
        if has.untagged != wants.untagged:
            yield f"{port} carries {_ids(has.untagged)} untagged, not {_ids(wants.untagged)}"
        if has.pvid != wants.pvid:
            yield f"{port} puts untagged packets into {_vlan(has.pvid)}, not {_vlan(wants.pvid)}"


def _vlan(pvid: int | None) -> str:
    return "no VLAN" if pvid is None else f"VLAN {pvid}"


def _ids(ids: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(ids))) or "nothing"
