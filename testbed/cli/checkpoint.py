"""`testbed checkpoint save|restore|list|delete`."""

import json as json_module
import time
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli import recording
from testbed.cli.advice import naming
from testbed.cli.options import Json, Name, open_testbed
from testbed.errors import StateError

if TYPE_CHECKING:
    from testbed.host import Host
    from testbed.lab.attempt import Attempt
    from testbed.plan.models import Plan

app = typer.Typer(help="Keep all machines as they are now, and go back.", no_args_is_help=True)

Checkpoint = Annotated[str, typer.Argument(metavar="CHECKPOINT", help="For example healthy.")]


@app.command()
def save(checkpoint: Checkpoint, name: Name = None) -> None:
    """Keep memory and disks of all machines under a name.

    All are paused, saved, and resumed together, so that none is older than another.
    """
    from testbed.apply import lifecycle
    from testbed.apply.lock import only_one
    from testbed.apply.stages import must_be_no_stage

    started = time.monotonic()
    must_be_no_stage(checkpoint)
    with open_testbed(name) as (host, folders, testbed):
        with only_one(folders, testbed.plan.name, f"checkpoint save {checkpoint}"):
            lifecycle.save(host, folders, testbed, checkpoint)
        typer.echo(f"checkpoint '{checkpoint}' is taken ({time.monotonic() - started:.1f} s)")


@app.command()
def restore(checkpoint: Checkpoint, name: Name = None) -> None:
    """Take all machines back to a checkpoint.

    What happened since is lost. Steps their clocks, and returns once the steady state is proven;
    while a lab is going on it goes back only within that, and nothing is proven.
    """
    from testbed.apply import lifecycle
    from testbed.apply.lock import only_one

    started = time.monotonic()
    with open_testbed(name) as (host, folders, testbed):
        going = recording.going(folders, testbed.plan.name)
        if going is not None:
            _must_be_later(host, testbed.plan, checkpoint, going)
        with only_one(folders, testbed.plan.name, f"checkpoint restore {checkpoint}"):
            if going is not None:
                lifecycle.revert(host, folders, testbed, checkpoint)
            else:
                lifecycle.restore(host, folders, testbed, checkpoint)
        state = f"where lab '{going.lab}' goes on" if going is not None else "ready"
        typer.echo(f"back at '{checkpoint}', {state} ({time.monotonic() - started:.1f} s)")


def _must_be_later(host: "Host", plan: "Plan", checkpoint: str, going: "Attempt") -> None:
    """Refuse to make a testbed sound under a lab that is going on: it would count as mended."""
    from testbed import checkpoint as checkpoints
    from testbed.apply.stages import Level

    older = checkpoints.get(host, plan, checkpoint).created < going.started
    if older or checkpoint in (going.healthy, *Level):  # a computer's clock may have been set back
        raise StateError(
            f"lab '{going.lab}' is going on on testbed '{plan.name}'",
            why=f"its fault is not in checkpoint '{checkpoint}', which is older",
            next_step="to try again: testbed lab reset --to broken, "
            "or to end it: testbed lab reset --to healthy",
        )


@app.command(name="list")
def list_(name: Name = None, json: Json = False) -> None:
    """List the checkpoints of a testbed."""
    from testbed import checkpoint as checkpoints
    from testbed.apply import observe

    with open_testbed(name) as (host, _, testbed):
        found = checkpoints.list_checkpoints(host, testbed.plan)
        option = naming(observe.names(host), testbed.plan.name)
    if json:
        rows = [{"name": each.name, "created": each.created} for each in found]
        typer.echo(json_module.dumps(rows, indent=1))
        return
    for each in found:
        typer.echo(
            f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(each.created))}  {each.name}"
        )
    if not found:
        typer.echo(f"there is none; take one with: testbed checkpoint save NAME{option}", err=True)


@app.command()
def delete(checkpoint: Checkpoint, name: Name = None) -> None:
    """Delete a checkpoint, or what is left of one; machines run on."""
    from testbed import checkpoint as checkpoints
    from testbed.apply.lock import only_one

    with open_testbed(name) as (host, folders, testbed):
        if not checkpoints.is_in_some_machine(host, testbed.plan, checkpoint):
            checkpoints.get(host, testbed.plan, checkpoint)  # tells that there is none
        with only_one(folders, testbed.plan.name, f"checkpoint delete {checkpoint}"):
            checkpoints.delete(host, testbed.plan, checkpoint)
    typer.echo(f"checkpoint '{checkpoint}' is deleted")
