"""Rules between the parts of a topology: what its shape alone cannot tell."""

from collections.abc import Callable, Iterator

from testbed.errors import Problem
from testbed.topology.models import Topology
from testbed.topology.rules import (
    addresses,
    bonds,
    cables,
    cloud,
    names,
    routes,
    storage,
    switching,
    vlans,
)

Rule = Callable[[Topology], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *vlans.RULES,
    *addresses.RULES,
    *bonds.RULES,
    *cables.RULES,
    *switching.RULES,
    *routes.RULES,
    *storage.RULES,
    *cloud.RULES,
)


def check(topology: Topology) -> Iterator[Problem]:
    """Yield every rule the topology breaks, rule by rule."""
    for rule in RULES:
        yield from rule(topology)
