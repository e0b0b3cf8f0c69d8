"""Who may talk to a node's own services: the cloud's nodes. All others use the VIP.

What members of a cluster say to each other is guarded by nothing else: whoever reaches Galera's
port gets the database by joining. RabbitMQ's members listen at every address a node has.
"""

from collections.abc import Iterator

from testbed.deploy.files import File
from testbed.deploy.openstack.config.frontend import APIS
from testbed.deploy.openstack.site import (
    AMQP,
    ERLANG,
    ERLANG_NAMES,
    GALERA,
    HTTP,
    MEMCACHE,
    MYSQL,
    OVN_NB,
    OVN_RAFT,
    OVN_SB,
    Site,
)
from testbed.plan.cloud import FIREWALL_TABLE as TABLE

UNIT = "nftables"
_SERVICES = (*APIS.values(), HTTP, MYSQL, AMQP, MEMCACHE, OVN_NB, OVN_SB)
_MEMBERS = (*GALERA, *OVN_RAFT, ERLANG_NAMES)


def files(site: Site) -> Iterator[File]:
    """Yield the rules; they can be loaded again and again."""
    ports = ", ".join(map(str, sorted((*_SERVICES, *_MEMBERS))))
    friends = ", ".join(str(node.address) for node in site.cloud.nodes)
    yield File(
        "/etc/nftables.conf",
        f"""\
table inet {TABLE}
delete table inet {TABLE}
table inet {TABLE} {{
    chain input {{
        type filter hook input priority filter; policy accept;
        iifname "lo" accept
        ip saddr {{ {friends}, {site.cloud.vip} }} accept
        tcp dport {ERLANG} reject with tcp reset
        ip daddr {site.node.address} tcp dport {{ {ports} }} reject with tcp reset
    }}
}}
""",
    )
