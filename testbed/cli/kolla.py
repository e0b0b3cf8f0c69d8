"""`testbed kolla`: what kolla-ansible needs to deploy OpenStack on a testbed."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.options import Name, open_testbed

if TYPE_CHECKING:
    from testbed.plan.models import Plan

app = typer.Typer(
    no_args_is_help=True, help="Write what kolla-ansible deploys OpenStack with, and check it."
)
Topology = Annotated[
    str | None,
    typer.Argument(help="A topology that is not raised: a file, or a shipped name."),
]


@app.command()
def write(
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.", show_default=False)],
    topology: Topology = None,
    name: Name = None,
) -> None:
    """Write inventory, settings, Ceph's files and commands.

    Nothing is deployed: that is for you to run, with what the folder's README.md tells. Of a
    testbed that is raised, the keys its Ceph gives OpenStack and the way into its machines are
    written too.
    """
    from testbed.apply import kolla
    from testbed.deploy.kolla import NOT_RUN

    kolla.must_be_free(folder)
    if planned := _planned(topology, name):
        plan, files, again = planned, kolla.of_topology(planned), f" {quote(str(topology))}"
    else:
        with open_testbed(name) as (_, folders, testbed):
            plan, files = testbed.plan, kolla.of_testbed(folders, testbed)
        again = f" --name {plan.name}"
    kolla.write(folder, files)
    typer.echo(f"wrote {len(files)} files for testbed '{plan.name}' to {folder}")
    typer.echo(f"note: {NOT_RUN}")
    for note in kolla.shortcomings(plan):
        typer.echo(f"note: {note}")
    if planned:
        typer.echo("note: without keys and ssh_config, since the testbed is not raised")
    typer.echo(f"next: read {folder / 'README.md'}, then run: testbed kolla check{again}")


@app.command()
def check(topology: Topology = None, name: Name = None) -> None:
    """See whether what kolla-ansible fetches is in reach.

    Collections from this computer, Debian's packages and images from a node; Docker's packages are
    not asked for. Where something is not, it says what, and the exit status is 4.
    """
    from testbed.apply import kolla

    if planned := _planned(topology, name):
        found = kolla.check_topology(planned)
    else:
        with open_testbed(name) as (_, folders, testbed):
            found = kolla.check_testbed(folders, testbed)
    kolla.must_all_answer(found)
    for each in found:
        typer.echo(str(each))


def _planned(topology: str | None, name: str | None) -> "Plan | None":
    """Return the plan of a topology that is not raised, or None where a testbed is meant."""
    if topology is None:
        return None
    if name is not None:
        raise typer.BadParameter("give a topology, or --name of a testbed, not both")
    from testbed.plan.decide import plan
    from testbed.topology.shipped import find

    found = find(topology)
    return plan(found, name=found.name, folder=Path(), loopback="127.0.0.1")
