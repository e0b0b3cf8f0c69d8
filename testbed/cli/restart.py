"""`testbed restart`."""

import typer

from testbed.cli import recording
from testbed.cli.options import MachineName, Name, open_testbed


def restart(machine: MachineName, name: Name = None) -> None:
    """Shut a machine down in order and switch it on again."""
    from testbed.apply import lifecycle
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        recording.note(folders, testbed.plan.name, ("testbed", "restart", machine))
        with only_one(folders, testbed.plan.name, f"restart {machine}"):
            lifecycle.restart(host, folders, testbed, chosen)
        typer.echo(f"{machine} is back")
