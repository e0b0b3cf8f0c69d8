"""Plans of testbeds with OpenStack."""

from pathlib import Path
from typing import Any

from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.topology.models import Topology
from testbed.topology.shipped import find


def planned(shipped: str = "aolda", **cloud: Any) -> Plan:
    """Return the plan of a shipped topology with a cloud."""
    return of(_values(shipped, cloud))


def of_one_node() -> Plan:
    """Return the plan of a cloud of one node."""
    values = _values("aolda-one", {})
    gone = ("node2", "node3")
    values["machines"] = {k: v for k, v in values["machines"].items() if k not in gone}
    values["cables"] = [pair for pair in values["cables"] if not pair[0].startswith(gone)]
    return of(values)


def _values(shipped: str, cloud: dict[str, Any]) -> dict[str, Any]:
    return find(shipped).model_dump(mode="json") | {"cloud": {"provider": "kolla", **cloud}}


def of(values: dict[str, Any]) -> Plan:
    topology = Topology.model_validate(values)
    return plan(topology, name="lab", folder=Path("/lab"), loopback="127.77.0.1")
