"""The kernel's own account of a bond, read from /proc/net/bonding.

Source: the format is that of bond_info_show_master() and bond_info_show_slave() in the
kernel's drivers/net/bonding/bond_procfs.c.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.plan.models import Bond
from testbed.probe.verdict import Verdict
from testbed.topology.models import BondMode

_NO_PARTNER = "00:00:00:00:00:00"
_MODE_NAMES = {
    BondMode.ACTIVE_BACKUP: "fault-tolerance (active-backup)",
    BondMode.LACP: "IEEE 802.3ad Dynamic link aggregation",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a bond: its carrier, and with 802.3ad the aggregator it joined."""

    name: str
    up: bool
    aggregator: str


@dataclass(frozen=True, slots=True)
class BondState:
    """A bond as the kernel describes it; `partner` is the LACP partner's MAC, or empty."""

    mode: str
    active: str
    partner: str
    members: tuple[Member, ...]


def parse(text: str) -> BondState:
    """Read the text of one file in /proc/net/bonding."""
    head, *members = re.split(r"^(?=Slave Interface: )", text, flags=re.MULTILINE)
    return BondState(
        mode=_field(head, "Bonding Mode"),
        active=_field(head, "Currently Active Slave"),
        partner=_field(head, "Partner Mac Address"),
        members=tuple(
            Member(
                name=_field(member, "Slave Interface"),
                up=_field(member, "MII Status") == "up",
                aggregator=_field(member, "Aggregator ID"),
            )
            for member in members
        ),
    )


def _field(text: str, name: str) -> str:
    found = re.search(rf"^\s*{re.escape(name)}: (.*)$", text, flags=re.MULTILINE)
    return found[1].strip() if found else ""


def problems(wanted: Bond, state: BondState) -> Iterator[str]:
    """Yield how a bond differs from what it should be."""
    if state.mode != _MODE_NAMES[wanted.mode]:
        yield f"mode is '{state.mode}', not {wanted.mode.value}"
    present = {member.name: member for member in state.members}
    for name in wanted.members:
        if name not in present:
            yield f"{name} is not a member"
        elif not present[name].up:
            yield f"{name} has no carrier"
    if wanted.mode is BondMode.LACP:
        yield from _lacp_problems(state)


def _lacp_problems(state: BondState) -> Iterator[str]:
    if state.partner in ("", _NO_PARTNER):
        yield "no LACP partner answers"
    aggregators = {member.aggregator for member in state.members if member.up}
    if len(aggregators) > 1:
        yield f"members are in different aggregators: {', '.join(sorted(aggregators))}"


def verdicts(machine: str, bonds: tuple[Bond, ...], texts: Mapping[str, str]) -> Iterator[Verdict]:
    """Yield one verdict per bond, from the texts of /proc/net/bonding by bond name."""
    for bond in bonds:
        if bond.name not in texts:
            yield Verdict(f"bond {bond.name}", machine, False, "it does not exist")
            continue
        found = tuple(problems(bond, parse(texts[bond.name])))
        seen = "; ".join(found) or f"{bond.mode.value}, {' and '.join(bond.members)} up"
        yield Verdict(f"bond {bond.name}", machine, not found, seen)
