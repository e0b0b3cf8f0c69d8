"""A machine's netplan as data: where an interface is in it, and how changes are undone."""

from collections.abc import Mapping
from typing import Any

import yaml

from testbed.plan.models import Plan
from testbed.render.netplan import netplan
from testbed.render.yaml_text import yaml_text

FILE = "/etc/netplan/50-cloud-init.yaml"
Network = dict[str, Any]


def planned(plan: Plan, machine: str) -> Network:
    """Return what a machine's netplan says in the plan, below `network`."""
    return dict(yaml.safe_load(netplan(plan, plan.machine(machine)))["network"])


def merged(base: Any, changes: Any) -> Any:
    """Return `base` with changes: mapping into mapping, null removes a key, else replaced."""
    if not isinstance(changes, Mapping):
        return changes
    old = base if isinstance(base, Mapping) else {}
    touched = {key: merged(old.get(key), value) for key, value in changes.items()}
    both = {**old, **touched}
    return {key: value for key, value in both.items() if value is not None}


def undoing(base: Any, changes: Any) -> Any:
    """Return the changes that make of `merged(base, changes)` the base again."""
    if not isinstance(changes, Mapping):
        return base
    if not isinstance(base, Mapping):
        return base
    return {key: undoing(base.get(key), value) for key, value in changes.items()}


def section_of(network: Network, interface: str) -> str:
    """Return the section an interface is in; raises `KeyError` where it is in none."""
    for section, members in network.items():
        if isinstance(members, Mapping) and interface in members:
            return section
    raise KeyError(interface)


def changed_text(text: str, changes: Mapping[str, Any]) -> str:
    """Return a netplan file with changes below `network`; the comments on its top stay."""
    lines = text.splitlines(keepends=True)
    comments = []
    for line in lines:
        if not line.startswith("#") and line.strip():
            break
        comments.append(line)
    data = yaml.safe_load(text) or {}
    network = merged(data.get("network", {}), changes)
    return "".join(comments) + yaml_text({**data, "network": network})


def already(text: str, changes: Mapping[str, Any]) -> bool:
    """Return whether a netplan file says already what the changes would make it say."""
    network = (yaml.safe_load(text) or {}).get("network", {})
    return bool(merged(network, changes) == network)
