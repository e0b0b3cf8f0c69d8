"""`testbed status` as text: plain columns, so that it answers at once and survives a pipe."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from testbed.apply.status import MachineStatus, Status

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
        yield f"  {typer.style('✗', fg=typer.colors.RED)} {problem}"


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
    ago = time.time() - found.looked.at
    when = f"{ago / 60:.0f} min ago" if ago > 90 else f"{ago:.0f} s ago"
    if found.wrong:
        return f"health: {len(found.wrong)} wrong now"
    if found.looked.wrong:
        return f"health: {len(found.looked.wrong)} did not hold {when}"
    return f"health: steady state proven {when}; look again with: testbed status --check"
