"""What the services stand on: MariaDB with Galera, RabbitMQ and memcached."""

import ipaddress
import json
from collections.abc import Iterator, Mapping

from testbed.deploy.files import File
from testbed.deploy.openstack.config.oslo import ini
from testbed.deploy.openstack.secrets import COOKIE, RABBIT, rabbit_hash
from testbed.deploy.openstack.site import AMQP, GALERA, RABBIT_USER, Site

# Emulated members stall for seconds when the host is busy: that is no reason to part with them.
_GALERA_TIMERS: Mapping[str, object] = {
    "evs.keepalive_period": "PT3S",
    "evs.inactive_check_period": "PT5S",
    "evs.suspect_timeout": "PT30S",
    "evs.inactive_timeout": "PT90S",
    "evs.install_timeout": "PT90S",
    "pc.wait_prim_timeout": "PT300S",  # all of them may just have been switched on
    "gcache.size": "32M",
}
_TICK = 180  # seconds of silence until RabbitMQ takes a member for gone
_MEMCACHE_MIB = 32
# Members tell each other ten times a second that they live, each queue looks at itself every five
# seconds: emulated, that alone takes a tenth of a processor on every node.
_RABBIT_PACE = """\
[{aten, [{heartbeat_interval, 2000}, {poll_interval, 5000}]},
 {rabbit, [{quorum_tick_interval, 30000}]}].
"""
# The broker starts a daemon that tells others where it is: at the node's own address alone.
_RABBIT_UNIT = "/etc/systemd/system/rabbitmq-server.service.d/testbed.conf"


def files(site: Site) -> Iterator[File]:
    """Yield the files of the database, the message queue and the cache."""
    yield File("/etc/mysql/mariadb.conf.d/80-cluster.cnf", _mariadb(site))
    yield File("/etc/rabbitmq/rabbitmq.conf", _rabbitmq(site))
    yield File("/etc/rabbitmq/advanced.config", _RABBIT_PACE)
    yield File("/etc/rabbitmq/rabbitmq-env.conf", _rabbitmq_environment(site))
    yield File(_RABBIT_UNIT, f"[Service]\nEnvironment=ERL_EPMD_ADDRESS={site.node.address}\n")
    yield File("/etc/rabbitmq/definitions.json", _definitions(site), 0o600, "rabbitmq")
    yield File("/var/lib/rabbitmq/.erlang.cookie", site.secrets[COOKIE], 0o400, "rabbitmq")
    yield File("/etc/memcached.conf", _memcached(site.node.address))


def _mariadb(site: Site) -> str:
    """Return what differs by testbed; sizes and formats are those of the image's files."""
    cluster = {"wsrep_on": "OFF"} if site.alone else _galera(site)
    # Without a cache of hosts, looks from haproxy that end before a log-in shut nobody out.
    return ini({"mariadbd": {"bind_address": site.node.address, "host_cache_size": 0, **cluster}})


def _galera(site: Site) -> dict[str, object]:
    members = ",".join(str(node.address) for node in site.cloud.controllers)
    listen = {"gmcast.listen_addr": f"tcp://{site.node.address}:{GALERA[1]}"}
    options = ";".join(f"{key}={value}" for key, value in {**listen, **_GALERA_TIMERS}.items())
    return {
        "wsrep_on": "ON",
        "wsrep_cluster_name": "testbed",
        "wsrep_cluster_address": f"gcomm://{members}",
        "wsrep_node_name": site.node.machine,
        "wsrep_node_address": site.node.address,
        "wsrep_sst_method": "rsync",
        "wsrep_provider_options": f'"{options}"',
    }


def _rabbitmq(site: Site) -> str:
    lines: dict[str, object] = {
        "listeners.tcp.1": f"{site.node.address}:{AMQP}",
        "load_definitions": "/etc/rabbitmq/definitions.json",
        "vm_memory_high_watermark.absolute": "256MB",
        "collect_statistics_interval": 60000,
        "log.file.level": "warning",
    }
    if not site.alone:
        lines |= {
            "cluster_formation.peer_discovery_backend": "classic_config",
            **{
                f"cluster_formation.classic_config.nodes.{number}": member(node.machine)
                for number, node in enumerate(site.cloud.controllers, start=1)
            },
            "cluster_partition_handling": "pause_minority",
            "net_ticktime": _TICK,
        }
    return "".join(f"{key} = {value}\n" for key, value in lines.items())


def member(machine: str) -> str:
    """Return what RabbitMQ calls its member on a machine."""
    return f"rabbit@{machine}"


def _rabbitmq_environment(site: Site) -> str:
    # One scheduler that sleeps when there is nothing to do: emulated, waiting awake costs a core.
    erlang = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
    name = member(site.node.machine)
    return f'NODENAME={name}\nRABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="{erlang}"\n'


def _definitions(site: Site) -> str:
    user = {
        "name": RABBIT_USER,
        "password_hash": rabbit_hash(site.secrets[RABBIT]),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"],
    }
    rights = {"user": RABBIT_USER, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
    definitions = {"users": [user], "vhosts": [{"name": "/"}], "permissions": [rights]}
    return json.dumps(definitions, indent=1) + "\n"


def _memcached(address: ipaddress.IPv4Address) -> str:
    # Its threads that tidy up look around ten times a second; tokens expire without them.
    lazy = "-o no_lru_maintainer,no_lru_crawler"
    return f"-m {_MEMCACHE_MIB}\n-p 11211\n-u memcache\n-l {address}\n-c 1024\n{lazy}\n"
