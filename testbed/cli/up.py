"""`testbed up`."""

import dataclasses
import json as json_module
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from testbed.cli.advice import meaning, naming
from testbed.cli.options import Json, open_host
from testbed.errors import StateError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.apply.raising import Raised, Wish
    from testbed.host import Host
    from testbed.plan.models import Plan


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
    changes. What `testbed down` kept is restored, if nothing it was made from has changed. While a
    lab is going on there it refuses: what is broken is the learner's to mend.
    """
    from testbed.apply import observe, raising
    from testbed.cli.progress import shown
    from testbed.lab import ending

    with open_host() as (host, folders):
        wish = _wish(host, folders, topology, name, to)
        with meaning(host, wish.name):
            _must_leave_to_the_learner(host, folders, wish)
            if dry_run:
                _print_preview(host, folders, wish, as_json=json)
                return
            unfinished = ending.unfinished(folders, wish.name)
            try:
                with shown(tuple(wish.topology.machines)) as report:
                    raised = raising.up(host, folders, wish, report)
            finally:  # a `down` that was cut short, which is gone through with, ends a lab
                ending.keep_where_gone(folders, wish.name, unfinished, time.time())
        option = naming(observe.names(host), wish.name)
    _print(raised, option, as_json=json)


def _wish(
    host: "Host", folders: "Folders", topology: str | None, name: str | None, to: str | None
) -> "Wish":
    from testbed.apply.choosing import choose
    from testbed.apply.raising import Wish
    from testbed.apply.stages import Level
    from testbed.doctor.kvm import accelerator

    chosen, called = choose(host, folders, topology, name)
    return Wish(chosen, called, accelerator(folders.cache), Level(to) if to else None)


def _must_leave_to_the_learner(host: "Host", folders: "Folders", wish: "Wish") -> None:
    """Refuse to mend what a lab has broken: it would count as the learner's repair.

    Where nobody is at it, and only the testbed is still to be put back, refuse to take a stage's
    checkpoint: the fault would be in it. Raises `StateError`.
    """
    from testbed import checkpoint
    from testbed.apply import keeping, observe
    from testbed.apply.stages import level
    from testbed.lab import attempt

    going = attempt.find(folders, wish.name)
    testbed = observe.find(host, folders, wish.name) if going else None
    if going is None or testbed is None or keeping.is_on_its_way(host, folders, wish.name):
        return  # a `down` that was cut short, which is gone through with, ends the lab
    if going.phase is attempt.Phase.LIVE:
        raise StateError(
            f"lab '{going.lab}' is going on on testbed '{wish.name}'",
            why="up would mend what is off or pulled, and that would count as your repair",
            next_step=", ".join(_ways_on(folders, testbed)),
        )
    goal = level(testbed.plan, wish.to)
    if goal not in {each.name for each in checkpoint.list_checkpoints(host, testbed.plan)}:
        raise StateError(
            f"lab '{going.lab}' is going on on testbed '{wish.name}'",
            why=f"its fault would be kept in checkpoint '{goal}', which up takes",
            next_step="end it first: testbed lab finish, or: testbed lab reset --to healthy",
        )


def _ways_on(folders: "Folders", testbed: "Testbed") -> Iterator[str]:
    """Yield what to type instead of `up` while a lab is going on, whatever has come between."""
    from testbed import checkpoint

    paused = any(machine.state == "paused" for machine in testbed.machines.values())
    cut_short = checkpoint.find_unfinished(folders.unfinished_restore(testbed.plan.name))
    if paused or cut_short:
        yield "let all machines run on: testbed resume"
    if not cut_short:  # else they differ in age
        yield "switch one on: testbed power on MACHINE"
        yield "plug a cable in: testbed link up MACHINE NIC"
    yield "try again, also after a reboot of this computer: testbed lab reset --to broken"
    yield "or end it: testbed lab finish --give-up"


def _print_preview(host: "Host", folders: "Folders", wish: "Wish", *, as_json: bool) -> None:
    from testbed.apply.raising import preview

    todo, why_deleted = preview(host, folders, wish)
    lost = f"what is kept of '{wish.name}' would be deleted, its checkpoints included: "
    if as_json:
        typer.echo(json_module.dumps([dataclasses.asdict(change) for change in todo], indent=1))
        if why_deleted:
            typer.echo(f"{lost}{why_deleted}", err=True)
        return
    for change in todo:
        typer.echo(str(change))
    if why_deleted:
        typer.echo(f"{lost}{why_deleted}")
    typer.echo(f"{len(todo)} changes; nothing was done" if todo else "nothing to do")


def _print(raised: "Raised", option: str, *, as_json: bool) -> None:
    from testbed.apply import storing

    if as_json:
        facts = {
            "name": raised.plan.name,
            "ready": True,
            "level": raised.level,
            "restored": raised.restored is not None,
            "restored_stage": raised.restored,
            "changes": [dataclasses.asdict(change) for change in raised.done],
            "note": raised.note,
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
    typer.echo(_ways_in(raised.plan, option))
    if (
        raised.plan.cloud is not None
        and raised.plan.cloud.provider == "kolla"
        and raised.level != "network"
    ):
        name = raised.plan.name
        typer.echo(f"OpenStack is next, by you: testbed kolla write kolla-{name} --name {name}")


def _ways_in(plan: "Plan", option: str) -> str:
    node = next((m for m in plan.machines if m.role == "node"), plan.machines[0])
    verbs = ("status", f"ssh {node.name}", "graph")
    return f"look around: {', '.join(f'testbed {verb}{option}' for verb in verbs)}"
