"""`testbed power off|on MACHINE`."""

import typer

from testbed.cli import recording
from testbed.cli.advice import naming
from testbed.cli.options import MachineName, Name, open_testbed

app = typer.Typer(help="Pull a machine's power cord, or plug it in again.", no_args_is_help=True)


@app.command()
def off(machine: MachineName, name: Name = None) -> None:
    """Cut the power at once: what was not yet written is lost."""
    from testbed.apply import lifecycle, observe
    from testbed.apply import power as of_machine

    with open_testbed(name) as (host, folders, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        recording.note(folders, testbed.plan.name, ("testbed", "power", "off", machine))
        of_machine.power_off(host, testbed, chosen)
        back = f"testbed power on {machine}{naming(observe.names(host), testbed.plan.name)}"
        typer.echo(f"{machine} has no power; give it back with: {back}")


@app.command()
def on(machine: MachineName, name: Name = None) -> None:
    """Give the power back, and wait until the machine lets us in."""
    from testbed.apply import lifecycle
    from testbed.apply import power as of_machine
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        recording.note(folders, testbed.plan.name, ("testbed", "power", "on", machine))
        with only_one(folders, testbed.plan.name, f"power on {machine}"):
            of_machine.power_on(host, folders, testbed, chosen)
        typer.echo(f"{machine} is on")
