"""`testbed open`: what listens inside a testbed, for programs of this computer."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.openstack import Admin
from testbed.cli.options import Name, open_testbed

app = typer.Typer(
    no_args_is_help=True, help="Open a way into the testbed's OpenStack, until Ctrl+C."
)
_HORIZON, _PROXY = 8080, 1080
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY")


@app.command()
def horizon(
    name: Name = None,
    admin: Admin = False,
    port: Annotated[int, typer.Option(help="At which port of the testbed's address.")] = _HORIZON,
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
    with tunnel.forward(config, own.reachable(testbed), near, own.dashboard(cloud)):
        who = own.dashboard_login(secrets, admin=admin)
        typer.echo(f"dashboard: http://{near}/")
        typer.echo(f"log in as: {who.user}, password {who.password}, domain Default")
        if browser and any(os.environ.get(each) for each in _DESKTOP):
            typer.launch(f"http://{near}/")
        _until_interrupted()


@app.command()
def proxy(
    name: Name = None,
    port: Annotated[int, typer.Option(help="At which port of the testbed's address.")] = _PROXY,
    clouds_yaml: Annotated[
        Path | None,
        typer.Option(help="Write this clouds.yaml, readable by you alone.", show_default=False),
    ] = None,
) -> None:
    """Let other clients reach OpenStack's APIs.

    A SOCKS proxy on the testbed's own loopback address, for tempest, Terraform or scripts. It
    prints the variable they need, and stays until Ctrl+C.
    """
    from testbed.apply import access, tunnel
    from testbed.apply import openstack as own

    with open_testbed(name) as (_, folders, testbed):
        cloud, secrets = own.cloud_of(testbed), own.secrets_of(folders, testbed)
        config = access.write_ssh_config(folders, testbed.plan)
    near = tunnel.Near(testbed.plan.loopback, port)
    tunnel.must_be_free(near)
    with tunnel.proxy(config, own.reachable(testbed), near, own.apis(cloud)) as machine:
        if clouds_yaml is not None:
            own.write_clouds_yaml(clouds_yaml, own.clouds_yaml(cloud, secrets, near))
            typer.echo(f"wrote {clouds_yaml}, with the clouds testbed and testbed-admin")
        typer.echo(f"export http_proxy={own.proxy_url(near)}")
        typer.echo(f"the proxy goes through {machine}; end it with Ctrl+C", err=True)
        _until_interrupted()


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        typer.echo("closed", err=True)
