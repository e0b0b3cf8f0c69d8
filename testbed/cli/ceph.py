"""`testbed ceph`."""

from typing import Annotated

import typer

from testbed.cli import recording
from testbed.cli.options import Name, Timeout, open_testbed


def ceph(
    words: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND…", help="What Ceph is asked, e.g. status.")
    ],
    name: Name = None,
    timeout: Timeout = 60.0,
) -> None:
    """Run the ceph command in a node whose monitor has a quorum.

    Options of testbed's own come first: testbed ceph --name lab health.

    Exits with the command's own status. Without a quorum it says what each monitor says
    instead of waiting.
    """
    from testbed.apply import ceph as own

    with open_testbed(name) as (_, folders, testbed):
        recording.note(folders, testbed.plan.name, ("testbed", "ceph", *words))
        result = own.run(folders, testbed, tuple(words), timeout)
    typer.echo(result.stdout, nl=False)
    typer.echo(result.stderr, nl=False, err=True)
    raise typer.Exit(result.exit_status)
