"""The VLAN table of a switch.

netplan makes the bridge and its ports but has no word for bridge VLANs. systemd-networkd has, so
they come as drop-ins to the files netplan writes; both exist before the network starts.
"""

from collections.abc import Iterable

from testbed.plan.decide import BRIDGE
from testbed.plan.models import Machine, SwitchPort

_FOLDER = "/etc/systemd/network"
_DROP_IN = "vlans.conf"


def switch_files(machine: Machine) -> dict[str, str]:
    """Return path → text of a switch's VLAN table; empty for any other machine."""
    if not machine.ports:
        return {}
    own = [interface.vlan_id for interface in machine.interfaces]
    files = {
        _path(BRIDGE, "netdev"): "[Bridge]\nVLANFiltering=yes\nDefaultPVID=none\n",
        # the bridge itself is a port too: the switch's own addresses live there
        _path(BRIDGE, "network"): _tagged(own),
    }
    return files | {_path(port.name, "network"): _port(port) for port in machine.ports}


def _path(interface: str, kind: str) -> str:
    return f"{_FOLDER}/10-netplan-{interface}.{kind}.d/{_DROP_IN}"


def _port(port: SwitchPort) -> str:
    text = _tagged(port.tagged)
    if port.untagged is not None:
        text += f"PVID={port.untagged}\nEgressUntagged={port.untagged}\n"
    return text


def _tagged(vlan_ids: Iterable[int]) -> str:
    return "[BridgeVLAN]\n" + "".join(f"VLAN={vlan_id}\n" for vlan_id in vlan_ids)
