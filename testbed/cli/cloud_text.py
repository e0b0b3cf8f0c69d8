"""OpenStack's part of `testbed status` as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.probe.cloud.seen import CloudSeen, ServiceSeen


def cloud_lines(seen: "CloudSeen", when: str, wrong: tuple[str, ...]) -> Iterator[str]:
    """Yield OpenStack's block; what is wrong with it is listed by whoever asked."""
    state = f"{len(wrong)} wrong" if wrong else "all of it works"
    yield f"OpenStack: {state} {when}"
    control = [each for each in seen.nodes if each.control]
    rows = {
        "APIs": _answering(seen),
        "address": _named(each.machine for each in control if each.vip),
        "database": _named(f"{each.machine} {each.database}" for each in control),
        "queue": _named(each.machine for each in control if each.queue),
        "services": _up((*seen.services, *seen.agents)),
        "hosts": _named(each.host for each in seen.hypervisors if each.up),
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


def _up(services: tuple["ServiceSeen", ...]) -> str:
    return f"{sum(each.up for each in services)} of {len(services)} up"
