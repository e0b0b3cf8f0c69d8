"""Who may talk to a node's own services: the cloud's nodes. All others use the VIP."""

from collections.abc import Iterator

from testbed.deploy.files import File
from testbed.deploy.openstack.config.frontend import APIS
from testbed.deploy.openstack.site import AMQP, HTTP, MEMCACHE, MYSQL, OVN_NB, OVN_SB, Site

UNIT = "nftables"
_PORTS = (*APIS.values(), HTTP, MYSQL, AMQP, MEMCACHE, OVN_NB, OVN_SB)


def files(site: Site) -> Iterator[File]:
    """Yield the rules; loading them leaves what else nftables holds on the node."""
    ports = ", ".join(map(str, sorted(_PORTS)))
    friends = ", ".join(str(node.address) for node in site.cloud.nodes)
    yield File(
        "/etc/nftables.conf",
        f"""\
table inet openstack
delete table inet openstack
table inet openstack {{
    chain input {{
        type filter hook input priority filter; policy accept;
        ip saddr {{ {friends}, {site.cloud.vip} }} accept
        ip daddr {site.node.address} tcp dport {{ {ports} }} reject with tcp reset
    }}
}}
""",
    )
