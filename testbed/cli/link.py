"""`testbed link down|up MACHINE NIC`."""

from contextlib import suppress
from typing import Annotated

import typer

from testbed.cli import recording
from testbed.cli.options import MachineName, Name, open_testbed
from testbed.errors import TestbedError

app = typer.Typer(help="Pull a cable, or plug it in again.", no_args_is_help=True)


def _nics(ctx: typer.Context) -> list[str]:
    with (
        suppress(TestbedError, KeyError),
        open_testbed(ctx.params.get("name")) as (_, _, testbed),
    ):
        return [nic.name for nic in testbed.plan.machine(ctx.params["machine"]).nics]
    return []


NicName = Annotated[
    str, typer.Argument(metavar="NIC", help="Its name, for example eno1.", autocompletion=_nics)
]


@app.command()
def down(machine: MachineName, nic: NicName, name: Name = None) -> None:
    """Pull the cable out of a NIC: the machine sees its carrier go."""
    _set(machine, nic, name, up=False)


@app.command()
def up(machine: MachineName, nic: NicName, name: Name = None) -> None:
    """Plug the cable of a NIC in again."""
    _set(machine, nic, name, up=True)


def _set(machine: str, nic: str, name: str | None, *, up: bool) -> None:
    from testbed.apply import lifecycle

    words = ("testbed", "link", "up" if up else "down", machine, nic)
    with open_testbed(name) as (host, folders, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        recording.note(folders, testbed.plan.name, words)
        lifecycle.set_link(host, testbed, chosen, nic, up=up)
    typer.echo(f"{machine}:{nic} is {'plugged in' if up else 'pulled'}")
