"""One look at OpenStack: at its nodes, at its APIs, and at what they say of the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from testbed.errors import GuestError
from testbed.guest import TalkingGuest
from testbed.plan.cloud import Cloud, CloudNode
from testbed.probe.cloud import apis, node
from testbed.probe.cloud.ask import Api, Login, log_in
from testbed.probe.cloud.seen import CloudSeen, NodeSeen, answers
from testbed.together import both, side_by_side

T = TypeVar("T")
Guests = Mapping[str, TalkingGuest]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at: a cloud, each machine's units, the addresses of its APIs, and as whom."""

    cloud: Cloud
    units: Mapping[str, tuple[str, ...]]  # by machine
    endpoints: Mapping[str, str]
    keystone: str
    admin: Login


def look(wanted: Wanted, guests: Guests) -> CloudSeen:
    """Return what is seen through the nodes that answer; what is silent is told, not raised."""
    (nodes, silent), seen = both(
        lambda: _look_at_nodes(wanted, guests), lambda: _look_at_apis(wanted, guests)
    )
    return replace(seen, nodes=nodes, unasked=(*silent, *seen.unasked))


def _look_at_nodes(wanted: Wanted, guests: Guests) -> tuple[tuple[NodeSeen, ...], tuple[str, ...]]:
    cloud = wanted.cloud

    def see(each: CloudNode) -> NodeSeen | str:
        if each.machine not in guests:
            return f"{each.machine} is not running"
        try:
            return node.look(guests[each.machine], cloud, each, wanted.units[each.machine])
        except GuestError as error:
            return error.what

    told = side_by_side(cloud.nodes, see)
    found = tuple(each for each in told if isinstance(each, NodeSeen))
    return found, tuple(each for each in told if isinstance(each, str))


def _look_at_apis(wanted: Wanted, guests: Guests) -> CloudSeen:
    """Ask the APIs through the first controller that can be reached itself."""
    seen = CloudSeen((), {})
    for each in wanted.cloud.controllers:
        if each.machine in guests:
            guest = guests[each.machine]
            seen = replace(seen, endpoints=_endpoints(wanted, guest))
            if any(map(answers, seen.endpoints.values())):
                return _ask(wanted, guest, seen)
    return seen


def _endpoints(wanted: Wanted, guest: TalkingGuest) -> Mapping[str, str]:
    """Return what each API answers through a guest; one that hangs is not asked seven times."""
    first, *others = wanted.endpoints
    try:
        told = [apis.endpoint(guest, wanted.endpoints[first])]
        told += side_by_side(others, lambda name: apis.endpoint(guest, wanted.endpoints[name]))
    except GuestError as error:
        return dict.fromkeys(wanted.endpoints, error.in_one_line)
    return dict(zip(wanted.endpoints, told, strict=True))


def _ask(wanted: Wanted, guest: TalkingGuest, seen: CloudSeen) -> CloudSeen:
    """Return what was seen with what the APIs say of the rest."""
    try:
        api = log_in(guest, wanted.keystone, wanted.admin)
    except GuestError as error:
        return replace(seen, unasked=(error.in_one_line,))
    unasked: list[str] = []

    def asked(question: Callable[[Api], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return question(api)
        except GuestError as error:
            unasked.append(error.in_one_line)
            return ()

    for of_a_database in (apis.images, apis.places):
        asked(of_a_database)
    computing, storing = asked(apis.services), asked(apis.volume_services)
    return replace(
        seen,
        services=(*computing, *storing),
        agents=asked(apis.agents),
        hypervisors=asked(apis.hypervisors),
        instances=asked(apis.instances),
        unasked=tuple(unasked),
    )
