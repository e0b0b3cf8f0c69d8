"""`testbed gc`."""

from typing import Annotated

import typer

from testbed.cli.options import open_host


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
) -> None:
    """Remove folders, pools and keys that no testbed needs any more."""
    from testbed.apply.leftovers import disks_left_alone, remove_leftovers

    with open_host() as (host, folders):
        removed = remove_leftovers(host, folders, dry_run=dry_run)
        left_alone = disks_left_alone(host, folders)
    for thing in removed:
        typer.echo(f"{'would remove' if dry_run else 'removed'} {thing}")
    for name in left_alone:
        typer.echo(
            f"left alone: disks of '{name}', whose machines this libvirt does not know; "
            f"delete them with: testbed down --forget --name {name}",
            err=True,
        )
    if not removed:
        typer.echo("nothing is left over")
