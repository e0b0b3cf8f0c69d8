"""Options and arguments that several verbs share, and what they open."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.advice import meaning
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.host import Host


def _testbeds() -> list[str]:
    from testbed.apply.observe import names

    with suppress(TestbedError), open_host() as (host, _):
        return list(names(host))
    return []


def _machines(ctx: typer.Context) -> list[str]:
    with suppress(TestbedError), open_testbed(ctx.params.get("name")) as (_, _, testbed):
        return list(testbed.machines)
    return []


Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        "-n",
        help="Which testbed; not needed where there is only one.",
        autocompletion=_testbeds,
        show_default=False,
    ),
]
MachineName = Annotated[
    str,
    typer.Argument(
        metavar="MACHINE", help="Its name, for example node1.", autocompletion=_machines
    ),
]
Timeout = Annotated[
    float, typer.Option(help="Seconds the command may take.", min=1, max=24 * 60 * 60)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@contextmanager
def open_host() -> Iterator[tuple["Host", "Folders"]]:
    """Open the host; TESTBED_URI names another libvirt than the user's own."""
    from testbed.apply.folders import Folders
    from testbed.host import Host

    with Host.open(os.environ.get("TESTBED_URI", "qemu:///session")) as host:
        yield host, Folders.of_user()


@contextmanager
def open_testbed(name: str | None) -> Iterator[tuple["Host", "Folders", "Testbed"]]:
    """Open the host and find a testbed on it; errors inside the block are about that one."""
    with open_host() as (host, folders), open_on(host, folders, name) as opened:
        yield opened


@contextmanager
def open_on(
    host: "Host", folders: "Folders", name: str | None
) -> Iterator[tuple["Host", "Folders", "Testbed"]]:
    """Find a testbed on an open host; errors inside the block are about that one."""
    from testbed.apply.observe import get

    testbed = get(host, folders, name)
    with meaning(host, testbed.plan.name):
        yield host, folders, testbed
