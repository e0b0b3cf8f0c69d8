"""`testbed status`."""

import dataclasses
import json as json_module
import time
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.options import Json, Name, open_host

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.apply.status import MachineStatus, Status


def status(
    name: Name = None,
    json: Json = False,
    check: Annotated[
        bool, typer.Option("--check", help="Look into every machine and prove the steady state.")
    ] = False,
) -> None:
    """Show machines, links, addresses and health.

    Without a name: of every testbed. The machines are not asked, so it answers at once; health
    is what the last look inside saw. --check looks now, and exits with 1 if something is wrong.
    """
    from testbed.apply import observe
    from testbed.apply.status import status as status_of

    with open_host() as (host, folders):
        chosen = (name,) if name else observe.names(host)
        testbeds = [observe.get(host, folders, each) for each in chosen]
        if check:
            for testbed in testbeds:
                _look(folders, testbed)
        found = [status_of(folders, testbed) for testbed in testbeds]
    if json:
        typer.echo(json_module.dumps([dataclasses.asdict(each) for each in found], indent=1))
    elif not found:
        typer.echo("there is no testbed; raise one with: testbed up")
    else:
        for each in found:
            _print(each)
    if check and any(each.wrong or (each.looked and each.looked.wrong) for each in found):
        raise typer.Exit(1)


def _look(folders: "Folders", testbed: "Testbed") -> None:
    from testbed.apply import health, keys, ready
    from testbed.apply.session import session

    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:
        verdicts = ready.check(testbed.plan, doors)
    health.remember(folders, testbed.plan.name, verdicts)
    for verdict in verdicts:
        typer.echo(f"{'ok  ' if verdict.holds else 'FAIL'} {verdict}", err=True)


def _print(found: "Status") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title=f"testbed '{found.name}'", title_justify="left")
    for heading in ("machine", "role", "state", "memory", "address", "ssh", "links"):
        table.add_column(heading, no_wrap=heading != "links")
    for line in found.machines:
        table.add_row(*_cells(line))
    console = Console(highlight=False, soft_wrap=False)
    console.print(table)
    console.print(_health(found))
    for problem in found.wrong:
        console.print(f"  [red]✗[/] {escape(problem)}", soft_wrap=True)
    for problem in found.looked.wrong if found.looked and not found.wrong else ():
        console.print(f"  [red]✗[/] {escape(problem)}", soft_wrap=True)


def _cells(line: "MachineStatus") -> tuple[str, ...]:
    pulled = [nic for nic, up in line.links.items() if not up]
    links = f"{len(line.links) - len(pulled)}/{len(line.links)} up"
    if pulled:
        links += f", [red]no carrier: {', '.join(pulled)}[/]"
    colour = "green" if line.state == "running" else "yellow"
    return (
        line.name,
        line.role,
        f"[{colour}]{line.state}[/]",
        f"{line.resident_mib} of {line.memory_mib} MiB",
        line.address,
        line.ssh,
        links,
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
