"""Neutron and OVN: tenants' networks, and their way out through the provider VLAN."""

from collections.abc import Iterator

from testbed.deploy.files import File
from testbed.deploy.openstack.config.oslo import (
    RPC_TIMEOUT,
    calling,
    database,
    ini,
    messages,
    token_check,
)
from testbed.deploy.openstack.site import OVN_NB, OVN_SB, Site
from testbed.plan.cloud import PROVIDER_BRIDGE as BRIDGE
from testbed.plan.cloud import SWITCH_DOOR

PHYSNET = "physnet1"
_ELECTION = 10_000  # milliseconds without a leader's sign of life; OVN's own are 1000
_PROBE = 60_000  # milliseconds; whoever is silent for as long again has lost his connection
_CONNECTED = 180  # seconds
_STATE = "/var/lib/neutron"


def node_files(site: Site) -> Iterator[File]:
    """Yield the node's name for OVN, and what gives it its own door to the provider VLAN again.

    What arrives there goes to Open vSwitch, not to the interface: only the bridge can answer.
    """
    # Read at each start of Open vSwitch, which would else make one up.
    yield File("/etc/openvswitch/system-id.conf", f"{site.node.machine}\n")
    yield File(
        f"/etc/systemd/network/{BRIDGE}.network",
        ini(
            {
                "Match": {"Name": BRIDGE},
                "Link": {"RequiredForOnline": False},
                "Network": {"LinkLocalAddressing": "ipv6", "IPv6AcceptRA": False},
            }
        ),
    )


def files(site: Site) -> Iterator[File]:
    """Yield neutron's files and how OVN's databases find each other."""
    yield File("/etc/neutron/neutron.conf", _neutron(site), 0o640, "neutron")
    yield File("/etc/neutron/plugins/ml2/ml2_conf.ini", _ml2(site), 0o640, "neutron")
    yield File("/etc/default/ovn-central", _ovn_central(site))


def _neutron(site: Site) -> str:
    return ini(
        {
            "DEFAULT": {
                "core_plugin": "ml2",  # Debian's programs look for this very line
                "service_plugins": "ovn-router",
                "auth_strategy": "keystone",
                "transport_url": site.transport,
                "state_path": _STATE,
                "global_physnet_mtu": _mtu(site),
                "notify_nova_on_port_status_changes": True,
                "notify_nova_on_port_data_changes": True,
                "api_workers": 1,
                "rpc_workers": 0,  # OVN's own agents need no messages
                "rpc_response_timeout": RPC_TIMEOUT,
                "agent_down_time": 300,
            },
            "database": database(site, "neutron", "neutron"),
            "keystone_authtoken": token_check(site, "neutron"),
            "nova": calling(site, "nova"),
            "placement": calling(site, "placement"),
            "oslo_concurrency": {"lock_path": f"{_STATE}/lock"},
            **messages(),
        }
    )


def _mtu(site: Site) -> int:
    return site.cloud.outside.mtu if site.cloud.outside else site.cloud.tunnel_mtu


def _ml2(site: Site) -> str:
    return ini(
        {
            "ml2": {
                "type_drivers": "flat,geneve",
                "tenant_network_types": "geneve",
                "mechanism_drivers": "ovn",
                "extension_drivers": "port_security",
                "path_mtu": site.cloud.tunnel_mtu,
            },
            "ml2_type_flat": {"flat_networks": PHYSNET},
            "ml2_type_geneve": {"vni_ranges": "1:65536", "max_header_size": 38},
            "securitygroup": {"enable_security_group": True},
            "ovn": {
                "ovn_nb_connection": site.ovn(OVN_NB),
                "ovn_sb_connection": site.ovn(OVN_SB),
                "ovn_metadata_enabled": False,
                "ovn_l3_scheduler": "leastloaded",
                "enable_distributed_floating_ip": True,
                "ovsdb_connection_timeout": _CONNECTED,
                "ovsdb_probe_interval": _PROBE,
            },
        }
    )


def _ovn_central(site: Site) -> str:
    """Return the options of OVN's databases: the first node makes each of them, others join."""
    own, first = site.node.address, site.cloud.controllers[0].address
    options = [f"--ovn-northd-nb-db={site.ovn(OVN_NB)}", f"--ovn-northd-sb-db={site.ovn(OVN_SB)}"]
    for name in ("nb", "sb"):
        options += [f"--db-{name}-create-insecure-remote=yes", f"--db-{name}-addr={own}"]
        if site.alone:
            continue
        options += [f"--db-{name}-cluster-local-addr={own}"]
        options += [f"--db-{name}-election-timer={_ELECTION}"]
        if own != first:
            options += [f"--db-{name}-cluster-remote-addr={first}"]
    return f'OVN_CTL_OPTS="{" ".join(options)}"\n'


def switch_script(site: Site) -> str:
    """Return the commands that give the provider VLAN to Open vSwitch, and the node to OVN.

    The bond itself stays the kernel's: the node's own VLANs are beside the one that is given away,
    and no packet of theirs passes Open vSwitch. The bridge is given the interface's MAC, so that
    neighbours find the node where it was.
    """
    node = site.node
    own = {
        # One that runs already has another name; OVN would not have the node back under two.
        "system-id": node.machine,
        "hostname": node.machine,
        "ovn-remote": site.ovn(OVN_SB),
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": node.tunnel_address,
        "ovn-bridge-mappings": f"{PHYSNET}:{BRIDGE}",
        "ovn-remote-probe-interval": _PROBE,
        **({"ovn-cms-options": "enable-chassis-as-gw"} if node.control else {}),
    }
    mac = f"/sys/class/net/{node.provider_interface}/address"
    ids = " ".join(f"external-ids:{key}='\"{value}\"'" for key, value in own.items())
    return (
        f"ovs-vsctl --may-exist add-br {BRIDGE} "
        f"-- --may-exist add-port {BRIDGE} {node.provider_interface} "
        # Nova plugs instances in through this door; only an agent that is not here would open it.
        f"-- set-manager {SWITCH_DOOR} "
        f"-- set bridge {BRIDGE} other-config:hwaddr='\"'\"$(cat {mac})\"'\"' "
        f"-- set Open_vSwitch . {ids}\n"
        "networkctl reload\n"
    )
