"""`testbed ssh`, `testbed exec` and `testbed ssh-config`."""

import os
import shlex
import shutil
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli import recording
from testbed.cli.advice import named, naming
from testbed.cli.options import MachineName, Name, Timeout, open_testbed
from testbed.errors import HostError, StateError, TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.guest import Result

CommandWords = Annotated[
    list[str] | None,
    typer.Argument(metavar="[-- COMMAND…]", help="Run this instead of a login shell."),
]


def ssh(machine: MachineName, command: CommandWords = None, name: Name = None) -> None:
    """Log into a machine, or run a command in it.

    While a lab is going on, the commands typed are recorded for its debrief.
    """
    from testbed.apply import access, lifecycle

    with open_testbed(name) as (_, folders, testbed):
        chosen = lifecycle.machine_of(testbed, machine)
        _must_run(folders, testbed, machine)
        _must_have_ssh()
        config = access.write_ssh_config(folders, testbed.plan)
        argv = ["ssh", "-F", str(config), chosen.name]
        if command:
            recording.note(folders, testbed.plan.name, command, chosen.name)
            argv[1:1] = ["-t"] if recording.at_terminal() else []  # editors and pagers need one
            argv.append(shlex.join(command))
        name = testbed.plan.name
    status = None if command else recording.watched(argv, folders, name, chosen.name)
    if status is not None:
        raise typer.Exit(status)
    os.execvp("ssh", argv)  # noqa: S606, S607 - the user's own ssh takes over the terminal


def _must_run(folders: "Folders", testbed: "Testbed", machine: str) -> None:
    """Raise `StateError` where nobody would answer, unless a command at work may change that."""
    from testbed.apply.lock import is_held

    seen = testbed.machines[machine]
    if seen.state == "running" or is_held(folders, testbed.plan.name):
        return
    paused = seen.state == "paused"
    raise StateError(
        f"machine '{machine}' is {'suspended' if paused else 'not running'}, so nobody answers",
        why=seen.reason,
        next_step=f"run: testbed {'resume' if paused else f'power on {machine}'}",
    )


def _must_have_ssh() -> None:
    if shutil.which("ssh") is None:
        raise HostError(
            "the program 'ssh' is not installed",
            why="testbed ssh hands your terminal to it; testbed exec does without",
            next_step="run: sudo apt-get install openssh-client",
        )


def execute(
    machine: Annotated[str, typer.Argument(metavar="MACHINE", help="A machine, or 'all'.")],
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND…", help="What to run.")],
    name: Name = None,
    timeout: Timeout = 600.0,
) -> None:
    """Run a command in one machine or in all, without a terminal.

    Exits with the command's own status; where machines differ, with the highest.
    """
    from testbed.apply import access, lifecycle, observe

    with open_testbed(name) as (host, folders, testbed):
        chosen = testbed.plan.machines
        if machine != "all":
            chosen = (lifecycle.machine_of(testbed, machine),)
        recording.note(folders, testbed.plan.name, command, machine)
        results = access.execute(folders, testbed.plan, chosen, tuple(command), timeout)
        if machine != "all" and isinstance(error := results[machine], TestbedError):
            raise error
        option = naming(observe.names(host), testbed.plan.name)
    for result_of, result in results.items():
        _print(f"{result_of}: " if machine == "all" else "", result, option)
    raise typer.Exit(max(_exit_status(result) for result in results.values()))


def _print(prefix: str, result: "Result | TestbedError", option: str) -> None:
    if isinstance(result, TestbedError):
        result.next_step = named(result.next_step, option)
        out, err = "", "\n".join(result.lines())
    else:
        out, err = result.stdout, result.stderr
    for text, is_error in ((out, False), (err, True)):
        for line in text.splitlines():
            typer.echo(f"{prefix}{line}", err=is_error)


def _exit_status(result: "Result | TestbedError") -> int:
    return result.exit_code if isinstance(result, TestbedError) else result.exit_status


def ssh_config(name: Name = None) -> None:
    """Print an ssh_config for scp, rsync and editors.

    For example: testbed ssh-config > lab.ssh; scp -F lab.ssh notes.txt node1:
    """
    from testbed.apply import access

    with open_testbed(name) as (_, folders, testbed):
        typer.echo(access.ssh_config(folders, testbed.plan), nl=False)
