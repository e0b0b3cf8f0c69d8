"""`testbed up`."""

import dataclasses
import json as json_module
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from testbed.cli.options import Json, open_host

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.raising import Raised, Wish
    from testbed.host import Host


_PROVEN = {  # by the level that was raised
    "network": "steady state proven",
    "storage": "Ceph healthy",
    "cloud": "OpenStack whole",
}


_Topology = Annotated[
    str | None,
    typer.Argument(
        help="A shipped topology (aolda, aolda-cloud, aolda-flat, aolda-one …) or a YAML file. "
        "[default: that of the only testbed there is or is kept, else aolda]",
        metavar="TOPOLOGY",
        show_default=False,
    ),
]
_Name = Annotated[
    str | None,
    typer.Option(
        "--name", "-n", help="Name it; several run side by side. [default: the topology's]"
    ),
]


def up(
    topology: _Topology = None,
    name: _Name = None,
    to: Annotated[
        Literal["network", "storage", "cloud"] | None,
        typer.Option("--to", help="Stop after this stage. [default: the topology's last]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Raise a testbed, and prove that it works.

    Run it again to go on after an interruption, or to bring a testbed back to its steady state:
    machines that are off are started, pulled cables are plugged in. Where all is well nothing
    changes. What `testbed down` kept is restored, if nothing it was made from has changed.
    """
    from testbed.apply import raising
    from testbed.cli.progress import shown

    with open_host() as (host, folders):
        wish = _wish(host, folders, topology, name, to)
        if dry_run:
            _print_preview(host, folders, wish, as_json=json)
            return
        with shown(tuple(wish.topology.machines)) as report:
            raised = raising.up(host, folders, wish, report)
    _print(raised, as_json=json)


def _wish(
    host: "Host", folders: "Folders", topology: str | None, name: str | None, to: str | None
) -> "Wish":
    from testbed.apply.choosing import choose
    from testbed.apply.raising import Wish
    from testbed.apply.stages import Level
    from testbed.doctor.kvm import accelerator

    chosen, called = choose(host, folders, topology, name)
    return Wish(chosen, called, accelerator(folders.cache), Level(to) if to else None)


def _print_preview(host: "Host", folders: "Folders", wish: "Wish", *, as_json: bool) -> None:
    from testbed.apply.raising import preview

    _, todo = preview(host, folders, wish)
    if as_json:
        typer.echo(json_module.dumps([dataclasses.asdict(change) for change in todo], indent=1))
        return
    for change in todo:
        typer.echo(str(change))
    typer.echo(f"{len(todo)} changes; nothing was done" if todo else "nothing to do")


def _print(raised: "Raised", *, as_json: bool) -> None:
    from testbed.apply import storing

    if as_json:
        facts = {
            "name": raised.plan.name,
            "ready": True,
            "level": raised.level,
            "restored": raised.restored is not None,
            "restored_stage": raised.restored,
            "changes": [dataclasses.asdict(change) for change in raised.done],
            "seconds": {"total": round(raised.total, 2), **raised.seconds},
        }
        typer.echo(json_module.dumps(facts, indent=1))
        return
    count = len(raised.plan.machines)
    proven = _PROVEN[raised.level] + (", an instance in it reached" if raised.reached else "")
    how = f"restored at stage {raised.restored}, " if raised.restored else ""
    typer.echo(
        f"testbed '{raised.plan.name}' is ready: {count} machines, {how}{proven} "
        f"({raised.total:.0f} s)"
    )
    if raised.note:
        typer.echo(f"note: {raised.note}")
    if note := storing.untried(raised.plan):
        typer.echo(f"note: {note}")
    typer.echo("look around: testbed status, testbed ssh node1, testbed graph")
    if (
        raised.plan.cloud is not None
        and raised.plan.cloud.provider == "kolla"
        and raised.level != "network"
    ):
        name = raised.plan.name
        typer.echo(f"OpenStack is next, by you: testbed kolla write kolla-{name} --name {name}")
