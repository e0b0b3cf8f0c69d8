"""Does a switch carry on each port the VLANs it should, and no others?"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from testbed.plan.models import Machine
from testbed.probe.verdict import Verdict

Carried = Mapping[str, tuple[frozenset[int], int | None]]  # port → (tagged ids, untagged id)


def parse(text: str) -> Carried:
    """Read the output of `bridge -j vlan show`."""
    return {port["ifname"]: _port(port["vlans"]) for port in json.loads(text or "[]")}


def _port(vlans: list[dict[str, Any]]) -> tuple[frozenset[int], int | None]:
    tagged: set[int] = set()
    untagged: int | None = None
    for entry in vlans:
        ids = range(entry["vlan"], entry.get("vlanEnd", entry["vlan"]) + 1)
        if "Egress Untagged" in entry.get("flags", []):
            untagged = entry["vlan"]
        else:
            tagged.update(ids)
    return frozenset(tagged), untagged


def wanted(machine: Machine) -> Carried:
    """Return what the ports of a switch should carry."""
    return {port.name: (frozenset(port.tagged), port.untagged) for port in machine.ports}


def verdict(machine: Machine, carried: Carried) -> Verdict:
    """Return whether the switch's ports carry exactly what they should."""
    found = "; ".join(_differences(wanted(machine), carried))
    return Verdict(
        "port VLANs", machine.name, not found, found or f"{len(machine.ports)} ports as planned"
    )


def _differences(should: Carried, carried: Carried) -> Iterator[str]:
    for port, (tagged, untagged) in should.items():
        if port not in carried:
            yield f"{port} carries nothing"
            continue
        has_tagged, has_untagged = carried[port]
        if has_tagged != tagged:
            yield f"{port} carries {sorted(has_tagged)} tagged, not {sorted(tagged)}"
        if has_untagged != untagged:
            yield f"{port} has {has_untagged} untagged, not {untagged}"
