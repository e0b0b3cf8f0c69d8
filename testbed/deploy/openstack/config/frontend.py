"""The way in: one address that keepalived moves, and haproxy behind it."""

from collections.abc import Iterator, Mapping

from testbed.deploy.files import File
from testbed.deploy.openstack.site import (
    CINDER,
    GLANCE,
    HTTP,
    KEYSTONE,
    MYSQL,
    NEUTRON,
    NOVA,
    PLACEMENT,
    Site,
)
from testbed.plan.cloud import Cloud, CloudNode

APIS: Mapping[str, int] = {
    "keystone": KEYSTONE,
    "glance": GLANCE,
    "placement": PLACEMENT,
    "nova": NOVA,
    "neutron": NEUTRON,
    "cinder": CINDER,
}
DASHBOARD = "horizon"
_ALIVE = "/usr/libexec/testbed/haproxy-alive"
_ADVERTISEMENT = 2  # seconds; three of them missing, and another node takes over


def endpoints(cloud: Cloud) -> Mapping[str, str]:
    """Return where each API answers: at the VIP, as the catalogue says."""
    return {name: f"http://{cloud.vip}:{port}/" for name, port in APIS.items()}


def files(site: Site) -> Iterator[File]:
    """Yield the files of haproxy and keepalived."""
    yield File("/etc/haproxy/haproxy.cfg", _haproxy(site))
    yield File("/etc/keepalived/keepalived.conf", _keepalived(site))
    yield File(_ALIVE, '#!/bin/sh\nkill -0 "$(cat /run/haproxy.pid)"\n', 0o755)


def _haproxy(site: Site) -> str:
    parts = [_HAPROXY_HEAD, *(_api(site, name, port) for name, port in APIS.items())]
    return "\n".join((*parts, _dashboard(site), _database(site)))


# An API may take a minute to answer for the first time. What tells that one does not answer any
# more is mostly the traffic itself: each look wakes a Python on every node. One that is busy with a
# question a lost host will not answer gets no other.
_HAPROXY_HEAD = """\
global
    user haproxy
    group haproxy
    maxconn 2000
    log /dev/log local0 notice

defaults
    mode http
    log global
    option dontlognull
    option redispatch 1
    retries 3
    timeout connect 5s
    timeout client 900s
    timeout server 900s
    timeout queue 60s
    timeout check 30s
    timeout http-request 60s
    timeout http-keep-alive 5s
    default-server inter 60s fastinter 5s downinter 8s fall 2 rise 1
"""


def _api(site: Site, name: str, port: int) -> str:
    servers = "\n".join(
        f"    server {node.machine} {node.address}:{port} check observe layer4 error-limit 2 "
        "on-error mark-down"
        for node in site.cloud.controllers
    )
    return f"""\
listen {name}
    bind {site.cloud.vip}:{port}
    balance leastconn
    option httpchk
    http-check send meth GET uri /
    http-check expect status 200-499
    option forwardfor
    http-request set-header X-Forwarded-Proto http
{servers}
"""


def _dashboard(site: Site) -> str:
    servers = "\n".join(
        f"    server {node.machine} {node.address}:{HTTP} check cookie {node.machine}"
        for node in site.cloud.controllers
    )
    return f"""\
listen {DASHBOARD}
    bind {site.cloud.vip}:{HTTP}
    cookie SERVER insert indirect nocache
{servers}
"""


def _database(site: Site) -> str:
    """Return the database's part: all write to one server, or their writes would collide."""
    servers = "\n".join(
        f"    server {node.machine} {node.address}:{MYSQL} check inter 5s tcp-ut 25s "
        "observe layer4 error-limit 3 on-error mark-down" + (" backup" if place else "")
        for place, node in enumerate(site.cloud.controllers)
    )
    # What cannot connect tries again each second; three in vain mark the server down, and the next
    # goes elsewhere, and so do all after it, also when the first server is back. Sessions of a lost
    # server are left to TCP, which ends them after 25 s: where haproxy 3.0 is to end sessions
    # (on-marked-down, on-marked-up), it forgets those that are just connecting, accepted, silent,
    # for ever.
    # A table of one entry has no room for the one that is to take its place.
    # A server that takes sessions greets with its protocol, 10; one that does not, with an error.
    # One that has lost its group greets, too, and refuses what is asked: haproxy does not see that.
    return f"""\
listen mariadb
    mode tcp
    option redispatch 1
    stick-table type ip size 1k
    stick on dst
    bind {site.cloud.vip}:{MYSQL}
    timeout client 24h
    timeout server 24h
    option clitcpka
    option srvtcpka
    srvtcpka-idle 10s
    srvtcpka-intvl 5s
    srvtcpka-cnt 3
    option tcp-check
    tcp-check connect
    tcp-check expect rbinary ^.{{8}}0[aA]
{servers}
"""


def _keepalived(site: Site) -> str:
    cloud, node = site.cloud, site.node
    place = cloud.controllers.index(node)
    return f"""\
global_defs {{
    router_id {node.machine}
    enable_script_security
    script_user root
    vrrp_garp_master_refresh 60
}}

vrrp_script haproxy {{
    script "{_ALIVE}"
    interval 3
    timeout 10
    fall 2
    rise 2
}}

vrrp_instance apis {{
    state BACKUP
    nopreempt
    interface {node.api_interface}
    virtual_router_id {cloud.vrrp_id}
    priority {100 - place}
    advert_int {_ADVERTISEMENT}
    unicast_src_ip {node.address}
{_peers(cloud.controllers, node)}    virtual_ipaddress {{
        {cloud.vip}/{cloud.api_network.prefixlen} dev {node.api_interface}
    }}
    track_script {{
        haproxy
    }}
}}
"""


def _peers(controllers: tuple[CloudNode, ...], own: CloudNode) -> str:
    others = "".join(f"        {node.address}\n" for node in controllers if node != own)
    return f"    unicast_peer {{\n{others}    }}\n" if others else ""
