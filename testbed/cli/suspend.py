"""`testbed suspend` and `testbed resume`."""

import typer

from testbed.cli.options import Name, open_testbed


def suspend(name: Name = None) -> None:
    """Pause all machines: they keep their memory and use no CPU."""
    from testbed.apply import lifecycle
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        with only_one(folders, testbed.plan.name, "suspend"):
            lifecycle.suspend(host, testbed)
        typer.echo(f"testbed '{testbed.plan.name}' is suspended; go on with: testbed resume")


def resume(name: Name = None) -> None:
    """Let suspended machines run on.

    Steps their clocks, and returns once the steady state is proven.
    """
    from testbed.apply import lifecycle
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        with only_one(folders, testbed.plan.name, "resume"):
            lifecycle.resume(host, folders, testbed)
        typer.echo(f"testbed '{testbed.plan.name}' is ready")
