"""What holds of OpenStack and what does not, one verdict for each of its parts."""

from collections.abc import Container, Iterable, Iterator
from itertools import chain

from testbed.plan.cloud import PROVIDER_BRIDGE, Cloud
from testbed.probe.cloud.seen import (
    FOLLOWER,
    LEADER,
    SYNCED,
    CloudSeen,
    NodeSeen,
    ServiceSeen,
    answers,
    members,
)
from testbed.probe.verdict import Verdict, failing

CLOUD = "cloud"  # whom the verdicts are about
INSTANCES = "instances"  # the one that is their owners' business, not OpenStack's
PROVIDER, FIREWALL, SWITCHED_OFF = "provider VLAN", "firewall", "switched off"
_ERROR = "ERROR"


def verdicts(cloud: Cloud, seen: CloudSeen) -> Iterator[Verdict]:
    """Yield what holds; of what could not be asked, only that it could not."""
    if seen.unasked:
        yield _verdict("look", holds=False, seen="; ".join(seen.unasked))
    control = tuple(members(seen))
    yield from chain(
        _endpoints(seen),
        _address(cloud, control),
        _database(cloud, control),
        _queue(cloud, control),
        _networks(cloud, control),
        _chassis(cloud, seen),
        _provider(seen),
        _firewall(control),
        _reports("services", seen.services),
        _reports("agents", seen.agents),
        _switched_off((*seen.services, *seen.agents)),
        _hypervisors(cloud, seen),
        _instances(seen),
        _units(seen),
    )


def wrong(cloud: Cloud, seen: CloudSeen, *, but: Container[str] = ()) -> tuple[str, ...]:
    """Return what does not hold, one line each, apart from what some probes say."""
    found = (each for each in failing(verdicts(cloud, seen)) if each.probe not in but)
    return tuple(f"{each.probe}: {each.seen}" for each in found)


def _verdict(probe: str, *, holds: bool, seen: str) -> Verdict:
    return Verdict(probe, CLOUD, holds, seen)


def _endpoints(seen: CloudSeen) -> Iterator[Verdict]:
    silent = [f"{name}: {told}" for name, told in seen.endpoints.items() if not answers(told)]
    every = ", ".join(seen.endpoints) or "none was asked"
    yield _verdict(
        "APIs", holds=bool(seen.endpoints) and not silent, seen="; ".join(silent) or f"all: {every}"
    )


def _address(cloud: Cloud, control: tuple[NodeSeen, ...]) -> Iterator[Verdict]:
    holders = [each.machine for each in control if each.vip]
    told = f"{cloud.vip} is on {_and(holders) or 'no node'}"
    yield _verdict("address", holds=len(holders) == 1, seen=told)


def _database(cloud: Cloud, control: tuple[NodeSeen, ...]) -> Iterator[Verdict]:
    count = len(cloud.controllers)
    synced = [each for each in control if each.database == SYNCED and each.members == count]
    told = [f"{each.machine} {each.database}, sees {each.members}" for each in control]
    whole = f"{count} of {count} synced"
    yield _verdict(
        "database", holds=len(synced) == count, seen=whole if len(synced) == count else _list(told)
    )


def _queue(cloud: Cloud, control: tuple[NodeSeen, ...]) -> Iterator[Verdict]:
    count = len(cloud.controllers)
    whole = sum(len(each.queue) == count for each in control) == count
    told = [f"{each.machine} sees {_and(each.queue) or 'nobody'}" for each in control]
    yield _verdict(
        "queue", holds=whole, seen=f"{count} of {count} members" if whole else _list(told)
    )


def _networks(cloud: Cloud, control: tuple[NodeSeen, ...]) -> Iterator[Verdict]:
    """Yield whether each of OVN's databases has one leader, and whether all others follow."""
    if len(cloud.controllers) == 1:
        return
    for name in ("nb", "sb"):
        roles = {each.machine: (each.networks or {}).get(name, "") for each in control}
        sound = sorted(roles.values()) == [FOLLOWER] * (len(cloud.controllers) - 1) + [LEADER]
        told = _list([f"{machine} {role or 'silent'}" for machine, role in roles.items()])
        yield _verdict(f"OVN {name}", holds=sound, seen=told)


def _chassis(cloud: Cloud, seen: CloudSeen) -> Iterator[Verdict]:
    off = [each.machine for each in seen.nodes if not each.chassis]
    joined = len(seen.nodes) - len(off)
    told = f"{joined} of {len(cloud.nodes)} connected"
    told += f", not {_and(off)}" if off else ""
    yield _verdict("chassis", holds=joined == len(cloud.nodes), seen=told)


def _provider(seen: CloudSeen) -> Iterator[Verdict]:
    off = [each.machine for each in seen.nodes if not each.provider]
    told = f"in {PROVIDER_BRIDGE}, with its mapping and manager, everywhere"
    if off:
        told = f"out of {PROVIDER_BRIDGE}, or without its mapping or manager, on {_and(off)}"
    if seen.nodes:
        yield _verdict(PROVIDER, holds=not off, seen=told)


def _firewall(control: tuple[NodeSeen, ...]) -> Iterator[Verdict]:
    """Yield whether only the cloud's nodes get at databases and queue."""
    off = [each.machine for each in control if not each.guarded]
    told = f"without its rules on {_and(off)}" if off else "its rules are loaded"
    if control:
        yield _verdict(FIREWALL, holds=not off, seen=told)


def _reports(probe: str, found: tuple[ServiceSeen, ...]) -> Iterator[Verdict]:
    """Yield whether all report; nothing where they could not be asked, which is told already."""
    if not found:
        return
    down = [f"{each} is down" for each in found if each.enabled and not each.up]
    off = [f"{each} is switched off" for each in found if not each.enabled]
    told = f"{sum(each.up for each in found)} of {len(found)} up"
    yield _verdict(probe, holds=not down, seen="; ".join((told, *down, *off)))


def _switched_off(found: tuple[ServiceSeen, ...]) -> Iterator[Verdict]:
    """Yield of which kinds every single one is switched off, so that nobody does their work."""
    kinds = {each.name for each in found} - {each.name for each in found if each.enabled}
    if kinds:
        yield _verdict(SWITCHED_OFF, holds=False, seen=f"every {_and(sorted(kinds))}")


def _hypervisors(cloud: Cloud, seen: CloudSeen) -> Iterator[Verdict]:
    if seen.hypervisors or _all_asked(seen):
        up = [each.host for each in seen.hypervisors if each.up]
        told = f"{len(up)} of {len(cloud.nodes)} up: {', '.join(up) or 'none'}"
        yield _verdict("hypervisors", holds=len(up) == len(cloud.nodes), seen=told)


def _all_asked(seen: CloudSeen) -> bool:
    return any(map(answers, seen.endpoints.values())) and not seen.unasked


def _instances(seen: CloudSeen) -> Iterator[Verdict]:
    if not (seen.instances or _all_asked(seen)):
        return
    failed = [f"{each.name} is in {_ERROR}" for each in seen.instances if each.state == _ERROR]
    told = "; ".join(failed) or f"{len(seen.instances)}"
    yield _verdict(INSTANCES, holds=not failed, seen=told)


def _units(seen: CloudSeen) -> Iterator[Verdict]:
    """Yield whether all run; an API answers, and volumes are served, while one of three does."""
    down = [
        f"{unit} on {each.machine} {'gave up' if state == 'failed' else f'is {state}'}"
        for each in seen.nodes
        for unit, state in each.stopped.items()
    ]
    if seen.nodes:
        yield _verdict("units", holds=not down, seen=", ".join(down) or "all run")


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)


def _list(words: list[str]) -> str:
    return ", ".join(words) or "no node of the control plane was seen"
