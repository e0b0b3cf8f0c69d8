"""A tenant's world: a project that can do what a member of the club does, and what he does it with.

What an operator gives is made as the administrator, and the rest as the tenant himself: that he
may is part of what is wanted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from testbed.deploy.openstack import login
from testbed.deploy.openstack.asking import CONFLICT, ensure, find, patiently, step
from testbed.deploy.openstack.config.network import PHYSNET
from testbed.deploy.openstack.secrets import TENANT, TENANT_KEY, Secrets
from testbed.deploy.openstack.tiny import tiny_image
from testbed.deploy.step import Guests, Timing
from testbed.errors import DeployError
from testbed.plan.cloud import Cloud, Outside
from testbed.probe.cloud.ask import COMPUTE, IDENTITY, NETWORK, VOLUME, Api, Login, log_in, refusal

TINY = "tiny"  # the flavor; the image's name, too
OUTSIDE, NETWORK_NAME, ROUTER = "outside", "club", "club"
_ROLE = "member"
_PATIENCE = 600.0  # seconds; the first address of a busy emulated cloud took 200 to be promised
_MEMORY_MIB, _DISK_GIB = 96, 1
_LEAST_ADDRESSES = 10
# As much as three small nodes can give without hurting each other.
_COMPUTE_QUOTA = {"instances": 10, "cores": 10, "ram": 2048}
_VOLUME_QUOTA = {"volumes": 10, "snapshots": 10, "gigabytes": 20}
_OPEN = (("icmp", None), ("tcp", 22), ("tcp", 80))  # what instances can be reached by


@dataclass(frozen=True, slots=True)
class World:
    """What the world is made with: the cloud, its secrets, and the nodes to ask through."""

    cloud: Cloud
    secrets: Secrets
    guests: Guests
    timing: Timing

    @property
    def machine(self) -> str:
        """The node that asks."""
        return self.cloud.controllers[0].machine

    @property
    def outside(self) -> Outside:
        """The provider VLAN; the rules of packages let no topology pass without one."""
        if self.cloud.outside is None:
            raise ValueError("the topology has not passed its rules")
        return self.cloud.outside

    def log_in(self, who: Login) -> Api:
        """Return the APIs for a user."""
        place = login.keystone(self.cloud)
        return log_in(self.guests[self.machine], place, who, patience=_PATIENCE)


def make_world(world: World, *, quota: bool = True) -> None:
    """Make the world, or what is missing of it; raises `DeployError` at what is refused.

    Without `quota` the tenant's limits are left as they are.
    """
    with step(world.timing, world.machine, "tenant"):
        patiently(lambda: _operator_gives(world, quota=quota))
    with step(world.timing, world.machine, "tiny image"):
        admin = patiently(lambda: world.log_in(login.admin(world.secrets)))
        tiny_image(admin, TINY)
    with step(world.timing, world.machine, "outside network"):
        patiently(lambda: _make_outside(admin, world.outside))
    with step(world.timing, world.machine, "tenant's network"):
        patiently(lambda: _tenant_makes(world))


def _operator_gives(world: World, *, quota: bool) -> None:
    api = world.log_in(login.admin(world.secrets))
    project = _project(api, world.secrets)
    flavor = {"ram": _MEMORY_MIB, "vcpus": 1, "disk": _DISK_GIB}
    if find(api, COMPUTE, "/flavors/detail", name=TINY) is None:
        api.must("POST", COMPUTE, "/flavors", {"flavor": {"name": TINY, **flavor}})
    if quota:
        _limit(world, api, project)


def _limit(world: World, api: Api, project: str) -> None:
    limits = f"/os-quota-sets/{project}"
    api.must("PUT", COMPUTE, limits, {"quota_set": _COMPUTE_QUOTA})
    api.must("PUT", VOLUME, f"/{api.project}{limits}", {"quota_set": _VOLUME_QUOTA})
    addresses = int(world.outside.last) - int(world.outside.first) + 1
    network = {"floatingip": min(addresses, _LEAST_ADDRESSES)}
    api.must("PUT", NETWORK, f"/v2.0/quotas/{project}", {"quota": network})


def _project(api: Api, secrets: Secrets) -> str:
    """Return the id of the project, which the user is a member of."""
    domain = {"domain_id": "default"}
    project, _ = ensure(
        api,
        IDENTITY,
        "/projects",
        "project",
        {"description": "the tenant's"},
        name=login.PROJECT,
        **domain,
    )
    password = {"password": secrets[TENANT]}
    user, _ = ensure(api, IDENTITY, "/users", "user", password, name=login.USER, **domain)
    role = find(api, IDENTITY, "/roles", name=_ROLE)
    if role is None:
        raise DeployError(
            f"keystone has no role '{_ROLE}'",
            why="every keystone is made with it, so somebody has taken it away",
            next_step=f"make it: testbed openstack --admin role create {_ROLE}",
        )
    given = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
    api.must("PUT", IDENTITY, given)
    return str(project["id"])


def _make_outside(api: Api, outside: Outside) -> None:
    values = {
        "router:external": True,
        "provider:network_type": "flat",
        "provider:physical_network": PHYSNET,
    }
    network, _ = ensure(api, NETWORK, "/v2.0/networks", "network", values, name=OUTSIDE)
    pool = {"start": str(outside.first), "end": str(outside.last)}
    subnet = {
        "ip_version": 4,
        "cidr": str(outside.subnet),
        "gateway_ip": str(outside.gateway) if outside.gateway else None,
        "allocation_pools": [pool],
        "enable_dhcp": False,
    }
    where = {"name": OUTSIDE, "network_id": network["id"]}
    ensure(api, NETWORK, "/v2.0/subnets", "subnet", subnet, **where)


def _tenant_makes(world: World) -> None:
    api = world.log_in(login.member(world.secrets))
    _credential(api, world.secrets)
    network, _ = ensure(api, NETWORK, "/v2.0/networks", "network", {}, name=NETWORK_NAME)
    subnet, _ = ensure(
        api,
        NETWORK,
        "/v2.0/subnets",
        "subnet",
        {"ip_version": 4, "cidr": str(world.cloud.inside)},
        name=NETWORK_NAME,
        network_id=network["id"],
    )
    _router(api, network["id"], subnet["id"])
    _let_in(api)


def _credential(api: Api, secrets: Secrets) -> None:
    """Make what the user's programs log in with instead of his password."""
    path = f"/users/{api.user}/application_credentials"
    values = {"secret": secrets[TENANT_KEY], "description": "for testbed openstack"}
    ensure(api, IDENTITY, path, "application_credential", values, name=login.CREDENTIAL)


def _router(api: Api, network: str, subnet: str) -> None:
    outside = find(api, NETWORK, "/v2.0/networks", name=OUTSIDE)
    way_out = {"external_gateway_info": {"network_id": outside["id"] if outside else None}}
    router, _ = ensure(api, NETWORK, "/v2.0/routers", "router", way_out, name=ROUTER)
    plugged = find(api, NETWORK, "/v2.0/ports", device_id=router["id"], network_id=network)
    if plugged is None:
        plug = f"/v2.0/routers/{router['id']}/add_router_interface"
        api.must("PUT", NETWORK, plug, {"subnet_id": subnet})


def _let_in(api: Api) -> None:
    """Open the group that instances are in by default; a rule that is there is a conflict."""
    path = "/v2.0/security-groups"
    group = find(api, NETWORK, path, name="default", project_id=api.project)
    for rule in _rules(group["id"] if group else ""):
        made = api.ask("POST", NETWORK, "/v2.0/security-group-rules", {"security_group_rule": rule})
        if not made.ok and made.status != CONFLICT:
            raise refusal("POST network /v2.0/security-group-rules", made)


def _rules(group: str) -> Iterator[dict[str, Any]]:
    for protocol, port in _OPEN:
        yield {
            "security_group_id": group,
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": protocol,
            "port_range_min": port,
            "port_range_max": port,
        }
