"""`testbed console`."""

import typer

from testbed.cli.options import MachineName, Name, open_testbed


def console(machine: MachineName, name: Name = None) -> None:
    """Sit down at a machine's serial console; Ctrl+] leaves it."""
    from testbed.apply import lifecycle

    with open_testbed(name) as (host, _, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        typer.echo(f"console of {machine}; press Enter to wake it, Ctrl+] to leave", err=True)
        host.console(chosen.domain)
