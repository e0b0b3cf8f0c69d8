"""`testbed suspend` and `testbed resume`."""

import typer

from testbed.cli import recording
from testbed.cli.advice import naming
from testbed.cli.options import Name, open_testbed


def suspend(name: Name = None) -> None:
    """Pause all machines: they keep their memory and use no CPU."""
    from testbed.apply import lifecycle, observe
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        with only_one(folders, testbed.plan.name, "suspend"):
            lifecycle.suspend(host, testbed)
        option = naming(observe.names(host), testbed.plan.name)
        typer.echo(
            f"testbed '{testbed.plan.name}' is suspended; go on with: testbed resume{option}"
        )


def resume(name: Name = None) -> None:
    """Let suspended machines run on.

    Steps their clocks, and returns once the steady state is proven; while a lab is going on
    something is broken, and nothing is proven.
    """
    from testbed.apply import lifecycle
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        going = recording.going(folders, testbed.plan.name)
        with only_one(folders, testbed.plan.name, "resume"):
            lifecycle.resume(host, folders, testbed, broken=going is not None)
        state = "is ready" if going is None else f"runs on, and so does lab '{going.lab}'"
        typer.echo(f"testbed '{testbed.plan.name}' {state}")
