"""`testbed status`."""

import dataclasses
import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.advice import meaning, naming
from testbed.cli.kept_text import kept_line
from testbed.cli.options import Json, Name, open_host
from testbed.cli.several import raise_all
from testbed.cli.status_text import lines
from testbed.errors import StateError, TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.apply.status import Status
    from testbed.host import Host


def status(
    name: Name = None,
    json: Json = False,
    check: Annotated[
        bool, typer.Option("--check", help="Look into every machine and prove the steady state.")
    ] = False,
) -> None:
    """Show machines, links, addresses and health.

    Without a name: of every testbed, and one line for each that is kept. The machines are not
    asked, so it answers at once; health is what the last look inside saw. --check looks now, and
    exits with 1 if something is wrong.
    """
    from testbed.apply import observe
    from testbed.apply.status import status as status_of

    with open_host() as (host, folders):
        existing = observe.names(host)
        kept = _kept(folders, existing, name)
        chosen = existing if name is None else () if kept else (name,)
        testbeds, errors = _all_of(host, folders, chosen)
        if check:
            _must_be_up(chosen, kept)
            for testbed in testbeds:
                with meaning(host, testbed.plan.name):
                    _look(folders, testbed)
        found = [
            status_of(folders, testbed, naming(existing, testbed.plan.name)) for testbed in testbeds
        ]
    if json:
        typer.echo(json_module.dumps([dataclasses.asdict(each) for each in found], indent=1))
    else:
        told = [*(line for each in found for line in lines(each))]
        told += [kept_line(folders, each) for each in kept]
        if not chosen and not kept:
            told.append("there is no testbed; raise one with: testbed up")
        typer.echo("\n".join(told), nl=bool(told))
    raise_all(errors)
    if check and any(_is_wrong(each) for each in found):
        raise typer.Exit(1)


def _kept(folders: "Folders", existing: tuple[str, ...], name: str | None) -> tuple[str, ...]:
    """Return the names of kept testbeds that do not exist, or the one that was asked for."""
    from testbed.apply.kept import names_of_whole

    whole = names_of_whole(folders)
    return tuple(each for each in whole if each not in existing and name in (None, each))


def _all_of(
    host: "Host", folders: "Folders", names: tuple[str, ...]
) -> "tuple[list[Testbed], list[TestbedError]]":
    """Return the testbeds of these names, and why others of them cannot be shown."""
    from testbed.apply import observe

    found, errors = [], []
    for name in names:
        try:
            found.append(observe.get(host, folders, name))
        except TestbedError as error:  # another version made it
            errors.append(error)
    return found, errors


def _must_be_up(chosen: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """Raise `StateError` where there is nothing to look into: that is no good news."""
    from testbed.apply import observe

    if not chosen and kept:
        raise StateError(
            f"there is nothing to look into: {' and '.join(kept)} "
            f"{'is' if len(kept) == 1 else 'are'} down and kept",
            next_step=f"restore it: testbed up --name {kept[0]}",
        )
    if not chosen:
        observe.only(())


def _is_wrong(found: "Status") -> bool:
    seen = (found.wrong, found.ceph_wrong, found.cloud_wrong, found.looked and found.looked.wrong)
    return any(seen)


def _look(folders: "Folders", testbed: "Testbed") -> None:
    from testbed.apply import health, keys, ready, storing, watching
    from testbed.apply.session import session
    from testbed.probe.cloud import verdicts as cloud_verdicts

    plan = testbed.plan
    with session(plan, keys.read(folders, plan)) as doors:
        verdicts = ready.check(plan, doors)
        ceph = storing.look_where_deployed(plan, doors)
        cloud = watching.look_where_begun(folders, plan, doors)
    health.remember(folders, plan.name, verdicts, ceph, cloud)
    if plan.storage and ceph:
        verdicts += storing.verdicts(plan.storage, ceph)
    if plan.cloud and cloud:
        verdicts += tuple(cloud_verdicts.verdicts(plan.cloud, cloud))
    for verdict in verdicts:
        typer.echo(f"{'ok  ' if verdict.holds else 'FAIL'} {verdict}", err=True)
