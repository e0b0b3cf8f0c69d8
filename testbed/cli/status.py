"""`testbed status`."""

import dataclasses
import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.options import Json, Name, open_host
from testbed.cli.status_text import lines

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.apply.status import Status


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
            for line in lines(each):
                typer.echo(line)
    if check and any(_is_wrong(each) for each in found):
        raise typer.Exit(1)


def _is_wrong(found: "Status") -> bool:
    return bool(found.wrong or found.ceph_wrong or (found.looked and found.looked.wrong))


def _look(folders: "Folders", testbed: "Testbed") -> None:
    from testbed.apply import health, keys, ready, storing
    from testbed.apply.session import session

    plan = testbed.plan
    with session(plan, keys.read(folders, plan)) as doors:
        verdicts = ready.check(plan, doors)
        ceph = storing.look_where_deployed(plan, doors)
    health.remember(folders, plan.name, verdicts, ceph)
    if plan.storage and ceph:
        verdicts += storing.verdicts(plan.storage, ceph)
    for verdict in verdicts:
        typer.echo(f"{'ok  ' if verdict.holds else 'FAIL'} {verdict}", err=True)
