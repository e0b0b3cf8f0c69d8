"""`testbed open`: what listens inside a testbed, for programs of this computer."""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.openstack import Admin
from testbed.cli.options import Name, open_testbed

if TYPE_CHECKING:
    from testbed.apply.tunnel import Tunnel

app = typer.Typer(
    no_args_is_help=True, help="Open a way into the testbed's OpenStack, until Ctrl+C."
)
_HORIZON, _PROXY = 8080, 1080
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY")

Port = Annotated[
    int, typer.Option(help="At which port of the testbed's address.", min=1, max=65535)
]


@app.command()
def horizon(
    name: Name = None,
    admin: Admin = False,
    port: Port = _HORIZON,
    browser: Annotated[bool, typer.Option(help="Start the browser, on a desktop.")] = True,
) -> None:
    """Bring OpenStack's dashboard to your browser.

    Prints the address and what to log in with, and stays until Ctrl+C.
    """
    from testbed.apply import access, tunnel
    from testbed.apply import openstack as own

    with open_testbed(name) as (_, folders, testbed):
        cloud, secrets = own.cloud_of(testbed), own.secrets_of(folders, testbed)
        config = access.write_ssh_config(folders, testbed.plan)
        near = tunnel.Near(testbed.plan.loopback, port)
        tunnel.must_be_free(near)

        def opened(_: str) -> None:
            who = own.dashboard_login(secrets, admin=admin)
            typer.echo(f"dashboard: http://{near}/")
            typer.echo(f"log in as: {who.user}, password {who.password}, domain Default")
            if "SSH_CONNECTION" in os.environ:
                typer.echo(f"from the computer you sit at: ssh -L {port}:{near} SERVER, and then")
                typer.echo(f"http://localhost:{port}/")
            if browser and any(os.environ.get(each) for each in _DESKTOP):
                typer.launch(f"http://{near}/")

        nodes, far = own.reachable(testbed), own.dashboard(cloud)
        _keep_open(lambda: tunnel.forward(config, nodes, near, far), opened)


@app.command()
def proxy(
    name: Name = None,
    port: Port = _PROXY,
    clouds_yaml: Annotated[
        Path | None,
        typer.Option(help="Write this clouds.yaml, readable by you alone.", show_default=False),
    ] = None,
) -> None:
    """Let other clients reach OpenStack's APIs.

    A SOCKS proxy on the testbed's own loopback address, for Terraform or scripts. It prints the
    variable they need, and stays until Ctrl+C.
    """
    from testbed.apply import access, tunnel
    from testbed.apply import openstack as own

    with open_testbed(name) as (_, folders, testbed):
        cloud, secrets = own.cloud_of(testbed), own.secrets_of(folders, testbed)
        config = access.write_ssh_config(folders, testbed.plan)
        near = tunnel.Near(testbed.plan.loopback, port)
        tunnel.must_be_free(near)

        def opened(machine: str) -> None:
            if clouds_yaml is not None:
                own.write_clouds_yaml(clouds_yaml, own.clouds_yaml(cloud, secrets, near))
                typer.echo(f"wrote {clouds_yaml}, with the clouds testbed and testbed-admin")
            typer.echo(f"export http_proxy={own.proxy_url(near)}")
            typer.echo(f"the proxy goes through {machine}; end it with Ctrl+C", err=True)

        nodes, far = own.reachable(testbed), own.apis(cloud)
        _keep_open(lambda: tunnel.proxy(config, nodes, near, far), opened)


def _keep_open(
    way: "Callable[[], AbstractContextManager[Tunnel]]", opened: Callable[[str], None]
) -> None:
    """Keep a way open until Ctrl+C; where it ends with its node, open one through another."""
    with way() as tunnel:
        opened(tunnel.machine)
        why = _until_ended(tunnel)
    while why:
        typer.echo(f"the way through {tunnel.machine} has ended: {why}", err=True)
        with way() as tunnel:
            typer.echo(f"it is open again, through {tunnel.machine}", err=True)
            why = _until_ended(tunnel)
    typer.echo("closed", err=True)


def _until_ended(tunnel: "Tunnel") -> str:
    """Return why the way has ended by itself; nothing where the user ends it."""
    try:
        while (why := tunnel.ended()) is None:
            time.sleep(1.0)
    except KeyboardInterrupt:
        return ""
    return why
