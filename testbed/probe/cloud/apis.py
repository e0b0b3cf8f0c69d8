"""What OpenStack says of itself: its services, agents, hypervisors and instances."""

from collections.abc import Iterator
from typing import Any

from testbed.guest import NothingAnswers, TalkingGuest
from testbed.probe.cloud.ask import COMPUTE, IMAGE, NETWORK, PLACEMENT, VOLUME, Api
from testbed.probe.cloud.http import call
from testbed.probe.cloud.seen import InstanceSeen, ServiceSeen


def endpoint(guest: TalkingGuest, url: str, *, timeout: float = 20.0) -> str:
    """Return what is answered at an API's address: an HTTP status, or why there is none.

    Raises `GuestError` where the guest itself cannot be reached.
    """
    try:
        return str(call(guest, "GET", url, timeout=timeout).status)
    except NothingAnswers as error:
        return error.why or error.what


def images(api: Api) -> tuple[str, ...]:
    """Return the name of one image, if there is one; raises `GuestError`.

    What glance answers without being asked for one says nothing of its database.
    """
    return tuple(each["name"] for each in api.get(IMAGE, "/v2/images?limit=1")["images"])


def places(api: Api) -> tuple[str, ...]:
    """Return the hosts that placement knows, which likewise it reads; raises `GuestError`."""
    found = api.get(PLACEMENT, "/resource_providers")["resource_providers"]
    return tuple(each["name"] for each in found)


def services(api: Api) -> tuple[ServiceSeen, ...]:
    """Return nova's services; raises `GuestError`."""
    return tuple(_services(api.get(COMPUTE, "/os-services")))


def volume_services(api: Api) -> tuple[ServiceSeen, ...]:
    """Return cinder's services; raises `GuestError`."""
    return tuple(_services(api.get(VOLUME, f"/{api.project}/os-services")))


def _services(told: Any) -> Iterator[ServiceSeen]:
    for each in told["services"]:
        up, enabled = each["state"] == "up", each["status"] == "enabled"
        yield ServiceSeen(each["binary"], each["host"], up, enabled)


def agents(api: Api) -> tuple[ServiceSeen, ...]:
    """Return neutron's agents, which are OVN's chassis; raises `GuestError`."""
    told = api.get(NETWORK, "/v2.0/agents")
    return tuple(
        ServiceSeen(a["agent_type"], a["host"], bool(a["alive"]), bool(a["admin_state_up"]))
        for a in told["agents"]
    )


def hypervisors(api: Api) -> tuple[ServiceSeen, ...]:
    """Return the hosts that can run instances, in the order of names; raises `GuestError`.

    Nova tells them in the order in which they first reported.
    """
    told = api.get(COMPUTE, "/os-hypervisors")
    found = (
        ServiceSeen(
            "hypervisor", h["hypervisor_hostname"], h["state"] == "up", h["status"] == "enabled"
        )
        for h in told["hypervisors"]
    )
    return tuple(sorted(found, key=lambda each: each.host))


def instances(api: Api) -> tuple[InstanceSeen, ...]:
    """Return every tenant's instances; raises `GuestError`."""
    told = api.get(COMPUTE, "/servers/detail?all_tenants=1")
    return tuple(
        InstanceSeen(
            name=server["name"],
            state=server["status"],
            host=server.get("OS-EXT-SRV-ATTR:host") or "",
            addresses=tuple(_addresses(server)),
        )
        for server in told["servers"]
    )


def _addresses(server: Any) -> Iterator[str]:
    for network in server["addresses"].values():
        for each in network:
            yield str(each["addr"])
