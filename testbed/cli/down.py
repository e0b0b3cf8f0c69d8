"""`testbed down`."""

from typing import Annotated

import typer

from testbed.cli.options import Name, open_host


def down(
    name: Name = None,
    everything: Annotated[bool, typer.Option("--all", help="Remove every testbed.")] = False,
) -> None:
    """Remove a testbed: machines, disks, checkpoints, keys. Images stay."""
    from testbed.apply import lifecycle, observe

    with open_host() as (host, folders):
        existing = observe.names(host)
        if everything:
            chosen = existing
        elif name is None:
            chosen = (observe.only(existing),) if existing else ()
        else:
            chosen = (name,)
        for each in chosen:
            count = lifecycle.down(host, folders, each)
            plural = "machine" if count == 1 else "machines"
            typer.echo(f"testbed '{each}' is gone ({count} {plural})")
        if not chosen:
            typer.echo("there is no testbed; nothing to do")
