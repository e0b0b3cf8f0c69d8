"""What the router lets through: an nftables ruleset for /etc/nftables.conf."""

from collections.abc import Mapping

from testbed.plan.models import Machine, Plan
from testbed.render import outside
from testbed.render.templates import fill

# Everything that is not the public internet; what a machine scans or leaks must stop here.
_NEVER: Mapping[str, str] = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local, clouds' metadata services",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    outside.OOB_SUBNET: "documentation, oob0",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarks",
    outside.WAN_SUBNET: "documentation, the host behind wan0",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/3": "multicast, reserved, broadcast",
}


def nftables(plan: Plan, router: Machine) -> str:
    """Return the router's ruleset."""
    interface_of = {interface.vlan: interface.name for interface in router.interfaces}
    pairs = [
        (interface_of[source], interface_of[to])
        for source, to in plan.forwards
        if source in interface_of and to in interface_of
    ]
    return fill(
        "nftables.conf.j2",
        internet=plan.internet,
        pairs=pairs,
        vlans=list(interface_of.values()),
        never=_NEVER,
        oob=outside.OOB_NIC,
        wan=outside.WAN_NIC,
        dns=outside.WAN_DNS,
    )
