"""`testbed status` as text: plain columns, so that it answers at once and survives a pipe."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from testbed.cli.cloud_text import cloud_lines

if TYPE_CHECKING:
    from testbed.apply.status import MachineStatus, Status
    from testbed.probe.ceph.state import CephSeen

_HEADINGS = ("machine", "role", "state", "memory", "address", "ssh", "links")
_COLOURS = {"running": typer.colors.GREEN, "paused": typer.colors.YELLOW}


def lines(found: "Status") -> Iterator[str]:
    """Yield the lines of a testbed's status; colours are dropped where there is no terminal."""
    yield typer.style(f"testbed '{found.name}'", bold=True)
    rows = [_cells(machine) for machine in found.machines]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    yield typer.style(_row(_HEADINGS, widths), dim=True)
    for row in rows:
        yield typer.style(_row(row, widths), fg=None if row[2] == "running" else _colour(row[2]))
    yield _health(found)
    inside = found.looked.wrong if found.looked else ()
    for problem in (*found.wrong, *(() if found.wrong else inside)):
        yield _problem(problem)
    if found.looked and found.looked.ceph:
        yield from _ceph(found.looked.ceph, _ago(found.looked.at))
        for problem in found.ceph_wrong:
            yield _problem(problem)
    if found.looked and found.looked.cloud:
        yield from cloud_lines(found.looked.cloud, _ago(found.looked.at), found.cloud_wrong)
        for problem in found.cloud_wrong:
            yield _problem(problem)
    if found.untried:
        yield f"note: {found.untried}"


def _problem(text: str) -> str:
    return f"  {typer.style('✗', fg=typer.colors.RED)} {text}"


def _ceph(seen: "CephSeen", when: str) -> Iterator[str]:
    """Yield Ceph's block; a cluster that does not answer has nothing to count."""
    yield f"ceph: {seen.health} {when}"
    if not seen.quorum:
        return
    states = ", ".join(f"{count} {state}" for state, count in seen.states.items())
    yield f"  quorum  {', '.join(seen.quorum)}"
    yield f"  OSDs    {seen.osds_up} up, {seen.osds_in} in, of {seen.osds}"
    yield f"  groups  {states or 'none'}"
    for warning in seen.problems if seen.health == "HEALTH_OK" else ():  # it is muted
        yield f"  muted   {warning.removesuffix(' (muted)')}"
    for pool in seen.pools:
        placed = f"{pool.distinct} of {pool.groups} groups have all copies on distinct hosts"
        yield f"  pool    {pool.name}: {pool.size} copies, {pool.min_size} needed; {placed}"


def _colour(state: str) -> str:
    return _COLOURS.get(state, typer.colors.RED)


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _cells(machine: "MachineStatus") -> tuple[str, ...]:
    down = [nic for nic, up in machine.links.items() if not up]
    links = f"{len(machine.links) - len(down)}/{len(machine.links)} up"
    return (
        machine.name,
        machine.role,
        machine.state,
        f"{machine.resident_mib} MiB resident, guest has {machine.memory_mib}",
        machine.address or "-",
        machine.ssh,
        f"{links}, no carrier: {', '.join(down)}" if down else links,
    )


def _health(found: "Status") -> str:
    if found.looked is None:
        return "health: not looked at yet; run: testbed status --check"
    when = _ago(found.looked.at)
    if found.wrong:
        return f"health: {len(found.wrong)} wrong now"
    if found.looked.wrong:
        return f"health: {len(found.looked.wrong)} did not hold {when}"
    return f"health: steady state proven {when}; look again with: testbed status --check"


def _ago(at: float) -> str:
    ago = time.time() - at
    return f"{ago / 60:.0f} min ago" if ago > 90 else f"{ago:.0f} s ago"
