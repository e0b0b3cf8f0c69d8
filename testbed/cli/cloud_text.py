"""OpenStack's part of `testbed status` as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.probe.cloud.seen import CloudSeen, NodeSeen, ServiceSeen

_NOT_ASKED = "not asked"


def cloud_lines(seen: "CloudSeen", when: str, wrong: tuple[str, ...]) -> Iterator[str]:
    """Yield OpenStack's block; what is wrong with it is listed by whoever asked."""
    state = f"{len(wrong)} wrong" if wrong else "all of it works"
    yield f"OpenStack: {state} {when}"
    control = [each for each in seen.nodes if each.control]
    rows = {
        "APIs": _answering(seen),
        "address": _named(each.machine for each in control if each.vip),
        "database": _database(control),
        "queue": _queue(control),
        "chassis": _named(each.machine for each in seen.nodes if each.chassis),
        "services": _up((*seen.services, *seen.agents)),
        "hosts": _hosts(seen),
    }
    for name, told in rows.items():
        yield f"  {name.ljust(9)} {told}"
    for instance in seen.instances:
        places = (f"on {instance.host}" if instance.host else "", ", ".join(instance.addresses))
        told = " ".join(part for part in (instance.name, instance.state, *places) if part)
        yield f"  {'instance'.ljust(9)} {told}"


def _answering(seen: "CloudSeen") -> str:
    from testbed.probe.cloud.seen import answers

    count = sum(map(answers, seen.endpoints.values()))
    return f"{count} of {len(seen.endpoints)} answer"


def _named(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _database(control: list["NodeSeen"]) -> str:
    """Return each server's state and, where they are a cluster, how many each takes for all."""
    states = _named(f"{each.machine} {each.database}" for each in control)
    sizes = sorted({each.members for each in control if each.members})
    if len(control) == 1 or not sizes:
        return states
    return f"{states}; a cluster of {' and one of '.join(map(str, sizes))}"


def _queue(control: list["NodeSeen"]) -> str:
    """Return its members, each group of them where they do not all see each other."""
    groups = tuple(dict.fromkeys(each.queue for each in control if each.queue))
    told = "; ".join(map(_named, groups))
    return f"apart: {told}" if len(groups) > 1 else told or _named(())


def _up(services: tuple["ServiceSeen", ...]) -> str:
    if not services:
        return _NOT_ASKED
    off = [f"{each} is switched off" for each in services if not each.enabled]
    return "; ".join((f"{sum(each.up for each in services)} of {len(services)} up", *off))


def _hosts(seen: "CloudSeen") -> str:
    if seen.unasked and not seen.hypervisors:
        return _NOT_ASKED
    return _named(each.host for each in seen.hypervisors if each.up)
