"""`testbed openstack`."""

from typing import Annotated

import typer

from testbed.cli import recording
from testbed.cli.options import Name, open_testbed

Admin = Annotated[
    bool, typer.Option("--admin", help="As the administrator, not as the tenant's user.")
]


def openstack(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND…]", help="What OpenStack is told, e.g. server list."),
    ] = None,
    name: Name = None,
    admin: Admin = False,
) -> None:
    """Run OpenStack's own command line against the testbed.

    Options of testbed's own come first: testbed openstack --admin server list.

    On this computer, through a node that reaches the APIs, with the tenant's application
    credential. Without a command it asks for one after the other. Exits with the command's own
    status.
    """
    from testbed.apply import openstack as own

    told = tuple(words or ())
    with open_testbed(name) as (_, folders, testbed):
        who = ("--admin",) if admin else ()
        recording.note(folders, testbed.plan.name, ("testbed", "openstack", *who, *told))
        raise typer.Exit(own.run(folders, testbed, told, admin=admin))
