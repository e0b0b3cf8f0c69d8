"""The VLAN table of a switch.

netplan makes the bridge and its ports but has no word for bridge VLANs. systemd-networkd has, so
they come as drop-ins to the files netplan writes; both exist before the network starts.
"""

from testbed.plan.decide import BRIDGE
from testbed.plan.models import Machine, SwitchPort

_FOLDER = "/etc/systemd/network"
_DROP_IN = "vlans.conf"


def switch_files(machine: Machine) -> dict[str, str]:
    """Return path → text of a switch's VLAN table; empty for any other machine."""
    if not machine.ports:
        return {}
    own = SwitchPort(BRIDGE, tuple(i.vlan_id for i in machine.interfaces), untagged=None)
    # the bridge itself is a port too: the switch's own addresses live there
    tables = {port.name: _table(port) for port in (own, *machine.ports)}
    files = {_path(BRIDGE, "netdev"): "[Bridge]\nVLANFiltering=yes\nDefaultPVID=none\n"}
    return files | {_path(name, "network"): table for name, table in tables.items() if table}


def _path(interface: str, kind: str) -> str:
    return f"{_FOLDER}/10-netplan-{interface}.{kind}.d/{_DROP_IN}"


def _table(port: SwitchPort) -> str:
    lines = [f"VLAN={vlan_id}" for vlan_id in port.tagged]
    if port.untagged is not None:
        lines += [f"PVID={port.untagged}", f"EgressUntagged={port.untagged}"]
    return "\n".join(["[BridgeVLAN]", *lines, ""]) if lines else ""
