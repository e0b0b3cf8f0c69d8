"""`testbed logs collect`."""

import typer

from testbed.cli.options import Name, open_testbed

app = typer.Typer(help="Logs of the machines and of the host.", no_args_is_help=True)


@app.callback()
def logs() -> None:
    """Logs of the machines and of the host."""


@app.command()
def collect(name: Name = None) -> None:
    """Gather all logs in one folder, and print its path.

    Of each machine: console, cloud-init, journal, network, and libvirt's own log. A testbed's last
    five folders stay, also after `down`.
    """
    from testbed.apply.logs import collect as gather

    with open_testbed(name) as (host, folders, testbed):
        typer.echo(gather(host, folders, testbed.plan))
