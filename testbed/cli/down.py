"""`testbed down`."""

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.advice import meaning
from testbed.cli.kept_text import kept_line
from testbed.cli.options import Name, open_host
from testbed.cli.several import raise_all
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.lifecycle import Gone
    from testbed.host import Host


def down(
    name: Name = None,
    everything: Annotated[bool, typer.Option("--all", help="Take down every testbed.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete it with disks and checkpoints, kept ones too.")
    ] = False,
) -> None:
    """Take a testbed down; `testbed up` restores its last stage.

    Its machines and its storage pool are gone from libvirt. Where a stage of it has a checkpoint,
    disks, checkpoints and keys are kept until --forget, or an `up` after what they need changed;
    one that was never ready and has none of your own is deleted. One without a stage's checkpoint
    that was ready, or has your own, stays as it is. Images stay.
    """
    from testbed.apply import kept, observe

    errors = []
    with open_host() as (host, folders):
        existing = observe.names(host)
        known = kept.names_of_whole(folders)
        chosen = _chosen(existing, known, name, everything=everything, forget=forget)
        for each in chosen:
            try:
                _take_down(host, folders, each, forget=forget)
            except TestbedError as error:  # the others go down all the same
                errors.append(error)
        if not chosen:
            for line in _nothing_to_do(folders, known):
                typer.echo(line)
    raise_all(errors)


def _take_down(host: "Host", folders: "Folders", name: str, *, forget: bool) -> None:
    from testbed.apply import lifecycle
    from testbed.lab import ending

    ours = (folders.disks(name), folders.records(name), folders.kept(name))
    left = any(path.exists() for path in ours)
    unfinished = ending.unfinished(folders, name)
    try:
        with meaning(host, name):
            gone = lifecycle.down(host, folders, name, forget=forget)
    finally:  # records go first, so what was done in a lab would go with any failure after that
        given_up = ending.keep_where_gone(folders, name, unfinished, time.time())
    for line in _lines(folders, name, gone, left=left):
        typer.echo(line)
    if unfinished is not None and given_up:
        typer.echo(_given_up(unfinished.going.lab))


def _chosen(
    existing: tuple[str, ...],
    known: tuple[str, ...],
    name: str | None,
    *,
    everything: bool,
    forget: bool,
) -> tuple[str, ...]:
    """Return the testbeds to take down; kept ones are among them only where they shall go."""
    from testbed.apply import observe

    if everything and name is not None:
        raise typer.BadParameter("give --all or --name, not both")
    if everything:
        return tuple(sorted({*existing, *known})) if forget else existing
    if name is not None:
        return (name,)
    candidates = existing or (known if forget else ())
    return (observe.only(candidates),) if candidates else ()


def _lines(folders: "Folders", name: str, gone: "Gone", *, left: bool) -> Iterator[str]:
    """Yield what became of a testbed; `left` tells whether files were there, if no machine was."""
    machines = f"{gone.machines} {'machine' if gone.machines == 1 else 'machines'}"
    if gone.kept is None and not gone.machines and not left:
        yield f"there is no testbed '{name}'"
    elif gone.kept is None:
        yield f"testbed '{name}' is gone ({machines})"
    elif gone.machines:
        yield f"testbed '{name}' is down ({machines})"
    if gone.kept is not None:
        yield from _kept(folders, name)


def _given_up(lab: str) -> str:
    return f"lab '{lab}' is given up with it; look back with: testbed lab debrief {lab}"


def _nothing_to_do(folders: "Folders", known: Iterable[str]) -> Iterator[str]:
    yield "there is no testbed; nothing to do"
    for each in known:
        yield from _kept(folders, each)


def _kept(folders: "Folders", name: str) -> Iterator[str]:
    yield kept_line(folders, name)
    yield f"delete it with: testbed down --forget --name {name}"
