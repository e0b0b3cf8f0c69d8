"""Plans for the tests of render: a shipped topology, changed where a test needs it."""

from pathlib import Path
from typing import Any

from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.topology.models import Topology
from testbed.topology.shipped import find

FOLDER = Path("/var/lib/testbed/t")


def planned(shipped: str = "aolda", **changes: object) -> Plan:
    """Return the plan of a shipped topology with some of its top-level settings changed."""
    return of(find(shipped).model_copy(update=changes))


def of(topology: Topology) -> Plan:
    return plan(topology, name="t", folder=FOLDER, loopback="127.77.0.1")


def with_machine(name: str, shipped: str = "aolda", **changes: Any) -> Plan:
    """Return the plan of a shipped topology with some settings of one machine changed."""
    topology = find(shipped)
    machine = topology.machines[name].model_copy(update=changes)
    return planned(shipped, machines={**topology.machines, name: machine})
